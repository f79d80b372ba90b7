"""The reconciler: the one loop that moves whatever takes time.

A resource with a lifecycle has a row in ``lease``. The server that holds the lease looks after the resource: it asks
the lifecycle for the next :class:`Step`, with no transaction open, and then applies it in one transaction, guarded by
the lease, the old status and the etag. A step whose guard fails is thrown away and asked for again, so a lifecycle's
work must be safe to repeat. When a server dies, its leases run out and another (or the same, started again) takes over.

The table of leases is the truth, what is held in memory only a timetable: every scan brings the two together again, so
that a wake that never came costs a few seconds and loses nothing.
"""

from __future__ import annotations

import heapq
import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from lazuli.schema.identity import ResourceId, parse_resource_id
from lazuli.store import tables
from lazuli.store.clock import Clock, monotonic_clock, system_clock
from lazuli.store.database import Database
from lazuli.store.documents import Documents, Record

__all__ = ["Lifecycle", "Reconciler", "Step", "terminal"]

log = logging.getLogger(__name__)

LEASE_MS = 30_000
RENEW_MS = 10_000
SCAN_MS = 5_000
MANY = 200
"""Of more leases than these a scan only asks how many there are, as long as that is how many are known."""
FULL_SCAN = 12
"""Every so many scans all leases are read whatever their number says."""
PATIENCE = 5
"""How often a step may fail unexpectedly before the resource is given up."""
RETRY_MS = 250
"""How long after a first failure a step is tried again is twice this; it doubles with each further one."""

_L, _H = tables.lease, tables.holder
_HOLDER = select(_L.c.token).where(_L.c.resource_id == bindparam("key"))


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
    after: Callable[[], object] | None = None
    """Done once the step is committed: what must never be done for a step that is not. It may be missed in a crash."""


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

    def entered(self, tx: Connection, record: Record) -> Iterable[ResourceId] | None:
        """Told, in the transaction of the change, that the resource is now in ``record.status``.

        Gives the resources that wait for this, if any. They are woken after the commit: woken before, they would
        look while nothing had changed yet, and go back to sleep.
        """
        ...


class _LeaseLost(Exception):
    """The resource is gone, at its end, or looked after by another server now."""


