"""What pictures of a sweep are drawn from: its trials, axes, and what mattered."""

from __future__ import annotations

import pytest
from tests.jobs.place import Place
from tests.jobs.sweep.searching import LOGGED, sweep

from lazuli.jobs.sweep.trials import columns
from lazuli.resources.sweep import SweepJob
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput, NotFound

MOMENTUM = {"type": "quniform", "min_value": 0, "max_value": 9, "q": 1}
SPACE = {
    "x": {"type": "uniform", "min_value": 0, "max_value": 1},
    "lr": {"type": "loguniform", "min_value": -2, "max_value": 0},
    "opt": {
        "type": "choice",
        "values": ["sgd", {"momentum": {"type": "quniform", "min_value": 0, "max_value": 9, "q": 1}}],
    },
    "units": {"type": "choice", "values": [16, 32]},
    "level": {"type": "randint", "upper": 3},
    "noise": {"type": "normal", "mu": 0, "sigma": 1},
    "fixed": "yes",
}


def test_the_trials_are_told_with_what_they_tried_and_logged(place: Place) -> None:
    command = "python log.py score 0.1 ${{search_space.x}} 0.2"
    sweep(
        place, "drawn", command, SPACE, limits={"max_total_trials": 6}, sampling_algorithm={"type": "random", "seed": 1}
    )
    record = place.until("drawn", "Completed")
    id = ResourceId(place.scope, "jobs", "drawn")
    told = place.platform.trials.told(id, intervals=True)
    assert (told["goal"], told["primaryMetric"], told["counts"]) == ("maximize", "score", {"Completed": 6})
    assert told["best"] == record.state["best"]["trial"]
    row = told["trials"][2]
    assert (row["number"], row["name"], row["status"]) == (2, "drawn_2", "Completed")
    assert row["best"] == max(row["params"]["x"], 0.2)
    assert (row["last"], row["intervals"]) == (0.2, 3)
    assert row["values"] == [(1, 0.1), (2, row["params"]["x"]), (3, 0.2)]
    assert row["startTime"] and row["endTime"] and row["reason"] is None
    assert "values" not in place.platform.trials.told(id)["trials"][0]
    mattered = place.platform.trials.importance(id)
    assert mattered["completedTrials"] == 6
    assert {each["name"] for each in mattered["importance"]} == {*SPACE, "momentum"} - {"fixed"}
    assert sum(each["share"] for each in mattered["importance"]) == pytest.approx(1)
    assert place.platform.trials.importance(id) == mattered


def test_hyperparameters_as_axes() -> None:
    told = {"search_space": SPACE, "sampling_algorithm": {"type": "random", "logbase": 10}}
    objective = {"goal": "maximize", "primary_metric": "score"}
    job = SweepJob.load({"type": "sweep", "trial": {"command": "true"}, "objective": objective, **told})
    found = {column.pop("name"): column for column in columns(job)}
    assert found["lr"] == {"type": "loguniform", "scale": "log", "conditional": False, "least": 0.01, "most": 1}
    assert found["opt"] == {"type": "choice", "scale": "category", "conditional": False, "categories": ["sgd"]}
    assert found["momentum"]["conditional"] and found["momentum"]["most"] == 9
    assert (found["units"]["scale"], found["units"]["categories"]) == ("linear", [16, 32])
    assert (found["level"]["least"], found["level"]["most"]) == (0, 2)
    assert (found["noise"]["least"], found["noise"]["most"]) == (None, None)
    assert found["fixed"]["categories"] == ["yes"]


def test_what_cannot_be_drawn_says_so(place: Place) -> None:
    place.run("no-sweep")
    with pytest.raises(NotFound, match="is no sweep"):
        place.platform.trials.told(ResourceId(place.scope, "jobs", "no-sweep"))
    sweep(place, "few", LOGGED, limits={"max_total_trials": 1})
    place.until("few", "Completed")
    with pytest.raises(InvalidInput, match="from 1 completed trials"):
        place.platform.trials.importance(ResourceId(place.scope, "jobs", "few"))
