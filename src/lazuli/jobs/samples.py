"""Samples: data sets of the catalogue, put into a workspace by a job that reads them out of their package."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

import lazuli
from lazuli.assets.kinds import Codes, DataAssets
from lazuli.assets.samples import SAMPLES, Sample, sample_named
from lazuli.compute.curated import of_name
from lazuli.jobs.submit import Jobs
from lazuli.jobs.transitions import TERMINAL
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.places import output_path
from lazuli.schema.problems import Conflict, NotFound, PreconditionFailed, Unsupported
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import Expected
from lazuli.store import tables
from lazuli.store.documents import Selection

__all__ = ["Offer", "Samples"]

_PROGRAMS = Path(lazuli.__file__).parent / "runtime" / "inside" / "samples"
_CODE = "lazuli-samples"
_TAG = "lazuli.sample"
_OUTPUT = "table"
_MOST = 20
"""How often a sample may be tried under one name."""


@dataclass(frozen=True)
class Offer:
    """A sample, and how far it is in a workspace."""

    sample: Sample
    asset: str
    """The name of the data asset that it is, or would be."""
    version: str = ""
    """The version that it is; '' where it is not there."""
    job: str = ""
    """The last job that was to put it there."""
    status: str = ""
    """The status of that job."""
    hindrance: str = ""
    """Why it cannot be had here; '' where it can."""


class Samples:
    """The catalogue of sample data sets in the workspaces of this server."""

    def __init__(self, jobs: Jobs, data: DataAssets, codes: Codes) -> None:
        self._jobs = jobs
        self._data = data
        self._codes = codes
        self._store = jobs.store

    def list(self, scope: Scope) -> list[Offer]:
        """All of them. Raises :class:`NotFound` without that workspace."""
        return [self.offer(scope, sample.name) for sample in SAMPLES]

    def offer(self, scope: Scope, name: str, asset: str = "") -> Offer:
        """One of them, as the data asset ``asset`` (its own name where left out). Raises :class:`NotFound`."""
        sample = sample_named(name)
        asset = asset or sample.name
        with self._store.state.read() as tx:
            home = self._data.place(tx, ResourceId(scope, "data", asset))
            found = self._store.documents.select(
                tx, Selection(home.scope, "data", name=home.name, versions=True, newest_first=False)
            )
        attempts = self._attempts(home.scope, sample, home.name)
        job, status = attempts[-1] if attempts else ("", "")
        ours = {name for name, _ in attempts}
        made = next((r.id.version for r in found if r.body.get("properties", {}).get("azureml.job") in ours), "")
        return Offer(
            sample,
            home.name,
            version=made,
            job=job,
            status=status,
            hindrance=_hindrance(sample),
        )

    def add(self, scope: Scope, name: str, asset: str, actor: Principal) -> Offer:
        """Begin to put a sample into a workspace, as the data asset ``asset``. Once it is there, or on its way, nothing
        more happens.

        Raises :class:`Unsupported` where this machine lacks what it needs, and :class:`Conflict` where the asset is
        something else.
        """
        offer = self.offer(scope, name, check_name(asset, what="data name") if asset else "")
        if offer.version or (offer.job and offer.status not in TERMINAL):
            return offer
        if offer.hindrance:
            raise Unsupported(
                f"The sample '{offer.sample.name}' cannot be had here: {offer.hindrance}",
                target="name",
                mend="Install it on the server's machine, or take one of scikit-learn's.",
            )
        if self._is_taken(scope, offer.asset):
            raise Conflict(
                f"There is a data asset '{offer.asset}' already, which is not this sample.",
                target="name",
                mend="Give the sample another name: 'lazuli data samples add … --as NAME'.",
            )
        self._submit(scope, offer, actor)
        return self.offer(scope, name, offer.asset)

    def _is_taken(self, scope: Scope, asset: str) -> bool:
        try:
            return bool(self._data.get(ResourceId(scope, "data", asset)))
        except NotFound:
            return False

    def _attempts(self, scope: Scope, sample: Sample, asset: str) -> list[tuple[str, str]]:
        """The jobs that were to put a sample into a workspace, each with its status, the first one first."""
        names = [_job_name(sample, asset, number) for number in range(1, _MOST + 1)]
        keys = [ResourceId(scope, "jobs", name).key for name in names]
        r = tables.resource
        with self._store.state.read() as tx:
            found = tx.execute(select(r.c.id, r.c.name, r.c.status).where(r.c.id.in_(keys))).all()
        return [(row.name, row.status) for row in sorted(found, key=lambda row: keys.index(row.id))]

    def _submit(self, scope: Scope, offer: Offer, actor: Principal) -> None:
        """Submit the next attempt; where somebody else does so at the same time, theirs is as good."""
        code = self._code(scope, actor)
        begun = {name for name, _ in self._attempts(scope, offer.sample, offer.asset)}
        for number in range(1, _MOST + 1):
            name = _job_name(offer.sample, offer.asset, number)
            if name in begun:
                continue
            document = self._jobs.noun.document.load(_job(offer, name, code))
            try:
                self._jobs.put(ResourceId(scope, "jobs", name), document, actor, Expected(nothing=True))
            except PreconditionFailed:
                return
            except Conflict as problem:
                if problem.code != "JobNameUsed":  # an earlier attempt, whose job was deleted
                    raise
            else:
                return
        raise Conflict(
            f"'{offer.asset}' was tried {_MOST} times.",
            target="name",
            mend=f"See what stopped the last one, 'lazuli job stream -n {offer.job}'; then name another with --as.",
        )

    def _code(self, scope: Scope, actor: Principal) -> str:
        """The programs that read samples, as a code snapshot of the workspace; its reference."""
        programs = {file.name: file.read_bytes() for file in sorted(_PROGRAMS.glob("make.*"))}
        version = hashlib.sha256(repr(programs).encode()).hexdigest()[:16]
        id = ResourceId(scope, "codes", _CODE, version)
        try:
            container = self._codes.begin(id)
        except Conflict:
            return f"azureml:{_CODE}:{version}"
        for name, content in programs.items():
            self._store.blobs.put_bytes(container, name, content)
        self._codes.put(id, self._codes.noun.document.load({"path": f"/{container}", "is_anonymous": True}), actor)
        return f"azureml:{_CODE}:{version}"


def _hindrance(sample: Sample) -> str:
    base = of_name(sample.environment)
    lacking = [program for program in (base.needs if base else ()) if not shutil.which(program)]
    return f"the program '{lacking[0]}' is not on the server's machine." if lacking else ""


def _job_name(sample: Sample, asset: str, number: int) -> str:
    own = "" if asset.lower() == sample.name else f"-as-{asset}"
    return f"sample-{sample.name}{own}-{number}"


def _job(offer: Offer, name: str, code: str) -> dict[str, object]:
    """What the job says."""
    sample, place = offer.sample, output_path(name, _OUTPUT)
    out = f"${{{{outputs.{_OUTPUT}}}}}"
    if sample.package == "R":
        command = f"Rscript make.R {sample.source} {out}"
    else:
        command = f"python make.py {sample.source} {','.join(sample.target)} {out}"
    output = {"type": sample.type, "name": offer.asset, "description": f"{sample.description} {sample.licence}."}
    return {
        "command": f"{command} --table" if sample.is_table else command,
        "code": code,
        "environment": f"azureml:{sample.environment}@latest",
        "compute": "local",
        "display_name": f"Sample data: {sample.title}",
        "experiment_name": "sample-data",
        "tags": {_TAG: sample.name},
        "outputs": {_OUTPUT: output if sample.is_table else {**output, "path": f"{place}/{sample.name}.csv"}},
    }
