"""What is known of the trials of a sweep: read from the store once, and from then on only what has changed.

All of it can be forgotten at any moment: it is read anew then. That is why a look at a sweep of a thousand trials
costs what those cost that are still on their way.
"""

from __future__ import annotations

import json
import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from lazuli.jobs.family import Child
from lazuli.jobs.outputs import KEPT
from lazuli.jobs.sweep.diary import Diary
from lazuli.jobs.sweep.trial import OF_TRIAL
from lazuli.jobs.transitions import TERMINAL
from lazuli.ml.search import Sampler, Trial
from lazuli.ml.search.course import Course
from lazuli.ml.search.trial import Goal
from lazuli.resources.job import Status
from lazuli.resources.search import Goal as Way
from lazuli.resources.search import Objective
from lazuli.resources.sweep import SweepJob
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.shelves.shelf import document_of
from lazuli.store import tables
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.points import Point
from lazuli.tracking.metrics import Metrics

__all__ = ["Known", "KnownSweep", "Memory", "goal_of"]

_R = tables.resource
_CHUNK = 500
_MOST_POINTS = 5_000_000
"""Of how many logged values at most ended sweeps are remembered."""
_STATES: Mapping[str, Any] = {
    Status.COMPLETED.value: "completed",
    Status.FAILED.value: "failed",
    Status.CANCELED.value: "canceled",
}


@dataclass
class Known:
    """One trial, as far as it is known."""

    name: str
    number: int
    params: Mapping[str, Any]
    status: str = Status.QUEUED.value
    created_at: int = 0
    started: str | None = None
    ended: str | None = None
    error: Mapping[str, Any] | None = None
    values: array[float] = field(default_factory=lambda: array("d"))
    """What it has logged of the primary metric, in the order in which it came."""
    seen: int = 0
    """The last arrival among them."""
    judged: int = 0
    """How many of them a policy has judged."""
    least: float | None = None
    most: float | None = None

    def __post_init__(self) -> None:
        self._course = Course(self.values)

    @property
    def over(self) -> bool:
        """Whether it is at an end."""
        return self.status in TERMINAL

    def best(self, goal: Goal) -> float | None:
        """The best it has logged; None where that is nothing, or no number."""
        return self.most if goal == "maximize" else self.least

    def log(self, value: float) -> None:
        """It has logged the primary metric."""
        self.values.append(value)
        if value == value:  # only NaN differs from itself
            self.least = value if self.least is None else min(self.least, value)
            self.most = value if self.most is None else max(self.most, value)

    def told(self, goal: Goal) -> Trial:
        """The trial as the search sees it."""
        state = _STATES.get(self.status, "running")
        return Trial(self.number, self.params, self.best(goal), self.values, state, self._course)


