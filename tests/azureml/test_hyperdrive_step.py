"""Steps of the SDK v1 that search for good hyperparameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from azureml.core import Dataset, Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.runconfig import RunConfiguration
from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter, StepSequence, TrainingOutput
from azureml.pipeline.steps import HyperDriveStep, HyperDriveStepRun, PythonScriptStep
from azureml.pipeline.steps.hyper_drive_step import HyperDriveStepRun as SameRun
from azureml.train.estimator import Estimator
from azureml.train.hyperdrive import (
    BanditPolicy,
    BayesianParameterSampling,
    GridParameterSampling,
    HyperDriveConfig,
    PrimaryMetricGoal,
    RandomParameterSampling,
    choice,
    uniform,
)

TRAIN = """\
import argparse, os
from azureml.core import Run
parser = argparse.ArgumentParser()
parser.add_argument("--data")
parser.add_argument("--learning-rate", type=float)
parser.add_argument("--kind", default="none")
parser.add_argument("--kept")
said, _ = parser.parse_known_args()
base = float(open(said.data).read()) if said.data else 0
run = Run.get_context()
run.log("score", base + said.learning_rate)
os.makedirs("outputs", exist_ok=True)
open("outputs/model.txt", "w").write(f"{said.kind} {said.learning_rate}")
if said.kept:
    open(said.kept, "w").write(said.kind)
"""
USE = """\
import sys
print("model:", open(sys.argv[1]).read())
print("trials:", open(sys.argv[2]).read())
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("code")
    (folder / "train.py").write_text(TRAIN)
    (folder / "use.py").write_text(USE)
    return str(folder)


@pytest.fixture(scope="module")
def settings() -> RunConfiguration:
    """A run on this machine with the Python that runs here."""
    made = RunConfiguration()
    made.environment = Environment("here")
    made.environment.python.user_managed_dependencies = True
    return made


def searching(sampling: Any, **more: Any) -> HyperDriveConfig:
    said: dict[str, Any] = {
        "primary_metric_name": "score",
        "primary_metric_goal": PrimaryMetricGoal.MAXIMIZE,
        "max_total_runs": 4,
        "max_concurrent_runs": 4,
    }
    return HyperDriveConfig(hyperparameter_sampling=sampling, **{**said, **more})


