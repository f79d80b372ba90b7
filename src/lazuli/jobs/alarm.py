"""How schedules move: they sleep until they are due, note that they fire, and submit their job.

::

    Active ◀─▶ Disabled
       └─▶ Ended: no moment comes any more

A firing takes two steps. The first notes it and the moment that follows, the second submits the job and notes that. So
a server that dies between them, or between the job and its note, goes on with the same firing, and never makes a second
job. What was missed while no server was there is taken up once, with the last moment that passed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from lazuli.jobs.changes import Changes
from lazuli.jobs.firings import Firing, Firings
from lazuli.jobs.timetable import Timetable
from lazuli.resources.schedule import Schedule, ScheduleStatus
from lazuli.resources.trigger import DataChangeTrigger
from lazuli.schema.problems import Conflict, Problem, Unavailable
from lazuli.schema.words import moment
from lazuli.store.database import NO_ANSWER
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Step
from lazuli.store.room import is_full

__all__ = ["ScheduleLifecycle"]

_S = ScheduleStatus
_TRANSITIONS: Mapping[str, frozenset[str]] = {
    _S.ACTIVE: frozenset({_S.DISABLED, _S.ENDED}),
    _S.DISABLED: frozenset({_S.ACTIVE, _S.ENDED}),
    _S.ENDED: frozenset({_S.ACTIVE, _S.DISABLED}),
}
_LONGEST_MS = 60_000
"""How long a schedule sleeps at most: the machine's clock may be set, or the machine wake up, meanwhile."""
_ASLEEP_MS = 3_600_000
_AGAIN_MS = 30_000
ENDED = "Its last moment has passed."


class ScheduleLifecycle:
    """The steps of schedules."""

    transitions: Mapping[str, frozenset[str]] = _TRANSITIONS

    def __init__(self, store: Store, firings: Firings, changes: Changes) -> None:
        self._store = store
        self._firings = firings
        self._changes = changes
        self._looked: dict[str, int] = {}  # when a path was looked at last; forgotten, it is looked at sooner
        self._steps: Mapping[str, Callable[[Record], Step]] = {
            _S.ACTIVE: self._active,
            _S.DISABLED: lambda record: Step(again_ms=_ASLEEP_MS),
            _S.ENDED: lambda record: Step(again_ms=_ASLEEP_MS),
        }

    def advance(self, record: Record) -> Step:
        """The next step of a schedule."""
        return self._steps[record.status](record)

    def give_up(self, record: Record, error: Exception) -> Step:
        """A firing that fails again and again is let go, and said so; the next comes as if nothing had been."""
        if isinstance(error, NO_ANSWER) or is_full(error):  # which says nothing about this schedule
            return Step(again_ms=_AGAIN_MS)
        why = str(error) if isinstance(error, Problem) else "Lazuli could not go on with it; its log has the details."
        return Step(state=_failed(record, why), again_ms=_AGAIN_MS)

    def entered(self, tx: Connection, record: Record) -> None:
        """Nobody waits for a schedule."""

    def _active(self, record: Record) -> Step:
        if record.state.get("firing"):
            return self._submit(record, Firing(**record.state["firing"]))
        now, due = self._store.clock(), record.state.get("next_at")
        if due is not None and now < due:  # most often; nothing else is read for it
            return Step(again_ms=min(due - now, _LONGEST_MS))
        trigger = Schedule.load(record.body).trigger
        timetable = Timetable(trigger, int(record.state["since"]))
        if isinstance(trigger, DataChangeTrigger):
            return self._look(record, trigger, timetable)
        if due is None:
            return Step(_S.ENDED, {"status_reason": record.state.get("status_reason") or ENDED})
        firing = Firing(timetable.latest(due, now))
        return Step(state={"firing": firing.kept(), "next_at": timetable.after(now)})

    def _look(self, record: Record, trigger: DataChangeTrigger, timetable: Timetable) -> Step:
        """Look at the files when it is time; where some have changed, note that it fires.

        A look that finds nothing new leaves nothing behind, however often it is taken.
        """
        now, looked, seen = self._store.clock(), self._looked.get(record.id.key), record.state.get("seen")
        has_begun = seen is not None or bool(record.state.get("blind"))
        is_waiting = has_begun and looked is not None and looked <= now  # else the server was away, or it begins
        due = timetable.after(looked) if is_waiting and looked else timetable.opens(now)
        if due is None:
            return Step(_S.ENDED, {"status_reason": ENDED})
        if now < due:
            return Step(again_ms=min(due - now, _LONGEST_MS))
        self._looked[record.id.key] = now
        try:
            look = self._changes.look(record.id.scope, trigger.path, seen, recursive=trigger.recursive)
        except Problem as problem:
            return Step(state={"blind": True, "status_reason": f"It could not look at its files: {problem}"})
        facts = {"seen": look.seen, **({"blind": False, "status_reason": ""} if record.state.get("blind") else {})}
        if not look.changed:
            return Step(state=facts)
        place, is_file = look.place
        firing = Firing(now, str(place) if trigger.input_name else "", is_file)
        return Step(state={**facts, "firing": firing.kept()})

    def _submit(self, record: Record, firing: Firing) -> Step:
        try:
            job = self._firings.submit(record, firing)
        except (Unavailable, Conflict):  # it may be otherwise in a moment, so it is tried again
            raise
        except Problem as problem:
            return Step(state=_failed(record, str(problem)))
        return Step(state=fired(firing, job))


def fired(firing: Firing, job: str) -> dict[str, Any]:
    """What a schedule's state says once the job of a firing is there."""
    return {"firing": None, "last_trigger_time": moment(firing.due), "last_job": job, "status_reason": ""}


def _failed(record: Record, why: str) -> dict[str, Any]:
    """What it says where there is no job."""
    if not record.state.get("firing"):
        return {"status_reason": why}
    firing = Firing(**record.state["firing"])
    told = {"last_trigger_time": moment(firing.due), "status_reason": f"At {firing.time} no job was submitted: {why}"}
    return {"firing": None, **told}
