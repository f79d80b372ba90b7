"""Rows that nobody has seen: what a model meets once it is used, made from the rows there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from lazuli.ml.onnx.rows import Column, columns_of, numbers, taken

__all__ = ["Group", "groups"]

_MOST = 200
"""Rows of one kind."""
_MOST_COLUMNS = 300
"""Where a model refuses a change and there are more columns, it is not asked which of them it would bear."""
_FEW = 3
UNSEEN = "never seen before"


@dataclass(frozen=True)
class Group:
    """Rows of one kind."""

    name: str
    rows: Any
    """None where the original refuses such rows."""
    left_out: tuple[str, ...] = ()
    """Columns that the original does not bear so changed."""


def groups(rows: Any, ask: Callable[[Any], Any]) -> Iterator[Group]:
    """Rows of every kind, made from ``rows``; ``ask`` raises for those that the original refuses.

    The same rows give the same groups.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    columns = _single(rows)
    numbers = [place for place, column in enumerate(columns) if not column.is_text]
    texts = [place for place, column in enumerate(columns) if column.is_text]
    kinds: list[tuple[str, list[int], Callable[[Any, Any, bool], Any]]] = [
        ("new combinations", [*numbers, *texts], lambda old, rng, is_text: old),
        ("missing values", [*numbers, *texts], _missing),
        ("unseen categories", texts, _unseen),
        ("extremes", numbers, _extreme),
        ("large values", numbers, _large),
    ]
    for name, places, change in kinds:
        if places:
            vary = partial(_varied, change, rng, columns)
            yield _group(name, _mixed(rows, rng), places, columns, vary, ask)


def _varied(change: Callable[[Any, Any, bool], Any], rng: Any, columns: Sequence[Column], old: Any, place: int) -> Any:
    return change(old, rng, columns[place].is_text)


def _single(rows: Any) -> list[Column]:
    """Each column by itself, those of an array too."""
    columns = columns_of(rows)
    if hasattr(rows, "columns") or columns[0].width == 1:
        return columns
    return [Column(f"column {place}", columns[0].is_text) for place in range(columns[0].width)]


def _mixed(rows: Any, rng: Any) -> Any:
    """Rows in which each column's value comes from another row."""
    base = taken(rows, rng.integers(len(rows), size=min(_MOST, max(2 * len(rows), 20))))
    if hasattr(base, "iloc"):
        base = base.reset_index(drop=True)
        for place in range(base.shape[1]):
            base = _with(base, place, base.iloc[rng.permutation(len(base)), place].array)
        return base
    return base if base.ndim == 1 else rng.permuted(base, axis=0)


def _group(
    name: str,
    base: Any,
    places: Sequence[int],
    columns: Sequence[Column],
    change: Callable[[Any, int], Any],
    ask: Callable[[Any], Any],
) -> Group:
    """The rows with the columns changed that the original bears changed."""
    changed = _changed(base, places, change)
    if _bears(changed, ask):
        return Group(name, changed)
    borne = [
        place
        for place in (places if len(places) <= _MOST_COLUMNS else ())
        if _bears(_changed(taken(base, slice(_FEW)), [place], change), ask)
    ]
    changed = _changed(base, borne, change)
    left_out = tuple(columns[place].name for place in places if place not in borne)
    return Group(name, changed if borne and _bears(changed, ask) else None, left_out)


def _bears(rows: Any, ask: Callable[[Any], Any]) -> bool:
    try:
        ask(rows)
    except Exception:  # whatever it raises, it says no
        return False
    return True


def _changed(rows: Any, places: Sequence[int], change: Callable[[Any, int], Any]) -> Any:
    for place in places:
        rows = _with(rows, place, change(_column(rows, place), place))
    return rows


def _column(rows: Any, place: int) -> Any:
    return rows.iloc[:, place].array if hasattr(rows, "iloc") else rows if rows.ndim == 1 else rows[:, place]


def _with(rows: Any, place: int, values: Any) -> Any:
    """A copy of the rows with other values in one column."""
    if hasattr(rows, "iloc"):
        copy = rows.copy()
        copy.isetitem(place, values)
        return copy
    if rows.ndim == 1:
        return values
    import numpy as np

    copy = rows.astype(np.result_type(rows, values))
    copy[:, place] = values
    return copy


def _missing(old: Any, rng: Any, is_text: bool) -> Any:
    """The values, a third of them missing."""
    import numpy as np

    values = np.asarray(old, dtype=object) if is_text else numbers(old)
    return _alike(np.where(_third(len(values), rng), np.nan, values), old)


def _unseen(old: Any, rng: Any, is_text: bool) -> Any:
    """The values, a third of them a text that is not in the sample."""
    import numpy as np

    return _alike(np.where(_third(len(old), rng), UNSEEN, np.asarray(old, dtype=object)), old)


def _extreme(old: Any, rng: Any, is_text: bool) -> Any:
    """Least and greatest values, and such beyond them."""
    import numpy as np

    values = numbers(old)
    least, most = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0.0, 1.0)
    ends = [least, most, 0.0, -most, 2 * least - most, 2 * most - least]
    return _alike(rng.choice(ends, len(values)), old)


def _large(old: Any, rng: Any, is_text: bool) -> Any:
    """The values, up to ten thousand times as large."""

    values = numbers(old)
    return _alike(values * 10 ** rng.uniform(1, 4, len(values)), old)


def _third(count: int, rng: Any) -> Any:
    places = rng.random(count) < 1 / 3
    places[:1] = True
    return places


def _alike(values: Any, old: Any) -> Any:
    """The values in the type of the old ones, where it can hold them."""
    import numpy as np

    if hasattr(old, "categories"):
        import pandas as pd

        known = list(old.categories)
        return pd.Categorical(values, categories=[*known, *({UNSEEN} & set(map(str, values)))])
    kind = np.asarray(old).dtype
    if kind.kind in "iu" and np.isfinite(values).all():
        return np.clip(np.rint(values), -(2**31), 2**31 - 1).astype(np.int64)
    return values
