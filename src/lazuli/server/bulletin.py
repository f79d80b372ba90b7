"""What changes its status in a workspace, as server-sent events: jobs, endpoints, deployments, computes.

The journal tells it. However many listen, it is read once after a change, and a server that nobody listens to reads
nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from lazuli.schema.problems import InvalidInput
from lazuli.server.routes import WORKSPACE, Call, Route
from lazuli.shelves.shelf import find_workspace
from lazuli.store import tables
from lazuli.store.opened import Store

__all__ = ["bulletin_routes"]

_J, _R = tables.journal, tables.resource
_LOOK_S = 0.2
_ALIVE_S = 15.0
_MOST = 1000
"""Events that a listener may be behind; of more it is told that it missed some."""
KINDS = {
    kind.lower(): kind
    for kind in ("jobs", "onlineEndpoints", "onlineDeployments", "batchEndpoints", "batchDeployments", "computes")
}
_NESTED = {
    ("onlineendpoints", "deployments"): "onlineDeployments",
    ("batchendpoints", "deployments"): "batchDeployments",
}
_AFTER = {"after": "The id of the last event that was heard: what came since is told. Last-Event-ID says the same."}


def bulletin_routes(store: Store) -> list[Route]:
    """The route of a workspace's events."""
    bulletin = _Bulletin(store)

    def events(call: Call) -> Response:
        said = call.headers.get("last-event-id") or call.query.get("after") or ""
        if said and not (said.isdecimal() and len(said) < 18):
            raise InvalidInput(f"'{said[:40]}' is not the id of an event.", target="after")
        with store.state.read() as tx:
            scope = find_workspace(store, tx, call.scope).id.scope
        return StreamingResponse(
            _told(bulletin, scope.key, int(said) if said else None),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    summary = "What changes its status in a workspace, as server-sent events"
    return [Route("GET", f"{WORKSPACE}/events", events, "workspaces/read", summary, query=_AFTER, tags=("Lazuli",))]


@dataclass(frozen=True)
class _Event:
    seq: int
    scope: str
    fact: dict[str, Any]

    def said(self) -> bytes:
        return f"id: {self.seq}\nevent: status\ndata: ".encode() + orjson.dumps(self.fact) + b"\n\n"


@dataclass(eq=False)
class _Listener:
    scope: str
    waiting: asyncio.Queue[_Event] = field(default_factory=lambda: asyncio.Queue(_MOST))
    has_missed: bool = False

    def tell(self, event: _Event) -> None:
        try:
            self.waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.has_missed = True


async def _told(bulletin: _Bulletin, scope: str, after: int | None) -> AsyncIterator[bytes]:
    """First where it begins, then everything that happens; a sign of life where nothing does."""
    async with bulletin.listening(scope) as (listener, begun):
        yield f"id: {begun if after is None else min(after, begun)}\nevent: ready\ndata: {{}}\n\n".encode()
        if after is not None:
            earlier, is_all = await run_in_threadpool(bulletin.between, after, begun, scope)
            yield b"".join(event.said() for event in earlier) if is_all else _missed(begun)
        while True:
            try:
                event = await asyncio.wait_for(listener.waiting.get(), _ALIVE_S)
            except TimeoutError:
                yield b": alive\n\n"
                continue
            if event.seq > begun:
                yield event.said()
            if listener.has_missed and listener.waiting.empty():
                listener.has_missed = False
                yield _missed(event.seq)


def _missed(seq: int) -> bytes:
    """Too much happened to be told: whoever shows a list asks for it anew."""
    return f"id: {seq}\nevent: missed\ndata: {{}}\n\n".encode()


class _Bulletin:
    """One reader of the journal for all who listen. Its methods are for the event loop, but for those that read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._listeners: set[_Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._seen = (-1, 0)  # how often the state had been written at the last look, and the last entry known then

    @asynccontextmanager
    async def listening(self, scope: str) -> AsyncIterator[tuple[_Listener, int]]:
        """A listener to a workspace, and the last entry that it is not told of."""
        listener = _Listener(scope)
        self._listeners.add(listener)
        try:
            begun = await run_in_threadpool(self._last)
            if self._task is None:
                self._seen = (-1, begun)
                self._task = asyncio.create_task(self._go_on())
            yield listener, begun
        finally:
            self._listeners.discard(listener)
            if not self._listeners and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _go_on(self) -> None:
        while True:
            changes, seen = self._store.state.changes, self._seen
            if changes != seen[0]:
                try:
                    found, last = await run_in_threadpool(self._look, seen[1])
                except Exception:  # the database does not answer now: it is asked again
                    await asyncio.sleep(1)
                    continue
                self._seen = (changes if last is None else -1, seen[1] if last is None else last)
                for event in found:
                    for listener in self._listeners:
                        if listener.scope == event.scope:
                            listener.tell(event)
            await asyncio.sleep(_LOOK_S)

    def _last(self) -> int:
        with self._store.state.read() as tx:
            return tx.execute(select(func.max(_J.c.seq))).scalar_one() or 0

    def _look(self, after: int) -> tuple[list[_Event], int | None]:
        """What happened after an entry, and the last entry that was looked at; None where there is none."""
        with self._store.state.read() as tx:
            rows = tx.execute(select(_J).where(_J.c.seq > after).order_by(_J.c.seq).limit(_MOST)).all()
            return list(self._events(tx, rows)), rows[-1].seq if rows else None

    def between(self, after: int, upto: int, scope: str) -> tuple[list[_Event], bool]:
        """What happened in a workspace after one entry and up to another, and whether that is all of it."""
        events: list[_Event] = []
        for _ in range(10):
            found, last = self._look(after)
            events += [event for event in found if event.scope == scope and event.seq <= upto]
            if last is None or last >= upto or len(events) > _MOST:
                return events, len(events) <= _MOST
            after = last
        return events, False

    def _events(self, tx: Any, rows: Any) -> Iterator[_Event]:
        told = [(row, kind, status) for row in rows if (kind := _kind(row.resource_id)) and (status := _status(row))]
        ids = sorted({row.resource_id for row, _, _ in told})
        known: dict[str, Any] = {}
        for start in range(0, len(ids), 500):
            some = select(_R.c.id, _R.c.name, _R.c.version, _R.c.parent).where(_R.c.id.in_(ids[start : start + 500]))
            known.update((row.id, row) for row in tx.execute(some))
        for row, kind, status in told:
            scope, name, version = _parts(row.resource_id)
            there = known.get(row.resource_id)  # who knows how the name is spelt
            fact = {
                "kind": kind,
                "name": there.name if there else name,
                "deployment": (there.version if there else version) or None,
                "parent": (there.parent if there else "") or None,
                "status": status,
                "at": row.at,
            }
            yield _Event(row.seq, scope, fact)


def _parts(id: str) -> tuple[str, str, str]:
    """The workspace, the name and what stands for a version in the id of a resource."""
    parts = id.split("/")
    return "/".join(parts[:9]), parts[10], parts[12] if len(parts) > 12 else ""


def _kind(id: str) -> str:
    """The kind of a resource that is told of; '' of others."""
    parts = id.split("/")
    if len(parts) == 13:
        return _NESTED.get((parts[9], parts[11]), "")
    return KINDS.get(parts[9], "") if len(parts) == 11 else ""


def _status(row: Any) -> str:
    """What an entry says of a status; '' where it says nothing of it."""
    detail = json.loads(row.detail)
    if row.event == "deleted":
        return "Deleted"
    return str(detail.get("to") or detail.get("status") or ("Created" if row.event == "created" else ""))
