"""The line before every compute: which jobs hold its nodes, and which wait for them, in their order.

A job is filed under the target that it holds nodes of or waits for, so that to ask costs about the same with ten
thousand jobs in the line as with ten.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, tuple_

from lazuli.jobs.transitions import ACTIVE
from lazuli.resources.job import Status
from lazuli.schema.identity import ResourceId, Scope, parse_resource_id
from lazuli.store import tables
from lazuli.store.documents import Record
from lazuli.store.facets import Facet
from lazuli.store.selection import Place as Order

__all__ = ["HOLDS", "WAITS", "Line", "Waiting", "nodes_of", "place_in_line"]

HOLDS, WAITS = "holds", "waits"
"""The keys under which jobs are filed, with the target as value."""
_MOST = 1000
"""How many waiting jobs are counted where it is asked how many nodes are wanted: no target has more nodes."""

_F, _R = tables.facet, tables.resource


def place_in_line(record: Record) -> set[Facet]:
    """What a job is filed under while it is on its way."""
    target = record.state.get("target")
    if record.status not in ACTIVE or not target:
        return set()
    return {(WAITS if record.status == Status.QUEUED.value else HOLDS, str(target))}


def nodes_of(state: Mapping[str, Any]) -> int:
    """How many nodes a job takes, as its submit settled it."""
    return int(state.get("nodes", 1))


@dataclass(frozen=True)
class Waiting:
    """A job that waits for nodes."""

    id: ResourceId
    order: Order
    nodes: int


class Line:
    """The jobs on every target. A workspace is named by its key; where none is named, all are meant."""

    def holds(self, tx: Connection, scope: Scope, target: str, job: str) -> bool:
        """Whether a job is still on its way on a target."""
        key = ResourceId(scope, "jobs", job).key
        query = select(_F.c.resource_id).where(*_filed(HOLDS, target, scope.key), _F.c.resource_id == key)
        return tx.execute(query).first() is not None

    def busy(self, tx: Connection, scope: Scope, target: str) -> int:
        """How many nodes of a target are held."""
        return self.held(tx, target, scope.key)[scope.key, target]

    def waiting(self, tx: Connection, scope: Scope, target: str) -> int:
        """How many nodes of a target are waited for; of a very long line, by those that come first."""
        return sum(each.nodes for each in self.first(tx, scope.key, target, _MOST))

    def next(self, tx: Connection, scope: Scope, target: str, number: int) -> list[ResourceId]:
        """The jobs that come first on a target."""
        return [each.id for each in self.first(tx, scope.key, target, number)]

    def held(self, tx: Connection, target: str = "", scope: str = "") -> Counter[tuple[str, str]]:
        """How many nodes are held, by workspace and target."""
        query = select(_F.c.scope, _F.c.value, _R.c.state).join(_R, _R.c.id == _F.c.resource_id)
        found: Counter[tuple[str, str]] = Counter()
        for row in tx.execute(query.where(*_filed(HOLDS, target, scope))):
            found[row.scope, row.value] += nodes_of(json.loads(row.state))
        return found

    def first(self, tx: Connection, scope: str, target: str, number: int) -> list[Waiting]:
        """The jobs of a workspace that come first on a target."""
        query = select(_F.c.created_at, _F.c.resource_id, _R.c.state).join(_R, _R.c.id == _F.c.resource_id)
        query = query.where(*_filed(WAITS, target, scope)).order_by(_F.c.created_at, _F.c.resource_id).limit(number)
        found: list[Waiting] = []
        for row in tx.execute(query):
            id = parse_resource_id(row.resource_id)
            assert id is not None
            found.append(Waiting(id, (row.created_at, row.resource_id), nodes_of(json.loads(row.state))))
        return found

    def lengths(self, tx: Connection, target: str) -> dict[str, int]:
        """How many jobs wait for a target, by workspace."""
        query = select(_F.c.scope, func.count()).where(*_filed(WAITS, target)).group_by(_F.c.scope)
        return {row[0]: row[1] for row in tx.execute(query)}

    def before(self, tx: Connection, scope: str, target: str, order: Order) -> int:
        """How many jobs of a workspace wait longer for a target than the one of this order."""
        query = select(func.count()).select_from(_F).where(*_filed(WAITS, target, scope))
        return tx.execute(query.where(tuple_(_F.c.created_at, _F.c.resource_id) < tuple_(*order))).scalar_one()

    def order_at(self, tx: Connection, scope: str, target: str, number: int) -> Order | None:
        """The order of the job of a workspace that has so many before it on a target."""
        query = select(_F.c.created_at, _F.c.resource_id).where(*_filed(WAITS, target, scope))
        row = tx.execute(query.order_by(_F.c.created_at, _F.c.resource_id).offset(number).limit(1)).first()
        return (row.created_at, row.resource_id) if row else None


def _filed(key: str, target: str = "", scope: str = "") -> list[Any]:
    found = [_F.c.kind == "jobs", _F.c.key == key]
    found += [_F.c.value == target] if target else []
    return [*found, _F.c.scope == scope] if scope else found
