"""Tables as JSON: an object a line, or a list of objects."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from lazuli.assets.preview.delimited import decoded
from lazuli.assets.preview.table import MOST_COLUMNS, Table

__all__ = ["read_array", "read_lines"]

_BAD = object()


def read_lines(source: BinaryIO, size: int | None, rows: int, budget: int, encoding: str = "") -> Table:
    """The first ``rows`` records, of ``budget`` bytes at most."""
    data = source.read(budget + 1)
    all_read = len(data) <= budget
    text, encoding = decoded(data[:budget], encoding)
    lines = text.split("\n")
    if not all_read and len(lines) > 1:
        lines.pop()  # it is cut
    said = [line for line in lines if line.strip()]
    table = _table("jsonlines", (_read(line) for line in said[:rows]))
    table.facts = {"encoding": encoding}
    table.is_whole = all_read and len(said) <= rows
    if table.is_whole:
        table.total_rows = len(table.rows)
    elif size is not None and said:
        table.total_rows, table.is_estimate = round(size / (len(data) / len(said))), True
    return table


def read_array(text: str, rows: int) -> Table | None:
    """The first records of a list of objects; None where ``text`` is no such list."""
    said = _read(text)
    if not isinstance(said, list) or not said or not all(isinstance(each, dict) for each in said[:rows]):
        return None
    table = _table("json", said[:rows])
    table.total_rows, table.is_whole = len(said), len(said) <= rows
    return table


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _BAD


def _table(format: str, records: Iterable[Any]) -> Table:
    names: dict[str, int] = {}
    kept: list[dict[str, Any]] = []
    bad = 0
    for record in records:
        if record is _BAD:
            bad += 1
            continue
        record = record if isinstance(record, dict) else {"value": record}
        kept.append(record)
        for name in record:
            names.setdefault(name, len(names))
    columns = list(names)[:MOST_COLUMNS]
    table = Table(format, columns, [[record.get(name) for name in columns] for record in kept])
    table.total_columns = len(names)
    if bad:
        table.notes.append(f"{bad} lines are no JSON.")
    return table
