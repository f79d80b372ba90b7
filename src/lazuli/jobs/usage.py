"""Usage: how long nodes were used, and what that cost, added up by job, compute or tag.

A job is charged for its nodes from the moment it gets them to its end, over all its attempts. A compute is charged for
its nodes from the moment they come to the moment they go, idle or not; the machine itself (``local``) has no nodes that
come and go, and is charged for what its jobs used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sqlalchemy import Connection

from lazuli.compute.nodes import COLLECTION
from lazuli.compute.targets import LOCAL, Targets
from lazuli.jobs.line import nodes_of
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput, did_you_mean
from lazuli.shelves.shelf import find_workspace
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store

__all__ = ["By", "Spent", "Usage", "spent_by_job"]

By = Literal["job", "compute", "tag"]
_ALL = 10_000_000


@dataclass
class Spent:
    """What one job, compute or tag used."""

    name: str
    node_seconds: float = 0.0
    cost: float = 0.0
    jobs: set[str] = field(default_factory=set)

    def add(self, seconds: float, cost: float, job: str = "") -> None:
        """Add a use to it."""
        self.node_seconds += seconds
        self.cost += cost
        if job:
            self.jobs.add(job)


class Usage:
    """What the jobs and computes of a workspace used."""

    def __init__(self, store: Store, targets: Targets) -> None:
        self._store = store
        self._targets = targets

    def by(self, scope: Scope, by: str, since_ms: int = 0) -> list[Spent]:
        """What was used since a moment, the dearest first. Of jobs: those that were submitted since.

        Raises :class:`InvalidInput` for an unknown ``by``.
        """
        kinds: dict[str, Callable[[Connection, Scope, int], Iterator[tuple[str, float, float, str]]]] = {
            "job": self._by_job,
            "compute": self._by_compute,
            "tag": self._by_tag,
        }
        if by not in kinds:
            raise InvalidInput(
                f"'{by[:40]}' is nothing to add up by.", target="by", mend=did_you_mean(by, get_args(By))
            )
        found: dict[str, Spent] = {}
        with self._store.state.read() as tx:
            scope = find_workspace(self._store, tx, scope).id.scope
            for name, seconds, cost, job in kinds[by](tx, scope, since_ms):
                found.setdefault(name, Spent(name)).add(seconds, cost, job)
        return sorted(found.values(), key=lambda spent: (-spent.cost, -spent.node_seconds, spent.name))

    def computes_of(self, tx: Connection, subscription: str) -> Iterator[tuple[Record, int]]:
        """Every compute of a subscription, and how many nodes it has now."""
        for record in self._store.documents.select(tx, Selection(None, "computes", limit=_ALL)):
            if record.id.scope.subscription.lower() == subscription.lower():
                nodes = self._targets.rows.of(tx, record.id.scope, record.id.name)
                yield record, sum(node.usable for node in nodes)

    def _jobs(self, tx: Connection, scope: Scope, since_ms: int) -> Iterator[tuple[Record, float, float]]:
        for record in self._store.documents.select(tx, Selection(scope, "jobs", limit=_ALL)):
            if record.created_at >= since_ms:
                seconds, cost = spent_by_job(record, self._store.clock())
                if seconds:
                    yield record, seconds, cost

    def _by_job(self, tx: Connection, scope: Scope, since_ms: int) -> Iterator[tuple[str, float, float, str]]:
        for record, seconds, cost in self._jobs(tx, scope, since_ms):
            yield record.id.name, seconds, cost, record.id.name

    def _by_tag(self, tx: Connection, scope: Scope, since_ms: int) -> Iterator[tuple[str, float, float, str]]:
        for record, seconds, cost in self._jobs(tx, scope, since_ms):
            for tag, value in (record.body.get("tags") or {"": ""}).items():
                yield f"{tag}={value}" if tag else "(no tag)", seconds, cost, record.id.name

    def _by_compute(self, tx: Connection, scope: Scope, since_ms: int) -> Iterator[tuple[str, float, float, str]]:
        now = self._store.clock()
        for node in self._store.documents.select(tx, Selection(scope, COLLECTION, limit=_ALL)):
            seconds = max(0, int(node.state.get("ended_at") or now) - max(node.created_at, since_ms)) / 1000
            yield str(node.body["compute"]), seconds, seconds / 3600 * float(node.state.get("price") or 0), ""
        for record, seconds, cost in self._jobs(tx, scope, since_ms):
            is_local = record.state.get("target") == LOCAL
            yield str(record.state["target"]), seconds if is_local else 0, cost if is_local else 0, record.id.name


def spent_by_job(record: Record, now_ms: int) -> tuple[float, float]:
    """The node seconds of a job, and their cost, up to now."""
    state: Any = record.state
    seconds, cost = float(state.get("node_seconds") or 0), float(state.get("cost") or 0)
    if held_at := state.get("held_at"):
        running = max(0, now_ms - int(held_at)) / 1000 * nodes_of(state)
        seconds, cost = seconds + running, cost + running / 3600 * float(state.get("price") or 0)
    return round(seconds, 3), round(cost, 6)
