"""Two hundred jobs and everything else at once, while the server is killed ten times, on either database."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.journeys import sweeps
from tests.journeys.campaign import Campaign, Size, index_of, seed_of_today
from tests.journeys.crashing import server
from tests.journeys.pipelines import prove, run_through_kills
from tests.store.postgres import Postgres, postgres

__all__ = ["postgres"]

SIZE = Size(jobs=200, kills=10, uploads=60, builds=12, workspaces=60, longest_pause_s=6, patience_s=1200)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_hundred_jobs_survive_ten_kills(tmp_path: Path, postgres: Postgres, database: str) -> None:
    environ = {"LAZULI_DATABASE_URL": postgres.fresh_database()} if database == "postgresql" else {}
    with server(tmp_path / "data", **index_of(tmp_path / "wheels"), **environ) as house:
        house.start()
        campaign = Campaign(house, tmp_path, SIZE, seed_of_today())
        campaign.run()
        campaign.prove()
        print(f"the kills fell into {dict(campaign.struck)}; the slowest start took {max(campaign.starts):.1f} s")
        assert campaign.struck.keys() >= {"uploads", "builds", "deletions"}


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_pipeline_of_a_hundred_steps_survives_ten_kills(tmp_path: Path, postgres: Postgres, database: str) -> None:
    environ = {"LAZULI_DATABASE_URL": postgres.fresh_database()} if database == "postgresql" else {}
    size = {"chains": 5, "length": 10}
    with server(tmp_path / "data", **environ) as house:
        house.start()
        run_through_kills(house, tmp_path, **size, kills=10, seed=seed_of_today())
        prove(house, tmp_path, **size, patience_s=600)
        house.end()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_three_sweeps_of_forty_trials_survive_ten_kills(tmp_path: Path, postgres: Postgres, database: str) -> None:
    environ = {"LAZULI_DATABASE_URL": postgres.fresh_database()} if database == "postgresql" else {}
    with server(tmp_path / "data", **environ) as house:
        house.start()
        sweeps.run_through_kills(house, tmp_path, trials=40, kills=10, seed=seed_of_today())
        sweeps.prove(house, folder=tmp_path, trials=40, patience_s=900)
        house.end()
