"""Which points of a series a chart is drawn from: the least and the greatest of every stretch, marked as they come.

A series is cut into stretches of :data:`STRETCH` points in the order of their arrival. The extremes of a stretch are
marked when it is full, so that a chart of a million points reads some thousands. The stretch that is still open is
remembered here alone; a chart reads the end of a series in full. After a restart a series goes on with its last
points, read once from the database.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

__all__ = ["STRETCH", "Marks", "Peaks", "Seen"]

STRETCH = 128
MAX_OPEN = 20_000
"""How many open stretches are remembered; a series beyond them is read again when its next point comes."""


class Seen(NamedTuple):
    """A point that has been seen: where it stands, and its value as it is stored."""

    value: float
    step: int
    timestamp: int


class Marks(NamedTuple):
    """What to mark: rows that are being written, by their index, and points ``(run, key, place)`` stored before."""

    rows: set[int]
    stored: list[tuple[str, str, Seen]]


class _Stretch:
    """The open stretch of one series. A row not yet stored is known by its index, a stored one by -1."""

    __slots__ = ("count", "high", "high_row", "low", "low_row")

    def __init__(self) -> None:
        self.count = 0
        self.low = self.high = Seen(0.0, 0, 0)
        self.low_row = self.high_row = -1

    def take(self, seen: Seen, row: int) -> None:
        if self.count == 0 or seen.value < self.low.value:
            self.low, self.low_row = seen, row
        if self.count == 0 or seen.value > self.high.value:
            self.high, self.high_row = seen, row
        self.count += 1


Recent = Callable[[Sequence[tuple[str, str]]], Iterable[tuple[tuple[str, str], list[Seen]]]]
"""Reads the last points of these series, where they have any, for an open stretch that is not remembered."""


class Peaks:
    """The open stretches of every series. Used by one writer at a time."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[str, str], _Stretch] = OrderedDict()

    def mark(self, rows: Sequence[tuple[Any, ...]], recent: Recent) -> Marks:
        """What becomes a peak when ``rows`` (run, key, value, is_nan, step, timestamp) are stored, in their order."""
        series = {row[:2] for row in rows}
        if unknown := [one for one in series if one not in self._open]:
            self._open.update((one, _Stretch()) for one in unknown)
            for one, points in recent(unknown):
                for point in points:
                    self._open[one].take(point, -1)
        marks = Marks(set(), [])
        for index, (run, key, value, is_nan, step, timestamp) in enumerate(rows):
            stretch = self._open[run, key]
            if not is_nan:
                stretch.take(Seen(value, step, timestamp), index)
            if stretch.count >= STRETCH:
                self._close(run, key, stretch, marks)
        for one in series:
            self._open.move_to_end(one)
            self._open[one].low_row = self._open[one].high_row = -1  # stored by now
        while len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)
        return marks

    def forget(self) -> None:
        """Remember no series: what was marked may not have been stored."""
        self._open.clear()

    def _close(self, run: str, key: str, stretch: _Stretch, marks: Marks) -> None:
        for seen, row in ((stretch.low, stretch.low_row), (stretch.high, stretch.high_row)):
            if row >= 0:
                marks.rows.add(row)
            else:
                marks.stored.append((run, key, seen))
        self._open[run, key] = _Stretch()
