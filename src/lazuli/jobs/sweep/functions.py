"""Sweeps of Python functions: another program draws the trials and runs them, and each that has ended is kept here.

Such a sweep is a job like other sweeps, and its trials are its children, but none of them takes a node. A trial is
kept with one commit, at its end. The program that goes on with a sweep *holds* it: who opens it anew takes it over, and
what the former holder sends from then on is refused, so that no number is used twice.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from lazuli.jobs.family import root_of
from lazuli.jobs.parents import ending
from lazuli.jobs.submit import Jobs, new_record
from lazuli.jobs.sweep.earlier import Earlier
from lazuli.jobs.sweep.known import Memory, goal_of
from lazuli.jobs.sweep.trial import HYPERPARAMETERS, OF_TRIAL, trial_name
from lazuli.jobs.sweep.verdict import OF_THE_END
from lazuli.jobs.transitions import TERMINAL
from lazuli.ml.search import Trial, best_of, names_in
from lazuli.ml.search.trial import better
from lazuli.resources.job import CommandJob, Status
from lazuli.resources.sweep import SweepJob
from lazuli.schema.identity import ResourceId, check_name
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.schema.words import moment
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record
from lazuli.store.inserts import Inserts, Rows
from lazuli.store.opened import Store
from lazuli.tracking import Tracking
from lazuli.tracking.rules import MAX_PARAM, MAX_TAG, check_key, check_text, number, sequence, whole
from lazuli.tracking.runs import PARENT_TAG

__all__ = ["OF_FUNCTION", "FunctionSweeps", "Opened"]

OF_FUNCTION = "function"
"""The fact of a sweep's state that its trials are run by another program, and by which."""
_ENDS = {
    "completed": (Status.COMPLETED, "FINISHED"),
    "failed": (Status.FAILED, "FAILED"),
    "canceled": (Status.CANCELED, "KILLED"),
}
"""How a trial may end: the status of its job, and that of its run."""
_VERDICTS = ("completed", "failed", "left")
_EXPERIMENT = str(CommandJob.model_fields["experiment_name"].default)
_LONGEST = 10_000
_TURNS = 64
_STAND = "SELECT status, etag FROM resource WHERE id = ?"
_THERE = "SELECT 1 FROM resource WHERE id = ?"
_FIXED = ("search_space", "objective")
_ON_ITS_WAY = frozenset({Status.RUNNING.value, Status.QUEUED.value})
_AHEAD = 1000
"""As many numbers beyond the last trial may have left something when a server died."""
_MOST_NUMBER = 100_000
"""Which number is too high for a trial: all below the highest are gone through when a sweep is taken up."""
_LATEST = 253_402_300_799_999
"""The last moment that a date can tell: the end of the year 9999."""


@dataclass(frozen=True)
class Opened:
    """A sweep as the program finds it that goes on with it."""

    record: Record
    holder: str
    """The word by which the program is known; empty where the sweep has ended."""
    trials: Sequence[Trial]
    skipped: Sequence[int]
    """Numbers that no trial can have again."""
    earlier: Sequence[Trial]
    """The trials of other sweeps that it is to learn from."""


@dataclass(frozen=True)
class _Held:
    """A sweep as it was read last: it is as long as its etag is."""

    record: Record
    experiment_id: str
    kept: set[str] = field(default_factory=set)
    """The trials that were kept since."""


