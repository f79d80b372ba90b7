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

from sqlalchemy import Connection, func, select

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
        last_first = (_T.step.desc(), _T.timestamp.desc(), _T.seq.desc())
        (first,) = tx.execute(series.limit(1)).all()
        end = tx.execute(series.order_by(None).order_by(*last_first).limit(END)).all()[::-1]
        peaks = tx.execute(series.where(_T.peak == 1)).all()
        peaks = [row for row in peaks if _PLACE(row) < _PLACE(end[0])]
        rows = [*([first] if peaks[:1] != [first] else []), *peaks, *end]
    return rows if len(rows) <= points else _thinned(rows, max(1, points // 2))


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
    """What there is to say of every metric of a run, sorted by key."""
    counted = (
        select(
            _T.key, func.count(), func.min(_T.step), func.max(_T.step), func.min(_T.timestamp), func.max(_T.timestamp)
        )
        .where(_T.run_id == run_id)
        .group_by(_T.key)
    )
    extents = {row[0]: tuple(row[1:]) for row in tx.execute(counted)}
    bounds = _bounds(tx, run_id, extents)
    latest = select(latest_metric.c.key, latest_metric.c.value, latest_metric.c.is_nan)
    last = {
        key: math.nan if is_nan else value
        for key, value, is_nan in tx.execute(latest.where(latest_metric.c.run_id == run_id))
    }
    return [
        Summary(key, last[key], *bounds.get(key, (None, None)), *extents[key]) for key in sorted(extents) if key in last
    ]


def _bounds(tx: Connection, run_id: str, extents: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """The least and the greatest value of each metric."""
    values = select(_T.key, func.min(_T.value), func.max(_T.value)).where(_T.run_id == run_id, _T.is_nan == 0)
    short = [key for key, extent in extents.items() if extent[0] <= SHORT]
    found: dict[str, tuple[float, float]] = {}
    for start in range(0, len(short), _PIECE):
        query = values.where(_T.key.in_(short[start : start + _PIECE])).group_by(_T.key)
        found.update({key: (least, greatest) for key, least, greatest in tx.execute(query)})
    for key in extents.keys() - short:
        rows = drawn(tx, run_id, key, SHORT)
        numbers = [row[0] for row in rows if not row[1]]
        if numbers:
            found[key] = (min(numbers), max(numbers))
    return found
