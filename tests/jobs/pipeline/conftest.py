"""The tests of pipelines have a workspace of their own: their jobs may be called like those of other tests."""

from __future__ import annotations

import pytest
from tests.jobs.place import Place


@pytest.fixture(scope="session")
def place(place: Place) -> Place:
    """The workspace 'Pipelines'."""
    return place.beside("Pipelines")
