"""The last step of a job: what it left is kept, the end is committed, and only then its work folder goes.

Nothing is given up that could not be kept for now. Where something can never be kept, its work folder stays until the
job is deleted, so that a person can still get at it.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from lazuli.compute.engine import Engine
from lazuli.compute.environments import State
from lazuli.jobs.environment import JobEnvironments
from lazuli.jobs.finish import FOR_NOW, Finisher, Kept
from lazuli.jobs.growing import Growing, folders_there
from lazuli.jobs.plan import Planner
from lazuli.jobs.transfers import Transfers
from lazuli.jobs.transitions import UNKEPT
from lazuli.resources.job import Status
from lazuli.schema.problems import Problem
from lazuli.store import tables
from lazuli.store.documents import Record
from lazuli.store.reconciler import Step
from lazuli.store.room import is_full

__all__ = ["Ending", "held_back"]

log = logging.getLogger(__name__)

_SENDING = "Sending what it wrote to datastores outside this server."
_SENDING_MS = 2_000
_FIRST_MS = 500
_MAX_MS = 60_000

_F, _R = tables.facet, tables.resource


class Ending:
    """Ends jobs whose work is over."""

    def __init__(
        self,
        engine: Engine,
        environments: JobEnvironments,
        planner: Planner,
        finisher: Finisher,
        transfers: Transfers,
        growing: Growing,
    ) -> None:
        self._engine = engine
        self._environments = environments
        self._planner = planner
        self._finisher = finisher
        self._transfers = transfers
        self._growing = growing
        self._tries: dict[str, int] = {}  # how often it was tried in vain to keep what a key left

    def step(self, record: Record, key: str) -> Step:
        """The next step of a job whose work under ``key`` is over. Safe to repeat."""
        verdict = str(record.state["verdict"])
        try:
            kept = self._kept(record, self._engine.folder(key), completed=verdict == Status.COMPLETED.value)
        except FOR_NOW as error:
            return self._wait(key, error)
        if kept is None:
            reason = {} if key in self._tries else {"status_reason": _SENDING}
            return Step(state=reason, again_ms=_SENDING_MS)
        return self._end(record, key, verdict, kept)

    def _kept(self, record: Record, folder: Path, *, completed: bool) -> Kept | None:
        """What became of what it left; None while that is still sent elsewhere. Raises one of :data:`FOR_NOW`."""
        refused: Problem | None = None
        try:
            if not self._transfers.sent(record, folder):
                return None
        except FOR_NOW:
            raise
        except Problem as problem:
            refused = problem
        kept = self._finisher.keep(record, folder, completed=completed and not refused)
        # What was copied while it ran and has gone since.
        self._growing.forget(record, below=folders_there(folder))
        return replace(kept, problem=refused, is_whole=False) if refused else kept

    def _wait(self, key: str, error: Exception) -> Step:
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        if tries == 1:
            log.warning("Keeping what %s left waits.", key, exc_info=error)
        again_ms = min(_MAX_MS, _FIRST_MS * 2 ** min(tries - 1, 10))
        return Step(state={"status_reason": f"Keeping its outputs waits: {_why(error)}"}, again_ms=again_ms)

    def _end(self, record: Record, key: str, verdict: str, kept: Kept) -> Step:
        self._tries.pop(key, None)
        facts: dict[str, Any] = {"status_reason": kept.told or None}
        if kept.problem and record.state.get("error"):  # what failed first is the reason
            facts["status_reason"] = f"{kept.problem} {kept.told}".strip()
        elif kept.problem:
            facts["error"] = {"code": kept.problem.code, "message": str(kept.problem)}
            verdict = Status.FAILED.value if verdict == Status.COMPLETED.value else verdict
        if not kept.is_whole:
            return Step(verdict, {**facts, UNKEPT: True})
        return Step(verdict, facts, after=lambda: self._clear(record, key, has_completed=not kept.problem))

    def _clear(self, record: Record, key: str, *, has_completed: bool) -> None:
        self._engine.forget(key)
        if has_completed and record.state["verdict"] == Status.COMPLETED.value:
            self._learn(record)

    def _learn(self, record: Record) -> None:
        """Make the next job like this one start sooner, by what its code imports."""
        if not record.body.get("code"):
            return
        environment = self._environments.of(record)
        if environment.state is State.READY and environment.python_version:
            self._planner.learn(record, environment)


def held_back(tx: Connection) -> set[str]:
    """The keys of ended jobs that left something which could not be kept: their work folders stay."""
    filed = select(_F.c.resource_id).where(_F.c.kind == "jobs", _F.c.key == UNKEPT)
    states = tx.execute(select(_R.c.state).where(_R.c.id.in_(filed))).scalars()
    return {str(json.loads(state)["key"]) for state in states}


def _why(error: Exception) -> str:
    """What stands in the way of keeping something, without a path of this machine."""
    if isinstance(error, Problem):
        return str(error)
    if is_full(error):
        return "the disk is full."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror[0].lower()}{error.strerror[1:]}."
    return "the store does not answer."
