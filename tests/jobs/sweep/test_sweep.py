"""A sweep runs its trials, and ends with the best."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from tests.jobs.place import PYTHON, Place
from tests.jobs.sweep.searching import CHOICE, LOGGED, given, sweep, trials

from lazuli.compute.contract import until
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput
from lazuli.server.present import present


def test_a_grid_is_tried_and_the_best_trial_is_told(place: Place) -> None:
    sweep(
        place,
        "grid",
        f"{LOGGED} && echo ${{{{search_space.x}}}} ${{{{inputs.word}}}} > ${{{{outputs.out}}}}/x",
        sampling_algorithm="grid",
        limits={"max_concurrent_trials": 2},
        inputs={"word": "said"},
        outputs={"out": {"name": "best-of-grid"}},
    )
    ended = place.until("grid", "Completed")
    done = trials(place, "grid")
    assert [trial.id.name for trial in done] == ["grid_0", "grid_1", "grid_2"]
    assert [trial.status for trial in done] == ["Completed"] * 3
    assert given(place, "grid") == [{"x": 1}, {"x": 2}, {"x": 3}]
    assert [json.loads(trial.body["tags"]["hyperparameters"]) for trial in done] == given(place, "grid")
    told = present(noun("job"), ended, "http://127.0.0.1")["properties"]["properties"]
    assert (told["best_child_run_id"], told["score"]) == ("grid_2", "3.0")
    assert ended.state["best"] == {"trial": "grid_2", "number": 2, "score": 3.0}
    assert place.platform.storage.resolve(place.scope, "azureml://jobs/grid/outputs/out").endswith("/grid_2/out")
    assert place.files("azureml/grid_2/out/") == {"x": "3 said\n"}
    asset = place.platform.shelves["data"].get(ResourceId(place.scope, "data", "best-of-grid", "1"))
    assert asset.body["path"].endswith("/grid_2/out")
    runs = place.platform.tracking.runs.children(place.scope, "grid")
    assert {run.id: run.tags["hyperparameters"] for run in runs}["grid_1"] == '{"x": 2}'
    log = place.platform.logs.read(ended, place.platform.logs.main(ended)).decode().splitlines()
    assert [line.split("  ", 1)[1] for line in log if "grid_2" in line] == [
        "grid_2  tries x=3",
        "grid_2  Completed: score 3.0, the best so far",
    ]
    assert len(log) == 6
    parent = place.tracked("grid")
    assert (parent.status, parent.tags["best_child_run_id"], parent.tags["score"]) == ("FINISHED", "grid_2", "3.0")


def test_the_same_seed_tries_the_same_and_without_one_each_sweep_has_its_own(place: Place) -> None:
    space = {"lr": {"type": "loguniform", "min_value": -6, "max_value": -1}, "units": {"type": "randint", "upper": 500}}
    for name in ("seeded1", "seeded2"):
        algorithm = {"type": "random", "seed": 5}
        sweep(place, name, "true", space, sampling_algorithm=algorithm, limits={"max_total_trials": 3})
        place.until(name, "Completed")
    assert given(place, "seeded1") == given(place, "seeded2")
    for name in ("unseeded1", "unseeded2"):
        sweep(place, name, "true", space, limits={"max_total_trials": 1})
        place.until(name, "Completed")
    assert given(place, "unseeded1") != given(place, "unseeded2")


def test_no_more_trials_run_at_once_than_is_said(place: Place) -> None:
    sweep(place, "one-by-one", "true", limits={"max_total_trials": 4, "max_concurrent_trials": 1})
    place.until("one-by-one", "Completed")
    done = trials(place, "one-by-one")
    for before, after in pairwise(done):
        assert after.created_at >= before.modified_at


def test_what_a_trial_sees_of_its_hyperparameters(place: Place) -> None:
    inner = {"momentum": {"type": "choice", "values": [0.5]}}
    space = {
        "flag": {"type": "choice", "values": [True]},
        "my-rate": {"type": "choice", "values": [1e-5]},
        "opt": {"type": "choice", "values": ["sgd", inner]},
    }
    sweep(
        place,
        "seen",
        "echo ${{search_space.flag}} ${{search_space.my-rate}} $[[--m ${{search_space.momentum}}]] ${{inputs.bound}}"
        " $MINE $AZUREML_SWEEP_my_rate $AZUREML_SWEEP_word $MLFLOW_RUN_ID $AZUREML_ROOT_RUN_ID",
        space,
        trial={"environment_variables": {"MINE": "rate=${{search_space.my-rate}}"}},
        inputs={"bound": "is-${{search_space.flag}}", "word": "w"},
        sampling_algorithm="grid",
    )
    place.until("seen", "Completed")
    assert place.log("seen_0") == "True 1e-05 is-True rate=1e-05 1e-05 w seen_0 seen\n"
    assert place.log("seen_1") == "True 1e-05 --m 0.5 is-True rate=1e-05 1e-05 w seen_1 seen\n"


def test_where_no_trial_logs_the_metric_there_is_no_best_one_and_that_is_told(place: Place) -> None:
    sweep(place, "silent", "true", limits={"max_total_trials": 2}, outputs={"out": {}})
    record = place.until("silent", "Completed")
    assert "best" not in record.state
    assert "mlflow.log_metric('score'" in record.state["status_reason"]
    with pytest.raises(InvalidInput, match="no best trial"):
        place.platform.storage.resolve(place.scope, "azureml://jobs/silent/outputs/out")


def test_a_place_of_ones_own_for_what_each_trial_writes(place: Place) -> None:
    mine = "azureml://datastores/workspaceblobstore/paths/searched"
    outputs = {
        "all": {"path": f"{mine}/all"},
        "named": {"path": f"{mine}/by-name/${{{{name}}}}"},
        "file": {"type": "uri_file", "path": f"{mine}/result.csv"},
    }
    command = (
        f"{LOGGED}; for o in ${{{{outputs.all}}}} ${{{{outputs.named}}}}; do echo ${{{{search_space.x}}}} > $o/x; done"
    )
    command += "; echo ${{search_space.x}} > ${{outputs.file}}"
    sweep(place, "apart", command, sampling_algorithm="grid", outputs=outputs)
    place.until("apart", "Completed")
    found = place.files("searched/")
    assert {path: text for path, text in found.items() if "apart_1" in path} == {
        "all/apart_1/x": "2\n",
        "by-name/apart_1/x": "2\n",
        "apart_1/result.csv": "2\n",
    }
    assert len(found) == 9
    assert place.platform.storage.resolve(place.scope, "azureml://jobs/apart/outputs/file") == (
        f"{mine}/apart_2/result.csv"
    )


def test_what_could_never_run_is_refused_before_anything_is_made(place: Place) -> None:
    with pytest.raises(InvalidInput, match="does not exist") as refused:
        sweep(place, "refused1", "true", trial={"environment": "azureml:nowhere:1"})
    assert refused.value.target == "trial.environment"
    with pytest.raises(InvalidInput, match="nowhere") as refused:
        sweep(place, "refused2", "true", compute="azureml:nowhere")
    assert refused.value.target == "compute"
    with pytest.raises(InvalidInput, match="Nothing lies"):
        lost = {"path": "azureml://datastores/workspaceblobstore/paths/nothing-here"}
        sweep(place, "refused3", "true", inputs={"data": lost})


def test_trials_run_on_a_cluster_and_as_several_processes(place: Place) -> None:
    place.put("compute", "searchers", type="amlcompute", size="Standard_DS1_v2", max_instances=2)
    sweep(
        place,
        "on-a-cluster",
        f"echo $RANK of $WORLD_SIZE; test $RANK = 0 || exit 0; {LOGGED}",
        compute="azureml:searchers",
        sampling_algorithm="grid",
        trial={"distribution": {"type": "pytorch", "process_count_per_instance": 2}},
        limits={"max_concurrent_trials": 2},
    )
    record = place.until("on-a-cluster", "Completed")
    assert record.state["best"]["score"] == 3.0
    assert {trial.state["target"] for trial in trials(place, "on-a-cluster")} == {"searchers"}
    assert "1 of 2" in place.platform.logs.read(place.get("on-a-cluster_0"), "user_logs/std_log_process_1.txt").decode()


def test_a_sweep_put_again_is_the_same_and_another_is_refused(place: Place) -> None:
    sweep(place, "again", "true", limits={"max_total_trials": 1})
    sweep(place, "again", "true", limits={"max_total_trials": 1})
    place.until("again", "Completed")
    with pytest.raises(Exception, match="another 'search_space'"):
        sweep(place, "again", "true", {"y": CHOICE["x"]}, limits={"max_total_trials": 1})
    assert len(trials(place, "again")) == 1


def test_python_is_the_one_of_the_environment(place: Place) -> None:
    sweep(place, "versions", "python --version", limits={"max_total_trials": 1})
    place.until("versions", "Completed")
    assert PYTHON.removeprefix("python:") in place.log("versions_0")
    until(lambda: not [key for key in place.work_folders() if "versions_0" in key], "no work folder")
