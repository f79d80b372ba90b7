"""The server is killed while jobs run, again and again, and nothing is lost and nothing is done twice."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.journeys import sweeps
from tests.journeys.campaign import Campaign, Size, index_of, seed_of_today
from tests.journeys.crashing import Server, processes_of, server
from tests.journeys.pipelines import prove, run_through_kills

from lazuli.compute.contract import until

SIZE = Size(jobs=20, kills=3, uploads=6, builds=2, workspaces=12, patience_s=600)


def settled(house: Server) -> bool:
    """Whether every job is at an end, and the server at rest."""
    return not set(house.statuses().values()) - {"Completed", "Failed", "Canceled"}


def test_twenty_jobs_survive_three_kills_and_each_runs_exactly_once(tmp_path: Path) -> None:
    with server(tmp_path / "data", **index_of(tmp_path / "wheels")) as house:
        house.start()
        campaign = Campaign(house, tmp_path, SIZE, seed_of_today())
        campaign.run()
        campaign.prove()


def test_a_pipeline_survives_three_kills_and_each_step_runs_exactly_once(tmp_path: Path) -> None:
    size = {"chains": 2, "length": 4}
    with server(tmp_path / "data") as house:
        house.start()
        run_through_kills(house, tmp_path, **size, kills=3, seed=seed_of_today())
        prove(house, tmp_path, **size, patience_s=600)
        house.end()


def test_sweeps_survive_three_kills_and_each_trial_runs_exactly_once(tmp_path: Path) -> None:
    with server(tmp_path / "data") as house:
        house.start()
        sweeps.run_through_kills(house, tmp_path, trials=6, kills=3, seed=seed_of_today())
        sweeps.prove(house, folder=tmp_path, trials=6, patience_s=600)
        house.end()


def test_a_job_that_ends_while_the_server_is_away_is_found_ended(tmp_path: Path) -> None:
    with server(tmp_path / "data") as house:
        house.start()
        house.found()
        go = tmp_path / "go"
        house.job("away", f"touch {tmp_path}/up; while [ ! -e {go} ]; do sleep 0.02; done; echo x > outputs/x")
        house.job("failing", f"while [ ! -e {go} ]; do sleep 0.02; done; exit 4")
        until(lambda: set(house.statuses().values()) == {"Running"}, "both jobs running")
        house.end(signal.SIGKILL)
        go.touch()
        until(lambda: len(list((house.data_dir / "work").glob("job-*/exit.json"))) == 2, "the end of both")
        house.start()
        until(lambda: settled(house), "an end")
        assert house.statuses() == {"away": "Completed", "failing": "Failed"}
        assert not processes_of(house.data_dir)
        house.end()


def test_a_job_goes_on_when_the_server_is_ended_in_peace(tmp_path: Path) -> None:
    with server(tmp_path / "data") as house:
        house.start()
        house.found()
        house.job("patient", f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; echo ran >> {tmp_path}/ran")
        until(lambda: house.statuses()["patient"] == "Running", "it runs")
        house.end()
        assert processes_of(house.data_dir)
        house.start()
        assert house.statuses()["patient"] == "Running"
        (tmp_path / "go").touch()
        until(lambda: settled(house), "an end")
        assert house.statuses() == {"patient": "Completed"}
        assert (tmp_path / "ran").read_text() == "ran\n"
        house.end()
