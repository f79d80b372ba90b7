"""Steps of the SDK v1 that run a script on a large input, batch by batch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from azureml.contrib.pipeline import steps as earlier
from azureml.core import Dataset, Environment, Experiment, Workspace
from azureml.core.authentication import InteractiveLoginAuthentication
from azureml.core.model import Model
from azureml.core.runconfig import RunConfiguration
from azureml.data import OutputFileDatasetConfig
from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from azureml.exceptions import ActivityFailedException, UserErrorException
from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter, PipelineRun
from azureml.pipeline.steps import ParallelRunConfig, ParallelRunStep, PythonScriptStep

FILES = """\
import argparse, os
from azureml.core import Run
from azureml_user.parallel_run import EntryScript


def init():
    global said, labels
    parser = argparse.ArgumentParser()
    parser.add_argument("--greeting")
    parser.add_argument("--labels")
    said, _ = parser.parse_known_args()
    labels = open(os.path.join(said.labels, "labels.txt")).read().split()
    EntryScript().logger.info("init is called")


def run(mini_batch):
    Run.get_context().parent.log("batch", len(mini_batch))
    if os.environ.get("BROKEN") in {os.path.basename(file) for file in mini_batch}:
        raise ValueError("broken on purpose")
    return [f"{os.path.basename(file)}: {said.greeting} {labels[0]} {len(open(file).read())}" for file in mini_batch]
"""
ROWS = """\
def init():
    pass


def run(mini_batch):
    return mini_batch.assign(double=mini_batch["x"] * 2, rows=len(mini_batch))
"""
SUMMARY = """\
import os, sys


def init():
    pass


def run(mini_batch):
    folder = sys.argv[sys.argv.index("--out") + 1]
    os.makedirs(folder, exist_ok=True)
    for file in mini_batch:
        with open(os.path.join(folder, os.path.basename(file)), "w") as sink:
            sink.write(open(file).read().upper())
    return mini_batch
"""
KEYS = """\
import os


def init():
    pass


def run(mini_batch, mini_batch_context):
    key = mini_batch_context.partition_key_value
    whole = len(mini_batch_context.dataset.to_path())
    return [f"{key['user']} {key['kind']} {os.path.basename(file)} {len(mini_batch)} {whole}" for file in mini_batch]
"""
SCORE = """\
import json, os
from azureml.core import Model


def init():
    global model
    model = json.load(open(Model.get_model_path("scores-letters")))


def run(mini_batch):
    return [f"{os.path.basename(file)}: {model[open(file).read()[0]]}" for file in mini_batch]
"""
LABEL = """\
import os, sys
os.makedirs(sys.argv[1], exist_ok=True)
open(os.path.join(sys.argv[1], "labels.txt"), "w").write("friend")
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("code")
    for name, text in {
        "files.py": FILES,
        "rows.py": ROWS,
        "summary.py": SUMMARY,
        "label.py": LABEL,
        "keys.py": KEYS,
        "score.py": SCORE,
    }.items():
        (folder / name).write_text(text)
    return str(folder)


@pytest.fixture(scope="module")
def environment() -> Environment:
    """The Python that runs here."""
    made = Environment("here")
    made.python.user_managed_dependencies = True
    return made


