"""The database: SQLite by default, PostgreSQL by URL, SQLAlchemy Core above both.

Two ways in: :meth:`Database.read` and :meth:`Database.write`, each one transaction; :meth:`Database.write_by_driver` is
the second for the few statements that come by the thousand. Slow work (a file, a process, a request) never happens
inside any of them.

Both databases promise the same. A reader sees one consistent state. Writers come one after the other, so what a
writer has read is still true when it commits: nothing above this file needs a row lock or a second try.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, OperationalError, SQLAlchemyError

from lazuli.schema.problems import Conflict, InvalidInput, Unavailable
from lazuli.store.migrations import migrate

__all__ = ["NO_ANSWER", "Database", "open_points", "open_state"]

T = TypeVar("T")

NO_ANSWER = (OperationalError, sqlite3.OperationalError)
"""What says that the database cannot answer now (it is locked, its disk is full), and nothing of what it was asked."""

_SOLE = "lazuli server"
_PATIENCE_S = 5.0
"""How long a new server waits for the database of one that has just ended: its connection may be closing still."""


class Database:
    """One database with its migrations applied.

    ``durable`` decides what a commit waits for: the disk (state), or only the operating system (metric points, where
    a power cut may cost the last moment but a killed server costs nothing).
    """

    def __init__(self, url: str | URL, *, migrations: str, durable: bool = True) -> None:
        self.url = _checked(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = _sqlite_engine(self.url, durable) if self.is_sqlite else _postgresql_engine(self.url)
        # A SQLite file has one writer at a time: it keeps its connection, and those of readers can write nothing.
        self._write_engine = _sqlite_engine(self.url, durable, writes=True) if self.is_sqlite else self._engine
        self._write_connection: Connection | None = None
        self.changes = 0
        """How often this process has written: what has not grown since a look needs no other look."""
        self._remembered: tuple[int, dict[Any, Any]] = (0, {})  # how often it had written then, and what was read
        self._writer = threading.Lock()
        self._writing = threading.local()
        self._sole: Connection | None = None
        self._how_to_read: dict[str, Any] = (
            {} if self.is_sqlite else {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
        )
        self._how_to_write: dict[str, Any] = {} if self.is_sqlite else {"isolation_level": "READ COMMITTED"}
        self._queue_up = None if self.is_sqlite else _queue_up(migrations, durable)
        try:
            with self.write() as tx:
                migrate(tx, migrations)
        except OperationalError as error:
            if self.is_sqlite:
                raise
            raise _unreachable(self.url, error) from None

    @property
    def dialect(self) -> Dialect:
        """How statements are said to it."""
        return self._engine.dialect

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one consistent state. It cannot change anything."""
        with self._engine.connect() as connection, _kept_as_text():
            yield connection.execution_options(**self._how_to_read)

    def remembered(self, key: Hashable, read: Callable[[Connection], T]) -> T:
        """What ``read`` gives in a transaction of its own, remembered under ``key`` until anything is written.

        For what hardly changes and is asked for many times a step: where a datastore lies.
        """
        changes, known = self._remembered
        if changes != self.changes:
            changes, known = self._remembered = (self.changes, {})
        if key not in known:
            with self.read() as tx:
                found = read(tx)
            # What was read while somebody wrote may be either state; who asks after that write asks anew.
            known[key] = found
        return known[key]

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block, or rolled back where the block raises.

        Writers queue: on SQLite here rather than inside the database, so that none of them ever finds it busy; on
        PostgreSQL at a lock in the database, which other processes take as well. A write inside a write of the same
        thread is a mistake, and said to be one: it would wait for itself for ever.
        """
        if getattr(self._writing, "here", False):
            raise RuntimeError("A write transaction is open in this thread already: pass its connection along.")
        self._writing.here = True
        try:
            # Also on PostgreSQL the queue of this process forms here, so that waiting holds no connection.
            with self._writer:
                with self._connected() as connection, _kept_as_text(), connection.begin():
                    if self._queue_up is not None:
                        connection.execute(self._queue_up)
                    yield connection
                self.changes += 1
        finally:
            self._writing.here = False

    @contextmanager
    def write_by_driver(self) -> Iterator[Any]:
        """The same transaction, as a cursor of the driver's: for the few statements that come by the thousand.

        What SQLAlchemy does around a transaction takes longer than such a statement. Only for a thread that cannot
        have a write open.
        """
        if not self.is_sqlite:
            with self.write() as tx:
                cursor = tx.connection.cursor()
                yield cursor
                cursor.close()
            return
        with self._writer, self._connected() as connection:
            driver: Any = connection.connection.driver_connection
            cursor = driver.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
            except BaseException:
                driver.rollback()
                raise
            driver.commit()
            self.changes += 1

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """The connection of a writer, whose turn it is."""
        if not self.is_sqlite:
            with self._write_engine.connect() as connection:
                yield connection.execution_options(**self._how_to_write)
            return
        if self._write_connection is None:
            self._write_connection = self._write_engine.connect()
        try:
            yield self._write_connection
        finally:
            # What a failed commit left open would be in the way of every later writer.
            if self._write_connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
                self._write_connection.invalidate()
                self._write_connection.close()
                self._write_connection = None

    def settle(self) -> None:
        """Bring what was written into its place in the file, while others read and write.

        SQLite would do so by itself, but in the commit of whoever happens to write the thousandth page. Where it cannot
        be done now, because the disk is full for one, it is left to the next time.
        """
        if self.is_sqlite:
            with suppress(SQLAlchemyError), self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    def claim(self) -> None:
        """Be the only server of this database until :meth:`close`, or until the process ends however it ends.

        A SQLite file is in the data folder, whose own lock does that. Raises :class:`Conflict` where another server
        has claimed it: jobs and blobs lie in a server's own data folder, so two cannot look after one state.
        """
        if self.is_sqlite or self._sole is not None:
            return
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        query = text("SELECT pg_try_advisory_lock(:key)").bindparams(key=_key(_SOLE))
        until = time.monotonic() + _PATIENCE_S
        while not connection.execute(query).scalar():
            if time.monotonic() > until:
                connection.close()
                raise Conflict(
                    "Another Lazuli server uses this database.",
                    target="database_url",
                    mend="Stop it, or give this server a database of its own.",
                    code="DatabaseInUse",
                )
            time.sleep(0.05)
        self._sole = connection

    def close(self) -> None:
        """Give every connection back. The database may not be used afterwards."""
        if self._sole is not None:
            self._sole.invalidate()  # closes it, which a mere return to the pool would not, and so frees the lock
            self._sole.close()
            self._sole = None
        with self._writer:
            if self._write_connection is not None:
                self._write_connection.close()
                self._write_connection = None
        self._write_engine.dispose()
        self._engine.dispose()


@contextmanager
def _kept_as_text() -> Iterator[None]:
    """Tell a value that PostgreSQL cannot keep, a text with a NUL for one, as a mistake of whoever sent it."""
    try:
        yield
    except DataError:
        raise InvalidInput(
            "A value cannot be kept in the database.", mend="Leave NUL characters and very large numbers out."
        ) from None


def open_state(data_dir: Path, url: str = "") -> Database:
    """The database of everything that must never be lost."""
    return Database(url or _file_url(data_dir / "state.db"), migrations="state")


def open_points(data_dir: Path, url: str = "") -> Database:
    """The database of metric points: a second file under SQLite, the same server under PostgreSQL."""
    return Database(url or _file_url(data_dir / "points.db"), migrations="points", durable=False)


def _file_url(file: Path) -> URL:
    file.parent.mkdir(parents=True, exist_ok=True)
    return URL.create("sqlite", database=str(file))  # not text: a folder may be called 'a?b'


def _checked(url: str | URL) -> URL:
    """The URL with its driver. Raises :class:`InvalidInput` for one of no database that is supported."""
    try:
        made = make_url(url)
        backend = made.get_backend_name()
    except ArgumentError:
        made, backend = None, ""  # told without the URL: there may be a password in it
    if made is not None and backend in ("postgresql", "postgres"):
        return made.set(drivername="postgresql+psycopg")
    if made is None or backend != "sqlite":
        raise InvalidInput(
            "'database_url' is not the URL of a PostgreSQL database.",
            target="database_url",
            mend="Write postgresql://user:password@host:5432/database, or leave it out for SQLite.",
        )
    return made


def _postgresql_engine(url: URL) -> Engine:
    arguments = {"connect_timeout": 10, "application_name": "lazuli"}
    try:
        # Two pools of this size, for state and for points, stay below the 100 connections PostgreSQL allows.
        return create_engine(url, pool_pre_ping=True, pool_size=16, max_overflow=24, connect_args=arguments)
    except ModuleNotFoundError:
        raise InvalidInput(
            "PostgreSQL needs the package psycopg, which is not installed.",
            target="database_url",
            mend="Install it: pip install 'lazuli-ml[server,postgres]'.",
        ) from None


def _queue_up(migrations: str, durable: bool) -> Any:
    """What a PostgreSQL writer says first: wait for its turn, and how durable its commit is. One round trip."""
    commit = "on" if durable else "off"
    query = "SELECT pg_advisory_xact_lock(:key), set_config('synchronous_commit', :commit, true)"
    return text(query).bindparams(key=_key(f"lazuli {migrations} writer"), commit=commit)


def _key(name: str) -> int:
    """The number by which PostgreSQL knows a lock."""
    return zlib.crc32(name.encode())


def _unreachable(url: URL, error: OperationalError) -> Unavailable:
    lines = [line for line in str(error.orig).splitlines() if line and not line[0].isspace()]  # indented ones ask back
    reason = lines[-1].rstrip(".") if lines else "no answer"
    shown = url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
    return Unavailable(
        f"The database {shown} cannot be opened: {reason}.",
        target="database_url",
        mend="Check that PostgreSQL runs, that the database exists, and the name and password.",
    )


def _sqlite_engine(url: URL, durable: bool, *, writes: bool = False) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 30}, pool_size=16)
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -16000")
        cursor.execute(f"PRAGMA query_only = {int(not writes)}")
        if not durable:
            cursor.execute("PRAGMA wal_autocheckpoint = 8000")  # in case nobody settles it before
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # By the driver itself: SQLAlchemy would prepare for a result, in a tenth of the time that a small write takes.
        connection.connection.driver_connection.execute(begin)  # type: ignore[union-attr]

    return engine
