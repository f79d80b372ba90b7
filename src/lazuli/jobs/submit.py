"""Submitting a job: everything that can be wrong is found here, before anything is kept."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection

from lazuli.assets.kinds import Codes, DataAssets, Environments, Models
from lazuli.assets.storage import DEFAULT, Storage
from lazuli.compute.targets import Targets
from lazuli.jobs.queue import Queue
from lazuli.jobs.transitions import ACTIVE, TERMINAL
from lazuli.resources.environment import Environment
from lazuli.resources.inout import AssetType, Input, Output
from lazuli.resources.job import CommandJob, Status
from lazuli.resources.table import noun
from lazuli.schema import bindings
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.problems import Conflict, InvalidInput, NotFound, Problem, Unsupported
from lazuli.schema.reference import DatastorePath, is_remote, parse_datastore_path
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import Shelf, document_of
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Reconciler
from lazuli.tracking.runs import Runs

__all__ = ["Jobs", "job_output_path"]

KEPT = TERMINAL | {Status.FINALIZING.value}
"""The statuses in which outputs may be read: each appears whole or not at all."""

_WORK = ("command", "environment_variables", "environment", "code", "inputs")
"""What a job that exists cannot change."""

_REFUSED = {
    "distribution": "Several processes for one job come later; remove 'distribution' to run one.",
    "services": "Interactive services in jobs come later; remove 'services'.",
}


def job_output_path(job: str, output: str) -> str:
    """Where a named output of a job lies unless the job says otherwise: Microsoft's client looks there."""
    return str(DatastorePath(DEFAULT, f"azureml/{job}/{output}"))


