"""How jobs that are made of other jobs move.

::

    Queued ─▶ Running ─▶ Finalizing ─▶ Completed | Failed | Canceled
      │          │
      └──────────┴─▶ CancelRequested ─▶ Canceled

A parent takes no node. While it runs, each look at its children says which to make next and which to give up; the end
of a child is what wakes it. Canceling walks down: the parent is at its end when all of its children are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from lazuli.jobs.family import Child, children_of
from lazuli.jobs.submit import Jobs
from lazuli.jobs.transitions import TRANSITIONS
from lazuli.resources.job import Status
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, Problem, Unavailable
from lazuli.schema.words import moment
from lazuli.shelves.principal import Principal
from lazuli.store.database import NO_ANSWER
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Step
from lazuli.store.room import is_full

__all__ = ["LOOK_MS", "Parent", "ending"]

LOOK_MS = 30_000
"""How often a parent looks at its children though none of them has called."""
_STORE_MS = 30_000
_CANCEL_MS = 5_000


def ending(verdict: Status, code: str = "", message: str = "") -> dict[str, Any]:
    """The fact that a running parent is to end like this, once none of its children is on its way any more."""
    return {"ending": {"verdict": verdict.value, "error": {"code": code, "message": message} if code else None}}


class Parent(ABC):
    """The steps of jobs of one kind that are made of other jobs."""

    transitions: Mapping[str, frozenset[str]] = TRANSITIONS

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self.store = store
        self.jobs = jobs
        self._steps = {
            Status.QUEUED.value: self._queued,
            Status.RUNNING.value: self._running,
            Status.CANCEL_REQUESTED.value: self._canceling,
            Status.FINALIZING.value: self._finalizing,
        }

    @abstractmethod
    def go_on(self, record: Record, children: Sequence[Child]) -> Step:
        """The next step of a running parent: it makes and cancels children, or says :func:`ending`.

        Safe to repeat. A problem that it raises ends the job with that problem.
        """

    def finish(self, record: Record) -> Mapping[str, Any]:
        """What is to be done at the end, whatever the verdict, and the facts to note of it. Safe to repeat."""
        return {}

    def advance(self, record: Record) -> Step:
        """The next step of a parent."""
        try:
            return self._steps[record.status](record)
        except (Unavailable, Conflict):  # it may be otherwise in a moment, so it is tried again
            raise
        except Problem as problem:
            return self._broken(record, problem.code, str(problem))

    def give_up(self, record: Record, error: Exception) -> Step:
        """The end of a parent whose step fails again and again."""
        if isinstance(error, NO_ANSWER) or is_full(error):  # which says nothing about this job
            return Step(again_ms=_STORE_MS)
        if isinstance(error, Problem):
            return self._broken(record, error.code, str(error))
        return self._broken(record, "InternalServerError", "Lazuli could not go on with it; its log has the details.")

    def entered(self, tx: Connection, record: Record) -> Iterable[ResourceId]:
        """Nobody waits for a parent but its own parent."""
        return ()

    def over(self, said: Mapping[str, Any]) -> Step:
        """The step of a parent that is to end as :func:`ending` said, where no child is on its way any more."""
        end = said["ending"]
        return Step(Status.FINALIZING.value, {"verdict": end["verdict"], "error": end["error"], **self._ended()})

    def children(self, record: Record) -> list[Child]:
        """The children there are now."""
        with self.store.state.read() as tx:
            return list(children_of(tx, record.id))

    def cancel(self, record: Record, children: Iterable[Child]) -> bool:
        """Ask children to end; whether any is still on its way."""
        waited_for = [child for child in children if not child.over]
        asked = [child.name for child in waited_for if child.status != Status.CANCEL_REQUESTED.value]
        actor = Principal(record.id.name, str(record.state["user"]), "job")
        self.jobs.cancel_all(record.id.scope, asked, actor)
        return bool(waited_for)

    def _queued(self, record: Record) -> Step:
        return Step(Status.RUNNING.value, {"status_reason": None, "start_time": moment(self.store.clock())})

    def _running(self, record: Record) -> Step:
        children = self.children(record)
        if not record.state.get("ending"):
            return self.go_on(record, children)
        if self.cancel(record, children):
            return Step(again_ms=_CANCEL_MS)
        return self.over(record.state)

    def _canceling(self, record: Record) -> Step:
        if self.cancel(record, self.children(record)):
            return Step(again_ms=_CANCEL_MS)
        return Step(Status.CANCELED.value, {**self.finish(record), **self._ended()})

    def _finalizing(self, record: Record) -> Step:
        return Step(str(record.state["verdict"]), self.finish(record))

    def _ended(self) -> dict[str, Any]:
        return {"end_time": moment(self.store.clock()), "status_reason": None}

    def _broken(self, record: Record, code: str, message: str) -> Step:
        """A failure of its own: its children are given up, and then it fails."""
        error = {"error": {"code": code, "message": message}}
        if record.status == Status.RUNNING.value and not record.state.get("ending"):
            return Step(state=ending(Status.FAILED, code, message))
        if record.status == Status.CANCEL_REQUESTED.value:
            return Step(Status.CANCELED.value, {**error, **self._ended()})
        return Step(Status.FAILED.value, {**error, **self._ended()})
