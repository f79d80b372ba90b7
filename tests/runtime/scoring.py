"""A scoring script in a folder, and the program that serves it, as a deployment starts it."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "lazuli" / "runtime" / "inside" / "lazuli_score"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def says(self) -> Any:
        return json.loads(self.body)


class Line(http.client.HTTPConnection):
    """HTTP over a Unix socket, or over a port."""

    def __init__(self, place: str | int) -> None:
        super().__init__("127.0.0.1", place if isinstance(place, int) else None, timeout=60)
        self.place = place

    def connect(self) -> None:
        if isinstance(self.place, int):
            return super().connect()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.place)
        return None

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        headers = {"Content-Type": "application/json", **(headers or {})} if body is not None else headers or {}
        self.request(method, path, body, headers)
        answer = self.getresponse()
        return Answer(answer.status, dict(answer.headers.items()), answer.read())


def answered(line: Line, sent: bytes) -> bytes:
    """All that comes back for bytes that are sent as they are, up to the end of the connection."""
    line.connect()
    line.sock.sendall(sent)
    found = b""
    while piece := line.sock.recv(1000):
        found += piece
    return found


def until(true: Callable[[], object], otherwise: Callable[[], object] = str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.005)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


class Shell:
    """A folder with a script, the program over it, and what it answers."""

    def __init__(self, root: Path, python: str = sys.executable) -> None:
        self.root, self.python = root, python
        (root / "code").mkdir()
        self.log = root / "log.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def write(self, name: str, text: str) -> None:
        file = self.root / "code" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def start(self, script: str | None = None, variables: dict[str, str] | None = None, **said: Any) -> Shell:
        if script is not None:
            self.write("score.py", script)
        if "address" not in said:
            said.setdefault("sockets", [str(self.root / "0.sock")])
        settings = self.root / "settings.json"
        settings.write_text(json.dumps({"root": str(self.root / "code"), **said}))
        env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **(variables or {})}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.python, str(PACKAGE / "__main__.py"), str(settings)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.root, env=env,
            )  # fmt: skip
        self.place = said.get("address", [0, None])[1] or said["sockets"][0]
        return self

    def ready(self) -> Shell:
        """Wait until the script is loaded."""
        until(lambda: "Ready" in self.told() or self.ended() is not None, self.told)
        assert self.ended() is None, self.told()
        return self

    def told(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def ended(self) -> int | None:
        assert self.process
        return self.process.poll()

    def line(self) -> Line:
        return Line(self.place)

    def ask(self, *words: Any, **said: Any) -> Answer:
        line = self.line()
        try:
            return line.ask(*words, **said)
        finally:
            line.close()

    def score(self, body: Any, **headers: str) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", "/score", content, {name.replace("_", "-"): value for name, value in headers.items()})

    def workers(self) -> list[int]:
        assert self.process
        told = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in told.split()]

    def stop(self) -> int:
        assert self.process
        if self.ended() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)
