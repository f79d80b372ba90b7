"""Submitting a job: everything that can be wrong is found here, before anything is kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from lazuli.assets.kinds import Codes, DataAssets, Environments, Models
from lazuli.assets.storage import DEFAULT, Location, Storage
from lazuli.compute.targets import Targets
from lazuli.jobs.queue import Queue
from lazuli.jobs.transitions import ACTIVE, TERMINAL
from lazuli.resources.environment import Environment
from lazuli.resources.inout import AssetType, Input
from lazuli.resources.job import CommandJob, Status
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.problems import Conflict, InvalidInput, Problem, Unsupported
from lazuli.schema.reference import DatastorePath, is_remote, parse_datastore_path
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Reconciler
from lazuli.tracking.runs import Runs
from lazuli.workspaces.identity import Principal
from lazuli.workspaces.shelf import Shelf

__all__ = ["Jobs", "job_output_path"]

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
        self._check_room(id.scope, target, document)
        pinned = document.model_copy(
            update={
                "environment": self._environment(id.scope, document),
                "code": self._code(id.scope, document),
                "inputs": {n: self._input(id.scope, n, i) for n, i in document.inputs.items()},
                "display_name": document.display_name or id.name,
            }
        )
        self._check_outputs(id.scope, pinned)
        body = {k: v for k, v in pinned.dump().items() if k not in ("name", "is_archived")}
        self._open_run(id, pinned, actor)
        return Record(id, body, {"target": target, "user": actor.name}, status=Status.QUEUED.value)

    def _open_run(self, id: ResourceId, job: CommandJob, actor: Principal) -> None:
        """A run that a crash leaves without its job is found again by the next submit of the same name."""
        tags = [("mlflow.user", actor.name), *job.tags.items()]
        if commit := job.properties.get("azureml.git.commit") or job.properties.get("mlflow.source.git.commit"):
            tags.append(("mlflow.source.git.commit", commit))
        self._runs.open_run(
            id.scope,
            id.name,
            experiment=job.experiment_name,
            name=job.display_name or id.name,
            user=actor.name,
            tags=tags,
        )

    def _check_room(self, scope: Scope, target: str, job: CommandJob) -> None:
        wanted = job.resources.instance_count if job.resources else 1
        if wanted > 1:
            raise Unsupported(
                f"The job wants {wanted} nodes; this version runs a job on one.",
                target="resources.instance_count",
                mend="Set it to 1.",
            )

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
        if not self._storage.exists(location):
            raise InvalidInput(
                f"Nothing lies at '{given.path}'.", target=target, mend="Correct the path.", code="ReferenceNotFound"
            )
        return given.model_copy(update={"path": path})

    def _assets(self, given: Input) -> DataAssets | Models:
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
                check_name(output.name, target=f"outputs.{name}.name", what="asset name")

    def location(self, scope: Scope, given: Input) -> Location:
        """Where the bytes of an input of a submitted job lie."""
        assert given.path is not None
        path = given.path
        if not path.startswith("azureml://"):
            path = str(self._assets(given).resolve(scope, path, target="inputs").body["path"])
        return self._storage.locate(scope, path)

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
        if record.status not in TERMINAL:
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

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """A new job gets its lease with the same commit."""
        assert self.reconciler is not None
        self.reconciler.enlist(tx, record.id)

    def after(self, record: Record) -> None:
        """The reconciler looks at it at once."""
        assert self.reconciler is not None
        if record.status in ACTIVE:
            self.reconciler.wake(record.id)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """A job that exists may change its words, not its work."""
        assert isinstance(document, CommandJob)
        said = document.dump()
        for key in ("command", "compute", "environment_variables"):
            before, now = old.body.get(key), said.get(key)
            if key == "compute":
                before, now = _bare(before), _bare(now)
            if before != now:
                raise Conflict(
                    f"The job '{old.id.name}' exists with another '{key}'.",
                    target=key,
                    mend="Submit it under another name.",
                    code="ImmutableJob",
                )
        body = {**old.body, **{k: said[k] for k in ("display_name", "description", "tags") if k in said}}
        changes: dict[str, Any] = {} if body == old.body else {"body": body}
        return {**changes, "archived": True} if document.is_archived else changes

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


def _spelt(record: Record) -> str:
    return f"azureml:{record.id.name}:{record.id.version}"


def _bare(compute: str | None) -> str:
    return (compute or "serverless").removeprefix("azureml:").lower()
