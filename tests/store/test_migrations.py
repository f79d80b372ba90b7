"""Migrations make exactly the tables that are described, and are run once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Dialect, Index, MetaData, Table, insert, inspect, select, text
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.types import TypeEngine
from tests.store.conftest import Place
from tests.store.postgres import Postgres

from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId, Scope
from lazuli.shelves.shelf import document_of
from lazuli.store import documents, migrations, tables
from lazuli.store.database import Database
from lazuli.store.documents import Documents, Record
from lazuli.store.facets import brief
from lazuli.store.migrations import migrate

FAMILIES = [("state", Place.state, tables.STATE), ("points", Place.points, tables.POINTS)]


def spelt(kind: TypeEngine[Any]) -> str:
    name = type(kind.as_generic()).__name__
    return {"Double": "Float", "String": "Text"}.get(name, name)  # one of the two is all that a database has


def described(table: Table, dialect: Dialect) -> dict[str, Any]:
    keys = list(table.primary_key.columns.keys())
    return {
        "columns": {c.name: (spelt(c.type.dialect_impl(dialect)), c.nullable) for c in table.columns},
        "key": keys,
        "indexes": {
            (index.name, tuple(index.columns.keys()), bool(index.unique))
            for index in table.indexes
            if not has_expression(index)
        },
    }


def has_expression(index: Index) -> bool:
    """Whether it is over more than columns: reflection gives nothing back of such a one but its name."""
    return not all(isinstance(each, Column) for each in index.expressions)


def made(inspector: Inspector, name: str) -> dict[str, Any]:
    keys = inspector.get_pk_constraint(name)["constrained_columns"]
    return {
        "columns": {
            # SQLite's own key is never null, whatever it says of it.
            c["name"]: (spelt(c["type"]), c["nullable"] and c["name"] not in keys)
            for c in inspector.get_columns(name)
        },
        "key": keys,
        "indexes": {
            (i["name"], tuple(i["column_names"]), bool(i["unique"]))
            for i in inspector.get_indexes(name)
            if None not in i["column_names"]
        },
    }


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.parametrize(("family", "opened", "metadata"), FAMILIES)
def test_the_tables_are_as_described(place: Place, family: str, opened: Any, metadata: MetaData) -> None:
    database: Database = opened(place)
    with database.read() as tx:
        inspector = inspect(tx)
        assert set(inspector.get_table_names()) - {"migration", "sqlite_sequence"} == set(metadata.tables)
        for name, table in metadata.tables.items():
            expressions = {index.name for index in table.indexes if has_expression(index)}
            where = {"sqlite": "sqlite_master", "postgresql": "pg_class"}[tx.dialect.name]
            column = {"sqlite": "name", "postgresql": "relname"}[tx.dialect.name]
            assert expressions <= set(tx.execute(text(f"SELECT {column} FROM {where}")).scalars())
            assert made(inspector, name) == described(table, tx.dialect), name
    database.close()


@pytest.mark.parametrize(("family", "opened", "metadata"), FAMILIES)
def test_a_migration_is_run_once(place: Place, family: str, opened: Any, metadata: MetaData) -> None:
    database: Database = opened(place)
    with database.write() as tx:
        assert migrate(tx, family) == []
        tx.execute(text("SELECT 1"))
    database.close()


def test_a_migration_that_fails_leaves_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from lazuli.store.migrations import state_0001_first

    statements = [*state_0001_first.STATEMENTS[:2], "CREATE TABLE oops ("]
    monkeypatch.setattr(state_0001_first, "STATEMENTS", statements)
    with pytest.raises(Exception, match=r"incomplete input|syntax error"):
        place.state()
    monkeypatch.undo()
    place.state().close()


def test_state_and_points_share_a_postgresql_database(postgres: Postgres, tmp_path: Path) -> None:
    place = Place(tmp_path, postgres.fresh())
    state, points = place.state(), place.points()
    with state.read() as tx:
        tables_there = set(inspect(tx).get_table_names())
    assert tables_there == {"migration", *tables.STATE.tables, *tables.POINTS.tables}
    state.close()
    points.close()


def test_what_was_there_before_lists_were_narrowed_is_filed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(name for name in migrations._names("state") if name < "state_0004")
    monkeypatch.setattr(migrations, "_names", lambda family: before)
    database = place.state()
    scope = Scope("s", "g", "w")
    with database.write() as tx:
        for kind, name, body, state in (
            ("jobs", "One", {"tags": {"a": "x"}, "experiment_name": "Exp"}, {"unkept": True}),
            ("jobs", "Two", {}, {}),
            ("data", "Three", {"tags": {"long": "y" * 200}}, {}),
        ):
            whole = Record(ResourceId(scope, kind, name), body, state, created_at=5)
            tx.execute(insert(tables.resource), documents._fixed(whole) | documents._changing(whole))
    database.close()
    monkeypatch.undo()

    database = place.state()
    with database.read() as tx:
        rows = tx.execute(select(tables.facet)).all()
    database.close()
    assert {(row.scope, row.created_at) for row in rows} == {(scope.key, 5)}
    filed = {(row.resource_id.rpartition("/")[2], row.key, row.value) for row in rows}
    plain = {("type", "command"), ("experiment_name", "default"), ("root", "")}
    one = {("type", "command"), ("experiment_name", "exp"), ("tag", "a"), ("tag:a", "x"), ("unkept", ""), ("root", "")}
    three = {("tag", "long"), ("tag:long", brief("y" * 200))}
    assert filed == {(n, *f) for n, facets in (("one", one), ("two", plain), ("three", three)) for f in facets}


EARLIER: dict[str, dict[str, Any]] = {
    "client": {
        "identity": {"identityType": "AMLToken"},
        "queue_settings": {"jobTier": "Standard", "priority": 2},
        "distribution": {},
        "services": {},
    },
    "strange": {"identity": {}, "queue_settings": {"priority": 7}, "resources": {"shm_size": "much"}},
    "today": {
        "identity": {"type": "managed_identity", "client_id": "x"},
        "queue_settings": {"job_tier": "spot"},
        "distribution": {"type": "pytorch", "process_count_per_instance": 2},
        "services": {"board": {"type": "tensor_board", "log_dir": "runs"}},
    },
}


def test_what_earlier_servers_kept_as_it_was_said_is_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(name for name in migrations._names("state") if name < "state_0007")
    monkeypatch.setattr(migrations, "_names", lambda family: before)
    database, scope = place.state(), Scope("s", "g", "w")
    with database.write() as tx:
        for name, body in EARLIER.items():
            whole = Record(ResourceId(scope, "jobs", name), {"command": "true", **body}, {"nodes": 1})
            tx.execute(insert(tables.resource), documents._fixed(whole) | documents._changing(whole))
        model = {"path": "azureml://datastores/d/paths/p", "flavors": {"sklearn": {"data": {"a": "1"}}, "odd": "x"}}
        whole = Record(ResourceId(scope, "models", "m", "1"), model, {})
        tx.execute(insert(tables.resource), documents._fixed(whole) | documents._changing(whole))
    database.close()
    monkeypatch.undo()

    database = place.state()
    with database.read() as tx:
        records = {name: Documents().get(tx, ResourceId(scope, "jobs", name)) for name in EARLIER}
        kept = Documents().get(tx, ResourceId(scope, "models", "m", "1"))
    database.close()
    jobs = {name: document_of(noun("job"), record) for name, record in records.items()}
    for name, job in jobs.items():  # a job that is put again is compared by these words
        again = {k: v for k, v in job.dump().items() if k not in ("name", "is_archived")}
        assert {"resources": {}, **again} == {"resources": {}, **records[name].body}
    assert (jobs["client"].identity.type, jobs["client"].queue_settings.priority) == ("aml_token", "medium")
    assert jobs["strange"].properties == {
        "lazuli.earlier.identity": "{}",
        "lazuli.earlier.queue_settings": '{"priority": 7}',
        "lazuli.earlier.shm_size": '"much"',
    }
    assert records["today"].body == {"command": "true", **EARLIER["today"]}
    assert document_of(noun("model"), kept).flavors == {"sklearn": {"a": "1"}}
