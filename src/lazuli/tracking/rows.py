"""Key-value rows of runs, experiments and models: read for many owners at once, written by upsert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from lazuli.store.tables import param, tag
from lazuli.tracking.rules import invalid

__all__ = ["add_params", "chunks", "params_of", "put", "put_tags", "tags_of"]

CHUNK = 500


def chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """``ids`` in pieces that one statement may name; databases limit the number of parameters."""
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def put(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; one whose primary key is there already takes the other's place."""
    if not rows:
        return
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    keys = [column.name for column in table.primary_key]
    values = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), list(rows))


def put_tags(tx: Connection, owner_id: str, tags: Sequence[tuple[str, str]]) -> None:
    """Set tags; the last value of a key counts."""
    put(tx, tag, [{"owner_id": owner_id, "key": key, "value": value} for key, value in dict(tags).items()])


def add_params(tx: Connection, owner: str, params: Sequence[tuple[str, str]]) -> None:
    """Write parameters of a run or model, which never change. Raises :class:`InvalidInput` for another value."""
    if not params:
        return
    names = [key for key, _ in params]
    mine = select(param.c.key, param.c.value).where(param.c.run_id == owner, param.c.key.in_(names))
    known: dict[str, str] = {row.key: row.value for row in tx.execute(mine)}
    for key, value in params:
        if known.get(key, value) != value:
            raise invalid(
                f"Changing param values is not allowed. Param with key='{key}' was already logged with"
                f" value='{known[key][:100]}'. Attempted logging new value '{value[:100]}'.",
                target=key,
                mend="Log it under another name, or in a nested run.",
            )
    put(tx, param, [{"run_id": owner, "key": key, "value": value} for key, value in params if key not in known])


def tags_of(tx: Connection, owner_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of each owner."""
    return _pairs_of(tx, tag, "owner_id", owner_ids)


def params_of(tx: Connection, run_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """The parameters of each run or model."""
    return _pairs_of(tx, param, "run_id", run_ids)


def _pairs_of(tx: Connection, table: Table, owner: str, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {one: {} for one in ids}
    column = table.c[owner]
    for chunk in chunks(ids):
        query = select(column, table.c.key, table.c.value).where(column.in_(chunk)).order_by(column, table.c.key)
        for owner_id, key, value in tx.execute(query):
            found[owner_id][key] = value
    return found
