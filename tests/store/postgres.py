"""A PostgreSQL of our own: started for the tests from the installed package, and gone with them."""

from __future__ import annotations

import ctypes
import getpass
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda file: int(file.parts[-3]))
_FAST = ("fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=32MB")
_START_S = 240


class Postgres:
    """A running server, and new, empty places in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # A language whose order of letters is not that of their bytes, as most servers have.
        self.url = f"postgresql://lazuli@/postgres?host={folder}"

    def fresh(self) -> str:
        """The URL of a schema of its own: as good as a database, and made in a millisecond."""
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"{self.url}&options=-csearch_path%3D{name}"

    def fresh_database(self) -> str:
        """The URL of a database of its own, for whoever needs the locks in it."""
        name = f"d{uuid.uuid4().hex}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url.replace("/postgres?", f"/{name}?")


@contextmanager
def running() -> Iterator[Postgres]:
    """A throw-away cluster that listens on a socket in a folder of its own."""
    programs = INSTALLED[-1].parent
    # PostgreSQL refuses to run as root; short, because the path of a socket may have 107 bytes.
    user = "nobody" if os.geteuid() == 0 else getpass.getuser()
    folder = Path(tempfile.mkdtemp(prefix="lazuli-pg-", dir="/tmp"))
    shutil.chown(folder, user)
    data = folder / "data"
    init = [programs / "initdb", "-D", data, "-U", "lazuli", "-A", "trust", "--no-sync", "--no-instructions"]
    try:
        subprocess.run(
            [*init, "--encoding=UTF8", "--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8"],
            check=True, capture_output=True, user=user, cwd=folder,
        )  # fmt: skip
        options = [word for option in _FAST for word in ("-c", option)]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", *options],
                stdout=log, stderr=log, user=user, cwd=folder,
                preexec_fn=_end_with_us,  # noqa: PLW1509 - it takes no lock
            )  # fmt: skip
        try:
            made = Postgres(folder)
            _wait(made, server, folder / "log")
            yield made
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _end_with_us() -> None:
    """Ask Linux to end the server with the tests, also where these are killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


def _wait(made: Postgres, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(made.url).close()
            return
        except psycopg.OperationalError:
            assert server.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.02)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The server of this test run."""
    if not INSTALLED:
        pytest.skip("not installed: postgresql (.ci/packages.txt names what CI installs)")
    with running() as made:
        yield made
