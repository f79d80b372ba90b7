"""The database: durable, never busy, all or nothing."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import DBAPIError
from tests.store.conftest import Place
from tests.store.postgres import Postgres

from lazuli.schema.problems import Conflict, InvalidInput, Unavailable
from lazuli.store import database as module
from lazuli.store import tables
from lazuli.store.database import NO_ANSWER, Database, open_points, open_state
from lazuli.store.points import Point, Points


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    made = place.state()
    yield made
    made.close()


def put(tx: Connection, key: str) -> None:
    tx.execute(insert(tables.param), {"run_id": "r", "key": key, "value": "v"})


def keys(database: Database) -> list[str]:
    with database.read() as tx:
        return list(tx.execute(select(tables.param.c.key).order_by(tables.param.c.key)).scalars())


def test_in_postgresql_too_state_waits_for_the_disk_and_points_do_not(postgres: Postgres, tmp_path: Path) -> None:
    here = Place(tmp_path, postgres.fresh())
    for database, commit in ((here.state(), "on"), (here.points(), "off"), (here.state(), "on")):
        with database.write() as tx:
            assert tx.exec_driver_sql("SHOW synchronous_commit").scalar() == commit
        database.close()


def test_state_waits_for_the_disk_and_points_do_not(tmp_path: Path) -> None:
    for database, synchronous in ((open_state(tmp_path), 2), (open_points(tmp_path), 1)):
        with database.read() as tx:
            assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert tx.exec_driver_sql("PRAGMA synchronous").scalar() == synchronous
        database.close()


def test_what_was_committed_is_there_for_the_next_server(place: Place) -> None:
    first = place.state()
    with first.write() as tx:
        put(tx, "k")
    second = place.state()  # the first was not closed: as if it had been killed
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
    with pytest.raises(DBAPIError, match=r"read-?only"), database.read() as tx:
        put(tx, "k")
    with database.write() as tx:  # over the same pooled connection
        put(tx, "k")


def test_a_commit_that_fails_is_not_in_the_way_of_the_next_writer(tmp_path: Path) -> None:
    database = open_state(tmp_path)
    with database.write() as tx:
        tx.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        tx.exec_driver_sql("CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(DBAPIError), database.write() as tx:
        tx.exec_driver_sql("INSERT INTO child VALUES (1)")  # noticed by the commit alone, which leaves all open
    with database.write() as tx:
        put(tx, "a")
    assert keys(database) == ["a"]
    with database.read() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM child").scalar_one() == 0
    database.close()


def test_what_was_written_comes_to_its_place_while_others_read(tmp_path: Path) -> None:
    database = open_points(tmp_path)
    with database.read() as reader:
        reader.execute(select(func.count()).select_from(tables.metric_point)).scalar_one()
        Points(database).add("e", [Point("r", "m", 1.0, 1, 1)])
        database.settle()
    database.settle()
    file = sqlite3.connect(f"file:{tmp_path / 'points.db'}?immutable=1", uri=True)  # without what only the log holds
    assert file.execute("SELECT count(*) FROM metric_point").fetchone() == (1,)
    file.close()
    database.close()


def test_a_write_inside_a_write_says_so_instead_of_waiting_for_itself(database: Database) -> None:
    with database.write() as tx:
        with pytest.raises(RuntimeError, match="open in this thread already"), database.write():
            pass
        put(tx, "k")
    assert keys(database) == ["k"]


def test_many_threads_and_two_servers_write_and_none_finds_it_busy(place: Place) -> None:
    databases = [place.points(), place.points()]
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


def test_a_database_has_one_server_at_a_time(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    url = postgres.fresh_database()
    monkeypatch.setattr(module, "_PATIENCE_S", 0)
    first, second = (Database(url, migrations="state") for _ in range(2))
    first.claim()
    first.claim()
    with pytest.raises(Conflict, match="Another Lazuli server"):
        second.claim()
    first.close()
    monkeypatch.undo()
    second.claim()
    second.close()


def test_a_writer_sees_what_the_one_before_it_wrote_whatever_the_server_is_set_to(postgres: Postgres) -> None:
    database = Database(f"{postgres.fresh()}%20-cdefault_transaction_isolation%3Dserializable", migrations="state")
    with database.write() as tx:
        assert tx.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
    with database.read() as tx:
        assert tx.exec_driver_sql("SHOW transaction_isolation").scalar() == "repeatable read"
        assert tx.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
    database.close()


def test_lists_come_in_byte_order_in_every_language(database: Database) -> None:
    with database.write() as tx:
        for key in ("a", "B", "ä", "_", "Z"):
            put(tx, key)
    assert keys(database) == ["B", "Z", "_", "a", "ä"]


@pytest.mark.parametrize("url", ["mysql://root:hunter2@h/d", "hunter2 is no url", "oracle://scott:hunter2@h"])
def test_a_database_that_is_not_supported_is_refused_without_telling_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidInput, match="not the URL") as raised:
        open_state(tmp_path, url)
    assert "hunter2" not in str(raised.value)
    assert "postgresql://" in raised.value.mend


def test_a_server_out_of_reach_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be opened") as raised:
        open_state(tmp_path, "postgresql://me:hunter2@127.0.0.1:1/lazuli")
    assert "hunter2" not in str(raised.value)


def test_a_file_that_another_program_holds_gives_no_answer_and_is_written_to_afterwards(tmp_path: Path) -> None:
    database = open_state(tmp_path)
    with database.write() as tx:
        tx.exec_driver_sql("PRAGMA busy_timeout = 0")  # the writer keeps its connection
    other = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for way in (database.write, database.write_by_driver):
        with pytest.raises(NO_ANSWER, match="locked"), way():
            pass
    other.execute("ROLLBACK")
    other.close()
    with database.write() as tx:
        put(tx, "k")
    assert keys(database) == ["k"]
    database.close()


def test_what_hardly_changes_is_read_once_until_something_is_written(database: Database) -> None:
    reads: list[str] = []

    def read(tx: Connection) -> list[str]:
        reads.append("read")
        return list(tx.execute(select(tables.param.c.key)).scalars())

    assert [database.remembered("keys", read) for _ in range(3)] == [[], [], []]
    with database.write() as tx:
        put(tx, "new")
    assert [database.remembered("keys", read) for _ in range(3)] == [["new"]] * 3
    assert len(reads) == 2


def test_nothing_is_remembered_of_a_read_that_fails(database: Database) -> None:
    def read(_: Connection) -> str:
        raise LookupError

    with pytest.raises(LookupError):
        database.remembered("keys", read)
    assert database.remembered("keys", lambda _: "found") == "found"
