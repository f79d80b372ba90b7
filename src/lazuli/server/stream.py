"""Server-sent events: a job's status, log and metrics as they come."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from lazuli.jobs.environment import JobEnvironments
from lazuli.jobs.logs import Logs
from lazuli.jobs.submit import Jobs
from lazuli.jobs.texts import whole_characters
from lazuli.jobs.transitions import TERMINAL
from lazuli.resources.job import CommandJob, Status
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.server.routes import WORKSPACE, Call, Route
from lazuli.server.watch import GROWING, Watch, Watches
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record
from lazuli.tracking import Tracking

__all__ = ["stream_routes"]

_ALIVE_S = 15.0
_CHUNK = 1 << 16
_LONGEST_OFFSET = 12
"""Digits of an offset: no log is that long, and every file system can look there."""
_MOST_CHUNKS = 16
"""Pieces of a log that are told at once: who is far behind catches up in steps, and no log is ever in memory whole."""
_BEFORE_RUNNING = (Status.QUEUED.value, Status.PREPARING.value)


def stream_routes(jobs: Jobs, logs: Logs, tracking: Tracking, environments: JobEnvironments) -> list[Route]:
    """The door of live events."""
    watches = Watches(jobs, logs, tracking)

    def events(call: Call) -> Response:
        after = call.headers.get("last-event-id") or call.query.get("after") or "0"
        if not (after.isdecimal() and len(after) <= _LONGEST_OFFSET):
            raise InvalidInput(f"'{after[:40]}' is not an offset.", target="after")
        id = ResourceId(call.scope, "jobs", call.params["name"])
        jobs.get(id)
        return StreamingResponse(
            _events(watches, _Following(jobs, logs, tracking, environments, id, int(after))),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    path = f"{WORKSPACE}/jobs/{{name}}/events"
    return [Route("GET", path, events, "jobs/read", "Status, log and metrics of a job as server-sent events")]


async def _events(watches: Watches, following: _Following) -> AsyncIterator[bytes]:
    """What happens, until the job has ended. Waiting holds no thread, and next to nothing else."""
    async with watches.of(following.id) as watch:
        alive_at = time.monotonic()
        while not following.is_over:
            said = await run_in_threadpool(following.look, watch)
            if said or time.monotonic() - alive_at >= _ALIVE_S:
                yield said or b": alive\n\n"
                alive_at = time.monotonic()
            if not following.is_over and not following.is_behind:
                await watch.wait(following, alive_at + _ALIVE_S - time.monotonic(), has_spoken=bool(said))


class _Following:
    """One listener to one job, from an offset of its log on."""

    def __init__(
        self,
        jobs: Jobs,
        logs: Logs,
        tracking: Tracking,
        environments: JobEnvironments,
        id: ResourceId,
        offset: int,
    ) -> None:
        self._jobs = jobs
        self._logs = logs
        self._tracking = tracking
        self._environments = environments
        self.id = id
        self.offset = offset
        self.file = ""
        self._built = 0
        self._told: tuple[str, str] = ("", "")
        self._metrics: dict[str, tuple[int, int]] = {}
        self.is_over = False
        self.is_behind = False
        self._record: Record | None = None
        self.seen = (-1, -1)

    def look(self, watch: Watch) -> bytes:
        """The events since the last look, or the first of them where there are many."""
        now, known = watch.now(), self._record  # first: what is written meanwhile is looked for the next time
        grown = self.is_behind or known is None or known.status not in GROWING or self._has_more(known)
        self.is_behind = False
        try:
            # Before the log: an end seen here has all its log below.
            record = known if known and now[0] == self.seen[0] else self._jobs.get(self.id)
        except NotFound:
            self.is_over = True
            return _event("done", {"status": "Deleted", "error": None})
        measured = now[1] != self.seen[1]
        self.seen, self._record = now, record
        said = list(self._in_order(record)) if grown or record != known else []
        said += self._new_metrics() if measured else []
        if record.status in TERMINAL and not self.is_behind:
            self.is_over = True
            said.append(_done(record))
        return b"".join(said)

    def _has_more(self, record: Record) -> bool:
        return not self.file or self._logs.has_more(record, self.file, self.offset)

    def _in_order(self, record: Record) -> Iterator[bytes]:
        """Its status, build and log as they came about: a build before its command, the log before what ends it."""
        if not record.state.get("start_time"):
            yield from self._status(record)
            yield from self._build(record)
            if record.status not in _BEFORE_RUNNING:  # else its first words overtake the news that it runs
                yield from self._log(record)
            return
        yield from self._build(record)
        if record.status == Status.RUNNING:
            yield from self._status(record)
        elif self._told[0] in _BEFORE_RUNNING:  # it ran between two looks
            self._told = (Status.RUNNING.value, "")
            yield _event("status", {"status": Status.RUNNING.value, "reason": ""})
        yield from self._log(record)
        if not self.is_behind:
            yield from self._status(record)

    def _build(self, record: Record) -> Iterator[bytes]:
        """What the build of its environment says, to those who saw the job wait for it: others have no use for it."""
        if record.status != Status.PREPARING and not self._built:
            return
        while piece := whole_characters(self._environments.told(record, self._built, _CHUNK)):
            self._built += len(piece)
            yield _event("build", {"text": piece.decode(errors="replace")})

    def _log(self, record: Record) -> Iterator[bytes]:
        if self._built and not record.state.get("start_time"):  # its log says what its build has said
            return
        self.file = self.file or self._logs.main(record)
        for _ in range(_MOST_CHUNKS):
            piece = self._logs.read(record, self.file, self.offset, _CHUNK)
            piece = whole_characters(piece) or (piece if record.status in TERMINAL else b"")
            if not piece:  # the rest of the character is still to be written
                return
            fact = {"file": self.file, "offset": self.offset, "text": piece.decode(errors="replace")}
            self.offset += len(piece)
            yield _event("log", fact, id=self.offset)
        self.is_behind = True

    def _status(self, record: Record) -> Iterator[bytes]:
        now = (record.status, record.state.get("status_reason") or "")
        if now != self._told:
            self._told = now
            yield _event("status", {"status": now[0], "reason": now[1]})

    def _new_metrics(self) -> list[bytes]:
        told: list[bytes] = []
        for point in self._tracking.metrics.newest(self.id.scope, self.id.name):
            mark = (point.step, point.timestamp)
            if self._metrics.get(point.key) != mark:
                self._metrics[point.key] = mark
                fact = {"key": point.key, "value": point.value, "step": point.step, "timestamp": point.timestamp}
                told.append(_event("metric", fact))
        return told


def _done(record: Record) -> bytes:
    job: CommandJob = document_of(noun("job"), record)
    error = job.error.to_yaml() if job.error else None
    return _event("done", {"status": record.status, "error": error})


def _event(name: str, data: dict[str, Any], id: int | None = None) -> bytes:
    head = f"id: {id}\n" if id is not None else ""
    return f"{head}event: {name}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"
