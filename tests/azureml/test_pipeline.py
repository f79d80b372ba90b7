"""Pipelines of the SDK v1: scripts that hand on what they write."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from azureml.core import Dataset, Experiment, Model, Workspace
from azureml.core.runconfig import JarLibrary, RunConfiguration
from azureml.data import OutputFileDatasetConfig
from azureml.data.datapath import DataPath, DataPathComputeBinding
from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from azureml.exceptions import ActivityFailedException, UserErrorException
from azureml.pipeline.core import (
    Module,
    Pipeline,
    PipelineData,
    PipelineDraft,
    PipelineParameter,
    PipelineRun,
    StepRun,
    StepSequence,
    TrainingOutput,
)
from azureml.pipeline.core._plan import Plan
from azureml.pipeline.core.graph import InputPortDef, OutputPortDef
from azureml.pipeline.steps import (
    AdlaStep,
    AutoMLStep,
    AzureBatchStep,
    CommandStep,
    DatabricksStep,
    DataTransferStep,
    EstimatorStep,
    KustoStep,
    ModuleStep,
    MpiStep,
    PythonScriptStep,
    RScriptStep,
    SynapseSparkStep,
)
from azureml.train.estimator import Estimator

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
import os, sys
from azureml.core import Dataset, Model, Run
os.makedirs("outputs", exist_ok=True)
open("outputs/m.txt", "w").write("weights")
text = open(sys.argv[1] + "/words.txt").read()
run = Run.get_context()
run.upload_file("outputs/m.txt", "outputs/m.txt")
run.log("length", len(text))
run.parent.log("total", len(text))
run.parent.tag("trained", "yes")
run.parent.upload_file("notes.txt", sys.argv[1] + "/words.txt")
model = run.register_model(model_name="of-a-step", model_path="outputs/m.txt")
assert run.experiment.workspace.models["of-a-step"].version == model.version
model = Model.register(run.experiment.workspace, "train.py", "from-a-step", tags={"run": run.id})
store = run.experiment.workspace.get_default_datastore()
store.upload_files(["train.py"], target_path="from/" + run.id)
made = Dataset.File.from_files((store, "from/" + run.id))
made.register(run.experiment.workspace, "from a step", create_new_version=True)
with open(sys.argv[2], "w") as file:
    file.write(text.upper())
"""

