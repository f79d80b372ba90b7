"""Of what kind the cells of a column are: numbers, dates or texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

__all__ = ["KINDS", "as_number", "is_missing", "kind_of", "kind_of_text"]

KINDS = ("empty", "boolean", "integer", "number", "date", "datetime", "text", "nested", "binary", "mixed")
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "nil", "-nan"})
_INTEGER = re.compile(r"[+-]?\d{1,300}")
_NUMBER = re.compile(r"[+-]?(\d{1,300}\.?\d{0,300}|\.\d{1,300})([eE][+-]?\d{1,4})?|[+-]?inf(inity)?", re.IGNORECASE)
_DATE = re.compile(r"\d{4}[-/]\d{2}[-/]\d{2}")
_DATETIME = re.compile(r"\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}.{0,40}")
_BOOLEANS = {"true": 1.0, "false": 0.0}
_WIDENED = {
    frozenset({"integer", "number"}): "number",
    frozenset({"boolean", "integer"}): "integer",
    frozenset({"date", "datetime"}): "datetime",
}


def is_missing(cell: Any) -> bool:
    """Whether a cell holds nothing: what programs write for no value counts as nothing too."""
    if isinstance(cell, str):
        return cell.strip().lower() in _MISSING
    return cell is None or (isinstance(cell, float) and cell != cell)


def kind_of(cells: Sequence[Any]) -> str:
    """The kind of a column."""
    kinds = {_kind(cell) for cell in cells if not is_missing(cell)}
    if not kinds:
        return "empty"
    if len(kinds) == 1:
        return kinds.pop()
    if kinds <= {"integer", "number"} or kinds == {"date", "datetime"}:
        return _WIDENED[frozenset(kinds)]
    return "text" if all(isinstance(cell, str) for cell in cells if cell is not None) else "mixed"


def kind_of_text(cells: Sequence[str | None]) -> str:
    """The kind of a column of texts."""
    return kind_of(cells)


def _kind(cell: Any) -> str:
    if isinstance(cell, str):
        return _kind_of_one(cell.strip())
    for type_, kind in _TYPES:
        if isinstance(cell, type_):
            return kind
    return "text"


_TYPES: tuple[tuple[Any, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    ((float, Decimal), "number"),
    (datetime, "datetime"),
    (date, "date"),
    (bytes, "binary"),
    ((Mapping, list, tuple), "nested"),
)


def _kind_of_one(text: str) -> str:
    if _INTEGER.fullmatch(text):
        return "integer"
    if _NUMBER.fullmatch(text):
        return "number"
    if text.lower() in _BOOLEANS:
        return "boolean"
    if _DATE.fullmatch(text) and _moment(text) is not None:
        return "date"
    if _DATETIME.fullmatch(text) and _moment(text) is not None:
        return "datetime"
    return "text"


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None


def as_number(cell: Any, kind: str) -> float | None:
    """A cell as a number, of dates the milliseconds since 1970; None where it is none."""
    try:
        if kind in ("date", "datetime"):
            found = _moment(cell.strip()) if isinstance(cell, str) else cell
            if isinstance(found, datetime):
                return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000
            return datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp() * 1000 if found else None
        if isinstance(cell, str):
            text = cell.strip()
            return _BOOLEANS.get(text.lower()) if kind == "boolean" else float(text)
        return float(cell)
    except (ValueError, TypeError, OverflowError, AttributeError):
        return None
