"""How a job moves: one step at a time, each safe to repeat.

::

    Queued ─▶ Preparing ─▶ Running ─▶ Finalizing ─▶ Completed | Failed | Canceled
      │ ▲        │           │
      │ └────────┴───────────┤ preempted: stopped, and begun anew
      └──────────┴───────────┴─▶ CancelRequested ─▶ (Finalizing ─▶) Canceled

Statuses that wait for work look at it now and then, so that a missed word of the engine costs a moment and not a job.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from lazuli.compute.engine import Engine, Look, Phase, Reason
from lazuli.compute.environments import State
from lazuli.jobs.ending import Ending
from lazuli.jobs.environment import JobEnvironments
from lazuli.jobs.finish import Finisher
from lazuli.jobs.growing import Growing
from lazuli.jobs.line import nodes_of
from lazuli.jobs.plan import Planner
from lazuli.jobs.preempt import MOST_ATTEMPTS
from lazuli.jobs.queue import Queue
from lazuli.jobs.services import look_at
from lazuli.jobs.transfers import Transfers
from lazuli.jobs.transitions import TERMINAL, TRANSITIONS, UNKEPT
from lazuli.jobs.usage import note_spent
from lazuli.jobs.watch import Watch
from lazuli.resources.job import Status
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, Problem, Unavailable
from lazuli.schema.words import moment
from lazuli.shelves.shelf import document_of
from lazuli.store.database import NO_ANSWER
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Step
from lazuli.store.room import is_full

__all__ = ["JobLifecycle", "engine_key"]

_BUILDING = "Building its environment; the next job with it will not wait."
_FETCHING = "Fetching what it reads from datastores outside this server."
_FULL = "There is no room for its files: the disk is full."
_NO_ROOM = os.strerror(errno.ENOSPC)
_TRANSFER_MS = 2_000
_QUEUE_MS = 5_000
_QUEUE_OTHERS_MS = 60_000
_BUILD_MS = 500
_START_MS = 20
_RUN_MS = 500
_STOP_MS = 100
_STORE_MS = 30_000
_NOT_FOUND = 127
_WRITING = (Status.RUNNING.value, Status.CANCEL_REQUESTED.value)
"""The statuses in which a job may be writing still."""


RELEASED = TERMINAL | {Status.QUEUED.value}
"""The statuses in which a job holds no node."""


def engine_key(record: Record) -> str:
    """The key under which a job's work runs: unique over all workspaces, and short."""
    return str(record.state["key"])


