"""Schedules under a clock that moves when it is told to: everything is real but the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from lazuli.jobs.alarm import ScheduleLifecycle
from lazuli.jobs.changes import Changes
from lazuli.jobs.firings import Firings
from lazuli.jobs.schedules import Schedules
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.places import DEFAULT
from lazuli.server.platform import Platform, open_platform
from lazuli.shelves.shelf import document_of
from lazuli.store import tables
from lazuli.store.documents import Record, Selection
from lazuli.store.reconciler import Reconciler, Step
from lazuli.store.settings import Settings

SCOPE = Scope("sub", "group", "Space")
SOON = 20  # seconds: far more than anything here takes; it is waited for only where a test fails
JOB: dict[str, Any] = {"type": "command", "command": "true", "environment": "azureml:plain:1"}


def at(text: str) -> int:
    """A moment of UTC in milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


class Seen(ScheduleLifecycle):
    """The lifecycle itself, which also tells when a schedule has gone to sleep."""

    def __init__(self, *rooms: Any) -> None:
        super().__init__(*rooms)
        self.asleep: set[str] = set()
        self.changed = threading.Condition()

    def advance(self, record: Record) -> Step:
        step = super().advance(record)
        with self.changed:
            if step.again_ms and not step.status and not step.state:  # which leaves nothing to be written
                self.asleep.add(record.id.name)
            self.changed.notify_all()
        return step


class Clockwork:
    """A platform with one workspace, whose schedules are moved and whose jobs are not: they stay in the queue."""

    def __init__(self, folder: Path, now: str, **settings: Any) -> None:
        self.now = at(now)
        self.tick = 0  # how far it moves whenever it is looked at
        self.platform: Platform = open_platform(Settings(data_dir=folder, **settings), self.clock)
        self.actor = self.platform.access.admin()
        self.start()

    def clock(self) -> int:
        self.now += self.tick
        return self.now

    def start(self) -> None:
        """A server comes up."""
        store, shelves = self.platform.store, self.platform.shelves
        self.reconciler = Reconciler(store.state, store.documents, clock=store.clock)
        firings = Firings(store, shelves.job, shelves.published_pipeline)
        changes = Changes(self.platform.storage, store.blobs)
        self.lifecycle = Seen(store, firings, changes)
        self.schedules = Schedules(store, self.reconciler, firings, changes)
        self.reconciler.move("schedules", self.lifecycle)
        self.reconciler.start(alone=True)

    def stop(self) -> None:
        """The server is gone."""
        self.reconciler.stop()

    def close(self) -> None:
        self.reconciler.stop()
        self.platform.stop()

    # --- what a user does ----------------------------------------------------------------------------------------

    def put(self, word: str, name: str, version: str = "", **said: Any) -> Record:
        """Create a resource, or change it."""
        shelf = self.schedules if word == "schedule" else self.platform.shelves[word]
        id = ResourceId(SCOPE, noun(word).collection, name, version)
        return shelf.put(id, noun(word).document.load(said), self.actor)[0]

    def schedule(self, name: str, job: Any = JOB, enabled: bool = True, **trigger: Any) -> None:
        """Make a schedule, or say it anew, and wait until it sleeps."""
        kind = "cron" if "expression" in trigger else "data_change" if "path" in trigger else "recurrence"
        self._settled(
            [name],
            lambda: self.put("schedule", name, trigger={"type": kind, **trigger}, create_job=job, is_enabled=enabled),
        )

    def move(self, to: str, *names: str) -> None:
        """Let it be a certain moment, and wait until the schedules have seen it."""
        self.now = at(to)
        self._settled(names, lambda: [self.reconciler.wake(self.id(name)) for name in names])

    def _settled(self, names: Any, act: Any) -> None:
        with self.lifecycle.changed:
            self.lifecycle.asleep -= set(names)
        act()
        with self.lifecycle.changed:
            assert self.lifecycle.changed.wait_for(lambda: set(names) <= self.lifecycle.asleep, SOON), names

    def upload(self, path: str, text: str) -> None:
        """Put a file into the default datastore."""
        container = self.platform.storage.container(SCOPE, DEFAULT)
        self.platform.store.blobs.put_bytes(container, path, text.encode())

    # --- what there is -------------------------------------------------------------------------------------------

    def id(self, name: str) -> ResourceId:
        return ResourceId(SCOPE, "schedules", name)

    def shown(self, name: str) -> Any:
        """The schedule as users see it."""
        record = self.schedules.get(self.id(name))
        document = document_of(noun("schedule"), record)
        return document.model_copy(update={"status": record.status})

    def next(self, name: str) -> str:
        """When it fires next, to the minute."""
        return (self.shown(name).next_trigger_time or "").removesuffix(":00.000Z")

    def jobs(self) -> list[str]:
        """The names of all jobs, the oldest first."""
        found = self.platform.shelves.job.select(Selection(SCOPE, "jobs", newest_first=False))
        return [record.id.name for record in found]

    def job(self, name: str) -> Any:
        """The document of a job."""
        return document_of(noun("job"), self.platform.shelves.job.get(ResourceId(SCOPE, "jobs", name)))

    def entries(self) -> int:
        """How many entries the journal has."""
        with self.platform.store.state.read() as tx:
            return tx.execute(select(func.count()).select_from(tables.journal)).scalar_one()


@contextmanager
def clockwork(folder: Path, now: str = "2026-05-01T09:00:00", **settings: Any) -> Iterator[Clockwork]:
    """A platform under a clock that shows ``now``, with an environment."""
    made = Clockwork(folder, now, **settings)
    try:
        made.put("workspace", "")
        made.put("environment", "plain", "1", image="python:3.11")
        yield made
    finally:
        made.close()
