"""A real server, started by ``lazuli up`` once for all tests of the command line."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lazuli.cli.commands import root

Run = Callable[..., Result]


def free_ports() -> tuple[int, int]:
    """Two ports that nobody listens on."""
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def run(*args: str, env: dict[str, str]) -> Result:
    """The command, run in this process with no other setting than ``env``."""
    clean: dict[str, str | None] = {name: None for name in os.environ if name.startswith("LAZULI_")}
    return CliRunner().invoke(root, args, env={**clean, **env}, prog_name="lazuli", catch_exceptions=False)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[str, str]]:
    """The environment of a user whose server runs."""
    folder = tmp_path_factory.mktemp("lazuli")
    env = {
        "LAZULI_DATA_DIR": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "LAZULI_LOCAL_ROOTS": str(folder / "own"),
    }
    (folder / "own").mkdir()
    port, https_port = free_ports()
    done = run("up", "--port", str(port), "--https-port", str(https_port), env=env)
    assert done.exit_code == 0, done.output
    yield env
    assert "stopped" in run("down", env=env).output


@pytest.fixture
def lazuli(place: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``lazuli …`` from an empty folder, asked to succeed unless ``fails`` names the exit code."""
    monkeypatch.chdir(tmp_path)

    def call(*args: str, fails: int = 0, **env: str) -> Result:
        done = run(*args, env={**place, **env})
        assert done.exit_code == fails, done.output
        return done

    return call


@pytest.fixture(scope="session")
def workspace(place: dict[str, str]) -> str:
    """A workspace with a cluster; the only one, so that commands find it by themselves."""
    for args in (["workspace", "create", "-n", "lab"], ["compute", "create", "-n", "cpu", "--max-instances", "2"]):
        done = run(*args, env=place)
        assert done.exit_code == 0, done.output
    return "lab"
