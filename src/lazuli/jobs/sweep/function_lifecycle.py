"""How a sweep of a function moves: its program draws and runs the trials, so all there is to do here is to listen.

::

    Running ─▶ Finalizing ─▶ Completed | Failed
      │  ▲
      ▼  │  the program is gone, and takes it up again
    Queued
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lazuli.jobs.family import Child
from lazuli.jobs.parents import LOOK_MS, Parent
from lazuli.jobs.submit import Jobs
from lazuli.jobs.sweep.functions import WAITS, FunctionSweeps
from lazuli.resources.job import Status
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Step

__all__ = ["FunctionLifecycle"]

_PATIENCE_MS = 90_000
"""After how long without a word a program counts as gone. It says a word every twenty seconds."""
_REST_MS = 3_600_000


class FunctionLifecycle(Parent):
    """The steps of sweeps of functions."""

    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        functions: FunctionSweeps,
        finish: Callable[[Record], Mapping[str, Any]],
    ) -> None:
        """``finish`` settles how any sweep ends."""
        super().__init__(store, jobs)
        self._functions = functions
        self._finish = finish

    def children(self, record: Record) -> list[Child]:
        """None that is on its way: a trial is known when it has ended."""
        return []

    def go_on(self, record: Record, children: Sequence[Child]) -> Step:
        """Wait for its program, which ends it; where that is gone, wait for another."""
        left = _PATIENCE_MS - self._functions.silent_ms(record.id)
        if left > 0:
            return Step(again_ms=min(left, LOOK_MS))
        return Step(Status.QUEUED.value, {"status_reason": WAITS})

    def finish(self, record: Record) -> Mapping[str, Any]:
        """Settle which trial is the best."""
        return self._finish(record)

    def _queued(self, record: Record) -> Step:
        return Step(again_ms=_REST_MS)
