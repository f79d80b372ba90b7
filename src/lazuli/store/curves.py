"""Series as charts want them: in about as many points as there are pixels, whole or in part, and summed up.

A long series is drawn from its marked peaks (:mod:`lazuli.store.peaks`) and its end: its length does not matter.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, case, func, select

from lazuli.store.peaks import STRETCH
from lazuli.store.tables import latest_metric, metric_point

__all__ = ["SHORT", "Summary", "Window", "drawn", "series_of", "summaries"]

SHORT = 20_000
"""How many points a series may have to be drawn from all of them."""
END = 2 * STRETCH
"""How many points at the end of a long series are always looked at: its open stretch has marked no peaks yet."""
_T = metric_point.c
_PIECE = 500


@dataclass(frozen=True)
class Window:
    """A part of a series: from one step (or moment) to another, both included."""

    first: int | None = None
    last: int | None = None
    by_time: bool = False
    """Whether moments are meant, in milliseconds since 1970."""

    def narrowed(self, query: Any) -> Any:
        """The query for what is inside."""
        column = _T.timestamp if self.by_time else _T.step
        query = query.where(column >= self.first) if self.first is not None else query
        return query.where(column <= self.last) if self.last is not None else query


@dataclass(frozen=True)
class Summary:
    """What there is to say of one metric: NaN is neither its least nor its greatest value."""

    key: str
    last: float
    least: float | None
    greatest: float | None
    count: int
    first_step: int
    last_step: int
    first_time: int
    last_time: int


def series_of(run_id: str, key: str) -> Any:
    """The query for a series, in the order of step, then time, then arrival."""
    return (
        select(_T.value, _T.is_nan, _T.step, _T.timestamp, _T.seq)
        .where(_T.run_id == run_id, _T.key == key)
        .order_by(_T.step, _T.timestamp, _T.seq)
    )


def drawn(tx: Connection, run_id: str, key: str, points: int, window: Window | None = None) -> Sequence[Any]:
    """The rows of a series, or of a window of it, in about ``points``: its extremes stay, its first and last too."""
    window = window or Window()
    series = window.narrowed(series_of(run_id, key))
    rows: list[Any] = []
    if window.by_time:  # no index leads to moments: whatever is there is looked through, and only once
        rows = list(tx.execute(series.limit(SHORT + 1)).all())
        is_short = len(rows) <= SHORT
    else:
        some = window.narrowed(select(_T.run_id).where(_T.run_id == run_id, _T.key == key)).limit(SHORT + 1)
        is_short = tx.execute(select(func.count()).select_from(some.subquery())).scalar_one() <= SHORT
    if is_short:
        rows = rows or list(tx.execute(series).all())
    else:
        (first,) = tx.execute(series.limit(1)).all()
        end = _end(tx, series)
        peaks = tx.execute(series.where(_T.peak == 1)).all()
        peaks = [row for row in peaks if _PLACE(row) < _PLACE(end[0])]
        rows = [*([first] if peaks[:1] != [first] else []), *peaks, *end]
    return rows if len(rows) <= points else _thinned(rows, max(1, points // 2))


def _end(tx: Connection, series: Any) -> list[Any]:
    """The last rows of a long series: its open stretch has marked no peaks yet."""
    last_first = (_T.step.desc(), _T.timestamp.desc(), _T.seq.desc())
    return list(tx.execute(series.order_by(None).order_by(*last_first).limit(END)).all()[::-1])


_VALUE, _PLACE = operator.itemgetter(0), operator.itemgetter(2, 3, 4)
"""What to compare rows of :func:`series_of` by, and what to sort them by."""


def _thinned(rows: list[Any], stretches: int) -> list[Any]:
    kept = {rows[0], rows[-1]}
    ends = [len(rows) * i // stretches for i in range(stretches + 1)]
    for start, end in pairwise(ends):
        stretch = rows[start:end]
        numbers = [row for row in stretch if not row[1]] or stretch  # NaN only where there is nothing else
        kept |= {min(numbers, key=_VALUE), max(numbers, key=_VALUE)}
    return sorted(kept, key=_PLACE)


def summaries(tx: Connection, run_id: str) -> list[Summary]:
    """What there is to say of every metric of a run, sorted by key.

    The moments of a long series are those of what is drawn of it: to look at them all takes as long as it is.
    """
    counted = select(_T.key, func.count()).where(_T.run_id == run_id).group_by(_T.key)
    counts: dict[str, int] = {row[0]: int(row[1]) for row in tx.execute(counted)}
    extents = _extents(tx, run_id, counts)
    latest = select(latest_metric.c.key, latest_metric.c.value, latest_metric.c.is_nan)
    last = {
        key: math.nan if is_nan else value
        for key, value, is_nan in tx.execute(latest.where(latest_metric.c.run_id == run_id))
    }
    return [_summary(key, last[key], counts[key], extents[key]) for key in sorted(last) if key in extents]


def _summary(key: str, last: float, count: int, extent: Any) -> Summary:
    least, greatest, *places = extent
    return Summary(key, last, least, greatest, count, *places)


def _extents(tx: Connection, run_id: str, counts: dict[str, int]) -> dict[str, Any]:
    """The least and the greatest value, step and moment of each metric, of which NaN is no value."""
    number = case((_T.is_nan == 0, _T.value))
    values = (func.min(number), func.max(number))
    places = (func.min(_T.step), func.max(_T.step), func.min(_T.timestamp), func.max(_T.timestamp))
    mine = select(_T.key, *values, *places).where(_T.run_id == run_id)
    short = [key for key, count in counts.items() if count <= SHORT]
    found: dict[str, Any] = {}
    for start in range(0, len(short), _PIECE):
        query = mine.where(_T.key.in_(short[start : start + _PIECE])).group_by(_T.key)
        found.update((row[0], tuple(row[1:])) for row in tx.execute(query))
    of_peaks = select(*values, func.min(_T.timestamp), func.max(_T.timestamp))
    for key in counts.keys() - short:
        mine = series_of(run_id, key)
        ends = [*tx.execute(mine.limit(1)).all(), *_end(tx, mine)]
        peaks = tx.execute(of_peaks.where(_T.run_id == run_id, _T.key == key, _T.peak == 1)).one()
        numbers = [row[0] for row in ends if not row[1]] + [value for value in peaks[:2] if value is not None]
        moments = [row[3] for row in ends] + [moment for moment in peaks[2:] if moment is not None]
        bounds = (min(numbers), max(numbers)) if numbers else (None, None)
        found[key] = (*bounds, ends[0][2], ends[-1][2], min(moments), max(moments))
    return found
