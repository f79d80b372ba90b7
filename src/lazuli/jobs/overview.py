"""Overview: how a workspace stands at a glance, and what in it somebody should look at."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from lazuli.jobs.family import ROOT
from lazuli.jobs.submit import Jobs
from lazuli.jobs.transitions import ACTIVE
from lazuli.resources.job import Status
from lazuli.resources.schedule import ScheduleStatus
from lazuli.resources.table import NOUNS
from lazuli.schema.identity import Scope
from lazuli.schema.problems import Problem
from lazuli.shelves.shelf import find_workspace
from lazuli.store import tables
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store

__all__ = ["Concern", "Concerns", "Overview", "environment_concerns"]

_LATE_MS = 7 * 24 * 3_600_000
"""How long ago a job may have failed and still be told."""
_MOST = 20
_RECENT = 10
_MOST_ENVIRONMENTS = 200
_NEARLY_FULL = 0.05
_ENOUGH = 20 << 30
"""Bytes with which no disk counts as nearly full."""
_R, _E = tables.resource, tables.experiment


@dataclass(frozen=True)
class Concern:
    """Something that somebody should look at."""

    kind: str
    """The word of its noun; ``server`` for the machine itself."""
    name: str
    why: str
    at: int
    """Since when, or when it was seen last."""
    version: str = ""
    within: str = ""
    """The endpoint of a deployment."""
    severity: str = "warning"
    """``warning``, or ``error`` for what does not work."""

    def told(self) -> dict[str, Any]:
        """The same as plain data."""
        words = ("kind", "name", "version", "within", "why", "at", "severity")
        return {word: getattr(self, word) for word in words}


Concerns = Callable[[Connection, Scope], Iterable[Concern]]
"""What a room knows to be wrong in a workspace."""


class Overview:
    """The overviews of one server. ``concerns`` are asked of every room that knows any."""

    def __init__(self, jobs: Jobs, *concerns: Concerns) -> None:
        self._jobs = jobs
        self._store = jobs.store
        self._concerns: tuple[Concerns, ...] = (self._failed_jobs, self._schedules, self._full_disk, *concerns)

    def tell(self, scope: Scope) -> dict[str, Any]:
        """``{counts, statuses, running, waiting, recent, attention}``. Raises :class:`NotFound` for no workspace."""
        documents = self._store.documents
        with self._store.state.read() as tx:
            scope = find_workspace(self._store, tx, scope).id.scope
            active = {
                status: documents.select(
                    tx,
                    Selection(
                        scope, "jobs", statuses=(status,), limit=_MOST, newest_first=status != Status.QUEUED.value
                    ),
                )
                for status in sorted(ACTIVE)
            }
            waiting = active.pop(Status.QUEUED.value)
            running = sorted((r for some in active.values() for r in some), key=lambda r: r.place, reverse=True)
            recent = documents.select(tx, Selection(scope, "jobs", archived=False, facets=(ROOT,), limit=_RECENT))
            told = {
                word: [_job(record) for record in self._jobs.all_shown(tx, some)]
                for word, some in (("running", running[:_MOST]), ("waiting", waiting), ("recent", recent))
            }
            concerns = [concern for each in self._concerns for concern in each(tx, scope)]
            counts = dict(_counts(tx, scope))
        concerns.sort(key=lambda concern: (concern.severity != "error", -concern.at))
        statuses = self._jobs.counts(scope)
        return {
            "counts": {**counts, "job": sum(statuses.values())},
            "statuses": statuses,
            **told,
            "attention": [concern.told() for concern in concerns[: 5 * _MOST]],
        }

    def _failed_jobs(self, tx: Connection, scope: Scope) -> Iterator[Concern]:
        """Jobs that failed of late; those that another job made are told by that one."""
        selection = Selection(scope, "jobs", archived=False, statuses=(Status.FAILED.value,), parent="", limit=_MOST)
        since = self._store.clock() - _LATE_MS
        for record in self._store.documents.select(tx, selection):
            if record.modified_at >= since:
                error = record.state.get("error") or {}
                why = str(error.get("message") or record.state.get("status_reason") or "It failed.")
                yield Concern("job", record.id.name, _short(why), record.modified_at, severity="error")

    def _schedules(self, tx: Connection, scope: Scope) -> Iterator[Concern]:
        """Schedules that were switched off, or could not do what they should."""
        for record in self._store.documents.select(tx, Selection(scope, "schedules", limit=1000)):
            reason = str(record.state.get("status_reason") or "")
            if record.status == ScheduleStatus.DISABLED.value:
                yield Concern("schedule", record.id.name, "It is switched off.", record.modified_at)
            elif record.status == ScheduleStatus.ACTIVE.value and reason:
                yield Concern("schedule", record.id.name, _short(reason), record.modified_at, severity="error")

    def _full_disk(self, _tx: Connection, _scope: Scope) -> Iterator[Concern]:
        folder = self._store.settings.data_dir
        room = shutil.disk_usage(folder)
        if room.free < min(_NEARLY_FULL * room.total, _ENOUGH):
            why = f"The disk with the data folder has {room.free >> 20:,} MiB left of {room.total >> 20:,} MiB."
            yield Concern("server", folder.name, why, self._store.clock())


def environment_concerns(store: Store, state: Callable[[Record], str | None]) -> Concerns:
    """The concerns about environments: the newest version of each, whose build ``state`` says to have failed."""

    def concerns(tx: Connection, scope: Scope) -> Iterator[Concern]:
        seen: set[str] = set()
        selection = Selection(scope, "environments", versions=True, archived=False, limit=_MOST_ENVIRONMENTS)
        for record in store.documents.select(tx, selection):
            id = record.id
            if id.name.lower() not in seen and _failed(record, state):
                why = "Its build failed; its log says why."
                yield Concern("environment", id.name, why, record.modified_at, id.version, severity="error")
            seen.add(id.name.lower())

    return concerns


def _failed(record: Record, state: Callable[[Record], str | None]) -> bool:
    try:
        return state(record) == "failed"
    except Problem:  # it cannot be had here; a job that wants it is told why
        return False


def _counts(tx: Connection, scope: Scope) -> Iterator[tuple[str, int]]:
    """How many there are of each noun but jobs: of assets the names that have a version, whatever their number."""
    for noun in NOUNS:
        if not noun.collection or noun.word in ("job", "code", "registry"):
            continue
        what = func.count(func.distinct(func.lower(_R.c.name))) if noun.versioned else func.count()
        query = select(what).where(_R.c.kind == noun.collection, _R.c.scope == scope.key, _R.c.archived == 0)
        query = query.where(_R.c.version != "") if noun.versioned else query
        yield noun.word, tx.execute(query).scalar_one()
    query = select(func.count()).where(_E.c.scope == scope.key, _E.c.lifecycle == "active")
    yield "experiment", tx.execute(query).scalar_one()


def _job(record: Record) -> dict[str, Any]:
    body, state = record.body, record.state
    return {
        "name": record.id.name,
        "displayName": body.get("display_name") or record.id.name,
        "experiment": body.get("experiment_name") or "Default",
        "type": body.get("type") or "command",
        "status": record.status,
        "reason": state.get("status_reason") or None,
        "compute": state.get("target") or None,
        "parent": record.parent or None,
        "createdBy": record.created_by,
        "created": record.created_at,
    }


def _short(why: str) -> str:
    line = why.strip().splitlines()[-1] if why.strip() else why
    return line if len(line) <= 300 else f"{line[:300]}…"
