"""A reader's terminal on a fresh machine, with a server of its own to start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.console import Shell


def free_ports() -> int:
    """A port that is free now, and the next one too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A reader's terminal on a fresh machine: own home, own data folder, own ports, the ``lazuli`` command."""
    home, desk = tmp_path / "home", tmp_path / "desk"
    home.mkdir()
    desk.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LAZULI_", "MLFLOW_"))}
    caches = {"UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache" / "uv")}
    environ = {
        **kept,
        **caches,
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "LAZULI_DATA_DIR": str(tmp_path / "d"),
        "LAZULI_PORT": str(free_ports()),
        "COLUMNS": "120",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }
    with Shell(desk, environ) as shell:
        try:
            yield shell
        finally:
            # Not in the shell: a page that hung has lost its shell, and its server must still go.
            subprocess.run(["lazuli", "down"], env=environ, check=False, timeout=60)
