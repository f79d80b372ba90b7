"""The queue: first come, first served, on each compute target by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from lazuli.compute.targets import Targets
from lazuli.jobs.transitions import ACTIVE
from lazuli.resources.job import Status
from lazuli.schema.identity import ResourceId, Scope
from lazuli.store import tables
from lazuli.store.documents import Record

__all__ = ["Place", "Queue", "nodes_of"]

_L, _R = tables.lease, tables.resource


@dataclass(frozen=True)
class Place:
    """Where a waiting job stands."""

    target: str
    nodes: int
    busy: int
    wanted: int
    ahead: int

    @property
    def free(self) -> bool:
        """Whether it is this job's turn and there is room for it."""
        return self.ahead == 0 and self.busy + self.wanted <= self.nodes

    @property
    def reason(self) -> str:
        """Why the job waits, in words."""
        if self.nodes == 0:
            return f"The compute '{self.target}' is gone."
        if self.wanted > self.nodes:
            return f"It wants {self.wanted} nodes and '{self.target}' has {self.nodes} at most."
        waits = f"Waiting for a node of '{self.target}': {self.busy} of {self.nodes} busy"
        return f"{waits}, {self.ahead} jobs ahead." if self.ahead else f"{waits}, next in the queue."


@dataclass(frozen=True)
class _Entry:
    """A job that waits for nodes of a target or holds them."""

    id: ResourceId
    order: tuple[int, str]
    waits: bool
    nodes: int


class Queue:
    """Who holds and who waits for the nodes of every target."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets

    def place(self, tx: Connection, record: Record) -> Place:
        """Where a queued job stands now."""
        scope, target = record.id.scope, str(record.state["target"])
        entries = self._on(tx, scope, target)
        mine = (record.created_at, record.id.key)
        return Place(
            target=target,
            nodes=self._targets.nodes(tx, scope, target),
            busy=_held(entries),
            wanted=nodes_of(record.state),
            ahead=sum(entry.waits and entry.order < mine for entry in entries),
        )

    def busy(self, tx: Connection, scope: Scope, target: str) -> int:
        """How many nodes of a target are held."""
        return _held(self._on(tx, scope, target))

    def next(self, tx: Connection, scope: Scope, target: str) -> list[ResourceId]:
        """The waiting jobs for which there is room now, in their order."""
        entries = self._on(tx, scope, target)
        room = self._targets.nodes(tx, scope, target) - _held(entries)
        chosen: list[ResourceId] = []
        for entry in sorted((entry for entry in entries if entry.waits), key=lambda entry: entry.order):
            room -= entry.nodes
            if room < 0:
                break
            chosen.append(entry.id)
        return chosen

    def _on(self, tx: Connection, scope: Scope, target: str) -> list[_Entry]:
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


def nodes_of(state: Mapping[str, Any]) -> int:
    """How many nodes a job takes, as its submit settled it."""
    return int(state.get("nodes", 1))


def _held(entries: Iterable[_Entry]) -> int:
    return sum(entry.nodes for entry in entries if not entry.waits)