class KnownSweep:
    """The trials of one sweep. Any thread may look."""

    def __init__(self, store: Store, metrics: Metrics, record: Record, wake: Callable[[ResourceId], object]) -> None:
        self.id = record.id
        self.born = record.created_at
        self._store = store
        self._metrics = metrics
        self._wake = wake
        self._lock = threading.RLock()
        self._all: dict[int, Known] | None = None
        self._live: dict[str, Known] = {}
        self._heard: set[str] = set()
        self._kept: Diary | None = None
        self._job: tuple[Mapping[str, Any], SweepJob] | None = None
        self.sampler: tuple[int, Sampler] | None = None
        """For how many trials it draws, and what draws them; made when it is first asked."""
        self.earlier: Sequence[Trial] | None = None
        """The trials of the sweeps that it goes on from; None until they are first asked for."""
        self.resting = False
        """Whether it has ended, so that nothing is lost when it is forgotten."""

    def job(self, record: Record) -> SweepJob:
        """What the user says of it now."""
        with self._lock:
            if self._job is None or self._job[0] != record.body:
                self._job = (record.body, document_of(noun("job"), record))
            return self._job[1]

    @contextmanager
    def held(self, record: Record) -> Iterator[Mapping[int, Known]]:
        """The trials by their numbers, as they were at the last look; nobody else looks meanwhile."""
        with self._lock:
            try:
                if self._all is None:
                    self._all = self._read(record)
                yield self._all
            except BaseException:
                self._all = None  # what was stopped half-way is read anew
                raise

    @contextmanager
    def looked_at(self, record: Record, *, measured: bool = False) -> Iterator[Mapping[int, Known]]:
        """The trials by their numbers, as they are now; ``measured`` with what those that run have logged so far.

        Without it that is known of those that have ended, and of those that are listened to.
        """
        with self.held(record) as trials:
            moved = self._statuses()
            wanted = {*moved, *(set(self._live) if measured else self._heard.intersection(self._live))}
            self._measure(self.job(record).objective.primary_metric, wanted)
            for name in moved:
                if self._live[name].over:
                    self._diary(record).ended(self._live.pop(name))
                    self._metrics.leave(self.id.scope, name)
            yield trials

    def log(self, record: Record) -> bytes:
        """What has happened up to now, in words."""
        with self.held(record):
            return bytes(self._diary(record).text)

    def _diary(self, record: Record) -> Diary:
        if self._kept is None:
            objective = self.job(record).objective
            self._kept = Diary(objective.primary_metric, goal_of(objective))
        return self._kept

    def add(self, record: Record, trials: Iterable[Known]) -> None:
        """Trials that were made just now."""
        with self.held(record):
            for trial in trials:
                if self._all is not None and trial.number not in self._all:
                    self._all[trial.number] = trial
                    self._live[trial.name] = trial
                    self._diary(record).begun(trial)

    def listen(self, names: Iterable[str], metric: str) -> None:
        """Be woken when one of these trials logs the metric."""
        for name in names:
            self._metrics.listen(self.id.scope, name, self._listener(name, metric))

    def _listener(self, name: str, metric: str) -> Callable[[Sequence[Point]], None]:
        def hear(points: Sequence[Point]) -> None:
            if name not in self._heard and any(point.key == metric for point in points):
                self._heard.add(name)  # once, until it is looked at
                self._wake(self.id)

        return hear

    def live(self) -> list[Child]:
        """Those that were on their way at the last look."""
        with self._lock:
            return [Child(trial.name, trial.status, trial.created_at) for trial in self._live.values()]

    @property
    def size(self) -> int:
        """How much is remembered, in logged values."""
        return sum(len(trial.values) + 10 for trial in list((self._all or {}).values()))

    def _read(self, record: Record) -> dict[int, Known]:
        """All trials there are."""
        query = select(_R.c.name, _R.c.status, _R.c.created_at, _R.c.state).where(
            _R.c.kind == "jobs", _R.c.scope == self.id.scope.key, _R.c.parent == self.id.name, tables.HAS_PARENT
        )
        found: dict[int, Known] = {}
        with self._store.state.read() as tx:
            for row in tx.execute(query):
                state = json.loads(row.state)
                if of_trial := state.get(OF_TRIAL):
                    trial = Known(row.name, int(of_trial["number"]), of_trial["params"], created_at=row.created_at)
                    _note(trial, row.status, state)
                    found[trial.number] = trial
        trials = dict(sorted(found.items()))
        self._live = {trial.name: trial for trial in trials.values() if not trial.over}
        self._heard.clear()
        job = self.job(record)
        if job.early_termination:  # before its points are read: none may come unheard in between
            self.listen(self._live, job.objective.primary_metric)
        self._measure(job.objective.primary_metric, [trial.name for trial in trials.values()], trials)
        every = (job.early_termination and job.early_termination.evaluation_interval) or 1
        for trial in trials.values():  # the last time that they were due may have gone by unjudged
            trial.judged = max(0, len(trial.values) - every)
        if self._kept is None:  # else it goes on where it was
            self._diary(record).recall(trials.values())
        return trials

    def _statuses(self) -> list[str]:
        """Note which of those on their way have moved; their names."""
        keys = {ResourceId(self.id.scope, "jobs", name).key: name for name in self._live}
        moved: list[str] = []
        with self._store.state.read() as tx:
            there: set[str] = set()
            for chunk in _chunks(list(keys)):
                query = select(_R.c.id, _R.c.status, _R.c.created_at).where(_R.c.id.in_(chunk))
                for row in tx.execute(query):
                    there.add(row.id)
                    trial = self._live[keys[row.id]]
                    trial.created_at = row.created_at
                    if row.status != trial.status:
                        moved.append(row.id)
            for chunk in _chunks(moved):
                for row in tx.execute(select(_R.c.id, _R.c.status, _R.c.state).where(_R.c.id.in_(chunk))):
                    _note(self._live[keys[row.id]], row.status, json.loads(row.state))
        gone = keys.keys() - there  # somebody deleted them
        for key in gone:
            self._live[keys[key]].status = Status.CANCELED.value
        return [keys[key] for key in (*moved, *gone)]

    def _measure(self, metric: str, names: Iterable[str], trials: Mapping[int, Known] | None = None) -> None:
        """Read what trials have logged since they were read last."""
        known = self._live if trials is None else {trial.name: trial for trial in trials.values()}
        asked = [name for name in names if name in known]
        self._heard.difference_update(asked)  # first: what comes meanwhile is heard anew
        if not asked:
            return
        after = min(known[name].seen for name in asked)
        for name, points in self._metrics.arrivals(self.id.scope, asked, metric, after).items():
            trial = known[name]
            for point in points:
                if point.seq > trial.seen:
                    trial.log(point.value)
                    trial.seen = point.seq


class Memory:
    """What is known of the sweeps of every workspace: of those on their way, and of those looked at last."""

    def __init__(self, store: Store, metrics: Metrics, wake: Callable[[ResourceId], object]) -> None:
        self._store = store
        self._metrics = metrics
        self._wake = wake
        self._lock = threading.Lock()
        self._sweeps: OrderedDict[str, KnownSweep] = OrderedDict()

    def of(self, record: Record) -> KnownSweep:
        """What is known of a sweep."""
        key = record.id.key
        with self._lock:
            known = self._sweeps.pop(key, None)
            is_new = known is None or known.born != record.created_at  # one of that name was deleted, and made anew
            if known is None or is_new:
                known = KnownSweep(self._store, self._metrics, record, self._wake)
            known.resting = record.status in KEPT
            self._sweeps[key] = known
            if is_new:
                self._forget_the_oldest()
            return known

    def forget(self, id: ResourceId) -> None:
        """Read a sweep anew when it is looked at next: it has got trials that were not added to what is known."""
        with self._lock:
            self._sweeps.pop(id.key, None)

    def _forget_the_oldest(self) -> None:
        room = _MOST_POINTS
        for key, known in reversed(list(self._sweeps.items())):
            room -= known.size
            if known.resting and room < 0:
                del self._sweeps[key]


def goal_of(objective: Objective) -> Goal:
    """Which way is better, as the search says it."""
    return "maximize" if objective.goal is Way.MAXIMIZE else "minimize"


def _note(trial: Known, status: str, state: Mapping[str, Any]) -> None:
    trial.status, trial.error = status, state.get("error")
    trial.started, trial.ended = state.get("start_time"), state.get("end_time")


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
