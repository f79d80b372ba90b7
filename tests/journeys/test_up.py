"""``lazuli up`` as a process of its own, and what others on the machine see of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.journeys.test_server_process import free_ports
from tests.store.postgres import Postgres, postgres

from lazuli.client import profile

__all__ = ["postgres"]

LAZULI = str(Path(sys.executable).parent / "lazuli")
SECRET = "hunter2"


def shown() -> str:
    """What the list of processes says, of all of them."""
    words = b""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words += entry.read_bytes()
        except OSError:
            continue
    return words.decode(errors="replace")


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """The process, which does not outlive a test that fails."""
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answering(folder: Path) -> None:
    """Wait until the server of a folder says where it is."""
    deadline = time.monotonic() + 240
    while profile.running(folder) is None:
        assert time.monotonic() < deadline, "no server"
        time.sleep(0.02)


@pytest.mark.parametrize("how", ["--background", "--foreground"])
def test_nobody_reads_the_password_of_the_database(tmp_path: Path, postgres: Postgres, how: str) -> None:
    url = postgres.fresh_database().replace("lazuli@", f"lazuli:{SECRET}@")
    environ = {**os.environ, "LAZULI_DATA_DIR": str(tmp_path / "data")}
    port, secure = free_ports()
    words = [LAZULI, "up", how, "--port", str(port), "--https-port", str(secure), "--database-url", url]
    with ended(subprocess.Popen(words, env=environ, stdout=subprocess.DEVNULL, text=True)) as up:
        answering(tmp_path / "data")
        if how == "--background":
            assert up.wait(60) == 0
        try:
            assert SECRET not in shown()
            assert not list((tmp_path / "data").glob("*.db"))
            status = subprocess.run([LAZULI, "status"], env=environ, capture_output=True, text=True, check=True)
            assert "running: true" in status.stdout and SECRET not in status.stdout
        finally:
            subprocess.run([LAZULI, "down"], env=environ, check=True, stdout=subprocess.DEVNULL)
        assert up.wait(60) == 0


def test_a_foreground_server_ends_by_ctrl_c(tmp_path: Path) -> None:
    environ = {**os.environ, "LAZULI_DATA_DIR": str(tmp_path)}
    port, secure = free_ports()
    words = [LAZULI, "up", "--foreground", "--port", str(port), "--https-port", str(secure)]
    with ended(subprocess.Popen(words, env=environ, stderr=subprocess.PIPE, text=True)) as up:
        answering(tmp_path)
        up.send_signal(signal.SIGINT)
        _, said = up.communicate(timeout=240)
    assert up.returncode == 0 and "Traceback" not in said
