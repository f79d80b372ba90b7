"""Sweeps that run while their server is killed again and again, and what must hold afterwards."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.journeys.crashing import SCOPE, Server, lines, points_of

from lazuli.ml.search import Sampler, sampler_for

__all__ = ["prove", "run_through_kills"]

ENDS = {"Completed", "Failed", "Canceled"}
TRIAL = """
import json, os, sys, time, urllib.request
place, x, first = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
name = os.environ["MLFLOW_RUN_ID"]

def note(file):
    out = os.open(f"{place}/{file}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(out, (json.dumps(name) + "\\n").encode())  # one call: lines of several trials never mix
    os.close(out)

def log(step, value):
    headers = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"}
    body = json.dumps({"run_id": name, "key": "score", "value": value, "timestamp": 1, "step": step}).encode()
    url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
    while True:
        try:
            return urllib.request.urlopen(urllib.request.Request(url, body, headers)).read()
        except OSError as error:
            if getattr(error, "code", 503) < 500:
                raise
            time.sleep(0.05)

note("started")
while first > x and not (os.path.exists(f"{place}/ended") and "judged_0" in open(f"{place}/ended").read()):
    time.sleep(0.05)  # until there is something to be judged by
for step in range(3):
    log(step, x + step / 10)
    time.sleep(0.05)
while x < first - 0.3:
    time.sleep(0.05)  # until it is given up
note("ended")
"""
SPACE = {"x": ["uniform", [0, 1]]}
SEED = 107
"""Of forty draws the first is the greatest, so that what is given up is given up because of it."""
SAMPLING = {"type": "random", "seed": SEED}


def run_through_kills(house: Server, folder: Path, *, trials: int, kills: int, seed: int) -> None:
    """Submit a sweep of each kind, and kill the server while they run."""
    house.found()
    house.put("/computes/four", {"computeType": "AmlCompute", "properties": {"scaleSettings": {"maxNodeCount": 4}}})
    (folder / "trial.py").write_text(TRIAL)
    _submit(house, folder, "plain", trials, {"samplingAlgorithmType": "Random", "seed": SEED})
    _submit(house, folder, "learning", trials, {"samplingAlgorithmType": "Bayesian", "seed": SEED})
    policy = {"policyType": "Bandit", "slackAmount": 0.3, "evaluationInterval": 1, "delayEvaluation": 3}
    _submit(house, folder, "judged", trials, {"samplingAlgorithmType": "Random", "seed": SEED}, earlyTermination=policy)
    chance = random.Random(seed)
    for _ in range(kills):
        time.sleep(chance.uniform(0.1, 1.5))
        house.end(signal.SIGKILL)
        time.sleep(chance.uniform(0, 0.5))
        house.start()


def _submit(house: Server, folder: Path, name: str, trials: int, sampling: dict[str, Any], **more: Any) -> None:
    first = _drawn().ask(0, []) if more else None
    command = f"{sys.executable} {folder}/trial.py {folder} ${{{{search_space.x}}}} {first['x'] if first else 0}"
    said = {
        "jobType": "Sweep",
        "experimentName": "crash",
        "computeId": "four",
        "trial": {"command": command, "environmentId": "azureml:plain:1"},
        "searchSpace": SPACE,
        "samplingAlgorithm": sampling,
        "objective": {"goal": "Maximize", "primaryMetric": "score"},
        "limits": {"jobLimitsType": "Sweep", "maxTotalTrials": trials, "maxConcurrentTrials": 2},
    }
    house.put(f"/jobs/{name}", {**said, **more})


def _drawn() -> Sampler:
    """What the sweeps that are drawn at random draw."""
    return sampler_for({"x": {"type": "uniform", "min_value": 0, "max_value": 1}}, SAMPLING, "maximize", 1)


def prove(house: Server, *, folder: Path, trials: int, patience_s: float) -> None:
    """Every trial ran once with what its number draws, those that did badly were given up, and the best is told."""
    deadline = time.monotonic() + patience_s
    sweeps = ("plain", "learning", "judged")
    while {house.status(name) for name in sweeps} - ENDS:
        assert time.monotonic() < deadline, house.statuses()
        time.sleep(0.2)
    expected = [f"{name}_{number}" for name in sweeps for number in range(trials)]
    assert Counter(lines(folder / "started")) == Counter(expected)
    told = {name: house.call("GET", f"{SCOPE}/jobs/{name}/trials?intervals=true") for name in sweeps}
    drawn = _drawn()
    for name in sweeps:
        rows = told[name]["trials"]
        assert [row["name"] for row in rows] == [f"{name}_{number}" for number in range(trials)]
        assert house.status(name) == "Completed"
        for row in rows:
            values = [row["params"]["x"] + step / 10 for step in range(3)]
            # What was stored when its answer was lost is sent again.
            assert list(dict.fromkeys(value for _, value in row["values"])) == values
            assert set(points_of(house, row["name"], "score")) == set(enumerate(values))
    for name in ("plain", "judged"):
        assert [row["params"] for row in told[name]["trials"]] == [drawn.ask(n, []) for n in range(trials)]
    given_up = {row["name"] for row in told["judged"]["trials"] if row["status"] == "Canceled"}
    assert given_up
    assert given_up == set(expected) - set(lines(folder / "ended"))
    assert {row["status"] for name in ("plain", "learning") for row in told[name]["trials"]} == {"Completed"}
    for name in sweeps:
        best = max((row for row in told[name]["trials"] if row["status"] == "Completed"), key=lambda row: row["best"])
        said = house.call("GET", f"{SCOPE}/jobs/{name}")["properties"]["properties"]
        assert (said["best_child_run_id"], float(said["score"])) == (best["name"], best["best"])
