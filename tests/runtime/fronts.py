"""The front of an endpoint as a process, over scripts that are served beside it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.runtime.scoring import Answer, Line, Shell, free_port, until

KEY = "the primary key"


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class Endpoint:
    """A front in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "config.json"
        self.table: dict[str, Any] = {
            "endpoint": "prices",
            "generation": 0,
            "address": ["127.0.0.1", free_port()],
            "control": str(root / "front.sock"),
            "log": str(root / "requests.jsonl"),
            "keys": [digest(KEY), digest("the secondary key")],
            "deployments": {},
        }
        self.shells: list[Shell] = []
        self.process: subprocess.Popen[bytes] | None = None

    def script(
        self, name: str, script: str, workers: int = 1, shell: dict[str, Any] | None = None, **said: Any
    ) -> Shell:
        """Serve a script as a deployment; the table names it from the next :meth:`start` or :meth:`reload` on."""
        folder = self.root / f"{name}{len(self.shells)}"
        folder.mkdir()
        served = Shell(folder)
        sockets = [str(folder / f"{number}.sock") for number in range(workers)]
        served.start(script, sockets=sockets, **(shell or {})).ready()
        self.shells.append(served)
        self.deploy(name, kind="process", addresses=sockets, **{"timeout_ms": 60_000, "wait_ms": 60_000, **said})
        return served

    def deploy(self, name: str, **said: Any) -> None:
        self.table["deployments"][name] = said
        self.table.setdefault("traffic", {name: 100})

    def write(self, **said: Any) -> None:
        self.table.update(said)
        self.table["generation"] += 1
        part = self.config.with_suffix(".part")
        part.write_text(json.dumps(self.table))
        part.replace(self.config)

    def start(self, **said: Any) -> Endpoint:
        self.write(**said)
        with (self.root / "front.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lazuli.runtime.front", str(self.config)], stdout=log, stderr=log
            )
        until(lambda: "is open at" in self.told() or (self.process and self.process.poll() is not None), self.told)
        assert self.process.poll() is None, self.told()
        return self

    def reload(self, **said: Any) -> None:
        """Write the table and wait until it is in effect."""
        self.write(**said)
        self.hang_up()
        until(lambda: self.state()["generation"] == self.table["generation"], self.told)

    def hang_up(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGHUP)

    def wait_for(self, words: str) -> None:
        until(lambda: words in self.told(), self.told)

    def told(self) -> str:
        return (self.root / "front.log").read_text()

    def line(self) -> Line:
        return Line(self.table["address"][1])

    def ask(
        self, method: str = "POST", path: str = "/score", body: bytes | None = b"1", key: str | None = KEY, **more: str
    ) -> Answer:
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        line = self.line()
        try:
            return line.ask(method, path, body if method == "POST" else None, headers)
        finally:
            line.close()

    def control(self, path: str) -> Answer:
        line = Line(self.table["control"])
        try:
            return line.ask("GET", path)
        finally:
            line.close()

    def state(self) -> Any:
        return self.control("/state").says

    def metrics(self) -> dict[str, float]:
        lines = [line.rpartition(" ") for line in self.control("/metrics").text.splitlines() if line[0] != "#"]
        return {name: float(value) for name, _, value in lines}

    def stop(self) -> int | None:
        code = None
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(60)
        for shell in self.shells:
            shell.stop()
        return code


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
