"""Points on their way to the server: written to a file at once, sent in batches by a thread.

Whoever logs never waits for the server. What a process could not send stays in its file, and the next process of the
same user that logs to that workspace sends it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

from azureml._lazuli.place import Scope
from azureml._lazuli.server import Server
from azureml.exceptions import AzureMLException, ServiceException

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows: the files of dead processes stay where they are
    fcntl = None

_BATCH = 1000
_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_AT_EXIT_S = 30.0


def folder() -> Path:
    """Where the files of this user lie."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(os.environ.get("LAZULI_SPOOL_DIR") or Path(cache) / "lazuli" / "spool")
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


class Spool:
    """The points of one run. ``append`` returns as soon as a point is in the file."""

    def __init__(self, server: Server, scope: Scope, run_id: str) -> None:
        self._door = _Door(server, scope, run_id)
        about = {"url": server.url, "scope": list(scope), "run": run_id}
        self._path = folder() / f"{uuid.uuid4().hex}.jsonl"
        self._file = os.open(str(self._path), os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
        _lock(self._file)
        os.write(self._file, _line(about))
        self._lock = threading.Lock()
        self._more = threading.Event()
        self._drained = threading.Condition()
        self._appended = self._sent = 0
        self._refused: AzureMLException | ServiceException | None = None
        self._thread = threading.Thread(target=self._run, name="lazuli-spool", daemon=True)
        self._thread.start()
        atexit.register(self._at_exit)

    def append(self, key: str, value: float, step: int) -> None:
        """Keep a point. It is sent soon."""
        line = _line([key, value, int(time.time() * 1000), step])
        with self._lock:
            os.write(self._file, line)
            self._appended += 1
        self._more.set()

    def flush(self, timeout: float = 300.0) -> bool:
        """Wait until all is sent; whether it is. Raises what the server refused."""
        until = time.monotonic() + timeout
        with self._drained:
            while self._sent < self._appended and self._refused is None:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._drained.wait(left)
            refused, self._refused = self._refused, None
        if refused is not None:
            raise refused
        return True

    def _at_exit(self) -> None:
        try:
            done = self.flush(_AT_EXIT_S)
        except (AzureMLException, ServiceException) as refused:
            print(f"Some metrics were not kept: {refused}")
            return
        if done:
            _remove(self._path)
        else:
            print("Some metrics are not sent yet; the next run of this user sends them.")

    def _run(self) -> None:
        _adopt(self._door)
        at = len(self._path.open("rb").readline())
        unsure, pause = False, _PAUSE_S
        while True:
            self._more.wait()
            self._more.clear()
            for points, end in _batches(self._path, at):
                while True:
                    try:
                        self._door.send(points, unsure)
                    except (ServiceException, AzureMLException) as refused:
                        if _may_pass(refused):
                            unsure = True
                            time.sleep(pause)
                            pause = min(pause * 2, _LONGEST_PAUSE_S)
                            continue
                        self._refused = refused
                    unsure, pause, at = False, _PAUSE_S, end
                    with self._drained:
                        self._sent += len(points)
                        self._drained.notify_all()
                    break


class _Door:
    """The door of MLflow, for the points of one run."""

    def __init__(self, server: Server, scope: Scope, run_id: str) -> None:
        self.server = server
        self.scope = scope
        self.run_id = run_id
        self._path = f"{scope.mlflow}/api/2.0/mlflow"

    def send(self, points: list[Any], unsure: bool) -> None:
        """Send points; where an earlier try may have arrived, only those that are not there."""
        if unsure:
            points = list(self._missing(points))
        metrics = [dict(zip(("key", "value", "timestamp", "step"), point)) for point in points]
        if metrics:
            self.server.call("POST", f"{self._path}/runs/log-batch", {"run_id": self.run_id, "metrics": metrics})

    def history(self, key: str) -> Iterator[dict[str, Any]]:
        """Every point of a metric."""
        query = {"run_id": self.run_id, "metric_key": key, "max_results": 25000}
        return self.server.token_pages("GET", f"{self._path}/metrics/get-history", query, "metrics")

    def _missing(self, points: list[Any]) -> Iterator[Any]:
        keys = {point[0] for point in points}
        there = Counter((key, int(each["timestamp"]), int(each["step"])) for key in keys for each in self.history(key))
        for point in points:
            mark = (point[0], point[2], point[3])
            if there[mark]:
                there[mark] -= 1
            else:
                yield point


def _adopt(door: _Door) -> None:
    """Send what processes that are gone have left for this workspace."""
    if fcntl is None:
        return
    for path in folder().glob("*.jsonl"):
        try:
            file = os.open(str(path), os.O_RDWR)
        except OSError:
            continue
        try:
            if _lock(file):
                _send_left(path, door)
        except (OSError, ValueError, AzureMLException, ServiceException):
            continue  # it stays for the next one
        finally:
            os.close(file)


def _send_left(path: Path, door: _Door) -> None:
    with path.open("rb") as stream:
        first = stream.readline()
    about = json.loads(first)
    if (about["url"], about["scope"]) != (door.server.url, list(door.scope)):
        return
    theirs = _Door(door.server, door.scope, about["run"])
    for points, _ in _batches(path, len(first)):
        theirs.send(points, unsure=True)
    _remove(path)


def _batches(path: Path, at: int) -> Iterator[tuple[list[Any], int]]:
    """The points after a place in the file, and where each batch ends. A line that is not whole yet is left."""
    with path.open("rb") as stream:
        stream.seek(at)
        points: list[Any] = []
        for line in stream:
            if not line.endswith(b"\n"):
                break
            at += len(line)
            points.append(json.loads(line))
            if len(points) == _BATCH:
                yield points, at
                points = []
        if points:
            yield points, at


def _may_pass(refused: Exception) -> bool:
    status = getattr(refused, "status_code", None)
    return status is not None and (status == 0 or status >= 500 or status == 429)


def _line(said: Any) -> bytes:
    return (json.dumps(said) + "\n").encode()


def _lock(file: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
