"""The queue: first come, first served, on each compute target by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from lazuli.compute.targets import LOCAL, Targets
from lazuli.jobs.transitions import ACTIVE
from lazuli.resources.job import Status
from lazuli.schema.identity import ResourceId, Scope
from lazuli.store import tables
from lazuli.store.documents import Record

__all__ = ["Line", "Place", "Queue", "nodes_of"]

_L, _R = tables.lease, tables.resource


@dataclass(frozen=True)
class Place:
    """Where a waiting job stands."""

    target: str
    nodes: int
    busy: int
    wanted: int
    ahead: int
    ready: int = 0
    """How many nodes could be given at once."""
    price: float = 0.0
    """What an hour of one costs."""
    closed: str = ""
    """Why nothing starts there now; '' where it does."""

    @property
    def its_turn(self) -> bool:
        """Whether it is this job's turn and there is room for it, though its nodes may still be on their way."""
        return not self.closed and self.ahead == 0 and self.busy + self.wanted <= self.nodes

    @property
    def free(self) -> bool:
        """Whether it is this job's turn and its nodes are ready."""
        return self.its_turn and self.ready >= self.wanted

    @property
    def _what(self) -> str:
        return "a node" if self.wanted == 1 else f"{self.wanted} nodes"

    @property
    def reason(self) -> str:
        """Why the job waits, in words."""
        if self.nodes == 0:
            return f"The compute '{self.target}' is gone."
        if self.wanted > self.nodes:
            return f"It wants {self.wanted} nodes and '{self.target}' has {self.nodes} at most."
        if self.closed:
            return f"{self.closed} {self.ahead} jobs ahead." if self.ahead else self.closed
        if self.its_turn:
            made = "which is being made ready" if self.wanted == 1 else "which are being made ready"
            return f"Waiting for {self._what} of '{self.target}', {made}."
        waits = f"Waiting for {self._what} of '{self.target}': {self.busy} of {self.nodes} busy"
        return f"{waits}, {self.ahead} jobs ahead." if self.ahead else f"{waits}, next in the queue."


@dataclass(frozen=True)
class _Entry:
    """A job that waits for nodes of a target or holds them."""

    id: ResourceId
    order: tuple[int, str]
    waits: bool
    nodes: int


class Line:
    """The jobs on every target: those that hold its nodes and those that wait for them."""

    def holds(self, tx: Connection, scope: Scope, target: str, job: str) -> bool:
        """Whether a job is still on its way on a target."""
        return any(not entry.waits and entry.id.name == job for entry in self.on(tx, scope, target))

    def busy(self, tx: Connection, scope: Scope, target: str) -> int:
        """How many nodes of a target are held."""
        return _held(self.on(tx, scope, target))

    def waiting(self, tx: Connection, scope: Scope, target: str) -> int:
        """How many nodes of a target are waited for."""
        return sum(entry.nodes for entry in self.on(tx, scope, target) if entry.waits)

    def on(self, tx: Connection, scope: Scope, target: str) -> list[_Entry]:
        """The jobs on a target. Only those on their way have a lease, so that this stays quick among many old ones."""
        query = (
            select(_R.c.id, _R.c.name, _R.c.status, _R.c.created_at, _R.c.state)
            .join(_L, _L.c.resource_id == _R.c.id)
            .where(_L.c.kind == "jobs", _R.c.scope == scope.key, _R.c.status.in_(sorted(ACTIVE)))
        )
        entries: list[_Entry] = []
        for row in tx.execute(query):
            state = json.loads(row.state)
            if state.get("target") == target:
                id = ResourceId(scope, "jobs", row.name)
                waits = row.status == Status.QUEUED.value
                entries.append(_Entry(id, (row.created_at, row.id), waits, nodes_of(state)))
        return entries


class Queue:
    """Whose turn it is on every target, and the nodes for them."""

    def __init__(self, line: Line, targets: Targets) -> None:
        self._line = line
        self._targets = targets

    def place(self, tx: Connection, record: Record) -> Place:
        """Where a queued job stands now."""
        scope, target = record.id.scope, str(record.state["target"])
        entries, slots = self._line.on(tx, scope, target), self._targets.slots(tx, scope, target)
        mine = (record.created_at, record.id.key)
        busy = _held(entries)
        return Place(
            target=target,
            nodes=slots.most,
            busy=busy,
            wanted=nodes_of(record.state),
            ahead=sum(entry.waits and entry.order < mine for entry in entries),
            ready=slots.most - busy if target == LOCAL else slots.ready,
            price=slots.price,
            closed=slots.closed,
        )

    def take(self, tx: Connection, record: Record) -> bool:
        """Give a queued job its nodes, in the transaction that moves it on; False where it is not to have them now."""
        place = self.place(tx, record)
        if not place.free:
            return False
        if place.target == LOCAL:
            return True
        return self._targets.rows.give(tx, record.id.scope, place.target, record.id.name, place.wanted)

    def let_go(self, tx: Connection, record: Record) -> list[ResourceId]:
        """Take back what a job held; what to wake after the commit: its nodes, and the next jobs in the queue."""
        scope, target = record.id.scope, str(record.state["target"])
        freed = [] if target == LOCAL else self._targets.rows.take_back(tx, scope, target, record.id.name)
        return [*freed, *self.next(tx, scope, target)]

    def grow(self, record: Record) -> bool:
        """Make the nodes that the jobs on a job's target lack; whether any were made. Opens a transaction."""
        scope, target = record.id.scope, str(record.state["target"])
        with self._targets.store.state.write() as tx:
            compute = self._targets.store.documents.find(tx, ResourceId(scope, "computes", target))
            entries = self._line.on(tx, scope, target)
            made = self._targets.rows.fill(tx, compute, sum(entry.nodes for entry in entries)) if compute else []
        self._targets.rows.wake(made)
        return bool(made)

    def next(self, tx: Connection, scope: Scope, target: str) -> list[ResourceId]:
        """The waiting jobs for which there is room now, in their order."""
        entries = self._line.on(tx, scope, target)
        slots = self._targets.slots(tx, scope, target)
        room = 0 if slots.closed else slots.most - _held(entries)
        chosen: list[ResourceId] = []
        for entry in sorted((entry for entry in entries if entry.waits), key=lambda entry: entry.order):
            room -= entry.nodes
            if room < 0:
                break
            chosen.append(entry.id)
        return chosen


def nodes_of(state: Mapping[str, Any]) -> int:
    """How many nodes a job takes, as its submit settled it."""
    return int(state.get("nodes", 1))


def _held(entries: Iterable[_Entry]) -> int:
    return sum(entry.nodes for entry in entries if not entry.waits)
