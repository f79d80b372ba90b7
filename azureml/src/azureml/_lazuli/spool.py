"""What runs log, on its way to the server: written to a file at once, sent in batches by a thread.

Whoever logs never waits for the server. What a process could not send stays in its file, and the next process of the
same user that logs to that workspace sends it. What the server refuses is kept in a file beside it, and told.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import threading
import time
import uuid
from pathlib import Path
from typing import IO, Any, Callable, Iterator

from azureml._lazuli import place
from azureml._lazuli.logged import Delivery, Entry, Record
from azureml._lazuli.place import Scope
from azureml._lazuli.server import Server
from azureml.exceptions import AuthenticationException, ServiceException

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows: the files of dead processes stay where they are
    fcntl = None

_BATCH = 1000
_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_AT_EXIT_S = 30.0
_AT_EXIT_OF_JOB_S = 600.0
_REFUSED = ".refused"

_SPOOLS: dict[tuple[str, str], Spool] = {}
_GUARD = threading.Lock()


def folder() -> Path:
    """Where the files of this user lie."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(os.environ.get("LAZULI_SPOOL_DIR") or Path(cache) / "lazuli" / "spool")
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


def spool(server: Server, scope: Scope, run_id: str) -> Spool:
    """The one spool that this process has for a run."""
    key = f"{server.url}{scope.path}", run_id
    with _GUARD:
        if key not in _SPOOLS:
            _SPOOLS[key] = Spool(server, scope, run_id)
        return _SPOOLS[key]


def flush(server: Server, scope: Scope, run_id: str, timeout: float = 300.0) -> bool:
    """Wait until what this process logged to a run has arrived; whether it has. Raises what the server refused."""
    found = _SPOOLS.get((f"{server.url}{scope.path}", run_id))
    return found is None or found.flush(timeout)


class Spool:
    """What is logged to one run. :meth:`append` returns as soon as an entry is in the file."""

    def __init__(self, server: Server, scope: Scope, run_id: str) -> None:
        self._server, self._scope = server, scope
        self._path = folder() / f"{uuid.uuid4().hex}.jsonl"
        self._file = os.open(str(self._path), os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
        _lock(self._file)
        self._lock = threading.Lock()
        self._more = threading.Event()
        self._drained = threading.Condition()
        self._end = 0
        self._write({"url": server.url, "scope": list(scope), "run": run_id})
        self._at = self._end
        self._steps: dict[str, int] = {}
        self._refused: Exception | None = None
        self._refusals = 0
        self._locked_out: Exception | None = None
        self._pause = _PAUSE_S
        self._delivery = Delivery(Record(server, scope, run_id), self._note)
        threading.Thread(target=self._run, name="lazuli-spool", daemon=True).start()
        atexit.register(self._at_exit)

    def point(self, key: str, value: float, step: int | None = None) -> None:
        """Keep a point; without a step it has the one after the last. It is sent soon."""
        with self._lock:
            after = self._steps.get(key, 0)
            at = after if step is None else step
            self._steps[key] = max(at + 1, after)
            self._write([key, value, int(time.time() * 1000), at])
        self._more.set()

    def append(self, entry: Entry) -> None:
        """Keep an entry. It is sent soon."""
        with self._lock:
            self._write(entry)
        self._more.set()

    def flush(self, timeout: float = 300.0) -> bool:
        """Wait until all that was logged before is sent; whether it is. Raises what the server refused."""
        until, end = time.monotonic() + timeout, self._end
        with self._drained:
            while self._at < end and not self._locked_out:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._drained.wait(left)
            refused, self._refused = self._refused, None
        if refused or self._locked_out:
            raise refused or self._locked_out  # type: ignore[misc]
        return True

    def _write(self, entry: Entry) -> None:
        line = _line(entry)
        os.write(self._file, line)
        self._end += len(line)

    def _note(self, name: str, count: int) -> None:
        self.append({"before": name, "count": count})

    def _run(self) -> None:
        _adopt(self._server, self._scope)
        with self._path.open("rb") as stream:
            while True:
                self._more.wait()
                self._more.clear()
                for entries, end in _batches(stream, self._at):
                    _deliver(self._delivery, entries, False, self._wait, self._refuse)
                    with self._drained:
                        self._at, self._locked_out, self._pause = end, None, _PAUSE_S
                        self._drained.notify_all()

    def _wait(self, error: Exception) -> None:
        if isinstance(error, AuthenticationException):
            with self._drained:
                self._locked_out = error
                self._drained.notify_all()
        time.sleep(self._pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_S)

    def _refuse(self, entry: Entry, error: Exception) -> None:
        _keep_refused(self._path, entry)
        with self._drained:
            self._refused = error
            self._refusals += 1

    def _at_exit(self) -> None:
        end = self._end
        with contextlib.suppress(Exception):  # it is told below
            self.flush(_AT_EXIT_OF_JOB_S if place.in_job() else _AT_EXIT_S)
        if self._at >= end:
            _remove(self._path)
        else:
            print("Some of what was logged is not sent yet; the next run of this user sends it.")
        if self._refusals:
            where = self._path.with_suffix(_REFUSED)
            print(f"The server refused {self._refusals} of what was logged; it is kept in {where}.")

    def _let_go(self) -> None:
        """Leave the file to the process that this one was forked from, which sends what is in it."""
        atexit.unregister(self._at_exit)
        os.close(self._file)


def _in_child() -> None:
    """Begin anew: threads do not outlive a fork."""
    for each in _SPOOLS.values():
        each._let_go()
    _SPOOLS.clear()
    _GUARD.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_GUARD.acquire, after_in_parent=_GUARD.release, after_in_child=_in_child)


