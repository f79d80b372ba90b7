"""The database: SQLite by default, PostgreSQL by URL, SQLAlchemy Core above both.

Two ways in, and no third: :meth:`Database.read` and :meth:`Database.write`, each one transaction. Slow work (a file,
a process, a request) never happens inside either.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from lazuli.store.migrations import migrate

__all__ = ["Database", "open_points", "open_state"]

_READ: dict[str, Any] = {"lazuli_begin": "BEGIN", "postgresql_readonly": True}  # each for its own database


class Database:
    """One database with its migrations applied.

    ``durable`` decides what a commit waits for on SQLite: the disk (state), or only the operating system (metric
    points, where a power cut may cost the last moment but a killed server costs nothing).
    """

    def __init__(self, url: str | URL, *, migrations: str, durable: bool = True) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = _sqlite_engine(self.url, durable) if self.is_sqlite else create_engine(url, pool_pre_ping=True)
        self._writer = threading.Lock()
        self._writing = threading.local()
        with self.write() as tx:
            migrate(tx, migrations)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one consistent state. It cannot change anything."""
        with self._engine.connect() as connection:
            yield connection.execution_options(**_READ)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block, or rolled back where the block raises.

        On SQLite writers queue here rather than inside the database, so that none of them ever finds it busy. A
        write inside a write of the same thread is a mistake, and said to be one: it would wait for itself for ever.
        """
        if getattr(self._writing, "here", False):
            raise RuntimeError("A write transaction is open in this thread already: pass its connection along.")
        self._writing.here = True
        try:
            with self._writer if self.is_sqlite else nullcontext(), self._engine.connect() as connection:
                connection = connection.execution_options(lazuli_begin="BEGIN IMMEDIATE")
                with connection.begin():
                    yield connection
        finally:
            self._writing.here = False

    def close(self) -> None:
        """Give every connection back. The database may not be used afterwards."""
        self._engine.dispose()


def open_state(data_dir: Path, url: str = "") -> Database:
    """The database of everything that must never be lost."""
    return Database(url or _file_url(data_dir / "state.db"), migrations="state")


def open_points(data_dir: Path, url: str = "") -> Database:
    """The database of metric points: a second file under SQLite, the same server under PostgreSQL."""
    return Database(url or _file_url(data_dir / "points.db"), migrations="points", durable=False)


def _file_url(file: Path) -> URL:
    file.parent.mkdir(parents=True, exist_ok=True)
    return URL.create("sqlite", database=str(file))  # not text: a folder may be called 'a?b'


def _sqlite_engine(url: URL, durable: bool) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 30}, pool_size=16)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -16000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        how = connection.get_execution_options().get("lazuli_begin", "BEGIN")
        connection.exec_driver_sql(f"PRAGMA query_only = {int(how == 'BEGIN')}")
        connection.exec_driver_sql(how)

    return engine