class FunctionSweeps:
    """The sweeps of functions, of every workspace."""

    def __init__(self, store: Store, jobs: Jobs, tracking: Tracking, memory: Memory, earlier: Earlier) -> None:
        self._store = store
        self._jobs = jobs
        self._tracking = tracking
        self._memory = memory
        self._earlier = earlier
        self._inserts = Inserts(store.state)
        mark = "?" if store.state.is_sqlite else "%s"
        self._stand = _STAND.replace("?", mark)
        self._there = _THERE.replace("?", mark)
        self._heard: dict[str, int] = {}
        self._known: dict[str, _Held] = {}
        self._turns = [threading.Lock() for _ in range(_TURNS)]

    def open(self, id: ResourceId, job: SweepJob, actor: Principal) -> Opened:
        """Begin a sweep, or go on with the one of that name; with an ended one where more trials are asked for.

        Raises :class:`Conflict` where the name is another job's, or where the sweep searches something else.
        """
        check_name(id.name, what="job name")
        for name in names_in(job.dump()["search_space"]):
            check_key(name, f"search_space.{name}")
        self._earlier.check(id.scope, job)
        holder = secrets.token_hex(8)
        with self._turn(id):
            with self._store.state.write() as tx:
                id = self._jobs.place(tx, id)
                found = self._store.documents.find(tx, id)
                if found is None:
                    record = self._store.documents.add(tx, self._begun(id, job, holder, actor), actor.name)
                    self._jobs.created(tx, record, actor)
                    self._tracking.runs.mark(tx, id.scope, id.name, "RUNNING")
                else:
                    _check_same(found, job)
                    record = self._taken_over(tx, found, job, holder, actor) if _has_room(found, job) else found
                    self._jobs.replaced(tx, found, record)
            self._known.pop(id.key, None)
            self._heard[id.key] = self._store.clock()
            self._jobs.after(record)
            trials, skipped = ((), ()) if found is None else self._tried(record)
        is_held = record.state[OF_FUNCTION]["holder"] == holder
        return Opened(record, holder if is_held else "", trials, skipped, self._earlier.trials(record.id.scope, job))

    def _begun(self, id: ResourceId, job: SweepJob, holder: str, actor: Principal) -> Record:
        job = job.model_copy(update={"display_name": job.display_name or id.name})
        facts = {OF_FUNCTION: {"holder": holder}, "seed": _seed(job), "start_time": moment(self._store.clock())}
        return replace(new_record(id, job, facts, actor.name), status=Status.RUNNING.value)

    def _taken_over(self, tx: Connection, record: Record, job: SweepJob, holder: str, actor: Principal) -> Record:
        said = job.dump()
        body = {**record.body, **{key: said[key] for key in _CHANGING if key in said}}
        state = {key: value for key, value in record.state.items() if key not in OF_THE_END}
        state[OF_FUNCTION] = {"holder": holder}
        if job.sampling_algorithm.seed is not None:
            state["seed"] = job.sampling_algorithm.seed
        return self._store.documents.change(
            tx, record, actor.name, "taken up", body=body, state=state, status=Status.RUNNING.value
        )

    def _tried(self, record: Record) -> tuple[list[Trial], list[int]]:
        """What has been tried, and the numbers of trials that were deleted, which none can have again.

        What a server that died had begun to keep of other trials is forgotten.
        """
        job: SweepJob = document_of(self._jobs.noun, record)
        goal, scope = goal_of(job.objective), record.id.scope
        self._memory.forget(record.id)
        with self._memory.of(record).held(record) as there:
            trials = [each.told(goal) for each in there.values()]
            free = [n for n in range(max(there, default=0) + _AHEAD) if n not in there]
        names = {trial_name(record.id.name, number): number for number in free}
        used = self._tracking.runs.existing(scope, list(names))
        self._tracking.metrics.forget(scope, [name for name in names if name not in used])
        return trials, sorted(names[name] for name in used)

    def add(self, id: ResourceId, holder: str, said: Mapping[str, Any]) -> None:
        """Keep a trial that has ended: all of it or nothing. Safe to repeat.

        Raises :class:`Conflict` where the sweep has ended, or is held by another program.
        """
        with self._turn(id):
            held = self._hold(id, holder)
            self._heard[id.key] = self._store.clock()
            child, rows = self._child(held, said)
            scope, name = child.id.scope, child.id.name
            if name in held.kept:
                return
            if said.get("again"):  # the server that it was sent to first may have died over it
                if self._is_there(child):
                    return
                self._tracking.metrics.forget(scope, [name])
            self._tracking.metrics.log_before(scope, name, held.experiment_id, said.get("metrics"))
            while not self._put(held, child, rows):  # somebody has changed the sweep
                self._known.pop(id.key, None)
                held = self._hold(id, holder)
            held.kept.add(name)
            self._memory.forget(id)
            if best := _better(held.record, child, said):
                self._change(held.record, best)

    def _turn(self, id: ResourceId) -> threading.Lock:
        """What is held while a sweep is written to: between its metrics and the rest nothing comes in."""
        return self._turns[hash(id.key) % _TURNS]

    def _is_there(self, child: Record) -> bool:
        with self._store.state.read() as tx:
            return self._store.documents.find(tx, child.id) is not None

    def _hold(self, id: ResourceId, holder: str) -> _Held:
        """The sweep, on its way and held. Raises :class:`Conflict` where it is not."""
        held = self._known.get(id.key)
        if held is None:
            with self._store.state.read() as tx:
                record = _held(self._store.documents.get(tx, id, "sweep"), holder)
            if record.status == Status.QUEUED.value:  # its program was silent for long, and is there after all
                record = self._change(record, {"status_reason": None})
            experiment_id = self._tracking.runs.active_experiment(record.id.scope, record.id.name)
            held = self._known[id.key] = _Held(record, experiment_id)
        _held(held.record, holder)
        return held

    def _change(self, record: Record, facts: Mapping[str, Any]) -> Record:
        """Note facts of a sweep on its way; nothing where it has changed meanwhile, which is seen the next time."""
        with suppress(Conflict), self._store.state.write() as tx:
            user, state = str(record.state["user"]), {**record.state, **facts}
            record = self._store.documents.change(tx, record, user, "noted", state=state, status=Status.RUNNING.value)
        if held := self._known.get(record.id.key):
            self._known[record.id.key] = replace(held, record=record)
        return record

    def _put(self, held: _Held, child: Record, rows: Rows) -> bool:
        """Put a trial in, with one commit; whether the sweep still was as it was read."""
        sweep = held.record
        with self._store.state.write_by_driver() as cursor:
            cursor.execute(self._stand, (sweep.id.key,))
            if cursor.fetchone() != (sweep.status, sweep.etag):
                return False
            cursor.execute(self._there, (child.id.key,))
            if cursor.fetchone() is None:
                self._inserts.put(cursor, rows)
        return True

    def _child(self, held: _Held, said: Mapping[str, Any]) -> tuple[Record, Rows]:
        """A trial as it is kept, with all that is written of it and its run."""
        sweep, params = held.record, said.get("params")
        state, number = str(said.get("state")), whole(said.get("number"), "number", least=0)
        _within(number, "number", _MOST_NUMBER)
        if not isinstance(params, dict):
            raise InvalidInput("'params' is not a mapping.", target="params")
        if state not in _ENDS:
            raise InvalidInput(f"'{state[:40]}' is no end of a trial.", target="state", mend=f"Use {', '.join(_ENDS)}.")
        began, ended = (
            _within(whole(said.get(word), word, least=0), word, _LATEST) for word in ("startedAt", "endedAt")
        )
        name, user, root = trial_name(sweep.id.name, number), str(sweep.state["user"]), root_of(sweep)
        status, run_status = _ENDS[state]
        tried = json.dumps(params)
        body = {
            "type": "command",
            "command": sweep.body["trial"]["command"],
            "display_name": name,
            "experiment_name": sweep.body.get("experiment_name") or _EXPERIMENT,
            "tags": {HYPERPARAMETERS: tried},
        }
        facts: dict[str, Any] = {
            OF_TRIAL: {"number": number, "params": params},
            "user": user,
            "root": root,
            "start_time": moment(began),
            "end_time": moment(ended),
        }
        if message := check_text(said.get("error"), _LONGEST, "error"):
            facts["error"] = {"code": "GivenUp" if state == "canceled" else "TrialFailed", "message": message}
        id = ResourceId(sweep.id.scope, "jobs", name)
        child = self._store.documents.born(Record(id, body, facts, status.value, parent=sweep.id.name), user)
        child = replace(child, created_at=min(began, child.created_at))
        tags = [
            ("mlflow.user", user),
            (HYPERPARAMETERS, check_text(tried, MAX_TAG, "params")),
            (PARENT_TAG, sweep.id.name),
            ("mlflow.rootRunId", root),
        ]
        logged = [(check_key(key), check_text(str(value), MAX_PARAM, f"params.{key}")) for key, value in params.items()]
        run = self._tracking.runs.rows_of(
            id.scope, name, held.experiment_id, name, user, run_status, began, ended, params=logged, tags=tags
        )
        return child, [*self._store.documents.rows_of(child), *run]

    def alive(self, id: ResourceId, holder: str) -> None:
        """The program is still there. Raises :class:`Conflict` where the sweep is not its own any more."""
        with self._store.state.read() as tx:
            _held(self._store.documents.get(tx, id, "sweep"), holder)
        self._heard[id.key] = self._store.clock()

    def silent_ms(self, id: ResourceId) -> int:
        """For how long the program has not been heard of."""
        now = self._store.clock()
        return now - self._heard.setdefault(id.key, now)

    def end(self, id: ResourceId, holder: str, verdict: str, message: str = "") -> None:
        """The program is done with it: ``completed``, ``failed``, or ``left`` for later. Safe to repeat.

        Raises :class:`Conflict` where the sweep is not its own any more.
        """
        if verdict not in _VERDICTS:
            raise InvalidInput(f"'{verdict[:40]}' is no end of a sweep.", target="verdict")
        said: Mapping[str, Any] = {"status_reason": WAITS}
        if verdict != "left":
            code = "TrialsFailed" if verdict == "failed" else ""
            said = ending(_ENDS[verdict][0], code, check_text(message, _LONGEST, "message"))
        status = Status.QUEUED.value if verdict == "left" else Status.RUNNING.value
        with self._turn(id):
            with self._store.state.write() as tx:
                sweep = self._store.documents.get(tx, id, "sweep")
                if (sweep.state.get(OF_FUNCTION) or {}).get("verdict") == [holder, verdict]:
                    return  # said before
                sweep = _held(sweep, holder)
                state = {**sweep.state, **said, OF_FUNCTION: {"holder": holder, "verdict": [holder, verdict]}}
                user = str(sweep.state["user"])
                sweep = self._store.documents.change(tx, sweep, user, "noted", state=state, status=status)
            self._known.pop(id.key, None)
            self._heard.pop(id.key, None)
        self._jobs.after(sweep)


