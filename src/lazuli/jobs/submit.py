"""Submitting a job: everything that can be wrong is found here, before anything is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from lazuli.jobs.family import ROOT, parent_of, root_of, tell_children
from lazuli.jobs.kinds import Kind, kind_of
from lazuli.jobs.line import place_in_line
from lazuli.jobs.lineage import sources_of
from lazuli.jobs.queue import Queue
from lazuli.jobs.transitions import ACTIVE, TERMINAL, UNKEPT
from lazuli.resources.job import CommandJob, Job, JobType, Status
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
from lazuli.tracking.runs import PARENT_TAG, Runs

__all__ = ["Jobs", "new_record"]

_RUN_STATUS = {Status.COMPLETED.value: "FINISHED", Status.FAILED.value: "FAILED"}
"""What its run says of a job that is born at its end."""


class Jobs(Shelf):
    """The jobs of workspaces."""

    def __init__(
        self,
        store: Store,
        *,
        queue: Queue,
        runs: Runs,
        reconciler: Reconciler,
    ) -> None:
        super().__init__(noun("job"), store)
        self._queue = queue
        store.documents.facets["jobs"] = _facets
        store.documents.sources["jobs"] = sources_of
        self.kinds: dict[JobType, Kind] = {}
        """How jobs of each kind are submitted; the platform fills it."""
        self._runs = runs
        self._reconciler = reconciler

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """The record of a new job: references settled to exact versions, addresses to places, all checked."""
        _check_name(id.name)
        check_runs(document)
        assert isinstance(document, Job)
        kept, facts = self.kinds[document.type].prepared(id, document)
        return new_record(id, kept, facts, actor.name)

    def bear(self, parent: Record, children: Sequence[Record]) -> bool:
        """Make children of a job, all with one commit; those that are there already stay as they are.

        Each is what :meth:`prepare` gave for it, and may have a status, a hash and further facts of its own. Whether
        they are there now: none is made where the parent is no longer in the status in which it was read.
        Raises :class:`InvalidInput` where the name of one is, or was, another job's.
        """
        actor = Principal(parent.id.name, str(parent.state["user"]), "job")
        with self.store.state.write() as tx:
            now = self.store.documents.find(tx, parent.id)
            if now is None or (now.status, now.created_at) != (parent.status, parent.created_at):
                return False
            made = [child for each in children if (child := self._born(tx, parent, each, actor))]
        for child in made:
            self.after(child)
        return True

    def _born(self, tx: Connection, parent: Record, child: Record, actor: Principal) -> Record | None:
        if there := self.store.documents.find(tx, child.id):
            if there.parent == parent.id.name:
                return None
            raise _taken(parent, child)
        state = {**child.state, "root": root_of(parent)}
        child = self.store.documents.add(tx, replace(child, parent=parent.id.name, state=state), actor.name)
        try:
            self.created(tx, child, actor)
        except Conflict:
            raise _taken(parent, child) from None
        return child

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """A new job gets its run and its lease with the same commit: a crash leaves all of it or nothing."""
        job: Job = document_of(self.noun, record)
        tags = [("mlflow.user", actor.name), *job.tags.items(), *_family(record)]
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
                status=_RUN_STATUS.get(record.status, "SCHEDULED"),
                tags=tags,
            )
        except Conflict:  # what a deleted job left (its run, its files, assets made of them) stays as it is
            raise Conflict(
                f"The name '{record.id.name}' was used before.",
                target="name",
                mend="Choose another name.",
                code="JobNameUsed",
            ) from None
        if record.status in ACTIVE:
            self._reconciler.enlist(tx, record.id)

    def replaced(self, tx: Connection, old: Record, new: Record) -> None:
        """A job that had ended and goes on again is moved again, and its run tells the same."""
        if old.status in TERMINAL and new.status in ACTIVE:
            self._runs.mark(tx, new.id.scope, new.id.name, "RUNNING", ended_at=None)
            self._reconciler.enlist(tx, new.id)

    def after(self, record: Record) -> None:
        """The reconciler looks at it at once."""
        if record.status in ACTIVE:
            self._reconciler.wake(record.id)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """A job that exists may change its words, not its work; of some kinds, how long it goes on."""
        check_runs(document)
        assert isinstance(document, Job)
        said = document.dump()
        if changed := self._changed(old, document, said):
            raise Conflict(
                f"The job '{old.id.name}' exists with another '{changed}'.",
                target=changed,
                mend="Submit it under another name.",
                code="ImmutableJob",
            )
        changes = dict(self.kinds[document.type].revised(old, document))
        words = {k: said[k] for k in ("display_name", "description", "tags") if k in said}
        body = {**old.body, **changes.pop("body", {}), **words}
        if body != old.body:
            changes["body"] = body
        return changes if document.is_archived == old.archived else {**changes, "archived": document.is_archived}

    def _changed(self, old: Record, document: Job, said: Mapping[str, Any]) -> str:
        """The first field in which a job put again asks for other work; '' where there is none."""
        if document.type is not kind_of(old):
            return "type"
        if _bare(old.body.get("compute")) != _bare(said.get("compute")):
            return "compute"
        kind = self.kinds[document.type]
        differing = [field for field in kind.work if said.get(field) != old.body.get(field)]
        if not differing:
            return ""
        # '@latest' said again is the version it was, as long as it is
        settled = kind.settled(old.id, document).dump()
        return next((field for field in differing if settled.get(field) != old.body.get(field)), "")

    def cancel(self, id: ResourceId, actor: Principal) -> Record:
        """Ask a job to end. One that has ended stays as it is."""
        with self.store.state.write() as tx:
            id = self.place(tx, id)
            record = self.store.documents.find(tx, id)
            if record is None:
                raise self.missing(tx, id)
            record = self._cancel(tx, record, actor)
        self.after(record)
        return record

    def above(self, id: ResourceId) -> list[str]:
        """The names of the jobs that a job is a part of, the nearest first: its pipeline, its sweep, and theirs."""
        found: list[str] = []
        with self.store.state.read() as tx:
            record = self.store.documents.find(tx, id)
            while record is not None and record.parent and record.parent not in found:
                found.append(record.parent)
                record = self.store.documents.find(tx, ResourceId(id.scope, "jobs", record.parent))
        return found

    def cancel_all(
        self, scope: Scope, names: Sequence[str], actor: Principal, why: Mapping[str, str] | None = None
    ) -> None:
        """Ask several jobs to end, with one commit. Those that have ended, or are gone, stay as they are.

        ``why`` tells, by their names, why they are given up; it stays with them.
        """
        if not names:
            return
        with self.store.state.write() as tx:
            found = [self.store.documents.find(tx, ResourceId(scope, "jobs", name)) for name in names]
            asked = [self._cancel(tx, record, actor, (why or {}).get(record.id.name, "")) for record in found if record]
        for record in asked:
            self.after(record)

    def _cancel(self, tx: Connection, record: Record, actor: Principal, why: str = "") -> Record:
        if record.status not in ACTIVE - {Status.CANCEL_REQUESTED.value, Status.FINALIZING.value}:
            return record
        return self.store.documents.change(
            tx,
            record,
            actor.name,
            event="cancel requested",
            status=Status.CANCEL_REQUESTED.value,
            state={**record.state, "status_reason": why or f"Canceled by {actor.name}.", **_given_up(why)},
        )

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
        """The job; of one that waits, why it waits now; of one made of others, how they stand."""
        return self.all_shown(tx, [record])[0]

    def all_shown(self, tx: Connection, records: list[Record]) -> list[Record]:
        """The jobs, each as :meth:`shown`."""
        return tell_children(tx, self._queue.tell(tx, records))

    def counts(self, scope: Scope) -> dict[str, int]:
        """How many jobs of a workspace there are in each status, archived ones too."""
        with self.store.state.read() as tx:
            scope = self.place(tx, ResourceId(scope)).scope
            each = {s.value: Selection(scope, "jobs", statuses=(s.value,)) for s in Status}
            return {status: self.store.documents.count(tx, selection) for status, selection in each.items()}

    def check_removal(self, tx: Connection, record: Record) -> None:
        """Not while it, or the job that made it, is on its way."""
        if record.status in ACTIVE:
            raise Conflict(
                f"The job '{record.id.name}' is {record.status}.",
                mend=f"Cancel it first: 'lazuli job cancel -n {record.id.name}'.",
            )
        parent = self.store.documents.find(tx, id) if (id := parent_of(record)) else None
        if parent and parent.status in ACTIVE:
            raise Conflict(
                f"The job '{record.id.name}' belongs to '{parent.id.name}', which is {parent.status}.",
                mend=f"Wait for it, or cancel it first: 'lazuli job cancel -n {parent.id.name}'.",
            )


def new_record(id: ResourceId, job: Job, facts: Mapping[str, Any], user: str) -> Record:
    """The record of a job, all of it settled already, that waits to be begun."""
    body = {k: v for k, v in job.dump().items() if k not in ("name", "is_archived")}
    return Record(id, body, {**facts, "user": user}, status=Status.QUEUED.value)


def _check_name(name: str) -> None:
    """A job's name is the id of its run as well, and MLflow's own programs take none with a dot in it."""
    check_name(name, what="job name")
    if "." in name:
        raise InvalidInput(
            f"'{name}' cannot be a job name.",
            target="name",
            mend="Use letters, digits, '_' and '-': MLflow takes no dot.",
        )


def _taken(parent: Record, child: Record) -> InvalidInput:
    return InvalidInput(
        f"'{parent.id.name}' would make a job '{child.id.name}', and that is the name of another.",
        target="name",
        mend="Submit it under another name.",
        code="JobNameUsed",
    )


def _given_up(why: str) -> dict[str, Any]:
    return {"error": {"code": "GivenUp", "message": why}} if why else {}


def _family(record: Record) -> Iterator[tuple[str, str]]:
    """The tags by which MLflow nests the run of a child in that of its parent."""
    if record.parent:
        yield PARENT_TAG, record.parent
        yield "mlflow.rootRunId", root_of(record)


def _facets(record: Record) -> set[Facet]:
    """What jobs are found by besides their tags."""
    said = record.body
    experiment = str(said.get("experiment_name") or CommandJob.model_fields["experiment_name"].default)
    found = {("type", str(said.get("type") or JobType.COMMAND.value)), ("experiment_name", experiment.lower())}
    found |= place_in_line(record) | (set() if record.parent else {ROOT})
    return found | {(UNKEPT, "")} if record.state.get(UNKEPT) else found


def _bare(compute: str | None) -> str:
    return (compute or "serverless").removeprefix("azureml:").lower()
