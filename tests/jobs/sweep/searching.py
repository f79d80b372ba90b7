"""Sweeps of small commands, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.jobs.place import ENVIRONMENT, Place

from lazuli.jobs.sweep.trial import OF_TRIAL
from lazuli.store.documents import Record, Selection

LOG = """
import json, os, sys, time, urllib.request
for step, value in enumerate(map(float, sys.argv[2:])):
    point = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": sys.argv[1], "value": value, "timestamp": 0, "step": step}
    request = urllib.request.Request(
        os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric",
        json.dumps(point).encode(),
        {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).read()
"""
"""Logs the values it is given of the metric it is given."""
LOGGED = "python log.py score ${{search_space.x}}"
CHOICE: dict[str, Any] = {"x": {"type": "choice", "values": [1, 2, 3]}}


def sweep(
    place: Place,
    name: str,
    command: str,
    space: Mapping[str, Any] = CHOICE,
    *,
    trial: Mapping[str, Any] | None = None,
    **said: Any,
) -> Record:
    """Submit a sweep whose trials have ``log.py`` beside them."""
    runs = {"command": command, "environment": ENVIRONMENT, "code": code(place), **(trial or {})}
    searched = {
        "search_space": dict(space),
        "sampling_algorithm": "random",
        "objective": {"goal": "maximize", "primary_metric": "score"},
    }
    return place.put("job", name, type="sweep", trial=runs, **{**searched, **said})


def code(place: Place) -> str:
    """The code that logs."""
    if place.platform.store.blobs.stat(place.platform.storage.code_container(place.scope, "log", "1"), "log.py"):
        return "azureml:log:1"
    return place.code("log", log__py=LOG)


def trials(place: Place, name: str) -> list[Record]:
    """The trials of a sweep, by their numbers."""
    found = place.platform.shelves.job.select(Selection(place.scope, "jobs", parent=name))
    return sorted(found, key=lambda trial: trial.state[OF_TRIAL]["number"])


def given(place: Place, name: str) -> list[Any]:
    """The hyperparameters of each trial."""
    return [trial.state[OF_TRIAL]["params"] for trial in trials(place, name)]
