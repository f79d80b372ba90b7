"""How a sweep ends: which trial is the best, and whether it has failed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lazuli.jobs.parents import ending
from lazuli.jobs.sweep.known import Known, goal_of
from lazuli.ml.search import best_of
from lazuli.resources.job import Status
from lazuli.resources.search import Objective

__all__ = ["FIRST", "NO_METRIC", "OF_THE_END", "best_trial", "failing", "over"]

FIRST = 3
"""Where so many trials fail at the start, the others are not tried: it is the command that is wrong."""
OF_THE_END = ("ending", "verdict", "error", "end_time", "status_reason")
"""The facts that only hold of a sweep that has ended."""
NO_METRIC = "No trial has logged '{metric}', so there is no best one. Log it with mlflow.log_metric('{metric}', …)."
_RANKS = (Status.COMPLETED.value, Status.CANCELED.value, Status.FAILED.value)


def best_trial(objective: Objective, trials: Iterable[Known]) -> tuple[Known, float] | None:
    """The trial with the best value of the metric, and that value; None where none has logged it.

    Trials that completed come before those that were given up, and these before those that failed; of equal ones the
    first is the best. Those on their way do not count.
    """
    goal = goal_of(objective)
    ended = [(trial, value) for trial in trials if trial.over and (value := trial.best(goal)) is not None]
    for status in _RANKS:
        ranked = [(trial, value) for trial, value in ended if trial.status == status]
        if (best := best_of(goal, (value for _, value in ranked))) is not None:
            return next((trial, value) for trial, value in ranked if value == best)
    return None


def failing(trials: Mapping[int, Known]) -> Mapping[str, Any] | None:
    """The fact that a sweep is to end because its first trials have all failed; None where they have not."""
    first = [trials.get(number) for number in range(FIRST)]
    if any(trial is None or trial.status != Status.FAILED.value for trial in first):
        return None
    if any(trial.status == Status.COMPLETED.value for trial in trials.values()):
        return None
    return ending(Status.FAILED, "TrialsFailed", f"The first {FIRST} trials failed. {_why(trials.values())}")


def over(trials: Collection[Known]) -> Mapping[str, Any]:
    """How a sweep ends that has tried all there is to try."""
    if trials and all(trial.status == Status.FAILED.value for trial in trials):
        what = f"All {len(trials)} trials failed." if len(trials) > 1 else "Its only trial failed."
        return ending(Status.FAILED, "TrialsFailed", f"{what} {_why(trials)}")
    return ending(Status.COMPLETED)


def _why(trials: Iterable[Known]) -> str:
    """What the first failed trial says of itself."""
    trial = next(trial for trial in trials if trial.status == Status.FAILED.value)
    return f"'{trial.name}' says: {(trial.error or {}).get('message') or 'nothing.'}"
