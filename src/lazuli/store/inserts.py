"""New rows put in by the driver: for what comes by the thousand, where SQLAlchemy takes longer than the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, insert

from lazuli.store.database import Database

__all__ = ["Inserts", "Rows"]

Rows = Sequence[tuple[Table, Sequence[Mapping[str, Any]]]]
"""Rows that belong together, by their tables; those of one table name the same columns."""


class Inserts:
    """The statements by which rows are put into the tables of a database, each made once."""

    def __init__(self, database: Database) -> None:
        self._dialect = database.dialect
        self._made: dict[tuple[str, tuple[str, ...]], tuple[str, Sequence[str] | None]] = {}

    def put(self, cursor: Any, rows: Rows) -> None:
        """Put rows in, with a cursor of :meth:`Database.write_by_driver`."""
        for table, some in rows:
            if some:
                statement, order = self._statement(table, some[0])
                cursor.executemany(statement, [*_ordered(some, order)])

    def _statement(self, table: Table, row: Mapping[str, Any]) -> tuple[str, Sequence[str] | None]:
        key = (table.name, tuple(row))
        if key not in self._made:
            # Inline: nothing is to be told of the new row, such as its number.
            made = insert(table).inline().compile(dialect=self._dialect, column_keys=list(row))
            self._made[key] = (str(made), made.positiontup)
        return self._made[key]


def _ordered(rows: Sequence[Mapping[str, Any]], order: Sequence[str] | None) -> Iterable[Any]:
    return rows if order is None else ([row[name] for name in order] for row in rows)
