"""The queue before a compute as it is shown: what runs there, and what waits, in its order and with its reason."""

from __future__ import annotations

from typing import Any

from lazuli.compute.targets import LOCAL, Targets
from lazuli.jobs.line import HOLDS, WAITS, nodes_of
from lazuli.jobs.queue import Queue
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.words import time_of
from lazuli.shelves.shelf import find_workspace
from lazuli.store.documents import Record, Selection
from lazuli.store.facets import Facet

__all__ = ["MOST_QUEUED", "Queued"]

MOST_QUEUED = 500
_WORDS_OF_LOCAL = (LOCAL, "serverless")


class Queued:
    """The queues of every compute."""

    def __init__(self, queue: Queue, targets: Targets) -> None:
        self._queue = queue
        self._targets = targets
        self._store = targets.store

    def tell(self, scope: Scope, compute: str, limit: int = 100) -> dict[str, Any]:
        """``{compute, nodes, ready, closed, waitingInAll, running, waiting}``; times in milliseconds.

        ``local``, the machine itself, is shared by all workspaces: told are the jobs of this one. Raises
        :class:`NotFound` where there is no such compute.
        """
        limit = max(1, min(limit, MOST_QUEUED))
        name = LOCAL if compute.lower() in _WORDS_OF_LOCAL else ""
        name = name or self._targets.get(ResourceId(scope, "computes", compute)).id.name
        documents = self._store.documents
        with self._store.state.read() as tx:
            scope = find_workspace(self._store, tx, scope).id.scope
            slots = self._targets.slots(tx, scope, name)
            holding, waits = _filed(scope, HOLDS, name, limit), _filed(scope, WAITS, name, limit)
            running = documents.select(tx, holding)
            waiting = self._queue.tell(tx, documents.select(tx, waits))
            in_all = documents.count(tx, waits)
        return {
            "compute": name,
            "nodes": slots.most,
            "ready": slots.ready,
            "closed": slots.closed or None,
            "waitingInAll": in_all,
            "running": [_told(record, _began(record)) for record in running],
            "waiting": [_told(record, record.created_at) for record in waiting],
        }


def _filed(scope: Scope, key: str, target: str, limit: int) -> Selection:
    facet: Facet = (key, target)
    return Selection(scope, "jobs", facets=(facet,), newest_first=False, limit=limit)


def _began(record: Record) -> int:
    """Since when a job holds its nodes."""
    if held_at := record.state.get("held_at"):
        return int(held_at)
    started = record.state.get("start_time")
    return round(time_of(str(started)).timestamp() * 1000) if started else record.modified_at


def _told(record: Record, since: int) -> dict[str, Any]:
    body = record.body
    return {
        "name": record.id.name,
        "displayName": body.get("display_name") or record.id.name,
        "experiment": body.get("experiment_name") or "Default",
        "status": record.status,
        "reason": record.state.get("status_reason") or None,
        "nodes": nodes_of(record.state),
        "createdBy": record.created_by,
        "since": since,
    }
