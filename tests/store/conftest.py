"""What the store promises, it promises over SQLite and over PostgreSQL: tests that take a place run over both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.store.postgres import Postgres, postgres

from lazuli.store.database import Database, open_points, open_state

__all__ = ["Place", "postgres"]


@dataclass(frozen=True)
class Place:
    """Where a test keeps its state: a folder, and the URL of a database unless that is a file in the folder."""

    folder: Path
    url: str

    def state(self) -> Database:
        """The state, opened once more."""
        return open_state(self.folder, self.url)

    def points(self) -> Database:
        """The metric points, opened once more."""
        return open_points(self.folder, self.url)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Place]:
    """Makes places, on either database."""
    if request.param == "sqlite":
        return lambda: Place(tmp_path_factory.mktemp("place"), "")
    server: Postgres = request.getfixturevalue("postgres")
    return lambda: Place(tmp_path_factory.mktemp("place"), server.fresh())


@pytest.fixture
def place(request: pytest.FixtureRequest, new_place: Callable[[], Place], tmp_path: Path) -> Place:
    """A place in the test's own folder."""
    made = new_place()
    return Place(tmp_path, made.url)