def test_a_search_hands_on_its_metrics_and_the_model_of_its_best_trial(
    ws: Workspace, code: str, settings: RunConfiguration, tmp_path: Path
) -> None:
    store = ws.get_default_datastore()
    (tmp_path / "base.txt").write_text("10")
    store.upload_files([str(tmp_path / "base.txt")], target_path="bases", show_progress=False)
    base = Dataset.File.from_files((store, "bases/base.txt")).as_named_input("base").as_mount()
    metrics = PipelineData(
        "metrics_data", datastore=store, pipeline_output_name="metrics", training_output=TrainingOutput("Metrics")
    )
    model = PipelineData(
        "saved_model", datastore=store, training_output=TrainingOutput("Model", model_file="outputs/model.txt")
    )
    kept = PipelineData("kept", datastore=store)
    script = ScriptRunConfig(code, "train.py", ["--data", base, "--kept", kept], run_config=settings)
    sampling = GridParameterSampling({"--learning-rate": choice(0.1, 0.5), "kind": choice("a b", "c")})
    search = HyperDriveStep(
        name="search them",
        hyperdrive_config=searching(
            sampling, run_config=script, policy=BanditPolicy(evaluation_interval=2, slack_factor=0.5)
        ),
        inputs=[base],
        outputs=[metrics, model, kept],
        allow_reuse=True,
        version="1",
    )
    use = PythonScriptStep(
        "use.py",
        name="use",
        arguments=[model, metrics],
        inputs=[model, metrics],
        runconfig=settings,
        source_directory=code,
    )
    experiment = Experiment(ws, "searching")
    run = experiment.submit(Pipeline(ws, StepSequence([search, use])))
    assert run.wait_for_completion(show_output=False) == "Finished"
    (step,) = run.find_step_run("search them")
    found = HyperDriveStepRun(step_run=step)
    best = found.get_best_run_by_primary_metric()
    assert best is not None and best.get_metrics() == {"score": 10.5}
    scores = {id: said["score"] for id, said in found.get_metrics().items()}
    assert sorted(scores.values()) == [10.1, 10.1, 10.5, 10.5] and SameRun is HyperDriveStepRun
    left = run.get_pipeline_output("metrics")
    left.download(str(tmp_path))
    told = json.loads((tmp_path / left.path_on_datastore).read_text())
    assert told == {id: {"score": [score]} for id, score in scores.items()}
    assert step.get_output_data("metrics_data").path_on_datastore == left.path_on_datastore
    assert {"kept", "saved_model"} < step.get_outputs().keys()
    log = run.find_step_run("use")[0].get_stdout_log()
    assert "model: a b 0.5" in log or "model: c 0.5" in log
    with pytest.raises(ValueError, match="no HyperDriveStep"):
        HyperDriveStepRun(run.find_step_run("use")[0])

    config = searching(
        RandomParameterSampling({"--learning-rate": choice(0.2)}),
        run_config=ScriptRunConfig(code, "train.py", ["--data", base], run_config=settings),
        resume_from=found,
        max_total_runs=1,
        max_concurrent_runs=1,
    )
    again = experiment.submit(Pipeline(ws, [use, search, HyperDriveStep("resumed", config)]))
    assert again.wait_for_completion(show_output=False) == "Finished"
    (reused,) = again.find_step_run("search them")
    assert reused.is_reused and HyperDriveStepRun(reused).id == found.id
    assert "model: " in again.find_step_run("use")[0].get_stdout_log()
    resumed = HyperDriveStepRun(again.find_step_run("resumed")[0])
    bests = [resumed.get_best_run_by_primary_metric(include_resume_from_runs=earlier) for earlier in (True, False)]
    assert [best.get_metrics()["score"] for best in bests if best is not None] == [10.5, 10.2]


def test_an_estimator_is_searched_with_the_arguments_of_the_step(
    ws: Workspace, code: str, settings: RunConfiguration, tmp_path: Path
) -> None:
    estimator = Estimator(
        source_directory=code,
        entry_script="train.py",
        compute_target="local",
        environment_definition=settings.environment,
    )
    metrics = PipelineData("numbers", datastore=ws.get_default_datastore(), pipeline_output_name="numbers")
    config = searching(
        BayesianParameterSampling({"learning-rate": uniform(0, 1)}),
        estimator=estimator,
        max_total_runs=2,
        max_concurrent_runs=1,
        primary_metric_goal=PrimaryMetricGoal.MINIMIZE,
        max_duration_minutes=10,
    )
    step = HyperDriveStep(
        name="search",
        hyperdrive_config=config,
        estimator_entry_script_arguments=["--kind", PipelineParameter(name="kind", default_value="told")],
        metrics_output=metrics,
        allow_reuse=False,
    )
    run = Experiment(ws, "searching").submit(Pipeline(ws, [step]), pipeline_parameters={"kind": "given as it is"})
    assert run.wait_for_completion(show_output=False) == "Finished"
    left = run.get_pipeline_output("numbers")
    left.download(str(tmp_path))
    assert len(json.loads((tmp_path / left.path_on_datastore).read_text())) == 2
    best = HyperDriveStepRun(run.find_step_run("search")[0]).get_best_run_by_primary_metric()
    assert best is not None
    best.download_file("outputs/model.txt", str(tmp_path / "model.txt"))
    assert (tmp_path / "model.txt").read_text().startswith("given as it is 0.")
    with pytest.raises(ValueError, match="no HyperDriveConfig"):
        HyperDriveStep("x", estimator)  # pyright: ignore[reportArgumentType]
