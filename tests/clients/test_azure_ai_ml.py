"""Microsoft's azure-ai-ml, unmodified and in an environment of its own, against a server that runs."""

from __future__ import annotations

import ast
import json
import os
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
import pytest
from tests.clients.environments import client_environment

PROGRAM = Path(__file__).with_name("azure_ai_ml_program.py")
REQUIREMENTS = ["azure-ai-ml==1.35.*", "azure-identity", "marshmallow<4"]
SUBSCRIPTION, GROUP, WORKSPACE = "00000000-0000-0000-0000-000000000001", "rg1", "ws1"


def steps() -> list[str]:
    """The names of the program's steps, read from it: it can only be imported where the client is."""
    (tour,) = (n for n in ast.parse(PROGRAM.read_text()).body if isinstance(n, ast.ClassDef) and n.name == "Tour")
    return [node.name for node in tour.body if isinstance(node, ast.FunctionDef)]


@contextmanager
def server(folder: Path) -> Iterator[dict[str, Any]]:
    """A server in a process of its own, with a workspace; what it says of itself."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = [str(one.getsockname()[1]), str(two.getsockname()[1])]
    options = ["--data-dir", str(folder), "--port", ports[0], "--https-port", ports[1]]
    process = subprocess.Popen([sys.executable, "-m", "lazuli.server", *options])
    try:
        said = folder / "server.json"
        while not said.exists():
            assert process.poll() is None, "the server did not start"
            time.sleep(0.02)
        facts = json.loads(said.read_text())
        path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.MachineLearningServices"
        bearer = {"Authorization": f"Bearer {(folder / 'token').read_text().strip()}"}
        made = httpx.put(f"{facts['url']}{path}/workspaces/{WORKSPACE}", json={"properties": {}}, headers=bearer)
        assert made.status_code == 201
        yield facts
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What went wrong in each step that was taken."""
    folder, place = tmp_path_factory.mktemp("azure") / "data", tmp_path_factory.mktemp("program")
    python = client_environment("azure-ai-ml", REQUIREMENTS)
    with server(folder) as facts:
        url = facts["https_url"]
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "ARM_CLOUD_METADATA_URL": f"{url}/metadata/endpoints?api-version=2019-05-01",
            "AZUREML_CURRENT_CLOUD": "LazuliCloud",
            "REGISTRY_DISCOVERY_ENDPOINT_URL": f"{url}/",
            "REQUESTS_CA_BUNDLE": facts["bundle_file"],
            "IDENTITY_ENDPOINT": f"{url}/msi/token",
            "IDENTITY_HEADER": (folder / "identity_header").read_text().strip(),
            "NO_PROXY": "127.0.0.1,localhost",
            "AZUREML_RUN_POLLING_INTERVAL_MAX": "3",
            "LAZULI_SUBSCRIPTION": SUBSCRIPTION,
            "LAZULI_RESOURCE_GROUP": GROUP,
            "LAZULI_WORKSPACE": WORKSPACE,
        }
        done = subprocess.run(
            [python, PROGRAM, place], env=environ, cwd=place, capture_output=True, text=True, check=False, timeout=300
        )
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"step"')]
    assert said, f"{done.stdout}\n{done.stderr[-6000:]}"
    return {each["step"]: each["failure"] for each in said}


@pytest.mark.parametrize("step", steps())
def test_step(outcomes: dict[str, str], step: str) -> None:
    assert step in outcomes, "an earlier step that this one needs failed"
    assert not outcomes[step], outcomes[step]