def _adopt(server: Server, scope: Scope) -> None:
    """Send what processes that are gone have left for this workspace."""
    if fcntl is None:
        return
    for path in folder().glob("*.jsonl"):
        try:
            file = os.open(str(path), os.O_RDWR | os.O_APPEND)
        except OSError:
            continue
        with os.fdopen(file, "r+b") as stream, contextlib.suppress(Exception):  # it stays for the next one
            if _lock(file):
                _send_left(path, stream, server, scope)


def _send_left(path: Path, stream: IO[bytes], server: Server, scope: Scope) -> None:
    first = stream.readline()
    about = json.loads(first)
    if (about["url"], about["scope"]) != (server.url, list(scope)):
        return

    def note(name: str, count: int) -> None:
        stream.seek(0, os.SEEK_END)
        stream.write(_line({"before": name, "count": count}))
        stream.flush()

    def leave(error: Exception) -> None:
        raise error

    batches = [entries for entries, _ in _batches(stream, len(first))]
    marks = [each for entries in batches for each in entries if isinstance(each, dict) and "before" in each]
    delivery = Delivery(
        Record(server, scope, about["run"]), note, {each["before"]: each["count"] for each in reversed(marks)}
    )
    for entries in batches:
        _deliver(delivery, entries, True, leave, lambda entry, error: _keep_refused(path, entry))
    _remove(path)


def _deliver(
    delivery: Delivery,
    entries: list[Entry],
    unsure: bool,
    wait: Callable[[Exception], None],
    refuse: Callable[[Entry, Exception], None],
) -> None:
    """Send entries, waiting out what may pass; of those that are refused, all that are not at fault."""
    while True:
        try:
            delivery.send(entries, unsure)
            return
        except Exception as error:
            unsure = True
            if _may_pass(error):
                wait(error)
            elif len(entries) == 1:
                refuse(entries[0], error)
                return
            else:
                break
    half = len(entries) // 2
    for part in (entries[:half], entries[half:]):
        _deliver(delivery, part, unsure, wait, refuse)


def _keep_refused(path: Path, entry: Entry) -> None:
    with path.with_suffix(_REFUSED).open("ab") as stream:
        stream.write(_line(entry))


def _batches(stream: IO[bytes], at: int) -> Iterator[tuple[list[Entry], int]]:
    """The entries after a place in the file, and where each batch ends. A line that is not whole yet is left."""
    stream.seek(at)
    entries: list[Entry] = []
    for line in stream:
        if not line.endswith(b"\n"):
            break
        at += len(line)
        entries.append(json.loads(line))
        if len(entries) == _BATCH:
            yield entries, at
            entries = []
    if entries:
        yield entries, at


def _may_pass(refused: Exception) -> bool:
    if isinstance(refused, AuthenticationException):
        return True
    status = refused.status_code if isinstance(refused, ServiceException) else None
    return status is not None and (status in (0, 429) or status >= 500)


def _line(said: Any) -> bytes:
    return (json.dumps(said, default=_plain) + "\n").encode()


def _plain(value: Any) -> Any:
    """A value of numpy as JSON has it; of what JSON has no word for, its text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


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
