"""The queue: first come, first served, on each compute target by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from lazuli.compute.targets import Targets
from lazuli.jobs.transitions import HOLDS_NODE
from lazuli.resources.job import Status
from lazuli.schema.identity import ResourceId, Scope
from lazuli.store.documents import Documents, Record, Selection

__all__ = ["Place", "Queue"]


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


class Queue:
    """Who holds and who waits for the nodes of every target."""

    def __init__(self, documents: Documents, targets: Targets) -> None:
        self._documents = documents
        self._targets = targets

    def place(self, tx: Connection, record: Record) -> Place:
        """Where a queued job stands now."""
        scope, target = record.id.scope, str(record.state["target"])
        older = [r for r in self._waiting(tx, scope, target) if _order(r) < _order(record)]
        return Place(
            target=target,
            nodes=self._targets.nodes(tx, scope, target),
            busy=self.busy(tx, scope, target),
            wanted=_wanted(record),
            ahead=len(older),
        )

    def busy(self, tx: Connection, scope: Scope, target: str) -> int:
        """How many nodes of a target are held."""
        return sum(_wanted(record) for record in self._on(tx, scope, target, tuple(sorted(HOLDS_NODE))))

    def next(self, tx: Connection, scope: Scope, target: str) -> list[ResourceId]:
        """The waiting jobs for which there is room now, in their order."""
        room = self._targets.nodes(tx, scope, target) - self.busy(tx, scope, target)
        chosen: list[ResourceId] = []
        for record in self._waiting(tx, scope, target):
            room -= _wanted(record)
            if room < 0:
                break
            chosen.append(record.id)
        return chosen

    def _waiting(self, tx: Connection, scope: Scope, target: str) -> list[Record]:
        return sorted(self._on(tx, scope, target, (Status.QUEUED.value,)), key=_order)

    def _on(self, tx: Connection, scope: Scope, target: str, statuses: Sequence[str]) -> list[Record]:
        selection = Selection(scope, "jobs", statuses=tuple(statuses), limit=100_000)
        return [r for r in self._documents.select(tx, selection) if r.state.get("target") == target]


def _order(record: Record) -> tuple[int, str]:
    return record.created_at, record.id.key


def _wanted(record: Record) -> int:
    return int(record.body.get("resources", {}).get("instance_count", 1))
