"""Profiles: what the columns of a table are like, from the rows that were read of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lazuli.assets.preview.kinds import as_number, is_missing, kind_of
from lazuli.assets.preview.table import Table, shown, written

__all__ = ["profile"]

_BINS, _TOP = 20, 10
_LONGEST = 200
_NUMBERS = ("integer", "number", "date", "datetime", "boolean")


def profile(table: Table) -> list[dict[str, Any]]:
    """What each column is like. See :func:`_column` for what is told."""
    types = table.types or [None] * len(table.names)
    return [
        _column(name, type_, table.column(number))
        for number, (name, type_) in enumerate(zip(table.names, types, strict=True))
    ]


def _column(name: str, type_: str | None, cells: Sequence[Any]) -> dict[str, Any]:
    """``kind``, ``count``, ``missing``, ``distinct``; of numbers and dates ``spread`` and ``histogram``, else ``top``.

    Dates are told in milliseconds since 1970.
    """
    there = [cell for cell in cells if not is_missing(cell)]
    kind = kind_of(there)
    counts = Counter(written(cell)[:_LONGEST] for cell in there)
    told: dict[str, Any] = {
        "name": name,
        "type": type_,
        "kind": kind,
        "count": len(there),
        "missing": len(cells) - len(there),
        "distinct": len(counts),
        "top": [],
        "histogram": [],
        "spread": None,
        "infinite": 0,
    }
    if kind in _NUMBERS:
        numbers = [number for cell in there if (number := as_number(cell, kind)) is not None]
        finite = sorted(number for number in numbers if math.isfinite(number))
        told["infinite"] = len(numbers) - len(finite)
        if finite and kind != "boolean":
            told["spread"], told["histogram"] = _spread(finite), _histogram(finite)
    if kind in ("text", "boolean", "mixed", "nested") or len(counts) <= _TOP:
        told["top"] = [{"value": value, "count": count} for value, count in counts.most_common(_TOP)]
    return told


def _spread(numbers: list[float]) -> dict[str, Any]:
    """Of sorted numbers."""
    scale = max(abs(numbers[0]), abs(numbers[-1])) or 1.0  # else sums of great numbers overflow
    mean = math.fsum(number / scale for number in numbers) / len(numbers)
    deviation = math.sqrt(math.fsum((number / scale - mean) ** 2 for number in numbers) / len(numbers))
    said = [numbers[0], *(_quantile(numbers, part) for part in (0.25, 0.5, 0.75)), numbers[-1]]
    words = ("min", "q1", "median", "q3", "max", "mean", "std")
    (values,) = shown([[*said, mean * scale, deviation * scale]])
    return dict(zip(words, values, strict=True))


def _quantile(numbers: list[float], part: float) -> float:
    place = part * (len(numbers) - 1)
    low = math.floor(place)
    high = min(low + 1, len(numbers) - 1)
    share = place - low
    return numbers[low] * (1 - share) + numbers[high] * share


def _histogram(numbers: list[float]) -> list[dict[str, Any]]:
    """How many numbers lie in each of a few bins of equal width; of a single value in one."""
    low, high = numbers[0], numbers[-1]
    width = (high / _BINS) - (low / _BINS)
    if width <= 0 or not math.isfinite(width):
        return [{"from": low, "to": high, "count": len(numbers)}]
    counts = Counter(max(0, min(_BINS - 1, int((number / width) - (low / width)))) for number in numbers)
    edges = [low + width * number for number in range(_BINS)] + [high]
    return [{"from": edges[n], "to": edges[n + 1], "count": counts[n]} for n in range(_BINS)]
