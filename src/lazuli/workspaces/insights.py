"""Insights: a log of requests, jobs and errors that can be asked, kept as JSON lines by day.

An event is put on a queue, which costs its caller about a microsecond, and is written with others a moment later: a
server that is killed may lose the last half second. There is no place in an event for a token, a body or an address
with what it names: an operation is what the route says it does.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import orjson
from sqlalchemy import Connection

from lazuli.schema.identity import ResourceId, Scope
from lazuli.store.clock import Clock, system_clock
from lazuli.store.documents import Record
from lazuli.store.reconciler import Lifecycle, Step

__all__ = ["KINDS", "Event", "Insights", "Kind", "Question", "Watched"]

log = logging.getLogger(__name__)

Kind = Literal["request", "job", "error"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_WAIT_S = 0.5
_MOST_WAITING = 50_000
_MOST_BYTES_OF_A_FILE = 8 << 20
_LONGEST_MESSAGE = 2000
_DAY_MS = 24 * 3_600_000


class Event(NamedTuple):
    """Something that happened."""

    time: int
    """Milliseconds since 1970, UTC."""
    kind: Kind
    operation: str
    status: str
    """The HTTP status of a request, the status of a job, the class of an error."""
    duration_ms: float
    principal: str
    workspace: str
    """The key of its scope; '' for what belongs to no workspace."""
    message: str


@dataclass(frozen=True)
class Question:
    """Which events are asked for; the newest come first."""

    workspaces: frozenset[str]
    """Keys of scopes; '' stands for what belongs to none."""
    kind: str = ""
    since: int = 0
    until: int = 1 << 62
    contains: str = ""
    """Text in its operation, status, principal or message, in any case."""
    limit: int = 100

    def holds(self, event: Event) -> bool:
        """Whether the event is an answer."""
        if event.workspace not in self.workspaces or self.kind not in ("", event.kind):
            return False
        if not self.since <= event.time < self.until:
            return False
        told = f"{event.operation}\n{event.status}\n{event.principal}\n{event.message}"
        return self.contains.lower() in told.lower()


class Insights:
    """The log. ``days`` and ``megabytes`` say how much of it is kept; 0 megabytes keep nothing."""

    def __init__(self, folder: Path, clock: Clock = system_clock, *, days: int = 30, megabytes: int = 256) -> None:
        self._folder = folder
        self._clock = clock
        self._days = days
        self._most_bytes = megabytes << 20
        self._waiting: deque[Event] = deque(maxlen=_MOST_WAITING)  # of a flood that outruns the disk, the oldest go
        self._something = threading.Event()
        self._ending = threading.Event()
        self._writing = threading.Lock()
        self._has_written = False
        self._thread = threading.Thread(target=self._run, name="insights", daemon=True)
        self._errors = _Errors(self)

    def start(self) -> None:
        """Begin to write, and to take in the errors that the server logs."""
        logging.getLogger("lazuli").addHandler(self._errors)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end. May be called without start."""
        logging.getLogger("lazuli").removeHandler(self._errors)
        self._ending.set()
        self._something.set()
        if self._thread.is_alive():
            self._thread.join()
        self.flush()

    def note(
        self,
        kind: Kind,
        operation: str,
        status: str,
        *,
        duration_ms: float = 0.0,
        principal: str = "",
        workspace: str = "",
        message: str = "",
    ) -> None:
        """Take an event in. Never waits and never fails."""
        if self._most_bytes:
            self._waiting.append(
                Event(self._clock(), kind, operation, status, duration_ms, principal, workspace, message)
            )
            if not self._something.is_set():
                self._something.set()

    def flush(self) -> None:
        """Write what waits, now."""
        with self._writing:
            events = [self._waiting.popleft() for _ in range(len(self._waiting))]
            for day, lines in _by_day(events).items():
                self._append(day, lines)
            if events:
                self._prune()

    def ask(self, question: Question) -> list[Event]:
        """The newest events that the question asks for."""
        self.flush()
        found: list[Event] = []
        for file in reversed(self._files()):
            if question.since // _DAY_MS <= _day_of(file) <= question.until // _DAY_MS:
                for event in _events(reversed(_lines(file))):
                    if question.holds(event):
                        found.append(event)
                        if len(found) == question.limit:
                            return found
        return found

    def forget(self, scope: Scope) -> None:
        """Remove every event of a workspace. Safe to repeat."""
        self.flush()
        with self._writing:
            for file in self._files():
                lines = _lines(file)
                kept = [line for line in lines if not _is_of(line, scope.key)]
                if len(kept) < len(lines):
                    ready = file.with_suffix(".tmp")
                    ready.write_bytes(b"".join(kept))
                    ready.replace(file)

    def _run(self) -> None:
        while not self._ending.is_set():
            self._something.wait()
            self._ending.wait(_WAIT_S)
            self._something.clear()
            try:
                self.flush()
            except OSError as error:  # a full disk must not end the log for good
                log.warning("Insights could not be written: %s.", error.strerror)

    def _append(self, day: str, lines: list[bytes]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        parts = sorted(self._folder.glob(f"{day}.*.jsonl"))
        number = len(parts) and int(parts[-1].name.split(".")[1])
        # Each start has files of its own: the last line of a killed server may be cut short.
        if not self._has_written or not parts or parts[-1].stat().st_size >= _MOST_BYTES_OF_A_FILE:
            number += 1
        self._has_written = True
        file = self._folder / f"{day}.{number:06}.jsonl"
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(b"".join(lines))

    def _prune(self) -> None:
        """Remove the oldest files, beyond the size and the age that are kept."""
        files = self._files()
        oldest = self._clock() // _DAY_MS - self._days
        total = sum(file.stat().st_size for file in files)
        for file in files:
            if total <= self._most_bytes and _day_of(file) >= oldest:
                return
            total -= file.stat().st_size
            file.unlink()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.jsonl"))


class Watched:
    """A lifecycle whose every move is noted."""

    def __init__(self, lifecycle: Lifecycle, insights: Insights) -> None:
        self.transitions: Mapping[str, frozenset[str]] = lifecycle.transitions
        self._lifecycle = lifecycle
        self._insights = insights

    def advance(self, record: Record) -> Step:
        """What the lifecycle says."""
        return self._lifecycle.advance(record)

    def give_up(self, record: Record, error: Exception) -> Step:
        """What the lifecycle says."""
        return self._lifecycle.give_up(record, error)

    def entered(self, tx: Connection, record: Record) -> Iterable[ResourceId] | None:
        """What the lifecycle does, and a note of it."""
        waiting = self._lifecycle.entered(tx, record)
        error = record.state.get("error") or {}
        self._insights.note(
            "job",
            f"{record.id.kind}/{record.id.name}",
            record.status,
            principal=str(record.state.get("user", "")),
            workspace=record.id.scope.key,
            message=_short(str(error.get("message", ""))),
        )
        return waiting


class _Errors(logging.Handler):
    """What the server's log calls an error."""

    def __init__(self, insights: Insights) -> None:
        super().__init__(logging.ERROR)
        self._insights = insights

    def emit(self, record: logging.LogRecord) -> None:
        """Note it, without its stack."""
        if getattr(record, "noted", False):  # by whoever logged it, with more to tell
            return
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else record.levelname.title()
        self._insights.note("error", record.name, kind, message=_short(record.getMessage()))


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"


def _by_day(events: Iterable[Event]) -> dict[str, list[bytes]]:
    days: dict[str, list[bytes]] = {}
    for event in events:
        day = datetime.fromtimestamp(event.time / 1000, UTC).strftime("%Y-%m-%d")
        days.setdefault(day, []).append(orjson.dumps(event._asdict(), option=orjson.OPT_APPEND_NEWLINE))
    return days


def _day_of(file: Path) -> int:
    """The days since 1970."""
    return (datetime.strptime(file.name[:10], "%Y-%m-%d") - datetime(1970, 1, 1)).days


def _lines(file: Path) -> list[bytes]:
    with contextlib.suppress(FileNotFoundError):  # pruned meanwhile
        return file.read_bytes().splitlines(keepends=True)
    return []


def _events(lines: Iterable[bytes]) -> Iterator[Event]:
    for line in lines:
        with contextlib.suppress(orjson.JSONDecodeError, TypeError):  # cut short when a server was killed
            yield Event(**orjson.loads(line))


def _is_of(line: bytes, workspace: str) -> bool:
    found: Any = next(_events([line]), None)
    return found is not None and found.workspace == workspace