class JobLifecycle:
    """The steps of command jobs."""

    transitions: Mapping[str, frozenset[str]] = TRANSITIONS

    def __init__(
        self,
        store: Store,
        *,
        engine: Engine,
        environments: JobEnvironments,
        queue: Queue,
        planner: Planner,
        finisher: Finisher,
        transfers: Transfers,
        growing: Growing,
        watch: Watch,
    ) -> None:
        self._store = store
        self._engine = engine
        self._environments = environments
        self._queue = queue
        self._planner = planner
        self._ending = Ending(engine, environments, planner, finisher, transfers, growing)
        self._transfers = transfers
        self._growing = growing
        self._watch = watch
        self._steps = {
            Status.QUEUED.value: self._queued,
            Status.PREPARING.value: self._preparing,
            Status.RUNNING.value: self._running,
            Status.CANCEL_REQUESTED.value: self._canceling,
            Status.FINALIZING.value: self._finalizing,
        }

    def advance(self, record: Record) -> Step:
        """The next step of a job. A problem that only its user can mend ends it with that problem."""
        if record.status not in _WRITING:
            self._growing.settle(record)
        try:
            step = self._steps[record.status](record)
        except (Unavailable, Conflict):  # it may be otherwise in a moment, so it is tried again
            raise
        except Problem as problem:
            step = self._failed(record, problem.code, str(problem))
        return self._charged(record, step)

    def give_up(self, record: Record, error: Exception) -> Step:
        """The end of a job whose step fails again and again."""
        if isinstance(error, NO_ANSWER) or is_full(error):  # which says nothing about this job
            return Step(again_ms=_STORE_MS)
        code, message = "InternalServerError", "Lazuli could not go on with it; its log has the details."
        if isinstance(error, Problem):
            code, message = error.code, str(error)
        return self._charged(record, self._failed(record, code, message))

    def entered(self, tx: Connection, record: Record) -> list[ResourceId]:
        """Who starts or ends makes room for the next in the queue."""
        if record.status == Status.PREPARING.value:  # whoever was behind it may be the next now
            return self._queue.next(tx, record.id.scope, str(record.state["target"]))
        if record.status not in RELEASED:
            return []
        self._transfers.forget(record)
        self._watch.leave(record.state.get("key") or "")
        note_spent(tx, record)
        return self._queue.let_go(tx, record)

    def _queued(self, record: Record) -> Step:
        with self._store.state.read() as tx:
            place = self._queue.place(tx, record)
        if place.nodes < place.wanted:
            return self._failed(record, "ComputeTooSmall", place.reason)
        if place.its_turn and not place.free and self._queue.grow(record):
            return Step(again_ms=_QUEUE_MS)  # a node that is ready wakes it, and that takes milliseconds
        if not place.free:
            # A freed node wakes the next in the queue; the others only say anew how many are ahead of them, the
            # more rarely the more there are: thousands that wait may not keep the workers from those that run.
            again_ms = _QUEUE_OTHERS_MS * place.ahead or _QUEUE_MS
            return Step(state={"status_reason": place.told(record)}, again_ms=again_ms)
        held = {"held_at": self._store.clock(), "price": place.price}
        return Step(
            Status.PREPARING.value,
            {"status_reason": "Preparing its environment.", "key": _key(record), **held},
            guard=lambda tx: self._queue.take(tx, record),
        )

    def _preparing(self, record: Record) -> Step:
        key = engine_key(record)
        look = self._engine.look(key)
        if record.state.get("preempted"):
            return self._preempted(record, look)
        if look.phase is Phase.ABSENT:
            is_here = self._transfers.fetched(record)  # while its environment is built
            environment = self._environments.of(record)
            if environment.state is State.BUILDING:
                self._watch.join(environment.log_key, record.id)
                return Step(state={"status_reason": _BUILDING, "build": environment.log_key}, again_ms=_BUILD_MS)
            if environment.state is State.FAILED:
                self._environments.keep_log(record)
                message = f"The environment could not be built. {environment.message}".strip()
                return self._failed(record, "EnvironmentBuildFailed", message)
            if not is_here:
                return Step(state={"status_reason": _FETCHING}, again_ms=_TRANSFER_MS)
            self._watch.join(key, record.id)
            self._engine.start(self._planner.plan(record, self._engine.folder(key), environment), key)
            look = self._engine.look(key)
        if look.phase is Phase.STARTING:
            return Step(again_ms=_START_MS)
        if look.reason is Reason.SETUP and _NO_ROOM in look.message:  # nothing of it ran: it is laid out anew
            self._engine.forget(key)
            return Step(state={"status_reason": _FULL}, again_ms=_STORE_MS)
        if look.over and look.started_at_ms is None:
            return Step(Status.FINALIZING.value, _result(look))
        return Step(Status.RUNNING.value, {"status_reason": None, "start_time": moment(look.started_at_ms)})

    def _running(self, record: Record) -> Step:
        key = engine_key(record)
        self._watch.join(key, record.id)
        look = self._engine.look(key)
        if record.state.get("preempted"):
            return self._preempted(record, look)
        if look.phase is Phase.ABSENT:  # somebody removed its folder
            look = Look(Phase.LOST)
        if not look.over:
            self._growing.watch(record, self._engine.folder(key))
            return Step(state=self._served(record, look), again_ms=_RUN_MS)
        return Step(Status.FINALIZING.value, _result(look))

    def _served(self, record: Record, look: Look) -> dict[str, Any]:
        """What is new of its services."""
        if not record.body.get("services"):
            return {}
        before = record.state.get("served") or {}
        now = look_at(document_of(noun("job"), record), look, before)
        return {"served": now} if now != before else {}

    def _preempted(self, record: Record, look: Look) -> Step:
        """Its node was taken away: what runs is stopped, what it wrote is dropped, and it is begun anew.

        Work that was completed before it could be stopped is not done twice.
        """
        key, node = engine_key(record), str(record.state["preempted"])
        attempt = int(record.state.get("attempt", 1))
        if look.over and look.reason is Reason.COMPLETED:
            return Step(Status.FINALIZING.value, _result(look))
        if attempt >= MOST_ATTEMPTS:
            return self._failed(record, "Preempted", f"Its node was taken away in each of {attempt} attempts.")
        if look.phase is not Phase.ABSENT and not look.over:
            self._watch.join(key, record.id)
            self._engine.stop(key)
            return Step(again_ms=_STOP_MS)
        self._growing.settle(record)
        self._growing.forget(record)
        self._engine.forget(key)
        told = f"Attempt {attempt + 1}: the node '{node}' was taken away from the last."
        anew = {"key": None, "preempted": None, "start_time": None, "served": None}
        again = {"attempt": attempt + 1, "retried": told, "status_reason": f"Queued again. {told}"}
        return Step(Status.QUEUED.value, {**anew, **again})

    def _charged(self, record: Record, step: Step) -> Step:
        """The step with what the job has cost, where it lets go of its nodes."""
        if step.status not in RELEASED or not record.state.get("held_at"):
            return step
        held_ms = max(0, self._store.clock() - int(record.state["held_at"]))  # the clock may have been set back
        seconds = held_ms / 1000 * nodes_of(record.state)
        cost = seconds / 3600 * float(record.state.get("price") or 0)
        spent = {
            "node_seconds": round(float(record.state.get("node_seconds", 0)) + seconds, 3),
            "cost": round(float(record.state.get("cost", 0)) + cost, 6),
            "held_at": None,
        }
        return replace(step, state={**step.state, **spent})

    def _canceling(self, record: Record) -> Step:
        key = record.state.get("key")
        look = self._engine.look(key) if key else Look(Phase.ABSENT)
        if look.phase is Phase.ABSENT:
            self._growing.settle(record)
            return Step(Status.CANCELED.value, {"end_time": moment(self._store.clock())})
        if not look.over:
            self._watch.join(str(key), record.id)
            self._engine.stop(str(key))
            return Step(again_ms=_STOP_MS)
        told = {"verdict": Status.CANCELED.value, "error": record.state.get("error")}  # why it was given up, if it was
        return Step(Status.FINALIZING.value, {**_result(look), **told})

    def _finalizing(self, record: Record) -> Step:
        key = engine_key(record)
        look = self._engine.look(key)
        if look.phase in (Phase.STARTING, Phase.RUNNING):  # it failed on the platform's side while it ran
            self._watch.join(key, record.id)
            self._engine.stop(key)
            return Step(again_ms=_STOP_MS)
        return self._ending.step(record, key) if look.over else Step(str(record.state["verdict"]))

    def _failed(self, record: Record, code: str, message: str) -> Step:
        """A failure on the platform's side. What runs of the work is stopped, and what it wrote is kept."""
        facts: dict[str, Any] = {
            "error": {"code": code, "message": message},
            "end_time": moment(self._store.clock()),
            "status_reason": None,
        }
        if record.status == Status.QUEUED.value:
            return Step(Status.FAILED.value, facts)
        if record.status == Status.FINALIZING.value:  # what could not be kept stays where it is
            return Step(Status.FAILED.value, {**facts, UNKEPT: True})
        return Step(Status.FINALIZING.value, {**facts, "verdict": Status.FAILED.value})