@pytest.fixture(scope="module")
def letters(ws: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Six small files on the default datastore."""
    folder = tmp_path_factory.mktemp("letters")
    for number, name in enumerate("abcdef"):
        (folder / f"{name}.txt").write_text(name * (number + 1))
    store = ws.get_default_datastore()
    store.upload(str(folder), target_path="letters", show_progress=False)
    return Dataset.File.from_files((store, "letters"))


@pytest.fixture(scope="module")
def settings(environment: Environment) -> RunConfiguration:
    made = RunConfiguration()
    made.environment = environment
    return made


def config(environment: Environment, code: str, entry_script: str, **more: Any) -> ParallelRunConfig:
    said: dict[str, Any] = {
        "environment": environment,
        "entry_script": entry_script,
        "source_directory": code,
        "error_threshold": 0,
        "output_action": "append_row",
        "compute_target": "local",
        "node_count": 1,
        "process_count_per_node": 2,
    }
    return ParallelRunConfig(**{**said, **more})


def lines(run: PipelineRun, step: str, output: str, folder: Path, file: str = "parallel_run_step.txt") -> list[str]:
    """What a step appended to the file of an output, in order."""
    (found,) = run.find_step_run(step)
    left = found.get_output_data(output)
    left.download(local_path=str(folder))
    return sorted((folder / left.path_on_datastore / file).read_text().splitlines())


def test_files_are_cut_into_batches_whose_sizes_are_parameters(
    ws: Workspace, code: str, environment: Environment, settings: RunConfiguration, letters: Any, tmp_path: Path
) -> None:
    labels = OutputFileDatasetConfig("labels")
    scored = PipelineData("scored", datastore=ws.get_default_datastore())
    label = PythonScriptStep("label.py", name="label", arguments=[labels], runconfig=settings, source_directory=code)
    how = config(
        environment,
        code,
        "files.py",
        mini_batch_size=PipelineParameter(name="batch_size", default_value="4"),
        process_count_per_node=PipelineParameter(name="processes", default_value=1),
        error_threshold=PipelineParameter(name="failures", default_value=0),
        run_invocation_timeout=PipelineParameter(name="seconds", default_value=600),
        append_row_file_name="scores.txt",
        description="Greets files",
        run_max_try=1,
        logging_level="DEBUG",
        environment_variables={"BROKEN": "nothing"},
    )
    given = PipelineParameter(name="files", default_value=letters)
    step = ParallelRunStep(
        name="Greet them",
        parallel_run_config=how,
        inputs=[DatasetConsumptionConfig("greeted", given).as_mount()],
        output=scored,
        side_inputs=[labels.as_input("side")],
        arguments=["--greeting", "hello dear", "--labels", labels.as_input("side")],
        allow_reuse=False,
    )
    pipeline = Pipeline(ws, [label, step])
    experiment = Experiment(ws, "parallel-files")
    run = experiment.submit(pipeline)
    assert run.wait_for_completion(show_output=False) == "Finished"
    expected = [f"{name}.txt: hello dear friend {number + 1}" for number, name in enumerate("abcdef")]
    assert lines(run, "Greet them", "scored", tmp_path / "1", "scores.txt") == expected
    store = ws.get_default_datastore()
    two = Dataset.File.from_files([(store, "letters/a.txt"), (store, "letters/b.txt")])
    again = experiment.submit(
        pipeline, pipeline_parameters={"files": two, "batch_size": "1", "processes": 2, "seconds": 60}
    )
    assert again.wait_for_completion(show_output=False) == "Finished"
    assert lines(again, "Greet them", "scored", tmp_path / "2", "scores.txt") == expected[:2]
    metrics = [each.get_metrics() for each in (run, again)]
    assert [sorted(said["batch"]) for said in metrics] == [[2, 4], [1, 1]]


def test_tables_are_cut_by_size_and_by_their_keys(
    ws: Workspace, code: str, environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text("x,k\n" + "".join(f"{x},{x % 2}\n" for x in range(200)))
    store = ws.get_default_datastore()
    store.upload_files([str(tmp_path / "rows.csv")], target_path="table", show_progress=False)
    table = Dataset.Tabular.from_delimited_files((store, "table/rows.csv"))
    registered = table.filter(table["x"] < 10).register(ws, "few-rows")
    by_size, by_key = (OutputFileDatasetConfig(name) for name in ("by_size", "by_key"))
    pipeline = Pipeline(
        ws,
        [
            ParallelRunStep(
                name="sizes",
                parallel_run_config=config(environment, code, "rows.py", mini_batch_size="500B"),
                inputs=[table.as_named_input("rows")],
                output=by_size,
            ),
            ParallelRunStep(
                name="keys",
                parallel_run_config=config(environment, code, "rows.py", partition_keys=["k"]),
                inputs=[registered],
                output=by_key,
            ),
        ],
    )
    run = Experiment(ws, "parallel-rows").submit(pipeline)
    assert run.wait_for_completion(show_output=False) == "Finished"
    sized = [line.split() for line in lines(run, "sizes", "by_size", tmp_path)]
    assert len(sized) == 200 and all(int(each[2]) == 2 * int(each[0]) for each in sized)
    assert max(int(each[3]) for each in sized) < 200
    keyed = [line.split() for line in lines(run, "keys", "by_key", tmp_path)]
    assert [int(each[0]) for each in keyed] == list(range(10)) and {each[3] for each in keyed} == {"5"}


def test_files_are_cut_by_what_their_paths_tell(
    ws: Workspace, code: str, environment: Environment, tmp_path: Path
) -> None:
    store = ws.get_default_datastore()
    for user, kind, name in (("ann", "fall", "x"), ("ann", "fall", "y"), ("ann", "spring", "x"), ("bob", "fall", "x")):
        (tmp_path / f"{name}.txt").write_text(name)
        store.upload_files([str(tmp_path / f"{name}.txt")], target_path=f"songs/{user}/{kind}", show_progress=False)
    songs = Dataset.File.from_files(
        (store, "songs/*/*/*.txt"), validate=False, partition_format="songs/{user}/{kind}/{song}.txt"
    )
    told = PipelineData("told", datastore=store)
    step = ParallelRunStep(
        name="keys",
        parallel_run_config=config(environment, code, "keys.py", partition_keys=["user", "kind"]),
        inputs=[songs.as_named_input("songs")],
        output=told,
    )
    run = Experiment(ws, "parallel-keys").submit(Pipeline(ws, [step]))
    assert run.wait_for_completion(show_output=False) == "Finished"
    assert lines(run, "keys", "told", tmp_path) == [
        "ann fall x.txt 2 2",
        "ann fall y.txt 2 2",
        "ann spring x.txt 1 1",
        "bob fall x.txt 1 1",
    ]
    foreign = config(environment, code, "keys.py", partition_keys=["user", "year"])
    for wrong, said in (
        (ParallelRunStep("x", foreign, [songs], OutputFileDatasetConfig()), "The paths tell no 'year'"),
        (
            ParallelRunStep(
                "x", config(environment, code, "keys.py"), [songs.as_mount("here")], OutputFileDatasetConfig()
            ),
            "leave path_on_compute out",
        ),
    ):
        with pytest.raises(UserErrorException, match=said):
            Experiment(ws, "wrong").submit(Pipeline(ws, [wrong]))


def test_a_script_writes_itself_and_may_fail_on_some(
    ws: Workspace, code: str, environment: Environment, settings: RunConfiguration, letters: Any, tmp_path: Path
) -> None:
    written = PipelineData("written", datastore=ws.get_default_datastore())
    model = Model.register(workspace=ws, model_path=str(Path(code) / "rows.py"), model_name="used-by-a-step")
    loud = earlier.ParallelRunStep(
        name="loud",
        models=[model],
        parallel_run_config=config(
            environment, code, "summary.py", output_action="summary_only", mini_batch_size="2", allowed_failed_count=0
        ),
        inputs=[letters.as_named_input("letters")],
        output=written,
        arguments=["--out", written],
    )
    labels, some = OutputFileDatasetConfig("labels"), OutputFileDatasetConfig("some")
    label = PythonScriptStep("label.py", name="label", arguments=[labels], runconfig=settings, source_directory=code)
    greet = ParallelRunStep(
        name="greet",
        parallel_run_config=config(
            environment,
            code,
            "files.py",
            mini_batch_size=3,
            error_threshold=-1,
            allowed_failed_percent=60,
            run_max_try=2,
            environment_variables={"BROKEN": "A.txt", "UNUSED": "x"},
        ),
        inputs=[written],
        output=some,
        arguments=["--greeting", "'hi'", "--labels", labels.as_input()],
    )
    run = Experiment(ws, "parallel-some").submit(Pipeline(ws, [label, greet, loud]))
    assert run.wait_for_completion(show_output=False) == "Finished"
    assert len(lines(run, "greet", "some", tmp_path)) == 6
    assert run.find_step_run("loud")[0].get_properties()["azureml.models"] == model.id
    strict = ParallelRunStep(
        name="strict",
        parallel_run_config=config(
            environment, code, "files.py", mini_batch_size=3, run_max_try=1, environment_variables={"BROKEN": "a.txt"}
        ),
        inputs=[letters],
        output=OutputFileDatasetConfig("none"),
        arguments=["--greeting", "x", "--labels", labels.as_input()],
    )
    run = Experiment(ws, "parallel-some").submit(Pipeline(ws, [label, strict]))
    with pytest.raises(ActivityFailedException):
        run.wait_for_completion(show_output=False)


def test_a_lab_scores_files_with_a_model_publishes_and_posts(
    ws: Workspace, code: str, environment: Environment, letters: Any, tmp_path: Path
) -> None:
    (tmp_path / "model.json").write_text(json.dumps({name: number for number, name in enumerate("abcdef")}))
    Model.register(workspace=ws, model_path=str(tmp_path / "model.json"), model_name="scores-letters")
    inferences = OutputFileDatasetConfig(name="inferences")
    step = ParallelRunStep(
        name="batch-score",
        parallel_run_config=config(
            environment, code, "score.py", mini_batch_size="5", error_threshold=10, node_count=2
        ),
        inputs=[letters.register(ws, "letters", create_new_version=True).as_named_input("letters")],
        output=inferences,
        arguments=[],
        allow_reuse=True,
    )
    run = Experiment(ws, "batch-lab").submit(Pipeline(workspace=ws, steps=[step]))
    run.wait_for_completion(show_output=True)
    published = run.publish_pipeline(name="batch-pipeline", description="Scores letters", version="1.0")
    header = InteractiveLoginAuthentication().get_authentication_header()
    answer = requests.post(published.endpoint, headers=header, json={"ExperimentName": "batch-lab"}, timeout=60)
    posted = PipelineRun(ws.experiments["batch-lab"], answer.json()["Id"])
    posted.wait_for_completion(show_output=True)
    for number, each in enumerate((run, posted)):
        child: Any = next(each.get_children())
        left = child.get_output_data("inferences")
        folder = tmp_path / str(number)
        left.download(local_path=str(folder))
        (found,) = folder.rglob("parallel_run_step.txt")
        assert sorted(found.read_text().split("\n")[:-1]) == [f"{x}.txt: {n}" for n, x in enumerate("abcdef")]


def test_settings_are_kept_in_a_file(ws: Workspace, code: str, environment: Environment, tmp_path: Path) -> None:
    how = config(environment, code, "rows.py", mini_batch_size=PipelineParameter("size", "2KB"), partition_keys=["a"])
    assert how.append_row_file_name == "parallel_run_step.txt" and how.run_max_try == 3
    how.append_row_file_name = "rows.txt"
    how.save_to_yaml(tmp_path / "how.yml")
    found = ParallelRunConfig.load_yaml(workspace=ws, path=str(tmp_path / "how.yml"))
    assert (found.mini_batch_size, found.append_row_file_name, found.partition_keys) == ("2KB", "rows.txt", ["a"])
    assert found.environment.python.user_managed_dependencies and found.compute_target == "local"
    environment.register(ws)
    (tmp_path / "named.yml").write_text(
        f"parallel_run_config:\n  environment: here\n  source_directory: {code}\n  entry_script: rows.py\n"
        "  error_threshold: '5'\n  output_action: summary_only\n  compute_target: cpu\n  node_count: 2\n"
    )
    named = ParallelRunConfig.load_yaml(ws, tmp_path / "named.yml")
    assert (named.environment.name, named.error_threshold, named.node_count) == ("here", 5, 2)
    (tmp_path / "wrong.yml").write_text("environment: here\nnodes: 3\n")
    with pytest.raises(UserErrorException, match="nodes"):
        ParallelRunConfig.load_yaml(ws, tmp_path / "wrong.yml")


def test_what_cannot_be_cut_is_told(ws: Workspace, code: str, environment: Environment, letters: Any) -> None:
    for wrong in (
        {"output_action": "append"},
        {"error_threshold": -2},
        {"node_count": 0},
        {"run_max_try": 0},
        {"run_invocation_timeout": "soon"},
        {"logging_level": "LOUD"},
        {"allowed_failed_percent": 101},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            config(environment, code, "rows.py", **wrong)
    how = config(environment, code, "missing.py")
    for inputs in ([], [letters, letters]):
        with pytest.raises(ValueError, match="one is cut into batches"):
            ParallelRunStep("x", how, inputs, OutputFileDatasetConfig())
    with pytest.raises(ValueError, match="needs an output"):
        ParallelRunStep("x", how, [letters])
    with pytest.raises(TypeError):
        ParallelRunStep("x", how, [letters], ouput=None)  # pyright: ignore[reportCallIssue]
    step = ParallelRunStep("x", how, [letters], OutputFileDatasetConfig())
    with pytest.raises(UserErrorException, match=r"no script 'missing.py'"):
        Experiment(ws, "wrong").submit(Pipeline(ws, [step]))
