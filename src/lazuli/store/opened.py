"""Everything that is kept, opened: what the rooms above are handed."""

from __future__ import annotations

from dataclasses import dataclass

from lazuli.schema.problems import Conflict
from lazuli.store.blobs import Blobs
from lazuli.store.clock import Clock, system_clock
from lazuli.store.database import Database, open_points, open_state
from lazuli.store.documents import Documents
from lazuli.store.secrets import Secrets
from lazuli.store.settings import Settings

__all__ = ["Store", "open_store"]


@dataclass(frozen=True)
class Store:
    """The parts of the store of one server."""

    settings: Settings
    clock: Clock
    state: Database
    documents: Documents
    points: Database
    """Metric points: under SQLite a file of their own."""
    blobs: Blobs
    secrets: Secrets

    def close(self) -> None:
        """Give the databases back."""
        self.state.close()
        self.points.close()


def open_store(settings: Settings, clock: Clock = system_clock) -> Store:
    """The store in the data folder of ``settings``, made where there is none yet."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    state = open_state(settings.data_dir, settings.database_url)
    try:
        state.claim()
    except Conflict:
        state.close()
        raise
    return Store(
        settings=settings,
        clock=clock,
        state=state,
        documents=Documents(clock),
        points=open_points(settings.data_dir, settings.database_url),
        blobs=Blobs(state, settings.data_dir / "blobs", clock),
        secrets=Secrets(state, settings.data_dir),
    )
