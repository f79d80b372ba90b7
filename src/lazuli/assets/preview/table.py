"""A table as far as it was read, and the cells of it as they are shown."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

__all__ = ["MOST_COLUMNS", "Table", "shown"]

MOST_COLUMNS = 1000
"""How many columns are read of a table that has more."""
_MOST_TEXT = 2_000_000
_LONGEST, _SHORTEST = 1000, 20
_EXACT = 2**53
"""Whole numbers up to here are the same in a browser."""


@dataclass
class Table:
    """The beginning of a table. Cells are texts where the format knows no types; None is a missing one."""

    format: str
    names: list[str]
    rows: list[list[Any]]
    types: Sequence[str | None] = ()
    """The types of the columns, where the format tells them."""
    total_columns: int = 0
    total_rows: int | None = None
    is_estimate: bool = False
    """Whether the number of rows is a guess from those that were read."""
    is_whole: bool = True
    """Whether there are no more rows than those that were read."""
    facts: dict[str, Any] = field(default_factory=dict)
    """``encoding``, ``delimiter``, ``hasHeader``."""
    notes: list[str] = field(default_factory=list)
    """What a reader should know: ragged rows, a damaged line, a transformation that was left out."""

    def column(self, number: int) -> list[Any]:
        """The cells of one column."""
        return [row[number] for row in self.rows]


def shown(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Cells as JSON holds them, long texts cut so that an answer stays small."""
    cells = sum(map(len, rows)) or 1
    longest = max(_SHORTEST, min(_LONGEST, _MOST_TEXT // cells))
    return [[_cell(cell, longest) for cell in row] for row in rows]


def _cell(cell: Any, longest: int) -> Any:
    if cell is None or isinstance(cell, bool):
        return cell
    if isinstance(cell, int):
        return cell if abs(cell) <= _EXACT else str(cell)
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else str(cell).replace("nan", "NaN").replace("inf", "Infinity")
    text = written(cell)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def written(cell: Any) -> str:
    """A cell as text."""
    if isinstance(cell, str):
        return cell.encode(errors="replace").decode()  # half a surrogate pair is no JSON
    if isinstance(cell, bytes):
        return f"0x{cell[:_LONGEST].hex()}"
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, Mapping | list | tuple):
        return json.dumps(cell, ensure_ascii=False, default=_plain)
    return str(cell)


def _plain(cell: Any) -> Any:
    if isinstance(cell, Decimal | timedelta):
        return str(cell)
    return written(cell)
