"""A whole server in a process of its own, and what its users are told."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

SUBSCRIPTION, GROUP = "00000000-0000-0000-0000-000000000001", "rg1"


@contextmanager
def server(folder: Path) -> Iterator[dict[str, Any]]:
    """A server in a process of its own; what it says of itself."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = [str(one.getsockname()[1]), str(two.getsockname()[1])]
    options = ["--data-dir", str(folder), "--port", ports[0], "--https-port", ports[1]]
    process = subprocess.Popen([sys.executable, "-m", "lazuli.server", *options])
    try:
        said = folder / "server.json"
        while not said.exists():
            assert process.poll() is None, "the server did not start"
            time.sleep(0.02)
        yield json.loads(said.read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def told(folder: Path, workspace: str) -> dict[str, str]:
    """What ``lazuli client-env`` prints for a workspace."""
    asked = [Path(sys.executable).parent / "lazuli", "client-env", "--shell", "json", "--data-dir", folder]
    done = subprocess.run([*asked, "-g", GROUP, "-w", workspace], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def make_workspace(folder: Path, facts: dict[str, Any], name: str) -> dict[str, Any]:
    """A new workspace, as REST tells it at the address that is trusted by its certificate."""
    path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.MachineLearningServices"
    bearer = {"Authorization": f"Bearer {(folder / 'token').read_text().strip()}"}
    made = httpx.put(f"{facts['url']}{path}/workspaces/{name}", json={"properties": {}}, headers=bearer)
    assert made.status_code == 201
    return made.json()
