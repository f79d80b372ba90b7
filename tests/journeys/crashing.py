"""A server in a process of its own, to be killed and started again on the same folder and port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner

from lazuli.cli.commands import root

SCOPE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"


class Server:
    """One data folder and its server, which may be up or down."""

    def __init__(self, data_dir: Path, port: int, secure_port: int, environ: Mapping[str, str]) -> None:
        self.data_dir = data_dir
        self.environ = {**os.environ, **environ}
        self.url = f"http://127.0.0.1:{port}"
        self._command = [sys.executable, "-m", "lazuli.server", "--data-dir", str(data_dir)]
        self._command += ["--port", str(port), "--https-port", str(secure_port)]
        self._process: subprocess.Popen[bytes] | None = None
        # A connection for each request: one kept from before a kill would only tell that there was one.
        self._http = httpx.Client(
            base_url=self.url, timeout=60, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    def start(self) -> float:
        """Start it and wait until it answers; the seconds that took."""
        began = time.monotonic()
        with (self.data_dir.parent / "server.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self.environ)
        while not self._answers():
            assert time.monotonic() < began + 60, "no server that answers"
            time.sleep(0.01)
        return time.monotonic() - began

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.data_dir.parent / "server.log").read_text()
        try:
            return self._http.get("/health").status_code == 200
        except httpx.TransportError:
            return False

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal and wait until it is gone."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    @property
    def pid(self) -> int:
        """The process that runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def token(self) -> str:
        """What opens every door of it."""
        return (self.data_dir / "token").read_text().strip()

    def ask(self, method: str, path: str, body: Any = None, content: bytes | None = None) -> httpx.Response:
        """One answer of the server. A path with a signature is asked without the token."""
        headers = {"x-ms-blob-type": "BlockBlob"} if "sig=" in path else {"Authorization": f"Bearer {self.token}"}
        more: dict[str, Any] = {"json": body} if content is None else {"content": content}
        return self._http.request(method, path, headers=headers, **more)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the server answers."""
        answer = self.ask(method, path, body)
        assert answer.is_success, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def insist(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        """The answer to a request that may be repeated, asked again while the server is away, as a good client does."""
        while True:
            with suppress(httpx.TransportError):
                answer = ask()
                if answer.status_code != 503:
                    return answer
            time.sleep(0.05)

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

    def lazuli(self, folder: Path, *words: str, fails: bool = False) -> str:
        """What a command prints that is said in a folder: on stdout, or on stderr where it ``fails``.

        It runs in this process, for a test says many of them.
        """
        where = ["--subscription", "s", "-g", "g", "-w", "w"]
        with chdir(folder):
            environ = {"LAZULI_DATA_DIR": str(self.data_dir)}
            done = CliRunner().invoke(root, [*words, *where], prog_name="lazuli", env=environ)
        assert (done.exit_code != 0) == fails, done.output
        return done.stderr if fails else done.stdout

    def status(self, name: str) -> str:
        """One job's status."""
        return self.call("GET", f"{SCOPE}/jobs/{name}")["properties"]["status"]

    def statuses(self) -> dict[str, str]:
        """Every job and its status."""
        found = self.call("GET", f"{SCOPE}/jobs")["value"]
        return {one["name"]: one["properties"]["status"] for one in found}


@contextmanager
def server(data_dir: Path, **environ: str) -> Iterator[Server]:
    """A server on free ports, not started yet; ended at the end, and everything that it started."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = one.getsockname()[1], other.getsockname()[1]
    found = Server(data_dir, *ports, environ)
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
            told += bytes((entry / "cwd").readlink())
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
