"""The reconciler: the one loop that moves whatever takes time.

A resource with a lifecycle has a row in ``lease``. A server that holds the lease looks after the resource: it asks the
lifecycle for the next :class:`Step`, with no transaction open, and then applies it in one transaction, guarded by the
lease, the old status and the etag. A step whose guard fails is thrown away and asked for again, so a lifecycle's work
must be safe to repeat. When a server dies, its leases run out and another (or the same, started again) takes over.
"""

from __future__ import annotations

import heapq
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection, delete, insert, or_, select, update

from lazuli.schema.identity import ResourceId, parse_resource_id
from lazuli.store import tables
from lazuli.store.clock import Clock, system_clock
from lazuli.store.database import Database
from lazuli.store.documents import Documents, Record

__all__ = ["Lifecycle", "Reconciler", "Step", "terminal"]

log = logging.getLogger(__name__)

LEASE_MS = 30_000
RENEW_MS = 10_000
SCAN_MS = 5_000
PATIENCE = 5
"""How often a step may fail unexpectedly before the resource is given up."""

_L = tables.lease


@dataclass(frozen=True)
class Step:
    """What is next for a resource: perhaps another status, facts to add to its state, and when to look again."""

    status: str = ""
    """The status to go to; '' to stay."""
    state: Mapping[str, Any] = field(default_factory=dict)
    """Facts that replace those of the same name in the resource's state."""
    again_ms: int = 0
    """Look again after so many milliseconds; 0 means at once. Of no meaning in a terminal status."""
    guard: Callable[[Connection], bool] | None = None
    """Asked in the transaction that applies the step: whether it may be taken after all."""


class Lifecycle(Protocol):
    """How resources of one kind move."""

    transitions: Mapping[str, frozenset[str]]
    """Where each status may lead; a status that leads nowhere is an end."""

    def advance(self, record: Record) -> Step:
        """The next step of a resource. May take its time; must be safe to repeat."""
        ...

    def give_up(self, record: Record, error: Exception) -> Step:
        """The step that ends a resource whose :meth:`advance` fails again and again."""
        ...

    def entered(self, tx: Connection, record: Record) -> None:
        """Told, in the transaction of the change, that the resource is now in ``record.status``."""
        ...


class _LeaseLost(Exception):
    """Another server looks after the resource now."""