WAITS = "Its program has left it. Call lazuli.sweep with this name again, and it goes on."
"""Why a sweep waits whose program is gone."""
_CHANGING = ("sampling_algorithm", "early_termination", "limits", "trial")


def _seed(job: SweepJob) -> int:
    said = job.sampling_algorithm.seed
    return secrets.randbelow(2**31) if said is None else said


def _check_same(record: Record, job: SweepJob) -> None:
    if not record.state.get(OF_FUNCTION):
        raise Conflict(
            f"The name '{record.id.name}' is another job's.",
            target="name",
            mend="Choose another name.",
            code="JobNameUsed",
        )
    said = job.dump()
    for word in _FIXED:
        if said.get(word) != record.body.get(word):
            raise Conflict(
                f"The sweep '{record.id.name}' exists with another '{word}'.",
                target=word,
                mend="Say it as it was to go on with it, or choose another name.",
                code="ImmutableJob",
            )


def _has_room(record: Record, job: SweepJob) -> bool:
    """Whether a sweep can go on: it is on its way, or has ended with fewer trials than it may have now."""
    if record.status in _ON_ITS_WAY:
        return not record.state.get("ending")
    total = job.limits and job.limits.max_total_trials
    return record.status in TERMINAL and int(record.state.get("trials") or 0) < (total or 0)