SPLIT = """\
import os, sys
from azureml.core import Run
kept, raw, place, chosen, same, written = sys.argv[1:]
datasets = Run.get_context().input_datasets
rows = datasets["table"].to_pandas_dataframe()
for folder in (place, chosen, same, datasets["files"], os.environ["AZUREML_DATAREFERENCE_ref"]):
    assert open(folder + "/rows.csv").read().startswith("a,b"), folder
assert datasets["chosen_table"].to_pandas_dataframe().equals(rows)
rows.to_csv(kept + "/k.csv", index=False)
rows.to_csv(os.environ["AZUREML_DATAREFERENCE_registered"] + "/r.csv", index=False)
assert written == os.environ["AZUREML_DATAREFERENCE_parquet"]
rows.to_parquet(written)
assert raw == "made/raw", raw
os.makedirs(raw)
with open(raw + "/t.csv", "w") as file:
    file.write("a,c\\n9,last\\n")
"""
LOOK = """\
import sys
from azureml.core import Run
datasets = Run.get_context().input_datasets
assert open(sys.argv[1] + "/k.csv").read().count("\\n") == 4
assert list(datasets["kept_table"].to_pandas_dataframe()["a"]) == [1, 2, 3]
assert open(sys.argv[3] + "/t.csv").read() == "a,c\\n9,last\\n"
assert open(datasets["as_files"] + "/t.csv").read() == open("seen/here/t.csv").read()
assert list(datasets["parquet"].to_pandas_dataframe()["a"]) == [1, 2, 3]
assert list(datasets["as_table"].to_pandas_dataframe().columns) == ["c"]
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
    assert capsys.readouterr().out.count("prepares it's $HOME") == 1
    assert {step.name for step in run.get_steps()} == {"Prepare the data", "train"}
    (step,) = run.find_step_run("train")
    assert step.get_status() == "Finished" and step.parent == run
    assert step.get_metrics() == {"length": 11} and run.get_metrics() == {"total": 11}
    assert run.get_tags()["trained"] == "yes" and "notes.txt" in run.get_file_names()
    assert Model(ws, "from-a-step").tags == {"run": step.id} and Model(ws, "of-a-step").run_id == step.id
    assert Dataset.get_by_name(ws, "from a step").to_path() == ["/train.py"]
    left = run.get_pipeline_output("best")
    assert left.download(str(tmp_path), show_progress=True) == 1
    assert (tmp_path / left.path_on_datastore).read_text() == "IT'S $HOME!"
    (first,) = run.find_step_run("Prepare the data")
    said = first.get_output_data("prepared")
    assert said._path_on_datastore == said.path_on_datastore == f"azureml/{first.id}/prepared/prepared"
    assert first.get_job_log() == "" and said.datastore_name == store.name
    assert "prepares it's $HOME" in first.get_stdout_log()
    again = pipeline.submit("words", pipeline_parameters={"words": "it's $HOME"})
    again.wait_for_completion(show_output=False)
    assert {each.name: each.is_reused for each in again.get_steps()} == {"Prepare the data": True, "train": False}
    reused = again.find_step_run("Prepare the data")[0].get_output_data("prepared")
    assert reused.download(str(tmp_path)) in (0, 1)


def test_data_sets_and_references_go_through_a_pipeline(
    ws: Workspace, settings: RunConfiguration, tmp_path: Path
) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "split.py").write_text(SPLIT)
    (tmp_path / "code" / "look.py").write_text(LOOK)
    (tmp_path / "rows.csv").write_text("a,b\n1,x\n2,y\n3,z\n")
    store = ws.get_default_datastore()
    store.upload_files([str(tmp_path / "rows.csv")], target_path="rows", overwrite=True, show_progress=False)
    files = Dataset.File.from_files((store, "rows/"))
    table = Dataset.Tabular.from_delimited_files((store, "rows/rows.csv")).register(ws, "rows of a pipeline")
    kept = OutputFileDatasetConfig("kept", destination=(store, "kept/{run-id}")).register_on_complete("kept rows")
    raw = PipelineData("raw", datastore=store, output_path_on_compute="made/raw")
    place = PipelineParameter("place", DataPath(store, "rows"))
    chosen = PipelineParameter("chosen", files)
    chosen_table = PipelineParameter("chosen_table", table)
    registered = PipelineData("registered", datastore=store)
    assert registered.as_dataset().register(name="left rows", create_new_version=True).name == "registered"
    written = PipelineData("parquet", store, is_directory=True).as_dataset()
    parquet = written.parse_parquet_files().keep_columns(["a"])
    how = DataPathComputeBinding(mode="download")
    PythonScriptStep(
        "split.py",
        arguments=[
            kept.as_upload(),
            raw,
            (place, how),
            DatasetConsumptionConfig("chosen", chosen).as_mount(),
            place,
            written,
        ],
        inputs=[
            files.as_named_input("files").as_mount(),
            table.as_named_input("table"),
            DatasetConsumptionConfig("chosen_table", chosen_table),
            store.path("rows", data_reference_name="ref").as_mount(),
            (place, how),
        ],
        outputs=[raw, registered, written],
        runconfig=settings,
    )
    looking = PythonScriptStep(
        "look.py",
        "look",
        [kept.as_input("kept_files"), "--rows", raw.as_input("again")],
        inputs=[
            raw.as_input("again"),
            kept.read_delimited_files().keep_columns(["a"]).as_input("kept_table"),
            raw.as_dataset().as_named_input("as_files").as_download(path_on_compute="seen/here"),
            raw.as_dataset().as_mount(),
            parquet.as_named_input("parquet"),
            raw.as_dataset().parse_delimited_files().drop_columns("a").as_named_input("as_table"),
        ],
        runconfig=settings,
    )
    last = CommandStep(
        "grep -q last $AZUREML_DATAREFERENCE_again/t.csv", "last", "local", settings, inputs=[raw.as_input("again")]
    )
    last.run_after(looking)
    pipeline = Pipeline(ws, [last, [looking]], default_source_directory=str(tmp_path / "code"), default_datastore=store)
    run = pipeline.submit("sets", pipeline_parameters={"place": DataPath(store, "rows/")}, regenerate_outputs=True)
    assert run.wait_for_completion(show_output=True) == "Finished"
    assert [step.name for step in run.get_steps()] == ["split.py", "look", "last"]
    assert Dataset.get_by_name(ws, "kept rows").to_path() == ["/k.csv"]
    assert {node["display_name"] for node in run.get_graph().values()} == {"split.py", "look", "last"}
    outputs = run.find_step_run("split.py")[0].get_outputs()
    assert sorted(outputs) == ["kept", "parquet", "raw", "registered"]
    assert Dataset.get_by_name(ws, "left rows").to_path() == ["/r.csv"]
    assert pipeline.graph.keys() == run.get_graph().keys()
    assert outputs["kept"].get_port_data_reference().path_on_datastore == f"kept/{run.find_step_run('split.py')[0].id}"


def test_steps_run_in_the_order_that_is_said_and_stop_where_one_fails(
    ws: Workspace, settings: RunConfiguration, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def step(command: str, **words: Any) -> CommandStep:
        return CommandStep(command=command, name=command, runconfig=settings, source_directory=code, **words)

    first, second, third = step("echo 1"), step("exit 3", allow_reuse=False), step("echo 3", version="2")
    sequence = StepSequence(steps=[first, [second], third])
    assert len(sequence) == 3 and sequence.steps[0] is first and first.name == "echo 1"
    pipeline = Pipeline(workspace=ws, steps=sequence, description="In order")
    pipeline._set_experiment_name = "order"
    run = pipeline.submit(str(pipeline._set_experiment_name), continue_on_step_failure=True)
    with pytest.raises(ActivityFailedException, match="exit code 3"):
        run.wait_for_completion(show_output=False, timeout_seconds=120, raise_on_error=True)
    assert run.get_status() == run.status == "Failed"
    found = PipelineRun(experiment=run.experiment, run_id=run.id)
    assert [each.name for each in found.get_steps()] == ["echo 1", "exit 3"]
    (failed,) = found.find_step_run(name="exit 3")
    assert failed.wait_for_completion(show_output=True, raise_on_error=False) == "Failed"
    assert found.find_step_run("echo 3") == [] and failed.pipeline_run_id == run.id
    assert [type(each) for each in run.get_children()] == [StepRun, StepRun]
    ended = [shlex.quote(sys.executable), "-c", "'from azureml.core import Run; Run.get_context().parent.cancel()'"]
    judged = Pipeline(ws, [step(" ".join(ended), allow_reuse=False)]).submit("order")
    assert judged.wait_for_completion(show_output=True) == "Canceled"
    slow = Pipeline(ws, [step("sleep 30")]).submit("order")
    assert slow.wait_for_completion(show_output=False, timeout_seconds=0.1) in ("NotStarted", "Queued", "Running")
    assert "the run goes on" in capsys.readouterr().out
    slow.cancel()
    assert PipelineRun.get(ws, slow.id).wait_for_completion(show_output=False) == "Canceled"
    with pytest.raises(UserErrorException, match="no pipeline's"):
        PipelineRun.get(ws, failed.id)


def test_what_does_not_fit_together_is_told(ws: Workspace, code: str, settings: RunConfiguration) -> None:
    def step(name: str, **words: Any) -> PythonScriptStep:
        return PythonScriptStep(script_name="train.py", name=name, source_directory=code, runconfig=settings, **words)

    def wrong(*steps: Any, **words: Any) -> str:
        (said,) = Pipeline(ws, list(steps), **words).validate()
        return said

    one, other, alone = PipelineData("one"), PipelineData(name="other"), PipelineData("alone")
    there = step("there", inputs=[one], outputs=[other])
    step("back", inputs=[other], outputs=[one])
    assert "'there' and 'back' wait for each other" in wrong(there)
    assert "No step of the pipeline writes 'alone'" in wrong(step("lone", inputs=[alone]))
    step("writes", outputs=[alone])
    assert "No step of the pipeline writes" in wrong(step("lone", inputs=[alone]), resolve_closure=False)
    assert "written by two steps" in wrong(step("a", outputs=[alone]), step("b", outputs=[alone]))
    values = [PipelineParameter(name="p", default_value=value) for value in (1, 2)]
    assert "Two parameters are called 'p'" in wrong(step("p", arguments=values))
    named = [PipelineData(word, pipeline_output_name="same") for word in ("x", "y")]
    assert "Two outputs of the pipeline" in wrong(step("o", outputs=named))
    assert "no script 'none.py'" in wrong(PythonScriptStep("none.py", source_directory=code, runconfig=settings))
    fine = Pipeline(ws, [step("fine", arguments=[values[0]])])
    with pytest.raises(ValueError, match=r"no parameter 'q'; it has: p"):
        fine.submit("wrong", pipeline_parameters={"q": 1})
    for make, match in (
        (lambda: PipelineData("a-b"), "letters, digits and underscores"),
        (lambda: PipelineData("a", output_mode="fly"), "output_mode"),
        (lambda: PipelineParameter("p", default_value=[1]), "default_value is a list"),
        (lambda: TrainingOutput(type="Other"), "'Metrics' or 'Model'"),
        (lambda: TrainingOutput(type="Metrics", metric="auc"), "choose a model"),
        (lambda: step("a", inputs="text"), "inputs is a str"),
        (lambda: step("a", runconfig_pipeline_params={"Other": values[0]}), "NodeCount"),
        (lambda: Pipeline(ws, [1]), "no step"),
        (lambda: Pipeline(ws, []), "steps is empty"),
        (CommandStep, "command is empty"),
        (lambda: EstimatorStep(estimator=1), "estimator is a int"),
    ):
        with pytest.raises(ValueError, match=match):
            make()
    with pytest.raises(TypeError, match="target"):
        step("a", target="cpu")
    assert str(one) == f"${one.get_env_variable_name()}" == "$AZUREML_DATAREFERENCE_one" and one.name == "one"


def test_older_kinds_of_step_run(ws: Workspace, tmp_path: Path, settings: RunConfiguration) -> None:
    (tmp_path / "say.py").write_text("import os, sys\nopen(sys.argv[1], 'a').write(os.environ.get('PMI_SIZE', '?'))\n")
    (tmp_path / "say.R").write_text("the 'Rscript' of the test is a shell")
    made = PipelineData("made", is_directory=False, pipeline_output_name="all")
    processes = PipelineParameter(name="nodes", default_value=1)
    estimator = Estimator(
        source_directory=str(tmp_path), entry_script="say.py", compute_target="local", user_managed=True
    )
    train = EstimatorStep(
        name="train",
        estimator=estimator,
        estimator_entry_script_arguments=[made],
        runconfig_pipeline_params={"NodeCount": processes},
        inputs=[],
        outputs=[made],
        compute_target="local",
        allow_reuse=True,
        version="1",
    )
    with pytest.raises(ValueError, match="script_params"):
        EstimatorStep(estimator=Estimator(str(tmp_path), entry_script="say.py", script_params={"--a": 1}))
    environment = settings.environment
    mpi = MpiStep(
        name="mpi",
        source_directory=str(tmp_path),
        script_name="say.py",
        arguments=["outputs/said.txt"],
        compute_target="local",
        node_count=1,
        process_count_per_node=1,
        inputs=[made.as_mount()],
        environment_definition=environment,
        use_gpu=False,
    )
    run = Pipeline(ws, [train, mpi]).submit("older")
    assert run.wait_for_completion() == "Finished"
    assert run.get_pipeline_output("all").download(str(tmp_path / "got"), overwrite=True) == 1
    with pytest.raises(UserErrorException, match="no output 'none'; it has: all"):
        run.get_pipeline_output("none")
    with pytest.raises(ValueError, match="no output 'none'"):
        run.find_step_run("train")[0].get_output("none")
    r = RScriptStep(
        "say.R",
        name="r",
        arguments=["1"],
        compute_target="local",
        runconfig=settings,
        inputs=[],
        outputs=[PipelineData("r_made")],
        source_directory=str(tmp_path),
        custom_docker_image="r-base",
        allow_reuse=False,
    )
    assert r._as_node(Plan(ws, {})).get("_command") == "Rscript say.R 1" and settings.framework == "Python"
    with pytest.raises(UserErrorException, match="cran_packages"):
        RScriptStep("say.R", cran_packages=["dplyr"])


def test_steps_of_other_services_say_what_to_use_instead(ws: Workspace) -> None:
    for made, instead in (
        (DatabricksStep("a", num_workers=1, notebook_path="/a"), "PythonScriptStep"),
        (AdlaStep("a.usql"), "PythonScriptStep"),
        (AzureBatchStep("a", pool_id="p"), "CommandStep"),
        (DataTransferStep("a"), "PythonScriptStep"),
        (KustoStep("a", "c", "d", "q", None), "PythonScriptStep"),
        (SynapseSparkStep("a.py", ".", "c", "1g", 1, "1g", 1, 1), "no Spark"),
        (ModuleStep(module=1), "component"),
        (AutoMLStep("a", None), "HyperDriveStep"),
    ):
        with pytest.raises(UserErrorException, match=instead):
            Pipeline(ws, [[made]])
    with pytest.raises(UserErrorException, match="PythonScriptStep"):
        _ = JarLibrary("dbfs:/a.jar").library
    with pytest.raises(UserErrorException, match="create_new_version"):
        PipelineData("a").as_dataset().register("a", create_new_version=False)
    for use in (
        lambda: Module.create(ws, name="m", description="d"),
        lambda: PipelineDraft.list(ws),
        lambda: InputPortDef(name="i").name,
        lambda: OutputPortDef(name="o").name,
    ):
        with pytest.raises(UserErrorException, match="not available on Lazuli"):
            use()


PIPELINE = """\
pipeline:
  name: From a file
  parameters:
    Words: {type: string, default: from a file}
    Place: {type: datapath, default: {datastore: workspaceblobstore, path_on_datastore: yaml}}
  data_references:
    Rows: {datastore: workspaceblobstore, path_on_datastore: yaml}
    Known: {dataset_name: yaml rows}
  default_compute: local
  steps:
    Copy:
      type: PythonScriptStep
      name: copy it
      script_name: copy.py
      runconfig: run.yml
      inputs: {made: {source: Prepared}}
      arguments: ["input:made", "/dev/null"]
    Prepare:
      type: PythonScriptStep
      script_name: copy.py
      runconfig: run.yml
      allow_reuse: false
      parameters: {words: {source: Words}, times: 3}
      inputs:
        rows: {source: Rows, bind_mode: download}
        known: {source: Known, bind_mode: mount}
      outputs: {out: {destination: Prepared, datastore: workspaceblobstore, bind_mode: upload}}
      arguments: [{input: rows}, output:out, {parameter: words}]