class Jobs(Shelf):
    """The jobs of workspaces."""

    def __init__(
        self,
        store: Store,
        *,
        storage: Storage,
        data: DataAssets,
        models: Models,
        environments: Environments,
        codes: Codes,
        targets: Targets,
        queue: Queue,
        runs: Runs,
    ) -> None:
        super().__init__(noun("job"), store)
        self._storage = storage
        self._data = data
        self._models = models
        self._environments = environments
        self._codes = codes
        self._targets = targets
        self._queue = queue
        self._runs = runs
        self.reconciler: Reconciler | None = None

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """The record of a new job: references settled to exact versions, addresses to places, all checked."""
        assert isinstance(document, CommandJob)
        check_name(id.name, what="job name")
        for field, mend in _REFUSED.items():
            if getattr(document, field):
                raise Unsupported(f"This version does not support '{field}' in a job.", target=field, mend=mend)
        target = self._targets.named(id.scope, document.compute or "serverless")
        nodes = _nodes_wanted(document)
        pinned = self._pinned(id, document)
        self._check_outputs(id.scope, pinned)
        body = {k: v for k, v in pinned.dump().items() if k not in ("name", "is_archived")}
        return Record(id, body, {"target": target, "nodes": nodes, "user": actor.name}, status=Status.QUEUED.value)

    def _pinned(self, id: ResourceId, job: CommandJob) -> CommandJob:
        """The job with every reference settled, so that it says for ever what it ran with."""
        for name in job.inputs:
            check_name(name, target=f"inputs.{name}", what="input name")
        return job.model_copy(
            update={
                "environment": self._environment(id.scope, job),
                "code": self._code(id.scope, job),
                "inputs": {n: self._input(id.scope, n, i) for n, i in job.inputs.items()},
                "outputs": {n: _placed(id.name, n, o) for n, o in job.outputs.items()},
                "display_name": job.display_name or id.name,
            }
        )

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """A new job gets its run and its lease with the same commit: a crash leaves all of it or nothing."""
        assert self.reconciler is not None
        job: CommandJob = document_of(self.noun, record)
        tags = [("mlflow.user", actor.name), *job.tags.items()]
        if commit := job.properties.get("azureml.git.commit") or job.properties.get("mlflow.source.git.commit"):
            tags.append(("mlflow.source.git.commit", commit))
        try:
            self._runs.open_in(
                tx,
                record.id.scope,
                record.id.name,
                experiment=job.experiment_name,
                name=job.display_name or record.id.name,
                user=actor.name,
                tags=tags,
            )
        except Conflict:  # what a deleted job left (its run, its files, assets made of them) stays as it is
            raise Conflict(
                f"The name '{record.id.name}' was used before.",
                target="name",
                mend="Choose another name.",
                code="JobNameUsed",
            ) from None
        self.reconciler.enlist(tx, record.id)

    def _environment(self, scope: Scope, job: CommandJob) -> str:
        if job.environment is None:
            raise InvalidInput(
                "'environment' is required.",
                target="environment",
                mend="Name one (azureml:name@latest), or write one: 'environment: {image: python:3.11}'.",
            )
        if isinstance(job.environment, Environment):
            raise InvalidInput(
                "An environment written inside the job is registered by the client first.",
                target="environment",
                mend="Use 'lazuli job create' or azure-ai-ml, or create the environment and name it.",
            )
        return _spelt(self._environments.resolve(scope, job.environment, target="environment"))

    def _code(self, scope: Scope, job: CommandJob) -> str | None:
        if job.code is None:
            return None
        if not is_remote(job.code):
            raise InvalidInput(
                f"The code '{job.code}' is a local path, which the server cannot see.",
                target="code",
                mend="Use 'lazuli job create' or azure-ai-ml: they upload it.",
            )
        return _spelt(self._codes.resolve(scope, job.code, target="code"))

    def _input(self, scope: Scope, name: str, given: Input) -> Input:
        """The input with an asset settled to its version, and proof that its bytes are there."""
        if given.type is AssetType.LITERAL or given.path is None:
            return given
        target = f"inputs.{name}"
        path = given.path
        if path.startswith("azureml:") and not path.startswith("azureml://"):
            path = _spelt(self._assets(given).resolve(scope, path, target=target))
            return given.model_copy(update={"path": path})
        if given.mode is not None and given.mode.value == "direct":
            return given
        path = self._storage.resolve(scope, path)
        location = self._storage.locate(scope, path, target=target)
        if location.datastore is None and not self._storage.exists(location):  # of others, its fetching will tell
            raise InvalidInput(
                f"Nothing lies at '{given.path}'.", target=target, mend="Correct the path.", code="ReferenceNotFound"
            )
        return given.model_copy(update={"path": path})

    def _assets(self, given: Input | Output) -> DataAssets | Models:
        return self._models if given.type.collection == "models" else self._data

    def _check_outputs(self, scope: Scope, job: CommandJob) -> None:
        for name, output in job.outputs.items():
            check_name(name, target=f"outputs.{name}", what="output name")
            if output.path and not parse_datastore_path(output.path):
                raise InvalidInput(
                    f"'{output.path}' is not a place for an output.",
                    target=f"outputs.{name}.path",
                    mend="Write azureml://datastores/<name>/paths/<path>, or leave it out.",
                )
            if output.path:
                self._storage.locate(scope, output.path, target=f"outputs.{name}.path")
            if output.name:
                self._check_registration(scope, name, output)
        named = [(o.type.collection, str(o.name).lower(), o.version) for o in job.outputs.values() if o.version]
        if twice := next((each for each in named if named.count(each) > 1), None):
            raise InvalidInput(
                f"Two outputs are to become version '{twice[2]}' of '{twice[1]}'.",
                target="outputs",
                mend="Leave 'version' out, and each gets its own.",
            )

    def _check_registration(self, scope: Scope, name: str, output: Output) -> None:
        assert output.name is not None
        check_name(output.name, target=f"outputs.{name}.name", what="asset name")
        if not output.version:
            return
        check_name(output.version, target=f"outputs.{name}.version", what="version")
        shelf = self._assets(output)
        with suppress(NotFound):
            shelf.get(ResourceId(scope, shelf.noun.collection, output.name, output.version))
            raise Conflict(
                f"Version '{output.version}' of {shelf.noun.word} '{output.name}' exists already.",
                target=f"outputs.{name}.version",
                mend="Leave 'version' out to get the next one.",
            )

    def address(self, scope: Scope, given: Input) -> str:
        """The address of what an input of a submitted job reads: that of its bytes where it names an asset."""
        assert given.path is not None
        if given.path.startswith("azureml:") and not given.path.startswith("azureml://"):
            return str(self._assets(given).resolve(scope, given.path, target="inputs").body["path"])
        return given.path

    def snapshot(self, scope: Scope, code: str) -> Record:
        """The code snapshot of a submitted job."""
        return self._codes.resolve(scope, code, target="code")

    def output_path(self, scope: Scope, job: str, output: str) -> str:
        """The datastore path of an output of a job. Raises :class:`InvalidInput` where there is none (yet)."""
        record = self._named(scope, job)
        outputs = record.body.get("outputs", {})
        known = [*outputs, "artifacts"]
        if output not in known:
            raise InvalidInput(
                f"The job '{job}' has no output '{output}'.", target="path", mend=f"It has: {', '.join(known)}."
            )
        if record.status not in KEPT:
            raise Conflict(
                f"The job '{job}' is {record.status}; its outputs are there when it has ended.",
                target="path",
                mend=f"Wait for it: 'lazuli job stream -n {job}'.",
                code="JobNotFinished",
            )
        if output == "artifacts":
            return str(DatastorePath("workspaceartifactstore", f"ExperimentRun/dcid.{job}"))
        return outputs[output].get("path") or job_output_path(record.id.name, output)

    def _named(self, scope: Scope, job: str) -> Record:
        try:
            return self.get(ResourceId(scope, "jobs", job))
        except Problem as problem:
            raise InvalidInput(problem.message, target="path", mend=problem.mend, code="ReferenceNotFound") from None

    def after(self, record: Record) -> None:
        """The reconciler looks at it at once."""
        assert self.reconciler is not None
        if record.status in ACTIVE:
            self.reconciler.wake(record.id)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """A job that exists may change its words, not its work."""
        assert isinstance(document, CommandJob)
        said = document.dump()
        if changed := self._changed(old, document, said):
            raise Conflict(
                f"The job '{old.id.name}' exists with another '{changed}'.",
                target=changed,
                mend="Submit it under another name.",
                code="ImmutableJob",
            )
        body = {**old.body, **{k: said[k] for k in ("display_name", "description", "tags") if k in said}}
        changes: dict[str, Any] = {} if body == old.body else {"body": body}
        return changes if document.is_archived == old.archived else {**changes, "archived": document.is_archived}

    def _changed(self, old: Record, document: CommandJob, said: Mapping[str, Any]) -> str:
        """The first field in which a job put again asks for other work; '' where there is none."""
        if _bare(old.body.get("compute")) != _bare(said.get("compute")):
            return "compute"
        differing = [field for field in _WORK if said.get(field) != old.body.get(field)]
        if not differing:
            return ""
        pinned = self._pinned(old.id, document).dump()  # '@latest' said again is the version it was, as long as it is
        return next((field for field in differing if pinned.get(field) != old.body.get(field)), "")

    def cancel(self, id: ResourceId, actor: Principal) -> Record:
        """Ask a job to end. One that has ended stays as it is."""
        with self.store.state.write() as tx:
            id = self.place(tx, id)
            record = self.store.documents.find(tx, id)
            if record is None:
                raise self.missing(tx, id)
            if record.status in ACTIVE - {Status.CANCEL_REQUESTED.value, Status.FINALIZING.value}:
                record = self.store.documents.change(
                    tx,
                    record,
                    actor.name,
                    event="cancel requested",
                    status=Status.CANCEL_REQUESTED.value,
                    state={**record.state, "status_reason": f"Canceled by {actor.name}."},
                )
        self.after(record)
        return record

    def describe(self, id: ResourceId, actor: Principal, **words: Any) -> Record:
        """Change what a job is called or tagged, or whether it is hidden."""
        with self.store.state.write() as tx:
            id = self.place(tx, id)
            record = self.store.documents.find(tx, id)
            if record is None:
                raise self.missing(tx, id)
            archived = words.pop("is_archived", record.archived)
            body = {**record.body, **words}
            return self.store.documents.change(tx, record, actor.name, body=body, archived=archived)

    def check_removal(self, tx: Connection, record: Record) -> None:
        """Not while it is on its way."""
        if record.status in ACTIVE:
            raise Conflict(
                f"The job '{record.id.name}' is {record.status}.",
                mend=f"Cancel it first: 'lazuli job cancel -n {record.id.name}'.",
            )


def _nodes_wanted(job: CommandJob) -> int:
    wanted = job.resources.instance_count if job.resources else 1
    if wanted > 1:
        raise Unsupported(
            f"The job wants {wanted} nodes; this version runs a job on one.",
            target="resources.instance_count",
            mend="Set it to 1.",
        )
    return wanted


def _placed(job: str, name: str, output: Output) -> Output:
    """The output with the expressions in its path settled: they are the server's to fill."""
    if not output.path:
        return output
    values = {"name": job, "output_name": name, "default_datastore": DEFAULT}
    bindings.check(output.path, {word: {""} for word in values}, target=f"outputs.{name}.path")
    return output.model_copy(update={"path": bindings.render(output.path, lambda binding: values[binding.group])})


def _spelt(record: Record) -> str:
    return f"azureml:{record.id.name}:{record.id.version}"


def _bare(compute: str | None) -> str:
    return (compute or "serverless").removeprefix("azureml:").lower()
