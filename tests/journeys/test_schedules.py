"""The server is killed around the moments at which schedules fire, and each firing has one job that runs once."""

from __future__ import annotations

import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.journeys.crashing import SCOPE, Server, server

from lazuli.compute.contract import until

NUMBER = 6


def make(house: Server, name: str, start: datetime, command: str) -> None:
    trigger = {"triggerType": "Recurrence", "frequency": "Hour", "interval": 1, "startTime": start.isoformat()}
    job = {"jobType": "Command", "command": command, "environmentId": "azureml:plain:1", "computeId": "local"}
    house.put(f"/schedules/{name}", {"trigger": trigger, "action": {"actionType": "CreateJob", "jobDefinition": job}})


def last_jobs(house: Server) -> list[str]:
    """The jobs that schedules say they made last."""
    found = house.call("GET", f"{SCOPE}/schedules")["value"]
    return [each["properties"]["lastJob"] for each in found if "lastJob" in each["properties"]]


def test_firings_survive_kills_and_each_has_one_job(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with server(tmp_path / "data") as house:
        house.start()
        house.found()
        soon = datetime.now(UTC) + timedelta(seconds=5)
        for number in range(NUMBER):
            make(house, f"s{number}", soon + timedelta(milliseconds=150 * number), f"echo {number} >> {ran}")
        for made in (1, 3):  # they are due within a second: the kills fall into their steps
            until(lambda wanted=made: len(house.statuses()) >= wanted, f"{made} jobs")
            house.end(signal.SIGKILL)
            house.start()
        until(lambda: len(last_jobs(house)) == NUMBER, "a job for each schedule")
        until(lambda: set(house.statuses().values()) == {"Completed"}, "the end of all")
        assert sorted(house.statuses()) == sorted(last_jobs(house))
        assert Counter(ran.read_text().split()) == Counter(map(str, range(NUMBER)))
        house.end()


def test_a_server_that_was_away_takes_up_what_it_missed(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with server(tmp_path / "data") as house:
        house.start()
        house.found()
        due = datetime.now(UTC) + timedelta(seconds=3)
        make(house, "missed", due, f"echo missed >> {ran}")
        make(house, "manual", due + timedelta(days=1), f"echo manual >> {ran}")
        told = house.call("POST", f"{SCOPE}/schedules/manual/trigger", {"scheduleTime": "2026-05-01T09:00:00Z"})
        house.end(signal.SIGKILL)
        until(lambda: datetime.now(UTC) > due, "the moment has passed")
        house.start()
        again = house.call("POST", f"{SCOPE}/schedules/manual/trigger", {"scheduleTime": "2026-05-01T09:00:00Z"})
        assert again == told, "whoever asks again is told the same job"
        until(lambda: len(last_jobs(house)) == 2, "both have fired")
        until(lambda: set(house.statuses().values()) == {"Completed"}, "the end of both")
        assert sorted(ran.read_text().split()) == ["manual", "missed"]
        assert sorted(house.statuses()) == sorted(last_jobs(house))
        house.end()
