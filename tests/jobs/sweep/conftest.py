"""The tests of sweeps have a workspace of their own: their jobs may be called like those of other tests."""

from __future__ import annotations

import pytest
from tests.jobs.place import Place


@pytest.fixture(scope="session")
def place(place: Place) -> Place:
    """The workspace 'Sweeps'."""
    return place.beside("Sweeps")
