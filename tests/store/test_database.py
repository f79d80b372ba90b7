"""The database: durable, never busy, all or nothing."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import OperationalError

from lazuli.store import tables
from lazuli.store.database import Database, open_points, open_state


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = open_state(tmp_path)
    yield made
    made.close()


def put(tx: Connection, key: str) -> None:
    tx.execute(insert(tables.param), {"run_id": "r", "key": key, "value": "v"})


def keys(database: Database) -> list[str]:
    with database.read() as tx:
        return list(tx.execute(select(tables.param.c.key).order_by(tables.param.c.key)).scalars())


def test_state_waits_for_the_disk_and_points_do_not(tmp_path: Path) -> None:
    for database, synchronous in ((open_state(tmp_path), 2), (open_points(tmp_path), 1)):
        with database.read() as tx:
            assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert tx.exec_driver_sql("PRAGMA synchronous").scalar() == synchronous
        database.close()


def test_what_was_committed_is_there_for_the_next_server(tmp_path: Path) -> None:
    first = open_state(tmp_path)
    with first.write() as tx:
        put(tx, "k")
    second = open_state(tmp_path)  # the first was not closed: as if it had been killed
    assert keys(second) == ["k"]
    first.close()
    second.close()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_block_that_raises_changes_nothing(database: Database, error: type[BaseException]) -> None:
    with pytest.raises(error), database.write() as tx:
        put(tx, "k")
        raise error
    assert keys(database) == []
    with database.write() as tx:  # and the next writer is not kept waiting
        put(tx, "k")
    assert keys(database) == ["k"]


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(database: Database) -> None:
    with database.read() as before:
        assert before.execute(select(func.count()).select_from(tables.param)).scalar() == 0
        with database.write() as tx:
            put(tx, "k")
        assert before.execute(select(func.count()).select_from(tables.param)).scalar() == 0
    assert keys(database) == ["k"]


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"), database.read() as tx:
        put(tx, "k")
    with database.write() as tx:  # over the same pooled connection
        put(tx, "k")


def test_a_write_inside_a_write_says_so_instead_of_waiting_for_itself(database: Database) -> None:
    with database.write() as tx:
        with pytest.raises(RuntimeError, match="open in this thread already"), database.write():
            pass
        put(tx, "k")
    assert keys(database) == ["k"]


def test_many_threads_and_two_servers_write_and_none_finds_it_busy(tmp_path: Path) -> None:
    databases = [open_points(tmp_path), open_points(tmp_path)]
    errors: list[Exception] = []
    point = {"run_id": "r", "key": "k", "value": 1.0, "is_nan": 0, "step": 0, "timestamp": 0}

    def work(number: int) -> None:
        try:
            for _ in range(20):
                with databases[number % 2].write() as tx:
                    seen = tx.execute(select(func.count()).select_from(tables.metric_point)).scalar_one()
                    tx.execute(insert(tables.metric_point), {**point, "step": seen})
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with databases[0].read() as tx:
        assert sorted(tx.execute(select(tables.metric_point.c.step)).scalars()) == list(range(160))
    for database in databases:
        database.close()


@pytest.mark.parametrize("name", ["a b", "what?x=1", "50%41", "#1", "ü"])
def test_the_data_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    database = open_state(tmp_path / name)
    database.close()
    with sqlite3.connect(tmp_path / name / "state.db") as connection:
        assert connection.execute("SELECT count(*) FROM migration").fetchone()[0] > 0
    connection.close()
