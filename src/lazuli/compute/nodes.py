"""Nodes: the slots of clusters and instances, each a row that comes when a job needs it and goes when it idles.

::

    preparing ─▶ idle ◀─▶ running
        └─────────┴─────────┴─▶ preempted | unusable ─▶ leaving ─▶ left

A node is made in the transaction that found one missing, and given to a job in the transaction that moves the job, so
that there are never more nodes than allowed and never two jobs on one. Writers of the state come one after the other
on every database, so what is counted there is still true at the commit. Everything else is the reconciler's to move.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection, select

from lazuli.compute.sizes import price_of
from lazuli.resources.compute import Compute, NodeState, Tier
from lazuli.schema.identity import ResourceId, Scope
from lazuli.store import tables
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Reconciler, Step

__all__ = ["COLLECTION", "Demand", "Node", "NodeLifecycle", "Nodes", "least", "most", "operation"]

COLLECTION = "nodes"

_L, _R = tables.lease, tables.resource
_BUSY_MS = 60_000
"""A node with a job is woken when the job lets go of it; this is for a word that was missed."""
_PREEMPTED_MS = 1_000
_UNUSABLE_MS = 30_000
_S = NodeState

_TRANSITIONS: Mapping[str, frozenset[str]] = {
    _S.PREPARING: frozenset({_S.IDLE, _S.LEAVING, _S.PREEMPTED, _S.UNUSABLE}),
    _S.IDLE: frozenset({_S.RUNNING, _S.LEAVING, _S.PREEMPTED, _S.UNUSABLE}),
    _S.RUNNING: frozenset({_S.IDLE, _S.LEAVING, _S.PREEMPTED, _S.UNUSABLE}),
    _S.PREEMPTED: frozenset({_S.LEAVING}),
    _S.UNUSABLE: frozenset({_S.LEAVING}),
    _S.LEAVING: frozenset({_S.LEFT}),
    _S.LEFT: frozenset(),
}
_USABLE = frozenset({_S.PREPARING, _S.IDLE, _S.RUNNING})


@dataclass(frozen=True)
class Node:
    """A node that has not left."""

    name: str
    state: NodeState
    job: str
    """The job that holds it; '' for none."""
    order: int

    @property
    def usable(self) -> bool:
        """Whether it counts among the nodes that jobs can be given."""
        return self.state in _USABLE


class Nodes:
    """The nodes of every cluster and instance."""

    def __init__(self, store: Store, reconciler: Reconciler) -> None:
        self._store = store
        self._reconciler = reconciler

    def of(self, tx: Connection, scope: Scope, target: str) -> list[Node]:
        """The nodes of a target that have not left, oldest first. Only those have a lease."""
        query = (
            select(_R.c.name, _R.c.status, _R.c.state, _R.c.created_at)
            .join(_L, _L.c.resource_id == _R.c.id)
            .where(_L.c.kind == COLLECTION, _R.c.scope == scope.key, _R.c.parent == target.lower())
        )
        rows = (
            Node(r.name, NodeState(r.status), json.loads(r.state).get("job", ""), r.created_at)
            for r in tx.execute(query)
        )
        return sorted(rows, key=lambda node: (node.order, node.name))

    def make(self, tx: Connection, target: Record, number: int) -> list[ResourceId]:
        """Make nodes of a target. Wake them after the commit."""
        document = Compute.load(target.body)
        low = document.tier is Tier.LOW_PRIORITY and not document.is_instance
        price = price_of(self._store.settings.price_list, document.size, low_priority=low)
        made: list[ResourceId] = []
        for _ in range(number):
            id = ResourceId(target.id.scope, COLLECTION, f"{target.id.name}-{secrets.token_hex(4)}".lower())
            body = {"compute": target.id.name, "size": document.size, "tier": document.tier.value}
            record = Record(id, body, {"price": price}, status=_S.PREPARING, parent=target.id.name.lower())
            self._store.documents.add(tx, record, "lazuli")
            self._reconciler.enlist(tx, id)
            made.append(id)
        return made

    def fill(self, tx: Connection, target: Record, wanted: int = 0) -> list[ResourceId]:
        """Make the nodes that a target lacks: of those it always keeps, or of ``wanted``, but never more than it may
        have. Wake them after the commit.
        """
        usable = sum(node.usable for node in self.of(tx, target.id.scope, target.id.name))
        return self.make(tx, target, max(least(target), min(wanted, most(target))) - usable)

    def give(self, tx: Connection, scope: Scope, target: str, job: str, wanted: int) -> bool:
        """Give a job so many idle nodes; False, and nothing given, where there are too few."""
        idle = [node for node in self.of(tx, scope, target) if node.state is _S.IDLE]
        for node in idle[:wanted] if len(idle) >= wanted else ():
            record = self.record(tx, scope, node.name)
            state = {**record.state, "job": job}
            self._store.documents.change(tx, record, "lazuli", event="moved", status=_S.RUNNING, state=state)
        return len(idle) >= wanted

    def take_back(self, tx: Connection, scope: Scope, target: str, job: str) -> list[ResourceId]:
        """Take back the nodes that a job held. Wake them after the commit."""
        freed: list[ResourceId] = []
        for node in self.of(tx, scope, target):
            if node.job != job:
                continue
            record = self.record(tx, scope, node.name)
            state = {**record.state, "job": "", "idle_since": self._store.clock()}
            status = _S.IDLE if node.state is _S.RUNNING else node.state
            self._store.documents.change(tx, record, "lazuli", event="moved", status=status, state=state)
            freed.append(record.id)
        return freed

    def dismiss(self, tx: Connection, scope: Scope, target: str, reason: str) -> list[ResourceId]:
        """Send away the nodes that no job holds. Wake them after the commit."""
        leaving: list[ResourceId] = []
        for node in self.of(tx, scope, target):
            if node.usable and not node.job:
                record = self.record(tx, scope, node.name)
                state = {**record.state, "reason": reason}
                self._store.documents.change(tx, record, "lazuli", event="moved", status=_S.LEAVING, state=state)
                leaving.append(record.id)
        return leaving

    def record(self, tx: Connection, scope: Scope, name: str) -> Record:
        """The record of a node. Raises :class:`NotFound`."""
        return self._store.documents.get(tx, ResourceId(scope, COLLECTION, name), "node")

    def wake(self, ids: Iterable[ResourceId]) -> None:
        """Let the reconciler look at nodes: call it after the commit that made or changed them."""
        for id in ids:
            self._reconciler.wake(id)


class Demand(Protocol):
    """What jobs hold and want of a target: told by the room that knows jobs."""

    def busy(self, tx: Connection, scope: Scope, target: str) -> int:
        """How many of its nodes jobs hold now."""
        ...

    def waiting(self, tx: Connection, scope: Scope, target: str) -> int:
        """How many of its nodes jobs wait for."""
        ...

    def holds(self, tx: Connection, scope: Scope, target: str, job: str) -> bool:
        """Whether a job is still on its way on it."""
        ...

    def next(self, tx: Connection, scope: Scope, target: str, number: int) -> list[ResourceId]:
        """The jobs that wait longest for it."""
        ...


class NodeLifecycle:
    """The steps of nodes."""

    transitions: Mapping[str, frozenset[str]] = _TRANSITIONS

    def __init__(
        self,
        store: Store,
        nodes: Nodes,
        demand: Demand,
        next_jobs: Callable[[Connection, Scope, str], list[ResourceId]],
    ) -> None:
        """``next_jobs`` are those for which there is room on a target now."""
        self._store = store
        self._nodes = nodes
        self._demand = demand
        self._next_jobs = next_jobs
        self._steps: Mapping[str, Callable[[Record], Step]] = {
            _S.PREPARING: self._preparing,
            _S.IDLE: self._idle,
            _S.RUNNING: self._running,
            _S.PREEMPTED: self._preempted,
            _S.UNUSABLE: lambda record: self._leaving_after(record, _UNUSABLE_MS),
            _S.LEAVING: lambda record: Step(_S.LEFT, {"ended_at": self._store.clock()}),
        }

    def advance(self, record: Record) -> Step:
        """The next step of a node."""
        return self._steps[record.status](record)

    def give_up(self, record: Record, error: Exception) -> Step:
        """A node whose steps fail again and again is of no use; it leaves after a while, and makes room."""
        if record.status in _USABLE:
            return Step(_S.UNUSABLE, {"reason": "Lazuli could not go on with it; its log has the details."})
        return Step(_S.LEFT if record.status == _S.LEAVING else _S.LEAVING, {"ended_at": self._store.clock()})

    def entered(self, tx: Connection, record: Record) -> list[ResourceId]:
        """A node that is ready or gone is what the next job in the queue waits for."""
        target = self._target(tx, record)
        if target is None:
            return []
        if record.status == _S.LEAVING and record.state.get("idled") and Compute.load(target.body).is_instance:
            state = {
                **target.state,
                "stopped": True,
                "last_operation": operation("Stop", self._store.clock(), "IdleShutdown"),
            }
            self._store.documents.change(tx, target, "lazuli", event="stopped", state=state)
        if record.status == _S.LEFT:
            return [*self._nodes.fill(tx, target), *self._next_jobs(tx, record.id.scope, target.id.name)]
        if record.status == _S.IDLE:
            return self._next_jobs(tx, record.id.scope, target.id.name)
        return []

    def _preparing(self, record: Record) -> Step:
        now = self._store.clock()
        return Step(_S.IDLE, {"ready_at": now, "idle_since": now})

    def _idle(self, record: Record) -> Step:
        with self._store.state.read() as tx:
            target = self._target(tx, record)
            wait_ms = self._stays_ms(tx, record, target)
        if wait_ms > 0:
            return Step(again_ms=wait_ms)
        is_open = target is not None and _is_open(target)
        told = {"reason": "It was idle." if is_open else "Its compute is gone or stopped.", "idled": is_open}
        return Step(_S.LEAVING, told, guard=lambda tx: self._stays_ms(tx, record, self._target(tx, record)) <= 0)

    def _stays_ms(self, tx: Connection, record: Record, target: Record | None) -> int:
        """How long an idle node stays at least; 0 where it is to leave now."""
        if target is None or not _is_open(target):
            return 0
        document = Compute.load(target.body)
        usable = sum(node.usable for node in self._nodes.of(tx, record.id.scope, target.id.name))
        if usable > most(target):
            return 0
        limit_ms = _idle_limit_ms(document)
        if limit_ms is None or (not document.is_instance and usable <= document.min_instances):
            return _BUSY_MS
        if self._next_jobs(tx, record.id.scope, target.id.name):
            return max(1_000, limit_ms)  # it is about to get a job
        rest_ms = int(record.state["idle_since"]) + limit_ms - self._store.clock()
        return max(0, min(rest_ms, limit_ms))  # the clock may have been set back

    def _running(self, record: Record) -> Step:
        with self._store.state.read() as tx:
            is_held = self._demand.holds(
                tx, record.id.scope, str(record.body["compute"]), str(record.state.get("job", ""))
            )
        if is_held:
            return Step(again_ms=_BUSY_MS)
        return Step(_S.IDLE, {"job": "", "idle_since": self._store.clock()})

    def _preempted(self, record: Record) -> Step:
        """A node taken away is gone when its job is: until then what runs of the job is still there."""
        return Step(again_ms=_PREEMPTED_MS) if record.state.get("job") else Step(_S.LEAVING)

    def _leaving_after(self, record: Record, wait_ms: int) -> Step:
        rest_ms = min(wait_ms, record.modified_at + wait_ms - self._store.clock())
        return Step(again_ms=rest_ms) if rest_ms > 0 else Step(_S.LEAVING)

    def _target(self, tx: Connection, record: Record) -> Record | None:
        """The compute that the node belongs to: not one that was made later under the same name."""
        found = self._store.documents.find(tx, ResourceId(record.id.scope, "computes", str(record.body["compute"])))
        return found if found and found.created_at <= record.created_at else None


def least(target: Record) -> int:
    """How many nodes a target keeps when there is nothing to do."""
    document = Compute.load(target.body)
    return most(target) if document.is_instance else document.min_instances


def most(target: Record) -> int:
    """How many nodes a target may have now."""
    document = Compute.load(target.body)
    return int(_is_open(target)) if document.is_instance else document.max_instances


def operation(name: str, at: int, trigger: str = "User") -> dict[str, str]:
    """What was last done with an instance, as Azure tells it."""
    time = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"operationName": name, "operationTime": time, "operationStatus": "Succeeded", "operationTrigger": trigger}


def _is_open(target: Record) -> bool:
    """Whether it may have nodes: all but an instance that is stopped."""
    return not target.state.get("stopped")


def _idle_limit_ms(document: Compute) -> int | None:
    if document.is_instance:
        minutes = document.idle_time_before_shutdown_minutes
        return minutes * 60_000 if minutes else None
    return document.idle_time_before_scale_down * 1000
