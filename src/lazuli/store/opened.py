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
    """The store in the data folder of ``settings``, made where there is none yet.

    Raises :class:`Conflict` where the folder belongs to a state that is kept elsewhere.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    _check_whose(settings)
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


def _check_whose(settings: Settings) -> None:
    """Refuse a folder of another state: its jobs would be taken for strays, and its files for nobody's."""
    in_file = (settings.data_dir / "state.db").exists()
    if settings.database_url and in_file:
        raise Conflict(
            "The data folder keeps its state in SQLite already.",
            target="database_url",
            mend="Leave 'database_url' out, or start PostgreSQL with a new data folder.",
        )
    if not settings.database_url and not in_file and (settings.data_dir / "keys" / "master.key").exists():
        raise Conflict(
            "The data folder is in use, and the database that belongs to it is not there.",
            target="database_url",
            mend="Name its PostgreSQL in 'database_url' or LAZULI_DATABASE_URL, or put 'state.db' back there.",
        )