def _key(record: Record) -> str:
    """Unique over all workspaces, and never used again where a workspace and its jobs are made anew."""
    place = hashlib.sha256(record.id.key.encode()).hexdigest()[:12]
    attempt = f"-{record.state['attempt']}" if record.state.get("attempt") else ""
    return f"job-{record.created_at:x}-{place}-{record.id.name[:100]}{attempt}"


def _result(look: Look) -> dict[str, Any]:
    facts = {"end_time": moment(look.ended_at_ms), "status_reason": None}
    if look.started_at_ms:
        facts["start_time"] = moment(look.started_at_ms)
    if look.phase is Phase.LOST:
        message = "Its process vanished without a result: the machine was restarted, or it was killed."
        return {**facts, "verdict": Status.FAILED.value, "error": {"code": "JobLost", "message": message}}
    if look.reason is Reason.COMPLETED:
        return {**facts, "verdict": Status.COMPLETED.value}
    if look.reason is Reason.STOPPED:
        return {**facts, "verdict": Status.CANCELED.value}
    if look.reason is Reason.TIMEOUT:
        message = "It ran longer than limits.timeout allows and was canceled."
        return {**facts, "verdict": Status.CANCELED.value, "error": {"code": "JobTimeout", "message": message}}
    if look.reason is Reason.SETUP:
        error = {"code": "SetupFailed", "message": look.message or "Its files could not be laid out."}
        return {**facts, "verdict": Status.FAILED.value, "error": error}
    hint = " A program that it calls was not found." if look.exit_code == _NOT_FOUND else ""
    message = f"{look.message}{hint} Its log says more."
    return {**facts, "verdict": Status.FAILED.value, "error": {"code": "UserProcessExited", "message": message}}
