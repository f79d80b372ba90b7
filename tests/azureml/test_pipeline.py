"""Pipelines of the SDK v1: scripts that hand on what they write."""

from __future__ import annotations

from pathlib import Path

import pytest

from azureml.core import Experiment, Workspace
from azureml.core.runconfig import RunConfiguration
from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter, PipelineRun
from azureml.pipeline.steps import PythonScriptStep

PREPARE = """\
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument("--words")
parser.add_argument("--out")
said = parser.parse_args()
print("prepares", said.words)
os.makedirs(said.out)
with open(os.path.join(said.out, "words.txt"), "w") as file:
    file.write(said.words + os.environ["AML_PARAMETER_mark"])
"""
TRAIN = """\
import sys
from azureml.core import Run
text = open(sys.argv[1] + "/words.txt").read()
run = Run.get_context()
run.log("length", len(text))
with open(sys.argv[2], "w") as file:
    file.write(text.upper())
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("code")
    (folder / "prepare.py").write_text(PREPARE)
    (folder / "train.py").write_text(TRAIN)
    return str(folder)


@pytest.fixture
def settings() -> RunConfiguration:
    """A run on this machine with the Python that runs here."""
    made = RunConfiguration()
    made.environment.python.user_managed_dependencies = True
    return made


def test_a_pipeline_hands_on_what_its_steps_write(
    ws: Workspace, code: str, settings: RunConfiguration, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ws.get_default_datastore()
    words = PipelineParameter(name="words", default_value="a b")
    prepared = PipelineData("prepared", datastore=store)
    model = PipelineData("model", datastore=store, pipeline_output_name="best", output_mode="upload")
    PythonScriptStep(
        script_name="prepare.py",
        name="Prepare the data",
        arguments=["--words", words, "--out", prepared],
        outputs=[prepared],
        params={"mark": "!"},
        compute_target="local",
        runconfig=settings,
        source_directory=code,
    )
    train = PythonScriptStep(
        name="train",
        script_name="train.py",
        arguments=[prepared, model],
        inputs=[prepared],
        outputs=[model],
        runconfig=settings,
        source_directory=code,
        allow_reuse=False,
    )
    pipeline = Pipeline(workspace=ws, steps=[train])
    assert pipeline.validate() == []
    experiment = Experiment(ws, "words")
    run = experiment.submit(pipeline, tags={"kind": "first"}, pipeline_parameters={"words": "it's $HOME"})
    assert isinstance(run, PipelineRun)
    assert run.wait_for_completion(show_output=True) == "Finished"
    assert {step.name for step in run.get_steps()} == {"Prepare the data", "train"}
    (step,) = run.find_step_run("train")
    assert step.get_status() == "Finished" and step.parent == run
    assert step.get_metrics() == {"length": 11}
    left = run.get_pipeline_output("best")
    assert left.download(str(tmp_path), show_progress=True) == 1
    assert (tmp_path / left.path_on_datastore).read_text() == "IT'S $HOME!"
    (first,) = run.find_step_run("Prepare the data")
    said = first.get_output_data("prepared")
    assert said.path_on_datastore.endswith("/prepared") and said.datastore_name == store.name
    assert "prepares it's $HOME" in first.get_stdout_log()
    again = pipeline.submit("words", pipeline_parameters={"words": "it's $HOME"})
    again.wait_for_completion(show_output=False)
    assert {each.name: each.is_reused for each in again.get_steps()} == {"Prepare the data": True, "train": False}
    reused = again.find_step_run("Prepare the data")[0].get_output_data("prepared")
    assert reused.download(str(tmp_path)) in (0, 1)
