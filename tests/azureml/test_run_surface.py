"""The rest of what scripts ask of runs, experiments and workspaces of the SDK v1, in jobs and outside."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from azureml.core import Dataset, Environment, Experiment, Model, Run, ScriptRun, ScriptRunConfig, Workspace
from azureml.core.run import _OfflineRun
from azureml.exceptions import ActivityFailedException, UserErrorException
from azureml.train.automl import AutoMLConfig

TRAIN = """
import argparse, os
from azureml.core import Dataset, Model, Run
from azureml.core.run import _OfflineRun

parser = argparse.ArgumentParser()
parser.add_argument("--data")
parser.add_argument("--depth", type=int)
given = parser.parse_args()

run = Run.get_context()
assert not isinstance(run, _OfflineRun)
assert Run.get_submitted_run().id == run.id == os.environ["AZUREML_RUN_ID"]
frame = run.input_datasets["raw"].to_pandas_dataframe()
folder = run.input_datasets["pictures"]
assert os.listdir(folder) == ["a.csv"] and given.data == folder, (folder, given.data)
workspace = run.experiment.workspace
assert workspace.get_run(run.id).id == run.id

run.log(name="rows", value=len(frame), description="how many", step=0)
run.log_list(name="sizes", value=[1, 2, 3], description="of each")
run.log_row("stats", description="of the table", stat="mean", value=frame["a"].mean())
for epoch in range(3):
    run.log_row(name="curve", epoch=epoch, val_loss=1 / (epoch + 1))
run.log_table(name="grid", value={"x": [1, 2], "y": [3, 4]}, description="a grid")
matrix = {"class_labels": ["a", "b"], "matrix": [[1, 0], [0, 1]]}
run.log_confusion_matrix(
    name="hits", value={"schema_type": "confusion_matrix", "schema_version": "v1", "data": matrix}, description="of it"
)
with run.child_run(name="fold") as fold:
    fold.log("score", 0.5)
run.upload_file(name="outputs/model.txt", path_or_stream=__file__)
os.makedirs("outputs/more", exist_ok=True)
with open("outputs/more/one.txt", "w") as file:
    file.write("one")
