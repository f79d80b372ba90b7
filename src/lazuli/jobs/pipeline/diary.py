"""The log of a pipeline: which steps began, which an earlier job served again, and how each ended.

It is read from the journal, so it tells what was committed, in that order, whenever it is asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from threading import Lock
from typing import Any

from sqlalchemy import Connection, func, select

from lazuli.assets.storage import Storage
from lazuli.jobs.pipeline.lifecycle import Known
from lazuli.jobs.transitions import TERMINAL
from lazuli.resources.job import Status
from lazuli.schema.places import ARTIFACTS, artifact_folder
from lazuli.schema.words import moment
from lazuli.store import tables
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["EXECUTION_LOG", "Diaries"]

EXECUTION_LOG = "logs/azureml/executionlogs.txt"
"""Where Microsoft's client looks for it."""

_J, _R = tables.journal, tables.resource
_LATE = 200
"""How many entries of the journal may be committed before one that has an earlier number: PostgreSQL does so."""
_MOST_KEPT = 64


class Diaries:
    """The logs of the pipelines that were asked for last."""

    def __init__(self, store: Store, storage: Storage, known: Known) -> None:
        self._store = store
        self._storage = storage
        self._known = known
        self._kept: dict[str, tuple[int, _Diary]] = {}
        self._lock = Lock()

    def log(self, record: Record) -> bytes:
        """What has happened to the steps of a pipeline up to now; it only grows."""
        steps = {name: step for step, name in self._known.open(record).names.items()}
        with self._lock:
            found = self._kept.pop(record.id.key, None)
            if found is None or found[0] != record.created_at:
                found = record.created_at, _Diary(record, steps)
            self._kept[record.id.key] = found
            while len(self._kept) > _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        with self._store.state.read() as tx:
            return found[1].read(tx)

    def keep(self, record: Record) -> None:
        """Keep the log where those of other jobs are kept. Safe to repeat."""
        container = self._storage.container(record.id.scope, ARTIFACTS)
        self._store.blobs.put_bytes(container, f"{artifact_folder(record.id.name)}/{EXECUTION_LOG}", self.log(record))


class _Diary:
    """One pipeline's log."""

    def __init__(self, record: Record, steps: Mapping[str, str]) -> None:
        self._record = record
        self._steps = steps
        self._text = bytearray()
        self._told: set[int] = set()
        self._seen = 0
        self._lock = Lock()

    def read(self, tx: Connection) -> bytes:
        """All of it, with what was committed since."""
        with self._lock:
            newest = tx.execute(select(func.max(_J.c.seq))).scalar_one() or 0
            if newest > self._seen:
                self._go_on(tx)
                self._told = {seq for seq in self._told if seq > newest - _LATE}
                self._seen = newest
            return bytes(self._text)

    def _go_on(self, tx: Connection) -> None:
        parent = self._record
        query = (
            select(_J.c.seq, _J.c.at, _J.c.event, _J.c.detail, _R.c.name, _R.c.state)
            .join(_R, _J.c.resource_id == _R.c.id)
            .where(_R.c.kind == "jobs", _R.c.scope == parent.id.scope.key)
            .where(_R.c.parent == parent.id.name, tables.HAS_PARENT)
            .where(_J.c.seq > self._seen - _LATE)
            .order_by(_J.c.seq)
        )
        for row in tx.execute(query):
            detail = json.loads(row.detail)
            status = detail.get("status" if row.event == "created" else "to", "")
            if row.seq in self._told or not status:
                continue
            self._told.add(row.seq)
            if said := _said(row.event, status, row.name, json.loads(row.state)):
                self._text += f"{moment(row.at)}  {self._steps.get(row.name, row.name)}  {said}\n".encode()


def _said(event: str, status: str, name: str, state: Mapping[str, Any]) -> str:
    """What a change of a step's job is worth telling; '' where it is not."""
    if event == "created" and status != Status.FAILED.value:
        earlier = state.get("reused")
        return f"{status}: {earlier} gave the same before" if earlier else f"{status} as {name}"
    if status not in TERMINAL:
        return status if status == Status.RUNNING.value else ""
    message = (state.get("error") or {}).get("message") or ""
    return " ".join(f"{status}. {message}".split()) if message and status != Status.COMPLETED.value else status
