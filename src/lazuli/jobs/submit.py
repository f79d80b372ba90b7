"""Submitting a job: everything that can be wrong is found here, before anything is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from lazuli.compute.targets import LOCAL, Targets
from lazuli.jobs.line import place_in_line
from lazuli.jobs.pinning import Pinning
from lazuli.jobs.queue import Queue
from lazuli.jobs.ranks import check_ranks, nodes_wanted
from lazuli.jobs.services import asked_for, check_services
from lazuli.jobs.transitions import ACTIVE, UNKEPT
from lazuli.resources.job import CommandJob, JobType, Status
from lazuli.resources.kinds import check_runs
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import Shelf, document_of
from lazuli.store.documents import Record, Selection
from lazuli.store.facets import Facet
from lazuli.store.opened import Store
from lazuli.store.reconciler import Reconciler
from lazuli.tracking.runs import Runs

__all__ = ["Jobs"]

_WORK = ("command", "environment_variables", "environment", "code", "inputs", "distribution")
"""What a job that exists cannot change."""


class Jobs(Shelf):
    """The jobs of workspaces."""

    def __init__(
        self,
        store: Store,
        *,
        pinning: Pinning,
        targets: Targets,
        queue: Queue,
        runs: Runs,
        reconciler: Reconciler,
    ) -> None:
        super().__init__(noun("job"), store)
        self._queue = queue
        store.documents.facets["jobs"] = _facets
        self.pinning = pinning
        self._targets = targets
        self._runs = runs
        self._reconciler = reconciler

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """The record of a new job: references settled to exact versions, addresses to places, all checked."""
        check_name(id.name, what="job name")
        check_runs(document)
        assert isinstance(document, CommandJob)
        document = document.model_copy(update={"services": asked_for(document)})
        check_ranks(document)
        check_services(document)
        target = self._targets.named(id.scope, document.compute or "serverless")
        nodes = self._nodes(id.scope, target, document)
        pinned = self.pinning.pinned(id, document)
        self.pinning.check_outputs(id.scope, pinned)
        body = {k: v for k, v in pinned.dump().items() if k not in ("name", "is_archived")}
        return Record(id, body, {"target": target, "nodes": nodes, "user": actor.name}, status=Status.QUEUED.value)

    def _nodes(self, scope: Scope, target: str, job: CommandJob) -> int:
        """How many nodes a job takes. Raises :class:`InvalidInput` where its target will never have as many."""
        wanted = nodes_wanted(job)
        if wanted == 1:
            return wanted
        with self.store.state.read() as tx:
            most = self._targets.slots(tx, scope, target).most
        if wanted > most:
            what = "has a slot for each core" if target == LOCAL else "is of that size"
            raise InvalidInput(
                f"The job takes {wanted} nodes together, and '{target}' has {most} at most: it {what}.",
                target="resources.instance_count",
                mend=f"Set it to {most} or less, or use a cluster whose max_instances is {wanted} or more.",
            )
        return wanted

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """A new job gets its run and its lease with the same commit: a crash leaves all of it or nothing."""
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
        self._reconciler.enlist(tx, record.id)

    def after(self, record: Record) -> None:
        """The reconciler looks at it at once."""
        if record.status in ACTIVE:
            self._reconciler.wake(record.id)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """A job that exists may change its words, not its work."""
        check_runs(document)
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
        pinned = self.pinning.pinned(
            old.id, document
        ).dump()  # '@latest' said again is the version it was, as long as it is
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

    def shown(self, tx: Connection, record: Record) -> Record:
        """The job; of one that waits, why it waits now."""
        return self._queue.tell(tx, [record])[0]

    def all_shown(self, tx: Connection, records: list[Record]) -> list[Record]:
        """The jobs; of those that wait, why they wait now."""
        return self._queue.tell(tx, records)

    def counts(self, scope: Scope) -> dict[str, int]:
        """How many jobs of a workspace there are in each status, archived ones too."""
        with self.store.state.read() as tx:
            scope = self.place(tx, ResourceId(scope)).scope
            each = {s.value: Selection(scope, "jobs", statuses=(s.value,)) for s in Status}
            return {status: self.store.documents.count(tx, selection) for status, selection in each.items()}

    def check_removal(self, tx: Connection, record: Record) -> None:
        """Not while it is on its way."""
        if record.status in ACTIVE:
            raise Conflict(
                f"The job '{record.id.name}' is {record.status}.",
                mend=f"Cancel it first: 'lazuli job cancel -n {record.id.name}'.",
            )


def _facets(record: Record) -> set[Facet]:
    """What jobs are found by besides their tags."""
    said = record.body
    experiment = str(said.get("experiment_name") or CommandJob.model_fields["experiment_name"].default)
    found = {("type", str(said.get("type") or JobType.COMMAND.value)), ("experiment_name", experiment.lower())}
    found |= place_in_line(record)
    return found | {(UNKEPT, "")} if record.state.get(UNKEPT) else found


def _bare(compute: str | None) -> str:
    return (compute or "serverless").removeprefix("azureml:").lower()
