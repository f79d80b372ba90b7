"""Parents and children: jobs that are made of other jobs.

A child is an ordinary job that knows its parent's name (``parent``). A parent makes its children under names that
follow from its own, so that a step which is repeated after a crash finds them made. It is woken when one of them ends.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select

from lazuli.jobs.transitions import TERMINAL
from lazuli.resources.job import Status
from lazuli.schema.identity import ResourceId
from lazuli.store import tables
from lazuli.store.documents import Record

__all__ = ["ROOT", "Child", "child_name", "children_of", "parent_of", "root_of", "tell_children"]

ROOT = ("root", "")
"""What jobs are filed under that no other job made."""

_R = tables.resource
_LONGEST = 200
_PLAIN = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True)
class Child:
    """What is known of a child without reading all of it."""

    name: str
    status: str
    created_at: int

    @property
    def over(self) -> bool:
        """Whether it is at an end."""
        return self.status in TERMINAL


def child_name(parent: str, part: str, separator: str = "-") -> str:
    """The name of the child of a parent for one of its parts: a step, or the number of a trial.

    It is the id of a run as well, and MLflow takes no other than of letters, digits, ``_`` and ``-``.
    """
    name = f"{parent}{separator}{part}"
    if _PLAIN.fullmatch(part) and len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{parent[: _LONGEST - 60]}{separator}{re.sub(r'[^A-Za-z0-9_]', '_', part)[:40]}_{digest}"


def parent_of(record: Record) -> ResourceId | None:
    """The job that made this one, if one did."""
    return ResourceId(record.id.scope, "jobs", record.parent) if record.parent else None


def root_of(record: Record) -> str:
    """The name of the job at the top of its family: its own where nothing made it."""
    return str(record.state.get("root") or record.id.name)


def children_of(tx: Connection, parent: ResourceId) -> Iterator[Child]:
    """The children of a job, the oldest first."""
    query = (
        select(_R.c.name, _R.c.status, _R.c.created_at)
        .where(_R.c.kind == "jobs", _R.c.scope == parent.scope.key, _R.c.parent == parent.name, tables.HAS_PARENT)
        .order_by(_R.c.created_at, _R.c.id)
    )
    for row in tx.execute(query):
        yield Child(row.name, row.status, row.created_at)


def tell_children(tx: Connection, records: Sequence[Record]) -> list[Record]:
    """The records, each parent that runs with how its children stand as its reason."""
    running = [r for r in records if r.status == Status.RUNNING.value and not r.state.get("key")]
    if not running:
        return list(records)
    found: dict[tuple[str, str], Counter[str]] = {}
    by_status = (
        select(_R.c.scope, _R.c.parent, _R.c.status, func.count())
        .where(_R.c.kind == "jobs", _R.c.scope.in_({r.id.scope.key for r in running}))
        .where(_R.c.parent.in_([r.id.name for r in running]), tables.HAS_PARENT)
        .group_by(_R.c.scope, _R.c.parent, _R.c.status)
    )
    for scope, parent, status, number in tx.execute(by_status):
        found.setdefault((scope, parent), Counter())[status] = number
    told = {r.id: _told(found.get((r.id.scope.key, r.id.name), Counter())) for r in running}
    return [replace(r, state={**r.state, "status_reason": told[r.id]}) if r.id in told else r for r in records]


def _told(statuses: Counter[str]) -> str:
    """How many jobs are in which status, in the order in which jobs go through them."""
    said = [f"{number} {status.value.lower()}" for status in Status if (number := statuses[status.value])]
    return f"Its jobs: {', '.join(said)}." if said else "It makes its first jobs."