"""
COPY = """\
import os, shutil, sys
if len(sys.argv) == 4:
    assert (sys.argv[3], os.environ["AML_PARAMETER_times"]) == ("from a file", "3")
    shutil.copy(sys.argv[1] + "/y.txt", sys.argv[2])
assert open(sys.argv[2] if len(sys.argv) == 4 else sys.argv[1]).read() == "yaml"
"""


def test_a_file_says_a_pipeline(ws: Workspace, settings: RunConfiguration, tmp_path: Path) -> None:
    (tmp_path / "copy.py").write_text(COPY)
    (tmp_path / "y.txt").write_text("yaml")
    store = ws.get_default_datastore()
    store.upload_files([str(tmp_path / "y.txt")], target_path="yaml", show_progress=False)
    Dataset.File.from_files((store, "yaml/")).register(ws, "yaml rows")
    settings.save(str(tmp_path / "run.yml"))
    file = tmp_path / "pipeline.yml"
    file.write_text(PIPELINE)
    run = Pipeline.load_yaml(workspace=ws, filename=str(file)).submit("yaml")
    assert run.wait_for_completion() == "Finished"
    assert {step.name for step in run.get_steps()} == {"copy it", "Prepare"}
    for word, other, match in (
        ("PythonScriptStep", "AdlaStep", "type is 'AdlaStep'"),
        ("source: Prepared", "source: Other", "'Other' is no data reference"),
        ("input:made", "input:other", "the input 'other'"),
        ("allow_reuse", "reuse", "'reuse' of steps.Prepare"),
        ("pipeline:", "other:", "no 'pipeline:'"),
    ):
        file.write_text(PIPELINE.replace(word, other))
        with pytest.raises(UserErrorException, match=match):
            Pipeline.load_yaml(ws, file)
