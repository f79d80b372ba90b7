"""The database: SQLite by default, PostgreSQL by URL, SQLAlchemy Core above both.

Two ways in, and no third: :meth:`Database.read` and :meth:`Database.write`, each one transaction. Slow work (a file,
a process, a request) never happens inside either.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from lazuli.store.migrations import migrate

__all__ = ["Database", "open_points", "open_state"]


class Database:
    """One database with its migrations applied.

    ``durable`` decides what a commit waits for on SQLite: the disk (state), or only the operating system (metric
    points, where a power cut may cost the last moment but a killed server costs nothing).
    """

    def __init__(self, url: str, *, migrations: str, durable: bool = True) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._engine = _sqlite_engine(url, durable) if self.is_sqlite else create_engine(url, pool_pre_ping=True)
        self._writer = threading.Lock()
        with self.write() as tx:
            migrate(tx, migrations)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one consistent state and changes nothing."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block, or rolled back where the block raises.

        On SQLite writers queue here rather than inside the database, so that none of them ever finds it busy.
        """
        if not self.is_sqlite:
            with self._engine.begin() as connection:
                yield connection
            return
        with self._writer, self._engine.connect() as connection:
            connection = connection.execution_options(lazuli_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Give every connection back. The database may not be used afterwards."""
        self._engine.dispose()


def open_state(data_dir: Path, url: str = "") -> Database:
    """The database of everything that must never be lost."""
    return Database(url or _file_url(data_dir / "state.db"), migrations="state")


def open_points(data_dir: Path, url: str = "") -> Database:
    """The database of metric points: a second file under SQLite, the same server under PostgreSQL."""
    return Database(url or _file_url(data_dir / "points.db"), migrations="points", durable=False)


def _file_url(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{file}"


def _sqlite_engine(url: str, durable: bool) -> Engine:
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
        connection.exec_driver_sql(connection.get_execution_options().get("lazuli_begin", "BEGIN"))

    return engine
