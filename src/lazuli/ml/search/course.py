"""The course of a trial: the best and the mean of what it had reported at each interval.

A policy asks it of every trial at every interval, so it is reckoned once and goes on from where it was.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence
from math import isfinite, nan

__all__ = ["Course"]


class Course:
    """Goes along ``steps``, which may grow meanwhile. Any thread may ask; NaN does not count."""

    def __init__(self, steps: Sequence[float]) -> None:
        self._steps = steps
        self._lock = threading.Lock()
        self._least, self._most, self._means = array("d"), array("d"), array("d")
        self._sum = self._rest = 0.0
        self._number = 0

    def least(self, interval: int) -> float | None:
        """The least value up to an interval; None where there is none."""
        return self._best(self._least, interval)

    def most(self, interval: int) -> float | None:
        """The greatest value up to an interval; None where there is none."""
        return self._best(self._most, interval)

    def mean(self, interval: int) -> float | None:
        """The mean of the values up to an interval; None where there is none, and where it is no number."""
        means, last = self._means, min(interval, len(self._steps))
        if last > len(means):
            with self._lock:
                while last > len(means):
                    means.append(self._mean_with(self._steps[len(means)]))
        return _number(means, last)

    def _best(self, found: array[float], interval: int) -> float | None:
        last = min(interval, len(self._steps))
        if last > len(found):
            with self._lock:
                pick = min if found is self._least else max
                while last > len(found):
                    value, before = self._steps[len(found)], found[-1] if found else nan
                    found.append(before if value != value else value if before != before else pick(before, value))
        return _number(found, last)

    def _mean_with(self, value: float) -> float:
        """The mean once a value is added. What is rounded off the sum is kept, so equal values have just that mean.

        Source: Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen" (1974).
        """
        if value == value:  # only NaN differs from itself
            before, self._sum = self._sum, self._sum + value
            if isfinite(self._sum):
                larger, smaller = (before, value) if abs(before) >= abs(value) else (value, before)
                self._rest += (larger - self._sum) + smaller
            self._number += 1
        return (self._sum + self._rest) / self._number if self._number else nan


def _number(found: array[float], last: int) -> float | None:
    value = found[last - 1] if last else nan
    return value if value == value else None