assert run.get_secret(name="door") == "open"
run.register_model(model_name="inside", model_path="outputs/model.txt", tags={"by": "the job"})
run.register_model(model_name="folder", model_path="outputs/more")  # which was not uploaded
Model.register(workspace=workspace, model_path="outputs/more/one.txt", model_name="inside")
store = workspace.get_default_datastore()
store.upload_files(["outputs/more/one.txt"], target_path="left/" + run.id, show_progress=False)
Dataset.File.from_files((store, "left/" + run.id)).register(workspace, "left", create_new_version=True)
run.tag("depth", given.depth)
run.complete()
print("trained on", len(frame))
"""


@pytest.fixture(scope="module")
def own() -> Environment:
    """The Python that runs these tests."""
    environment = Environment("surface")
    environment.python.user_managed_dependencies = True
    return environment


@pytest.fixture(scope="module")
def data(ws: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The default datastore, with a table."""
    folder = tmp_path_factory.mktemp("table")
    (folder / "a.csv").write_text("a\n1\n2\n")
    store = ws.get_default_datastore()
    store.upload(str(folder), "table", show_progress=False)
    return store


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of scripts."""
    folder = tmp_path_factory.mktemp("code")
    (folder / "train.py").write_text(TRAIN)
    (folder / "wrong.py").write_text("raise SystemExit('no data')")
    (folder / "endless.py").write_text("import time; print('waits', flush=True); time.sleep(600)")
    return folder


def test_a_job_reads_its_datasets_and_tells_what_it_did(
    ws: Workspace, own: Environment, data: Any, code: Path, tmp_path: Path, watched: dict[str, str]
) -> None:
    ws.get_default_keyvault().set_secret("door", "open")
    table = Dataset.Tabular.from_delimited_files((data, "table/a.csv")).register(ws, "table")
    folder = Dataset.File.from_files((data, "table/"))
    environment = own.clone("watched")
    environment.environment_variables.update(watched)
    arguments = ["--data", folder.as_named_input("pictures").as_mount(), "--depth", 3, table.as_named_input("raw")]
    config = ScriptRunConfig(str(code), "train.py", arguments[:-1], environment=environment)
    config.run_config.data = {"raw": arguments[-1]}
    run = Experiment(ws, "surface").submit(config=config, tags={"kind": "tree"}, display_name="first")
    assert isinstance(run, ScriptRun)
    details = run.wait_for_completion(show_output=True, wait_post_processing=True)
    assert details["status"] == "Completed", run.get_details_with_logs()["logFiles"]

    assert run.get_metrics(name="rows") == {"rows": 2}
    found = run.get_metrics()
    assert found["stats"] == {"stat": "mean", "value": 1.5}
    assert found["curve"] == {"epoch": [0, 1, 2], "val_loss": [1, 1 / 2, 1 / 3]}
    assert (found["sizes"], found["grid"]) == ([1, 2, 3], {"x": [1, 2], "y": [3, 4]})
    (fold,) = run.get_children(recursive=True, type=None)
    assert (fold.name, fold.get_metrics(), fold.parent) == ("fold", {"score": 0.5}, run)
    assert run.get_metrics(recursive=True)[fold.id] == {"score": 0.5}
    assert list(run.get_children(type="azureml.scriptrun")) == []
    assert (run.tags, run.display_name) == ({"kind": "tree", "depth": "3"}, "first")

    first, second = sorted(Model.list(ws, "inside"), key=lambda model: model.version)
    assert (first.version, first.run_id, first.tags) == (1, run.id, {"by": "the job"})
    assert Model(ws, "folder").download(str(tmp_path / "model")) and (tmp_path / "model/more/one.txt").is_file()
    assert second.version == 2 and Dataset.get_by_name(ws, "left").to_path() == ["/one.txt"]

    assert {"outputs/model.txt", "outputs/more/one.txt"} <= set(run.get_file_names())
    run.download_files(prefix="outputs/more", output_directory=str(tmp_path / "got"), append_prefix=False)
    assert (tmp_path / "got" / "one.txt").read_text() == "one"
    run.download_file(name="outputs/model.txt", output_file_path=str(tmp_path / "m.txt"), _validate_checksum=True)
    assert (tmp_path / "m.txt").read_text() == TRAIN
    paths = [str(tmp_path / "there.txt")]
    run.download_files(prefix="outputs/more", output_paths=paths, timeout_seconds=60)
    assert (tmp_path / "there.txt").read_text() == "one"
    with pytest.raises(UserErrorException, match="output_paths"):
        run.download_files(prefix="outputs", output_paths=paths)
    logs = run.get_all_logs(destination=str(tmp_path / "logs"))
    assert any("trained on 2" in Path(log).read_text() for log in logs)
    assert any("trained on 2" in text for text in run.get_details_with_logs()["logFiles"].values())

    definition = details["runDefinition"]
    assert (definition["script"], definition["target"]) == ("train.py", "local")
    assert definition["arguments"][-2:] == ["--depth", "3"]
    given = {each["consumptionDetails"]["inputName"]: each for each in details["inputDatasets"]}
    assert given["raw"]["dataset"] == {"id": table.id}
    assert given["pictures"]["consumptionDetails"]["mechanism"] == "Mount"
    assert run.get_environment().python.user_managed_dependencies
    with zipfile.ZipFile(run.restore_snapshot(path=str(tmp_path / "zips"))) as archive:
        assert archive.read("train.py").decode() == TRAIN
    assert run.restore_snapshot(run.get_snapshot_id(), str(tmp_path / "code.zip")) == str(tmp_path / "code.zip")

    again = ws.get_run(run_id=run.id)
    assert again == run and isinstance(again, ScriptRun) and again.type == "azureml.scriptrun"
    assert Run.get(workspace=ws, run_id=run.id).experiment.name == "surface"
    assert [each.id for each in Run.list(run.experiment, status="Completed", tags={"kind": "tree"})] == [run.id]
    assert list(run.experiment.get_runs(type="azureml.scriptrun", properties=None)) == [run]
    assert fold in list(run.experiment.get_runs(include_children=True))
    model = again.register_model(
        model_name="tree", model_path="outputs/model.txt", datasets=[("training", table)], description="of a test"
    )
    assert (model.run_id, model.description) == (run.id, "of a test")


def test_what_fails_and_what_is_canceled(ws: Workspace, own: Environment, code: Path) -> None:
    experiment = Experiment(workspace=ws, name="endings")
    wrong = experiment.submit(ScriptRunConfig(str(code), "wrong.py", environment=own), run_id="wrong-1")
    endless = experiment.start_logging().submit_child(
        ScriptRunConfig(str(code), "endless.py", environment=own), show_output=False
    )
    assert wrong.wait_for_completion(raise_on_error=False)["error"]["error"]["message"]
    with pytest.raises(ActivityFailedException, match="exit code 1"):
        wrong.wait_for_completion()
    assert (wrong.id, wrong.get_status(), wrong.status) == ("wrong-1", "Failed", "Failed")
    assert endless.parent is not None and list(endless.parent.get_children()) == [endless]
    endless.cancel()
    assert endless.wait_for_completion()["status"] == "Canceled"
    assert [each.id for each in Run.list(experiment, status="Failed")] == ["wrong-1"]


def test_show_output_waits(ws: Workspace, own: Environment, code: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Experiment(ws, "shown").submit(ScriptRunConfig(str(code), "wrong.py", environment=own), show_output=True)
    assert run.get_status() == "Failed"
    assert "no data" in capsys.readouterr().out


def test_what_cannot_be_submitted(ws: Workspace, own: Environment, code: Path) -> None:
    experiment = Experiment(ws, "refused")
    with pytest.raises(UserErrorException, match="automated jobs"):
        experiment.submit(AutoMLConfig(task="classification"), show_output=True)
    with pytest.raises(TypeError, match="pipeline_parameters"):
        experiment.submit(ScriptRunConfig(str(code), "train.py", environment=own), pipeline_parameters={"a": 1})


class _Plot:
    """Draws itself as a plot does."""

    def savefig(self, file: Any, format: str) -> None:
        file.write(format.encode())


def test_a_run_of_a_process(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "notes.py").write_text("1 + 1")
    run = Experiment(ws, "process").start_logging(snapshot_directory=str(tmp_path / "code"))
    run.description = "by hand"
    assert (run.description, run.type) == ("by hand", None)
    run.log_image(name="curve", plot=_Plot(), description="a plot")
    run.upload_folder(name="notes", path=str(tmp_path / "code"))
    assert {"curve.png", "notes/notes.py"} <= set(run.get_file_names())
    with zipfile.ZipFile(run.restore_snapshot(path=str(tmp_path))) as archive:
        assert archive.read("notes.py") == b"1 + 1"
    with pytest.raises(UserErrorException, match="environment"):
        run.get_environment()
    with pytest.raises(UserErrorException, match="folder of code"):
        run.get_snapshot_id()
    with pytest.raises(UserErrorException, match="run_id"):
        run.child_run(run_id="mine")
    first, second = run.create_children(count=2)
    third = first.child_run(outputs=str(tmp_path / "code"))
    third.tag(key="leaf", value="yes")
    third.set_tags(tags={"size": 3})
    third.log_accuracy_table("hits", {"schema_type": "accuracy_table", "data": {"probability_tables": []}})
    third.log_predictions("guesses", {"schema_type": "predictions", "data": {"bin_averages": [1]}})
    third.log_residuals("left", '{"schema_type": "residuals", "data": {"bin_edges": [0, 1]}}')
    assert third.get_metrics("left")["left"]["data"] == {"bin_edges": [0, 1]}
    third.complete()
    assert "outputs/notes.py" in third.get_file_names()
    assert {each.id for each in run.get_children(recursive=True)} == {first.id, second.id, third.id}
    assert list(run.get_children(recursive=True, tags={"leaf": "yes"})) == [third]
    assert list(run.get_children(status="Completed")) == []
    second.fail(error_details="it broke", error_code="Broken")
    assert second.get_details()["error"]["error"] == {"code": "Broken", "message": "it broke"}
    with pytest.raises(ActivityFailedException, match="it broke"):
        second.wait_for_completion(show_output=False)
    run.complete()
    assert run.get_details()["status"] == "Completed" and run.get_details()["inputDatasets"] == []
    assert Run(experiment=run.experiment, run_id=run.id) == run


def test_off_platform_all_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZUREML_RUN_ID", raising=False)
    run = Run.get_submitted_run()
    assert type(run) is _OfflineRun and run.id.startswith("OfflineRun_")
    with run as same:
        same.log(name="loss", value=1, description="of it", step=1)
        same.log_list(name="sizes", value=[1, 2])
        same.log_row("curve", x=1, y=2)
        same.log_table(name="grid", value={"a": [1]})
        same.log_image(name="plot", plot="figure")
        for log in (same.log_confusion_matrix, same.log_accuracy_table, same.log_residuals, same.log_predictions):
            log(name="chart", value={})
        same.upload_file(name="a", path_or_stream="b")
        same.upload_folder(name="a", path="b")
        same.set_tags({"a": "b"})
        same.add_properties({"a": "b"})
        same.flush(timeout_seconds=1)
        same.cancel()
        same.fail(error_details="none")
    assert capsys.readouterr().out.count("Attempted to ") == 13
    assert run.child_run(name="fold", run_id="one").id == "one"


def test_experiments_come_and_go(ws: Workspace) -> None:
    made = Experiment(ws, "passing")
    assert ws.experiments["passing"].id == made.id
    made.set_tags({"soil": "clay", "light": "sun"})
    made.remove_tags(["light"])
    assert made.tags == {"soil": "clay"}
    made.archive(new_archive_name="passed")
    assert made.name == "passed" and made.archived_time is not None
    assert "passed" not in ws.experiments
    archived = Experiment.list(workspace=ws, experiment_name="passed", view_type="ArchivedOnly", tags="soil")
    assert [each.id for each in archived] == [made.id] and archived[0].archived_time is not None
    made.reactivate("passing")
    assert (made.name, made.archived_time, made.id) == ("passing", None, ws.experiments["passing"].id)
    with pytest.raises(UserErrorException, match="view_type"):
        Experiment.list(ws, view_type="None")
    run = made.start_logging()
    with pytest.raises(UserErrorException, match="has runs"):
        Experiment.delete(ws, made.id)
    run.complete()
    empty = Experiment(ws, "empty")
    Experiment.delete(ws, empty.id)
    assert Experiment(ws, "empty").id != empty.id


def test_a_workspace_names_all_that_is_in_it(ws: Workspace, data: Any, own: Environment, tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_text("weights")
    Model.register(ws, str(tmp_path / "m.txt"), "oak")
    Dataset.File.from_files((data, "table/")).register(ws, "leaves")
    own.register(ws)
    Run.get(ws, Experiment(ws, "named").start_logging().id).complete()
    ws._call("PUT", "onlineEndpoints/oracle", {"location": "here", "properties": {"authMode": "Key"}})
    for found, name in (
        (ws.models, "oak"),
        (ws.datasets, "leaves"),
        (ws.environments, "surface"),
        (ws.experiments, "named"),
        (ws.webservices, "oracle"),
        (ws.datastores, data.name),
    ):
        assert name in found and found[name].name == name and dict(found.items())
    ws.webservices["oracle"].delete()
    assert (ws.images, ws.compute_targets.get("nobody")) == ({}, None)
    details = ws.get_details()
    assert (details["name"], details["location"]) == (ws.name, ws.location)
    assert ws.get_mlflow_tracking_uri().startswith(("http", "azureml"))
    assert (ws._workspace_name, ws._subscription_id, ws._resource_group) == (ws.name, "garden", "beds")
    assert ws._workspace_id == details["workspaceid"] and ws._auth_object is ws._auth
    assert (ws.sku, ws.service_context.workspace_name) == ("Basic", ws.name)
    with pytest.raises(UserErrorException):
        ws.get_run("nobody")


def test_a_workspace_is_deleted(ws: Workspace) -> None:
    Workspace.setup()
    passing = Workspace._get_or_create("passing", subscription_id="garden", resource_group="beds", location="east")
    assert Workspace._get_or_create("passing", subscription_id="garden", resource_group="beds") == passing
    passing.delete(delete_dependent_resources=True, no_wait=False)
    assert passing.name not in Workspace.list("garden")
    assert ws.name in Workspace.list(subscription_id="garden", auth=ws._auth, resource_group="beds")
