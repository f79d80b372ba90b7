"""Schedules: kept, checked, switched on and off, triggered by hand. How they fire is in :mod:`lazuli.jobs.alarm`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from lazuli.jobs.alarm import fired
from lazuli.jobs.changes import Changes
from lazuli.jobs.firings import Firing, Firings, acts_for
from lazuli.jobs.timetable import Timetable
from lazuli.resources.schedule import Schedule, ScheduleStatus
from lazuli.resources.table import noun
from lazuli.resources.trigger import DataChangeTrigger
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, check_name
from lazuli.schema.problems import InvalidInput
from lazuli.schema.words import moment
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import Shelf
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Reconciler

__all__ = ["Schedules"]

_S = ScheduleStatus
_LONGEST = 200
"""Jobs are called after their schedule and the moment, and no name has more than 255 characters."""


class Schedules(Shelf):
    """The schedules of workspaces. One that is not enabled is archived in the table: lists leave it out alike."""

    def __init__(self, store: Store, reconciler: Reconciler, firings: Firings, changes: Changes) -> None:
        super().__init__(noun("schedule"), store)
        self._reconciler = reconciler
        self._firings = firings
        self._changes = changes

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new schedule whose job could be submitted now, and which will fire."""
        check_name(id.name, what="schedule name")
        if len(id.name) > _LONGEST:
            raise InvalidInput(
                f"The name has {len(id.name)} characters.",
                target="name",
                mend=f"Use {_LONGEST} at most: the schedule's jobs are called after it.",
            )
        assert isinstance(document, Schedule)
        now = self.store.clock()
        self._firings.check(id, document, Firing(now), actor)
        state = self._begun(id, document, now, is_new=True, at_once=True)
        return Record(id, _body(document), state, status=_status(document), archived=not document.is_enabled)

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """A new schedule gets its lease with the same commit."""
        self._reconciler.enlist(tx, record.id)

    def after(self, record: Record) -> None:
        """The reconciler looks at it at once."""
        self._reconciler.wake(record.id)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """All of it may be said anew. With another trigger, or switched on again, its timetable begins anew."""
        assert isinstance(document, Schedule)
        body, changes = _body(document), dict[str, Any]()
        if body != old.body:
            self._firings.check(old.id, document, Firing(self.store.clock()), acts_for(old))
            changes["body"] = body
        if document.is_enabled == old.archived:
            changes["archived"] = not document.is_enabled
        has_new_trigger = body["trigger"] != old.body["trigger"]
        if has_new_trigger or "archived" in changes:
            since = self.store.clock() if has_new_trigger else int(old.state["since"])
            state = self._begun(old.id, document, since, is_new=has_new_trigger)
            changes |= {"status": _status(document), "state": {**old.state, **state}}
        return changes

    def shown(self, tx: Connection, record: Record) -> Record:
        """The schedule, with when it fires next, or looks at its files next."""
        if record.status != _S.ACTIVE:
            return record
        next_at = record.state.get("next_at")
        if next_at is None and isinstance(trigger := Schedule.load(record.body).trigger, DataChangeTrigger):
            next_at = Timetable(trigger, int(record.state["since"])).after(self.store.clock())
        return replace(record, state={**record.state, "next_trigger_time": moment(next_at)})

    def trigger(self, id: ResourceId, at: int | None, actor: Principal) -> str:
        """Submit the job of a schedule now, as if it were due ``at`` that moment; the name of the job.

        Asked again with the same moment it finds the job made. A schedule that is switched off can be triggered too.
        """
        record = self.get(id)
        firing = Firing(self.store.clock() if at is None else at)
        job = self._firings.submit(record, firing)
        with self.store.state.write() as tx:
            now = self.store.documents.find(tx, record.id)
            if now and now.created_at == record.created_at:
                state = {**now.state, **fired(firing, job), "firing": now.state.get("firing")}
                self.store.documents.change(tx, now, actor.name, event="triggered", state=state)
        return job

    def _begun(
        self, id: ResourceId, document: Schedule, since: int, *, is_new: bool, at_once: bool = False
    ) -> dict[str, Any]:
        """The state of a schedule whose timetable begins; ``at_once`` it may fire at the moment ``since`` itself.

        Raises :class:`InvalidInput` where it ``is_new`` and would never fire.
        """
        timetable, now = Timetable(document.trigger, since), self.store.clock()
        if isinstance(document.trigger, DataChangeTrigger):
            self._changes.check(id.scope, document.trigger.path)
            next_at, opens = None, timetable.opens(now)
        else:
            next_at = opens = timetable.first(since) if at_once else timetable.after(now)
        if is_new and opens is None:
            raise InvalidInput(
                "It would never fire: no moment comes any more.",
                target="trigger",
                mend="Look at its end_time, and at its days.",
            )
        said = {"since": since, "next_at": next_at if document.is_enabled else None}
        return {**said, "firing": None, "seen": None, "blind": False, "status_reason": ""}


def _status(document: Schedule) -> str:
    return _S.ACTIVE if document.is_enabled else _S.DISABLED


def _body(document: Schedule) -> dict[str, Any]:
    return {key: value for key, value in document.dump().items() if key != "name"}
