"""One platform for all tests of jobs: each test has jobs of its own name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.jobs.place import Place, opened


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened(tmp_path_factory.mktemp("platform")) as found:
        yield found
