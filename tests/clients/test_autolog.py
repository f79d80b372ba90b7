"""The example of autolog as a job, with either mlflow: what is fitted comes into the job's run and its children."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from tests.jobs.place import opened

from lazuli.jobs.transitions import TERMINAL

EXAMPLE = Path(__file__).parents[2] / "examples" / "jobs" / "autolog"
PATIENCE_S = 400
PACKAGES = {
    "3": [],
    "2": ["mlflow-skinny==2.22.*", "pandas<3", "scikit-learn==1.6.*"],
}


@pytest.mark.parametrize("major", PACKAGES)
def test_autolog_comes_into_the_run_of_the_job_and_its_children(tmp_path: Path, major: str) -> None:
    conda = yaml.safe_load((EXAMPLE / "conda.yml").read_text())
    if packages := PACKAGES[major]:
        conda["dependencies"] = ["python=3.11", "pip", {"pip": packages}]
    with opened(tmp_path) as place:
        place.put("environment", "autolog", "1", image="python:3.11", conda_file=conda)
        code = place.code("autolog", train__py=(EXAMPLE / "src" / "train.py").read_text())
        place.submit("wine", "python train.py --depths 2,4", environment="azureml:autolog:1", code=code)
        ends = time.monotonic() + PATIENCE_S  # most of it for building the environment
        while place.get("wine").status not in TERMINAL and time.monotonic() < ends:
            time.sleep(0.1)
        assert place.get("wine").status == "Completed", place.log("wine")
        run, children = place.tracked("wine"), place.platform.tracking.runs.children(place.scope, "wine")
        assert [child.name for child in children] == ["depth 2", "depth 4"]
        for child, depth in zip(children, ("2", "4"), strict=True):
            assert (child.status, child.params["max_depth"], child.user) == ("FINISHED", depth, run.user)
            metrics = {one.key: one.value for one in child.metrics}
            assert 0.5 < metrics["training_accuracy_score"] <= 1 and 0.5 < metrics["accuracy"] <= 1
        assert run.params["max_depth"] in ("2", "4") and run.status == "FINISHED"
        assert {one.key for one in run.metrics} >= {"training_accuracy_score", "accuracy"}
        assert run.tags["estimator_name"] == "DecisionTreeClassifier"
        assert run.datasets, "what the estimator was fitted on is an input of the run"
        if major == "2":
            listed = place.platform.tracking.artifacts.list(place.scope, "ExperimentRun/dcid.wine/model")
            assert "ExperimentRun/dcid.wine/model/MLmodel" in [file.path for file in listed]
        else:
            models = place.platform.tracking.models.search(place.scope, [run.experiment_id])[0]
            assert {model.source_run_id for model in models} == {"wine", *(child.id for child in children)}
            assert {model.status for model in models} == {"READY"}
