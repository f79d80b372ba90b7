"""A server in a process of its own, to be killed and started again on the same folder and port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from lazuli.compute.contract import until

SCOPE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"


class Server:
    """One data folder and its server, which may be up or down."""

    def __init__(self, data_dir: Path, port: int, secure_port: int) -> None:
        self.data_dir = data_dir
        self.url = f"http://127.0.0.1:{port}"
        self._command = [sys.executable, "-m", "lazuli.server", "--data-dir", str(data_dir)]
        self._command += ["--port", str(port), "--https-port", str(secure_port)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it and wait until it answers; the seconds that took."""
        began = time.monotonic()
        with (self.data_dir.parent / "server.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        until(self._answers, "a server that answers")
        return time.monotonic() - began

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.data_dir.parent / "server.log").read_text()
        try:
            return httpx.get(f"{self.url}/health", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal and wait until it is gone."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the server answers, tried again while it is away: as a good client does."""
        headers = {"Authorization": f"Bearer {(self.data_dir / 'token').read_text().strip()}"}
        answer = httpx.request(method, self.url + path, json=body, headers=headers, timeout=30, trust_env=False)
        assert answer.is_success, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def put(self, path: str, properties: Mapping[str, Any], **outside: Any) -> Any:
        """Create a resource of the workspace."""
        return self.call("PUT", SCOPE + path, {"properties": properties, **outside})

    def found(self) -> None:
        """A workspace with an environment."""
        self.put("", {}, location="local")
        python = f"python:{sys.version_info.major}.{sys.version_info.minor}"
        self.put("/environments/plain/versions/1", {"image": python})

    def job(self, name: str, command: str, compute: str = "local", **more: Any) -> Any:
        """Submit a job."""
        work = {"command": command, "environmentId": "azureml:plain:1", "computeId": compute}
        return self.put(f"/jobs/{name}", {"jobType": "Command", "experimentName": "crash", **work, **more})

    def status(self, name: str) -> str:
        """One job's status."""
        return self.call("GET", f"{SCOPE}/jobs/{name}")["properties"]["status"]

    def statuses(self) -> dict[str, str]:
        """Every job and its status."""
        found = self.call("GET", f"{SCOPE}/jobs")["value"]
        return {one["name"]: one["properties"]["status"] for one in found}


@contextmanager
def server(data_dir: Path) -> Iterator[Server]:
    """A server on free ports, not started yet; ended at the end, and everything that it started."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = one.getsockname()[1], other.getsockname()[1]
    found = Server(data_dir, *ports)
    try:
        yield found
    finally:
        found.end(signal.SIGKILL)
        for pid in processes_of(data_dir, ""):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def processes_of(data_dir: Path, what: str = "job-") -> list[int]:
    """Every process, except the server, that works for jobs; with ``what`` empty, for anything in the data folder."""
    mark = f"{data_dir}/work/{what}".encode()
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if mark in told and entry.name.isdigit():
            found.append(int(entry.name))
    return found


def points_of(server: Server, run: str, key: str) -> list[tuple[int, float]]:
    """The steps and values of a metric."""
    path = f"/mlflow/v2.0{SCOPE}/api/2.0/mlflow/metrics/get-history?run_id={run}&metric_key={key}"
    return [(int(one["step"]), float(one["value"])) for one in server.call("GET", path).get("metrics", [])]


def lines(file: Path) -> list[Any]:
    """The lines of a file, each read as JSON."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
