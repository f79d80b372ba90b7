"""Many made-up requests to every operation, others each time, on either database."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.clients.asking import ask_all
from tests.journeys.campaign import seed_of_today
from tests.journeys.crashing import server
from tests.store.postgres import Postgres, postgres

__all__ = ["postgres"]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_whatever_is_sent_the_server_answers_as_it_promised(tmp_path: Path, postgres: Postgres, database: str) -> None:
    environ = {"LAZULI_DATABASE_URL": postgres.fresh_database()} if database == "postgresql" else {}
    with server(tmp_path / "data", **environ) as house:
        house.start()
        house.found()
        ask_all(house, examples=60, number=seed_of_today())
        house.end()
