"""Tracking on databases of its own, with a clock that a test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lazuli.schema.identity import Scope
from lazuli.store.blobs import Blobs
from lazuli.store.database import Database, open_points, open_state
from lazuli.tracking import Tracking, open_tracking

NOW = 1_700_000_000_000


@pytest.fixture(scope="session")
def scope() -> Scope:
    return Scope("sub", "group", "Main")


@pytest.fixture(scope="session")
def other() -> Scope:
    return Scope("sub", "group", "other")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Database]:
    state = open_state(tmp_path)
    yield state
    state.close()


@pytest.fixture
def tracking(tmp_path: Path, state: Database) -> Iterator[Tracking]:
    points = open_points(tmp_path)
    ticks = iter(range(NOW, NOW + 1_000_000))
    blobs = Blobs(state, tmp_path / "blobs")
    yield open_tracking(state, points, blobs, lambda scope: f"{scope.workspace.lower()}-artifacts", lambda: next(ticks))
    points.close()
