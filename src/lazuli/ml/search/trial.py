"""A trial: the hyperparameters that were tried, and how it went so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isnan
from typing import Any, Literal

from lazuli.ml.search.course import Course

__all__ = ["Goal", "State", "Trial", "badness", "best_of", "better"]

Goal = Literal["minimize", "maximize"]
State = Literal["running", "completed", "failed", "canceled"]


@dataclass(frozen=True)
class Trial:
    """One trial of a sweep."""

    number: int
    """Its place in the sweep, from 0."""
    params: Mapping[str, Any]
    """The hyperparameters, as the sampler told them."""
    value: float | None = None
    """The best value it has reported; None where it has reported none."""
    steps: Sequence[float] = field(default=())
    """Every value it has reported, in order: the first is interval 1."""
    state: State = "running"
    """Whether it still runs, or how it ended."""
    reckoned: Course | None = field(default=None, compare=False, repr=False)
    """The course of these steps, where whoever tells of the trial keeps it."""

    @cached_property
    def course(self) -> Course:
        """What it had reached at each interval."""
        return Course(self.steps) if self.reckoned is None else self.reckoned


def better(goal: Goal, one: float, other: float) -> bool:
    """Whether ``one`` is better than ``other``; a value that is no number is better than none."""
    if isnan(one) or isnan(other):
        return isnan(other) and not isnan(one)
    return one > other if goal == "maximize" else one < other


def best_of(goal: Goal, values: Iterable[float]) -> float | None:
    """The best of some values, None for none; a value that is no number does not count."""
    numbers = [value for value in values if not isnan(value)]
    if not numbers:
        return None
    return max(numbers) if goal == "maximize" else min(numbers)


def badness(goal: Goal, value: float) -> tuple[bool, float]:
    """What sorts values from the best to the worst; a value that is no number is the worst."""
    if isnan(value):
        return True, 0.0
    return False, -value if goal == "maximize" else value
