"""The server is killed while jobs run, again and again, and nothing is lost and nothing is done twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import create_engine, text
from tests.journeys.crashing import Server, lines, points_of, processes_of, server

from lazuli.compute.contract import until

JOBS = 20
KILLS = 3
STEPS = 4

WORK = """
import json, os, sys, time, urllib.request
place, steps = sys.argv[1], int(sys.argv[2])
name = os.environ["MLFLOW_RUN_ID"]

def note(file, value):
    with open(f"{place}/{file}", "a") as out:
        out.write(json.dumps(value) + "\\n")

def log(step):
    point = {"run_id": name, "key": "loss", "value": step / 2, "timestamp": 1, "step": step}
    headers = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"}
    url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
    while True:
        try:
            return urllib.request.urlopen(urllib.request.Request(url, json.dumps(point).encode(), headers)).read()
        except OSError as error:
            if getattr(error, "code", 503) < 500:
                raise
            time.sleep(0.05)

note("started", name)
for step in range(steps):
    log(step)
    note("acknowledged", [name, step])
    time.sleep(0.1)
with open("outputs/result", "w") as out:
    out.write(name)
"""


def settled(house: Server) -> bool:
    """Whether every job is at an end, and the server at rest."""
    return not set(house.statuses().values()) - {"Completed", "Failed", "Canceled"}


def leases(house: Server) -> int:
    """How many jobs the database holds leases of; the nodes that stand idle have theirs."""
    engine = create_engine(f"sqlite:///{house.data_dir / 'state.db'}")
    with engine.connect() as connection:
        return connection.execute(text("select count(*) from lease where kind = 'jobs'")).scalar_one()


def test_twenty_jobs_survive_three_kills_and_each_runs_exactly_once(tmp_path: Path) -> None:
    seed = int(os.environ.get("LAZULI_TEST_SEED") or random.SystemRandom().randrange(10**6))
    print(f"LAZULI_TEST_SEED={seed}")  # pytest shows it where the test fails: the same moments again
    moments = random.Random(seed)
    (tmp_path / "work.py").write_text(WORK)
    with server(tmp_path / "data") as house:
        house.start()
        house.found()
        house.put("/computes/four", {"computeType": "AmlCompute", "properties": {"scaleSettings": {"maxNodeCount": 4}}})
        names = [f"job{number:02}" for number in range(JOBS)]
        for name in names:
            house.job(name, f"python {tmp_path}/work.py {tmp_path} {STEPS}", "four")
        for _ in range(KILLS):
            time.sleep(moments.uniform(0.05, 1.5))
            house.end(signal.SIGKILL)
            time.sleep(moments.uniform(0, 0.8))
            house.start()
        until(lambda: settled(house), "an end of every job")
        assert Counter(house.statuses().values()) == {"Completed": JOBS}
        assert sorted(lines(tmp_path / "started")) == names
        acknowledged = lines(tmp_path / "acknowledged")
        assert len(acknowledged) == JOBS * STEPS
        for name in names:
            told = points_of(house, name, "loss")
            assert set(told) >= {(step, step / 2) for job, step in acknowledged if job == name}
        until(lambda: not processes_of(house.data_dir), "an end of every process")
        assert [entry.name for entry in (house.data_dir / "work").iterdir() if entry.name.startswith("job-")] == []
        assert leases(house) == 0
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