def terminal(transitions: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The statuses that lead nowhere."""
    return frozenset(status for status, following in transitions.items() if not following)


class Reconciler:
    """The loop. ``start`` begins it, ``stop`` ends it and gives the leases back."""

    def __init__(
        self,
        database: Database,
        documents: Documents,
        lifecycles: Mapping[str, Lifecycle] | None = None,
        *,
        workers: int = 8,
        clock: Clock = system_clock,
        timer: Clock = monotonic_clock,
    ) -> None:
        """``clock`` is what servers agree by on whose lease has run out, ``timer`` what this one's timetable goes by:
        a machine's clock may be set back an hour, and nothing may wait that long.
        """
        self._database = database
        self._documents = documents
        self._lifecycles = dict(lifecycles or {})
        self._clock = clock
        self._timer = timer
        self._scans = 0
        self._renewed_at = -RENEW_MS
        self._me = secrets.token_hex(8)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="reconcile")
        self._thread = threading.Thread(target=self._run, name="reconciler", daemon=True)
        self._changed = threading.Condition()
        self._due: dict[str, int] = {}  # what is looked after, and when it is due
        self._order: list[tuple[int, str]] = []  # the same as a heap; stale entries are skipped
        self._working: set[str] = set()
        self._woken: set[str] = set()  # woken while worked on: what the work has seen may be old
        self._failures: dict[str, int] = {}
        self._stopping = False

    def move(self, kind: str, lifecycle: Lifecycle) -> None:
        """Move the resources of a kind by their lifecycle. Call it before the start."""
        assert not self._thread.ident, f"'{kind}' comes too late"
        self._lifecycles[kind] = lifecycle

    def enlist(self, tx: Connection, id: ResourceId) -> None:
        """Give a new resource a lease, held by this server from the start. Call :meth:`wake` after the commit."""
        if self._timer() >= self._renewed_at + RENEW_MS:
            self._renew(tx)
        tx.execute(insert(_L).values(resource_id=id.key, kind=id.kind, token=self._me))

    def wake(self, id: ResourceId) -> None:
        """Look at a resource now: something about it has changed, and is committed."""
        self._schedule(id.key, self._timer())

    def start(self, *, alone: bool) -> None:
        """Begin. ``alone`` says that no other server uses this database, so every lease left behind is free."""
        if alone:
            with self._database.write() as tx:
                tx.execute(delete(_H))
        self._thread.start()

    def stop(self) -> None:
        """End: wait for the steps in progress, then give every lease back. May be called again, or without start."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._database.write() as tx:
            tx.execute(update(_L).where(_L.c.token == self._me).values(token=""))
            tx.execute(delete(_H).where(_H.c.token == self._me))

    def _schedule(self, key: str, at: int) -> None:
        with self._changed:
            if key in self._working:
                self._woken.add(key)
            elif key not in self._due or at < self._due[key]:
                self._put(key, at)

    def _put(self, key: str, at: int) -> None:
        self._due[key] = at
        heapq.heappush(self._order, (at, key))
        self._changed.notify()

    def _run(self) -> None:
        scan_at = self._timer()
        while not self._stopping:
            now = self._timer()
            try:
                if now >= scan_at:
                    self._adopt()
                    scan_at = now + SCAN_MS
                if now >= self._renewed_at + RENEW_MS and self._due:
                    with self._database.write() as tx:
                        self._renew(tx)
            except Exception:
                scan_at = now + SCAN_MS
                log.exception("The leases could not be read; trying again.")
            self._hand_out(scan_at)

    def _hand_out(self, until: int) -> None:
        """Give due resources to workers, then sleep until the next is due, ``until``, or a wake."""
        with self._changed:
            now = self._timer()
            while self._order and self._order[0][0] <= now:
                at, key = heapq.heappop(self._order)
                if self._due.get(key) == at and key not in self._working:
                    self._working.add(key)
                    self._pool.submit(self._work, key)
            next_at = min(self._order[0][0], until) if self._order else until
            if not self._stopping and next_at > now:
                self._changed.wait((next_at - now) / 1000)

    def _adopt(self) -> None:
        """Take the leases that nobody holds any more, and forget those that are no longer held here."""
        with self._changed:
            known = set(self._due)
        alive = select(_H.c.token).where(_H.c.expires_at >= self._clock())
        free = and_(_L.c.kind.in_(self._lifecycles), _L.c.token != self._me, _L.c.token.not_in(alive))
        mine = _L.c.token == self._me
        self._scans += 1
        with self._database.read() as tx:
            is_some_free = tx.execute(select(_L.c.resource_id).where(free).limit(1)).first() is not None
            number = tx.execute(select(func.count()).select_from(_L).where(mine)).scalar_one()
            if number > MANY and number == len(known) and not is_some_free and self._scans % FULL_SCAN:
                return
            held = set(tx.execute(select(_L.c.resource_id).where(mine)).scalars())
        if is_some_free:
            take = update(_L).where(free).values(token=self._me)
            with self._database.write() as tx:
                self._renew(tx)
                held.update(tx.execute(take.returning(_L.c.resource_id)).scalars())
        for key in held - known:
            self._schedule(key, self._timer())
        with self._changed:
            for key in known - held - self._working:
                self._due.pop(key, None)

    def _renew(self, tx: Connection) -> None:
        """Say for all leases of this server that it is there."""
        until = self._clock() + LEASE_MS
        if not tx.execute(update(_H).where(_H.c.token == self._me).values(expires_at=until)).rowcount:
            tx.execute(insert(_H).values(token=self._me, expires_at=until))
        self._renewed_at = self._timer()

    def _work(self, key: str) -> None:
        if self._stopping:
            return
        again_at: int | None = None
        try:
            again_at = self._advance(key)
            self._failures.pop(key, None)
        except _LeaseLost:
            self._failures.pop(key, None)
        except Exception:
            log.exception("A step of %s failed; trying again.", key)
            failures = self._failures[key] = self._failures.get(key, 0) + 1
            again_at = self._timer() + min(60_000, RETRY_MS * 2**failures)
        with self._changed:
            self._working.discard(key)
            if key in self._woken:
                self._woken.discard(key)
                again_at = self._timer()
            if again_at is None:
                self._due.pop(key, None)
            else:
                self._put(key, again_at)

    def _advance(self, key: str) -> int | None:
        """Move one resource by one step; when it is due again, or None when it is at its end.

        Raises :class:`_LeaseLost` where it is not, or no longer, for this server to move.
        """
        record = self._mine(key)
        lifecycle = self._lifecycles[record.id.kind]
        try:
            step = lifecycle.advance(record)
            done = self._apply(lifecycle, record, step)
        except _LeaseLost:
            raise
        except Exception as error:
            if self._failures.get(key, 0) + 1 < PATIENCE:
                raise
            log.exception("%s is given up.", record.id)
            step = lifecycle.give_up(record, error)
            done = self._apply(lifecycle, record, step)
        if done and (step.status or record.status) in terminal(lifecycle.transitions):
            return None
        return self._timer() + (step.again_ms if done else 0)

    def _mine(self, key: str) -> Record:
        """The resource, where this server holds its lease and it has still some way to go."""
        id = parse_resource_id(key)
        assert id is not None
        with self._database.read() as tx:
            record, is_held = self._documents.find(tx, id), self._holds(tx, key)
        if record is not None and not self._is_over(record):
            if is_held:
                return record
            raise _LeaseLost
        with self._database.write() as tx:  # asked again: its name may have been taken by a new one meanwhile
            record = self._documents.find(tx, id)
            if record is None or self._is_over(record):
                tx.execute(delete(_L).where(_L.c.resource_id == key))
                raise _LeaseLost
        return self._mine(key)

    def _is_over(self, record: Record) -> bool:
        return record.status in terminal(self._lifecycles[record.id.kind].transitions)

    def _holds(self, tx: Connection, key: str) -> bool:
        return tx.execute(_HOLDER, {"key": key}).scalar() == self._me

    def _apply(self, lifecycle: Lifecycle, record: Record, step: Step) -> bool:
        """Apply a step where nothing changed since it was asked for; whether it was applied."""
        status = step.status or record.status
        state = {**record.state, **step.state}
        moved = status != record.status
        if not moved and state == record.state:
            return True
        if moved and status not in lifecycle.transitions[record.status]:
            raise AssertionError(f"{record.id.kind} cannot go from {record.status} to {status}")
        waiting: Iterable[ResourceId] = ()
        with self._database.write() as tx:
            now = self._documents.find(tx, record.id)
            if now is None or not self._holds(tx, record.id.key):
                raise _LeaseLost
            if _is_another(now, record) or (step.guard and not step.guard(tx)):
                return False
            event = "moved" if moved else "noted"
            new = self._documents.change(tx, record, "lazuli", event=event, status=status, state=state)
            if moved:
                waiting = lifecycle.entered(tx, new) or ()
            if status in terminal(lifecycle.transitions):
                tx.execute(delete(_L).where(_L.c.resource_id == record.id.key))
        for id in waiting:
            self.wake(id)
        if step.after:
            try:
                step.after()
            except Exception:
                log.exception("What follows a step of %s failed.", record.id)
        return True


def _is_another(now: Record, record: Record) -> bool:
    """Whether it changed since it was read, or is a new one under the same name."""
    return (now.etag, now.created_at) != (record.etag, record.created_at)
