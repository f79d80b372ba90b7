"""Schedules: kept, checked and switched on and off. What fires them comes later."""

from __future__ import annotations

from typing import Any, NoReturn

from lazuli.jobs.pinning import Pinning
from lazuli.resources.job import CommandJob
from lazuli.resources.schedule import JobAgain, Schedule
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, check_name
from lazuli.schema.problems import InvalidInput, Unsupported
from lazuli.schema.reference import parse_reference
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import Shelf
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["NOT_FIRED", "Schedules"]

NOT_FIRED = "It is kept, but this version does not fire schedules yet."


class Schedules(Shelf):
    """The schedules of workspaces. One that is not enabled is archived in the table: lists leave it out alike."""

    def __init__(self, store: Store, pinning: Pinning) -> None:
        super().__init__(noun("schedule"), store)
        self._pinning = pinning

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new schedule whose job could be submitted now."""
        check_name(id.name, what="schedule name")
        assert isinstance(document, Schedule)
        self._check(id, document)
        return Record(id, _body(document), {}, archived=not document.is_enabled)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """All of it may be said anew."""
        assert isinstance(document, Schedule)
        body = _body(document)
        if body != old.body:
            self._check(old.id, document)
        changes: dict[str, Any] = {} if body == old.body else {"body": body}
        return changes if document.is_enabled != old.archived else {**changes, "archived": not document.is_enabled}

    def trigger(self, id: ResourceId) -> NoReturn:
        """Submit the job of a schedule now. Raises :class:`Unsupported`: schedules are not fired yet."""
        self.get(id)
        raise Unsupported(
            f"The schedule '{id.name}' {NOT_FIRED.removeprefix('It ')}",
            target="trigger",
            mend="Submit its job with 'lazuli job create' (in Python: jobs.create_or_update).",
        )

    def _check(self, id: ResourceId, document: Schedule) -> None:
        """Raise :class:`InvalidInput` where there is nothing to submit, or it names what does not exist."""
        job = document.create_job
        if job is None:
            raise InvalidInput("'create_job' is required.", target="create_job", mend="Say which job to submit.")
        if isinstance(job, CommandJob):
            self._pinning.pinned(id, job)  # '@latest' stays as it is: it is settled each time
        named = job.job if isinstance(job, JobAgain) else job
        if not isinstance(named, str):
            return
        reference = parse_reference(named)
        if reference is None:
            raise InvalidInput(
                f"'{named}' is not the name of a job.",
                target="create_job",
                mend="Write azureml:<name>, or the job itself; the file of one is read by 'lazuli schedule create'.",
            )
        reference.inside(id.scope, target="create_job")
        with self.store.state.read() as tx:
            if self.store.documents.find(tx, ResourceId(id.scope, "jobs", reference.name)) is None:
                raise InvalidInput(
                    f"The job '{reference.name}' does not exist.",
                    target="create_job",
                    mend="Name one of 'lazuli job list'.",
                    code="ReferenceNotFound",
                )


def _body(document: Schedule) -> dict[str, Any]:
    return {key: value for key, value in document.dump().items() if key != "name"}
