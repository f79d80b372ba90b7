"""What the pictures of a sweep are drawn from: its trials, its hyperparameters as axes, and which of these mattered."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from math import inf, isfinite
from typing import Any

from lazuli.jobs.kinds import kind_of
from lazuli.jobs.submit import Jobs
from lazuli.jobs.sweep.known import Known, Memory, goal_of
from lazuli.jobs.sweep.verdict import best_trial
from lazuli.ml.search import importance
from lazuli.resources.job import JobType, Status
from lazuli.resources.sweep import SweepJob
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import NotFound
from lazuli.store.documents import Record

__all__ = ["Trials", "columns"]

_MOST_INTERVALS = 500
"""How many intervals of a trial are told at most; of more, the peaks."""
_KEPT = 32
"""Of how many sweeps what mattered is remembered."""


class Trials:
    """Tells of the trials of sweeps, for tables and pictures."""

    def __init__(self, jobs: Jobs, memory: Memory) -> None:
        self._jobs = jobs
        self._memory = memory
        self._lock = threading.Lock()
        self._mattered: OrderedDict[str, tuple[tuple[int, int], dict[str, float]]] = OrderedDict()

    def told(self, id: ResourceId, *, intervals: bool = False) -> dict[str, Any]:
        """The trials of a sweep as they are now, with ``intervals`` all they have logged, and how to draw them."""
        record = self._sweep(id)
        known = self._memory.of(record)
        job = known.job(record)
        with known.looked_at(record, measured=True) as found:
            trials = list(found.values())
            best = best_trial(job.objective, trials)
            rows = [_row(trial, job, intervals=intervals) for trial in trials]
        limits = job.limits
        return {
            "name": record.id.name,
            "status": record.status,
            "goal": job.objective.goal.rest,
            "primaryMetric": job.objective.primary_metric,
            "samplingAlgorithm": job.sampling_algorithm.type.rest,
            "maxTotalTrials": limits.max_total_trials if limits else None,
            "maxConcurrentTrials": limits.max_concurrent_trials if limits else None,
            "best": best[0].name if best else None,
            "counts": dict(Counter(trial.status for trial in trials)),
            "columns": columns(job),
            "trials": rows,
        }

    def importance(self, id: ResourceId) -> dict[str, Any]:
        """How much each hyperparameter mattered, the greatest share first; worked out when more trials completed."""
        record = self._sweep(id)
        known = self._memory.of(record)
        job = known.job(record)
        goal = goal_of(job.objective)
        with known.looked_at(record) as found:
            completed = [trial.told(goal) for trial in found.values() if trial.status == Status.COMPLETED.value]
        state = (record.created_at, len(completed))
        with self._lock:
            kept = self._mattered.get(record.id.key)
        if kept is None or kept[0] != state:
            shares = importance(job.dump()["search_space"], completed, goal, job.sampling_algorithm.logbase)
            with self._lock:
                kept = self._mattered[record.id.key] = (state, shares)
                while len(self._mattered) > _KEPT:
                    self._mattered.popitem(last=False)
        return {
            "name": record.id.name,
            "completedTrials": len(completed),
            "importance": [{"name": name, "share": share} for name, share in kept[1].items()],
        }

    def _sweep(self, id: ResourceId) -> Record:
        record = self._jobs.get(id)
        if kind_of(record) is not JobType.SWEEP:
            raise NotFound(f"The job '{record.id.name}' is no sweep, so it has no trials.", target="name")
        return record


def _row(trial: Known, job: SweepJob, *, intervals: bool) -> dict[str, Any]:
    values = trial.values
    row = {
        "number": trial.number,
        "name": trial.name,
        "status": trial.status,
        "params": trial.params,
        "best": trial.best(goal_of(job.objective)),
        "last": values[-1] if values else None,
        "intervals": len(values),
        "startTime": trial.started,
        "endTime": trial.ended,
        "reason": (trial.error or {}).get("message"),
    }
    return {**row, "values": _thinned(values)} if intervals else row


def _thinned(values: Sequence[float]) -> list[tuple[int, float]]:
    """The intervals, from 1, with their values; of many, the least and the greatest of each stretch, and the last."""
    numbered = list(enumerate(values, 1))
    if len(numbered) <= _MOST_INTERVALS:
        return numbered
    stretches = _MOST_INTERVALS // 2
    kept = {numbered[0], numbered[-1]}
    for n in range(stretches):
        stretch = numbered[len(numbered) * n // stretches : len(numbered) * (n + 1) // stretches]
        kept |= {min(stretch, key=lambda each: each[1]), max(stretch, key=lambda each: each[1])}
    return sorted(kept)


def columns(job: SweepJob) -> list[dict[str, Any]]:
    """The hyperparameters as axes: how each is drawn, on which scale it is seen best, its ends or its options.

    One that is drawn in some trials only is ``conditional``.
    """
    base = job.sampling_algorithm.logbase
    found: dict[str, dict[str, Any]] = {}
    for column in _columns(job.dump()["search_space"], 2.718281828459045 if base in (None, "e") else float(base or 0)):
        there = found.setdefault(column["name"], column)
        if there is not column and there.get("categories") and column.get("categories"):
            there["categories"] = list(dict.fromkeys([*there["categories"], *column["categories"]]))
    return list(found.values())


def _columns(space: Mapping[str, Any], base: float, *, conditional: bool = False) -> Iterator[dict[str, Any]]:
    for name, said in space.items():
        kind = said["type"] if isinstance(said, dict) else "fixed"
        column: dict[str, Any] = {"name": name, "type": kind, "scale": "linear", "conditional": conditional}
        if kind == "fixed":
            yield {**column, "scale": "category", "categories": [said]}
        elif kind == "choice":
            plain = [value for value in said["values"] if not isinstance(value, dict)]
            is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in said["values"])
            yield {**column, "scale": "linear" if is_number else "category", "categories": plain}
            for inner in (value for value in said["values"] if isinstance(value, dict)):
                yield from _columns(inner, base, conditional=True)
        elif kind == "randint":
            yield {**column, "least": 0, "most": said["upper"] - 1}
        else:
            is_log = "log" in kind
            ends = [_end(said.get(word), base if is_log else None) for word in ("min_value", "max_value")]
            yield {**column, "scale": "log" if is_log else "linear", "least": ends[0], "most": ends[1]}


def _end(said: float | None, base: float | None) -> float | None:
    """An end of a range; None for a normal distribution, which has none."""
    if said is None or base is None:
        return said
    try:
        end = base**said
    except OverflowError:
        end = inf
    return end if isfinite(end) else None
