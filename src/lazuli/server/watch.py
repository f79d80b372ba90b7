"""One look at a job for all who listen to it: however many they are, a silent job costs what one of them does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from starlette.concurrency import run_in_threadpool

from lazuli.jobs.logs import Logs
from lazuli.jobs.submit import Jobs
from lazuli.resources.job import Status
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import NotFound
from lazuli.store.documents import Record
from lazuli.store.points import Latest
from lazuli.tracking import Tracking

__all__ = ["GROWING", "Listener", "Watch", "Watches"]

_LOOK_S = 0.08
_SLOWEST_LOOK_S = 0.4
GROWING = (Status.RUNNING.value, Status.CANCEL_REQUESTED.value)
"""The statuses in which nothing but its log can grow without a change of state or metrics."""


class Listener(Protocol):
    """Somebody who waits for something to happen, and what they know already."""

    file: str
    """The log they follow; '' before they know."""
    offset: int
    """How much of it they have been told."""
    seen: tuple[int, int]
    """How often state and points had been written when they last looked."""


class Watches:
    """The watches of the jobs that anybody listens to."""

    def __init__(self, jobs: Jobs, logs: Logs, tracking: Tracking) -> None:
        self._jobs = jobs
        self._logs = logs
        self._tracking = tracking
        self._open: dict[ResourceId, Watch] = {}

    @asynccontextmanager
    async def of(self, id: ResourceId) -> AsyncIterator[Watch]:
        """The watch of a job, which goes on until the last of its listeners has left."""
        watch = self._open.setdefault(id, Watch(self._jobs, self._logs, self._tracking, id))
        watch.listeners += 1
        try:
            yield watch
        finally:
            watch.listeners -= 1
            if not watch.listeners:
                del self._open[id]
                watch.end()


class Watch:
    """The watch of one job. Its methods are for the event loop."""

    def __init__(self, jobs: Jobs, logs: Logs, tracking: Tracking, id: ResourceId) -> None:
        self.listeners = 0
        self._jobs = jobs
        self._logs = logs
        self._tracking = tracking
        self._id = id
        self._waiting: dict[asyncio.Future[None], Listener] = {}
        self._task: asyncio.Task[None] | None = None
        self._record: Record | None = None
        self._newest: Sequence[Latest] = ()
        self._has_spoken = False
        self._seen = (-1, -1)
        self._changed = (-1, -1)  # what was seen when the job, and when its metrics, last differed from before

    def now(self) -> tuple[int, int]:
        """A pair of numbers that differs from an earlier one whenever state or metrics may differ."""
        store = self._jobs.store
        return store.state.changes, store.points.changes

    async def wait(self, listener: Listener, seconds: float, *, has_spoken: bool) -> None:
        """Until something may have happened that a listener has not been told, or for so long.

        What ``has_spoken`` just now may go on at once; what is silent is looked at less and less.
        """
        self._has_spoken = self._has_spoken or has_spoken
        self._task = self._task or asyncio.create_task(self._go_on())
        told = asyncio.get_running_loop().create_future()
        self._waiting[told] = listener
        try:
            await asyncio.wait([told], timeout=seconds)
        finally:
            del self._waiting[told]

    def end(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()

    async def _go_on(self) -> None:
        pause = _LOOK_S
        while True:
            await asyncio.sleep(pause)
            pause = _LOOK_S if self._has_spoken else min(pause * 1.25, _SLOWEST_LOOK_S)
            self._has_spoken = False
            waiting = dict(self._waiting)
            try:
                happened = await self._worth_a_look({*waiting.values()})
            except Exception:  # whoever looks meets it again, and tells it
                happened = {*waiting.values()}
            for told, listener in waiting.items():
                if listener in happened and not told.done():
                    told.set_result(None)

    async def _worth_a_look(self, listeners: set[Listener]) -> set[Listener]:
        known = self._record
        if not listeners or (known is not None and known.status == Status.QUEUED and self.now() == self._seen):
            return set()  # a queued job has no log that could have grown
        return await run_in_threadpool(self._look, listeners)

    def _look(self, listeners: set[Listener]) -> set[Listener]:
        """Those of the listeners for whom something may have happened."""
        now = self.now()  # first: what is written meanwhile is looked for the next time
        try:
            record = self._record if now[0] == self._seen[0] else self._jobs.get(self._id)
        except NotFound:
            return listeners
        newest = self._newest
        if now[1] != self._seen[1]:
            newest = self._tracking.metrics.newest(self._id.scope, self._id.name)
        state = now[0] if record != self._record else self._changed[0]
        points = now[1] if newest != self._newest else self._changed[1]
        self._record, self._newest, self._seen, self._changed = record, newest, now, (state, points)
        assert record is not None
        if record.status != Status.QUEUED and record.status not in GROWING:
            return listeners
        grown = self._grown(record, {(one.file, one.offset) for one in listeners})
        return {
            one for one in listeners if one.seen[0] < state or one.seen[1] < points or (one.file, one.offset) in grown
        }

    def _grown(self, record: Record, places: set[tuple[str, int]]) -> set[tuple[str, int]]:
        """The places in its logs after which there is more: most listeners are at the same one."""
        if record.status == Status.QUEUED:
            return set()
        return {(file, at) for file, at in places if not file or self._logs.has_more(record, file, at)}