def _held(record: Record, holder: str) -> Record:
    """The record, where the holder may go on with it."""
    name = record.id.name
    if record.status not in _ON_ITS_WAY or record.state.get("ending"):
        raise Conflict(f"The sweep '{name}' is {record.status}.", target="name", code="SweepEnded")
    if (record.state.get(OF_FUNCTION) or {}).get("holder") != holder:
        raise Conflict(f"Another program has taken up the sweep '{name}'.", target="name", code="SweepTakenUp")
    return record


def _within(value: int, target: str, most: int) -> int:
    if value > most:
        raise InvalidInput(f"'{target}' is {value}.", target=target, mend=f"It is {most} at most.")
    return value


def _better(sweep: Record, child: Record, said: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The fact that a trial is the best so far, where it is."""
    objective = sweep.body["objective"]
    goal, metric = objective["goal"], objective["primary_metric"]
    values = [
        number(each.get("value"), metric)
        for each in sequence(said.get("metrics"), "metrics")
        if each.get("key") == metric
    ]
    value = best_of(goal, values)
    before = sweep.state.get("best")
    if value is None or child.status != Status.COMPLETED.value:
        return None
    if before and not better(goal, value, before["score"]):
        return None
    return {"best": {"trial": child.id.name, "number": child.state[OF_TRIAL]["number"], "score": value}}
