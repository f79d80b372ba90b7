"""Usage: how long nodes were used, and what that cost, added up by job, compute or tag.

A job is charged for its nodes from the moment it gets them to its end, over all its attempts. A compute is charged for
its nodes from the moment they come to the moment they go, idle or not; the machine itself (``local``) has no nodes that
come and go, and is charged for what its jobs used.

What a job used is noted in a row of its own whenever it lets go of its nodes, in whole milliseconds and millionths, so
that a hundred thousand jobs are added up by the database and exactly. What runs now is added to that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Select, delete, func, insert, select

from lazuli.compute.nodes import COLLECTION
from lazuli.compute.targets import LOCAL, Targets
from lazuli.jobs.line import HOLDS, nodes_of
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput, did_you_mean
from lazuli.shelves.shelf import find_workspace
from lazuli.store import tables
from lazuli.store.documents import Record, Selection
from lazuli.store.facets import TAG
from lazuli.store.opened import Store

__all__ = ["By", "Spent", "Usage", "note_spent", "spent_by_job"]

By = Literal["job", "compute", "tag"]
_ALL = 10_000_000
_NO_TAG = "(no tag)"

_F, _S = tables.facet, tables.spent


@dataclass
class Spent:
    """What one job, compute or tag used."""

    name: str
    node_ms: int = 0
    micros: int = 0
    """Its cost, in millionths."""
    jobs: int = 0
    """How many jobs used it."""

    @property
    def node_seconds(self) -> float:
        """How long nodes were used."""
        return self.node_ms / 1000

    @property
    def cost(self) -> float:
        """What that cost."""
        return self.micros / 1e6


def note_spent(tx: Connection, record: Record) -> None:
    """Note what a job has used up to now, where it lets go of its nodes."""
    node_ms, micros = _exactly(record.state.get("node_seconds"), record.state.get("cost"))
    if not node_ms:
        return
    tx.execute(delete(_S).where(_S.c.resource_id == record.id.key))
    whose = {"resource_id": record.id.key, "scope": record.id.scope.key, "name": record.id.name}
    used = {"target": str(record.state["target"]), "node_ms": node_ms, "micros": micros}
    tx.execute(insert(_S).values(**whose, **used, created_at=record.created_at))


class Usage:
    """What the jobs and computes of a workspace used."""

    def __init__(self, store: Store, targets: Targets) -> None:
        self._store = store
        self._targets = targets

    def by(self, scope: Scope, by: str, since_ms: int = 0) -> list[Spent]:
        """What was used since a moment, the dearest first. Of jobs: those that were submitted since.

        Raises :class:`InvalidInput` for an unknown ``by``.
        """
        kinds = {"job": self._by_job, "compute": self._by_compute, "tag": self._by_tag}
        if by not in kinds:
            raise InvalidInput(
                f"'{by[:40]}' is nothing to add up by.", target="by", mend=did_you_mean(by, get_args(By))
            )
        found: dict[str, Spent] = {}
        with self._store.state.read() as tx:
            scope = find_workspace(self._store, tx, scope).id.scope
            for name, node_ms, micros, jobs in kinds[by](tx, scope, since_ms):
                spent = found.setdefault(name, Spent(name))
                spent.node_ms += int(node_ms)
                spent.micros += int(micros)
                spent.jobs += jobs
        return sorted(found.values(), key=lambda spent: (-spent.micros, -spent.node_ms, spent.name))

    def computes_of(self, tx: Connection, subscription: str) -> Iterator[tuple[Record, int]]:
        """Every compute of a subscription, and how many nodes it has now."""
        for record in self._store.documents.select(tx, Selection(None, "computes", limit=_ALL)):
            if record.id.scope.subscription.lower() == subscription.lower():
                nodes = self._targets.rows.of(tx, record.id.scope, record.id.name)
                yield record, sum(node.usable for node in nodes)

    def _running(self, tx: Connection, scope: Scope, since_ms: int) -> Iterator[tuple[Record, int, int, int]]:
        """What the jobs that hold nodes now use, beyond what is noted of them; and whether nothing is."""
        query = select(_F.c.value).where(_F.c.kind == "jobs", _F.c.key == HOLDS, _F.c.scope == scope.key).distinct()
        targets = tx.execute(query).scalars().all()
        for target in targets:
            for record in self._store.documents.select(tx, Selection(scope, "jobs", facets=((HOLDS, target),))):
                if record.created_at >= since_ms and record.state.get("held_at"):
                    noted = _exactly(record.state.get("node_seconds"), record.state.get("cost"))
                    now = _exactly(*spent_by_job(record, self._store.clock()))
                    yield record, now[0] - noted[0], now[1] - noted[1], int(not noted[0])

    def _by_job(self, tx: Connection, scope: Scope, since_ms: int) -> Iterator[tuple[str, int, int, int]]:
        query = _of(scope, since_ms, _S.c.name, _S.c.node_ms, _S.c.micros)
        yield from ((name, node_ms, micros, 1) for name, node_ms, micros in tx.execute(query))
        for record, node_ms, micros, new in self._running(tx, scope, since_ms):
            yield record.id.name, node_ms, micros, new

    def _by_tag(self, tx: Connection, scope: Scope, since_ms: int) -> Iterator[tuple[str, int, int, int]]:
        here = (_F.c.kind == "jobs", _F.c.scope == scope.key)
        query = _of(scope, since_ms, _F.c.key, _F.c.value, *_SUMS).join(_F, _F.c.resource_id == _S.c.resource_id)
        query = query.where(*here, _F.c.key > f"{TAG}:", _F.c.key < f"{TAG};").group_by(_F.c.key, _F.c.value)
        for key, value, node_ms, micros, jobs in tx.execute(query):
            yield f"{key.removeprefix(f'{TAG}:')}={value}", node_ms, micros, jobs
        tagged = select(_F.c.resource_id).where(*here, _F.c.key == TAG)
        query = _of(scope, since_ms, *_SUMS).where(_S.c.resource_id.not_in(tagged))
        for node_ms, micros, jobs in tx.execute(query):
            if jobs:
                yield _NO_TAG, node_ms, micros, jobs
        for record, node_ms, micros, new in self._running(tx, scope, since_ms):
            tags: dict[str, Any] = record.body.get("tags") or {}
            for name in [f"{tag}={value}" for tag, value in tags.items()] or [_NO_TAG]:
                yield name, node_ms, micros, new

    def _by_compute(self, tx: Connection, scope: Scope, since_ms: int) -> Iterator[tuple[str, int, int, int]]:
        now = self._store.clock()
        for node in self._store.documents.select(tx, Selection(scope, COLLECTION, limit=_ALL)):
            node_ms = max(0, int(node.state.get("ended_at") or now) - max(node.created_at, since_ms))
            yield str(node.body["compute"]), node_ms, round(node_ms / 3.6 * float(node.state.get("price") or 0)), 0
        query = _of(scope, since_ms, _S.c.target, *_SUMS).group_by(_S.c.target)
        rows = [tuple(row) for row in tx.execute(query)]
        rows += [(str(r.state["target"]), *used) for r, *used in self._running(tx, scope, since_ms)]
        for target, node_ms, micros, jobs in rows:
            yield (target, node_ms, micros, jobs) if target == LOCAL else (target, 0, 0, jobs)


_SUMS = (func.sum(_S.c.node_ms), func.sum(_S.c.micros), func.count())


def _of(scope: Scope, since_ms: int, *columns: Any) -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = select(*columns).select_from(_S)
    return query.where(_S.c.scope == scope.key, _S.c.created_at >= since_ms)


def _exactly(seconds: Any, cost: Any) -> tuple[int, int]:
    return round(float(seconds or 0) * 1000), round(float(cost or 0) * 1e6)


def spent_by_job(record: Record, now_ms: int) -> tuple[float, float]:
    """The node seconds of a job, and their cost, up to now."""
    state: Any = record.state
    seconds, cost = float(state.get("node_seconds") or 0), float(state.get("cost") or 0)
    if held_at := state.get("held_at"):
        running = max(0, now_ms - int(held_at)) / 1000 * nodes_of(state)
        seconds, cost = seconds + running, cost + running / 3600 * float(state.get("price") or 0)
    return round(seconds, 3), round(cost, 6)
