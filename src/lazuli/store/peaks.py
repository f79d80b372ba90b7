"""Which points of a series a chart is drawn from: the least and the greatest of every stretch, marked as they come.

A series is cut into stretches of :data:`STRETCH` points in the order of their arrival. The extremes of a stretch are
marked when it is full, so that a chart of a million points reads some thousands. The stretch that is still open is
remembered here alone; a chart reads the end of a series in full. After a restart a series goes on with its last
points, read once from the database.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["STRETCH", "Peaks", "Seen", "Series"]

STRETCH = 128
MAX_OPEN = 20_000
"""How many open stretches are remembered; a series beyond them is read again when its next point comes."""

Series = tuple[str, str]
"""A series by its run and its key."""
Seen = tuple[float, int, int, int]
"""A point as it is stored: its value, whether that is NaN, its step and its timestamp."""
Recent = Callable[[Sequence[Series]], Iterable[tuple[Series, list[Seen]]]]
"""Reads the last points of these series, where they have any, for an open stretch that is not remembered."""


class _Stretch:
    """The open stretch of one series: how many points it has, and which of them are its extremes."""

    __slots__ = ("count", "high", "low")

    def __init__(self) -> None:
        self.count = 0
        self.low: Seen = (0.0, 0, 0, 0)
        self.high = self.low

    def take(self, points: Sequence[Seen]) -> None:
        """Take in some points, none of them NaN. Points compare by their values first."""
        known = (self.low, self.high) if self.count else ()
        self.low, self.high = min(*points, *known, points[0]), max(*points, *known, points[0])
        self.count += len(points)


class Peaks:
    """The open stretches of every series. Used by one writer at a time."""

    def __init__(self) -> None:
        self._open: OrderedDict[Series, _Stretch] = OrderedDict()

    def mark(self, new: Mapping[Series, Sequence[Seen]], recent: Recent) -> list[tuple[Series, Seen]]:
        """Which points become peaks when new ones, in the order of their arrival, are stored."""
        if unknown := [one for one in new if one not in self._open]:
            self._open.update((one, _Stretch()) for one in unknown)
            for one, points in recent(unknown):
                if points:
                    self._open[one].take(points)
        found: list[tuple[Series, Seen]] = []
        for one, points in new.items():
            stretch = self._open[one]
            numbers = [point for point in points if not point[1]]
            start = 0
            while start < len(numbers):
                piece = numbers[start : start + STRETCH - stretch.count]
                stretch.take(piece)
                start += len(piece)
                if stretch.count == STRETCH:
                    found += [(one, stretch.low), (one, stretch.high)]
                    stretch = self._open[one] = _Stretch()
            self._open.move_to_end(one)
        while len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)
        return found

    def forget(self) -> None:
        """Remember no series: what was marked may not have been stored."""
        self._open.clear()
