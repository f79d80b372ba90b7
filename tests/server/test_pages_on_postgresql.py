"""The table of jobs, search, the overview and views over PostgreSQL: the same questions, the same answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.server import test_job_table, test_studio
from tests.server.conftest import Served, serving
from tests.store.postgres import Postgres, postgres

from lazuli.store.settings import Settings

__all__ = ["postgres"]


@pytest.fixture(scope="module")
def served(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """In place of the server that the tests of these modules ask otherwise."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("served"), database_url=postgres.fresh_database())
    with serving(settings) as served:
        yield served


for module in (test_job_table, test_studio):
    asked = {name: it for name, it in vars(module).items() if name.startswith("test_") or name in ("table", "space")}
    assert not asked.keys() & globals().keys(), module
    globals().update(asked)