def terminal(transitions: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The statuses that lead nowhere."""
    return frozenset(status for status, following in transitions.items() if not following)


class Reconciler:
    """The loop. ``start`` begins it, ``stop`` ends it and gives the leases back."""

    def __init__(
        self,
        database: Database,
        documents: Documents,
        lifecycles: Mapping[str, Lifecycle],
        *,
        workers: int = 8,
        clock: Clock = system_clock,
    ) -> None:
        self._database = database
        self._documents = documents
        self._lifecycles = lifecycles
        self._clock = clock
        self._me = secrets.token_hex(8)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="reconcile")
        self._thread = threading.Thread(target=self._run, name="reconciler", daemon=True)
        self._changed = threading.Condition()
        self._due: dict[str, int] = {}  # what is looked after, and when it is due
        self._order: list[tuple[int, str]] = []  # the same as a heap; stale entries are skipped
        self._working: set[str] = set()
        self._failures: dict[str, int] = {}
        self._stopping = False

    def enlist(self, tx: Connection, id: ResourceId) -> None:
        """Give a new resource a lease, held by this server from the start. Call :meth:`wake` after the commit."""
        tx.execute(
            insert(_L).values(
                resource_id=id.key,
                kind=id.kind,
                due_at=self._clock(),
                token=self._me,
                expires_at=self._clock() + LEASE_MS,
                failures=0,
            )
        )

    def wake(self, id: ResourceId) -> None:
        """Look at a resource now: something about it has changed."""
        self._schedule(id.key, self._clock())

    def wake_all(self, kind: str) -> None:
        """Look at every resource of a kind now, because something they wait for has changed."""
        with self._changed:
            keys = [key for key in self._due if f"/{kind}/" in key]
        for key in keys:
            self._schedule(key, self._clock())

    def start(self, *, alone: bool) -> None:
        """Begin. ``alone`` says that no other server uses this database, so every lease left behind is free."""
        if alone:
            with self._database.write() as tx:
                tx.execute(update(_L).values(token="", expires_at=0))
        self._thread.start()

    def stop(self) -> None:
        """End: wait for the steps in progress, then give every lease back."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=True)
        with self._database.write() as tx:
            tx.execute(update(_L).where(_L.c.token == self._me).values(token="", expires_at=0))

    def _schedule(self, key: str, at: int) -> None:
        with self._changed:
            if key in self._due and self._due[key] <= at and key not in self._working:
                return
            self._due[key] = at
            heapq.heappush(self._order, (at, key))
            self._changed.notify()

    def _run(self) -> None:
        scan_at = renew_at = 0
        while not self._stopping:
            now = self._clock()
            try:
                if now >= scan_at:
                    self._adopt()
                    scan_at = now + SCAN_MS
                if now >= renew_at:
                    self._renew()
                    renew_at = now + RENEW_MS
            except Exception:
                log.exception("The leases could not be read; trying again.")
            self._hand_out(min(scan_at, renew_at))

    def _hand_out(self, until: int) -> None:
        """Give due resources to workers, then sleep until the next is due, ``until``, or a wake."""
        with self._changed:
            now = self._clock()
            while self._order and self._order[0][0] <= now:
                at, key = heapq.heappop(self._order)
                if self._due.get(key) == at and key not in self._working:
                    self._working.add(key)
                    self._pool.submit(self._work, key)
            next_at = min(self._order[0][0], until) if self._order else until
            if not self._stopping and next_at > now:
                self._changed.wait((next_at - now) / 1000)

    def _adopt(self) -> None:
        """Take the leases that nobody holds any more."""
        now = self._clock()
        free = or_(_L.c.token == "", _L.c.expires_at < now)
        with self._database.read() as tx:
            if not tx.execute(select(_L.c.resource_id).where(free).limit(1)).first():
                return
        with self._database.write() as tx:
            keys = tx.execute(select(_L.c.resource_id).where(free)).scalars().all()
            tx.execute(update(_L).where(free).values(token=self._me, expires_at=now + LEASE_MS))
        for key in keys:
            self._schedule(key, now)

    def _renew(self) -> None:
        with self._changed:
            if not self._due:
                return
        with self._database.write() as tx:
            tx.execute(update(_L).where(_L.c.token == self._me).values(expires_at=self._clock() + LEASE_MS))

    def _work(self, key: str) -> None:
        with self._changed:
            asked_at = self._due[key]
        try:
            again_at = self._advance(key)
            self._failures.pop(key, None)
        except Exception:
            log.exception("A step of %s failed; trying again.", key)
            self._failures[key] = self._failures.get(key, 0) + 1
            again_at = self._clock() + min(60_000, 250 * 2 ** self._failures[key])
        with self._changed:
            self._working.discard(key)
            woken = self._due.get(key) != asked_at
            if again_at is None:
                self._due.pop(key, None)
                return
            at = self._clock() if woken else again_at
            self._due[key] = at
            heapq.heappush(self._order, (at, key))
            self._changed.notify()

    def _advance(self, key: str) -> int | None:
        """Move one resource by one step; when it is due again, or None when it is at an end or gone."""
        id = parse_resource_id(key)
        assert id is not None
        with self._database.read() as tx:
            record = self._documents.find(tx, id)
        lifecycle = self._lifecycles[id.kind]
        if record is None or record.status in terminal(lifecycle.transitions):
            with self._database.write() as tx:
                tx.execute(delete(_L).where(_L.c.resource_id == key))
            return None
        step = self._step(lifecycle, record)
        try:
            done = self._apply(lifecycle, record, step)
        except _LeaseLost:
            return None
        if done and step.status in terminal(lifecycle.transitions):
            return None
        return self._clock() + (step.again_ms if done else 0)

    def _step(self, lifecycle: Lifecycle, record: Record) -> Step:
        try:
            return lifecycle.advance(record)
        except Exception as error:
            if self._failures.get(record.id.key, 0) + 1 < PATIENCE:
                raise
            log.exception("%s is given up.", record.id)
            return lifecycle.give_up(record, error)

    def _apply(self, lifecycle: Lifecycle, record: Record, step: Step) -> bool:
        """Apply a step where nothing changed since it was asked for; whether it was applied."""
        status = step.status or record.status
        state = {**record.state, **step.state}
        if status == record.status and state == record.state:
            return True
        if status != record.status and status not in lifecycle.transitions[record.status]:
            raise AssertionError(f"{record.id.kind} cannot go from {record.status} to {status}")
        mine = select(_L.c.resource_id).where(_L.c.resource_id == record.id.key, _L.c.token == self._me)
        with self._database.write() as tx:
            now = self._documents.find(tx, record.id)
            if not tx.execute(mine).first():
                raise _LeaseLost
            if now is None or now.etag != record.etag or (step.guard and not step.guard(tx)):
                return False
            new = self._documents.change(tx, record, "lazuli", event=_event(record, status), status=status, state=state)
            if status != record.status:
                lifecycle.entered(tx, new)
            if status in terminal(lifecycle.transitions):
                tx.execute(delete(_L).where(_L.c.resource_id == record.id.key))
        return True


def _event(record: Record, status: str) -> str:
    return "moved" if status != record.status else "noted"
