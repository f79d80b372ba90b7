"""Models, registered and found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from azureml.core import Workspace
from azureml.core.model import Model
from azureml.core.resource_configuration import ResourceConfiguration
from azureml.exceptions import ModelNotFoundException, ModelPathNotFoundException, WebserviceException


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AZUREML_MODEL_DIR", raising=False)
    made = tmp_path / "outputs" / "model.pkl"
    made.parent.mkdir()
    made.write_bytes(b"weights")
    return made


def test_a_file_becomes_a_model(ws: Workspace, file: Path) -> None:
    model = Model.register(
        workspace=ws,
        model_path="outputs/model.pkl",
        model_name="sklearn_mnist",
        tags={"area": "mnist", "kind": "one"},
        properties={"accuracy": 0.9},  # type: ignore[dict-item] - v1 scripts give numbers
        description="Digits",
        datasets=[("training", "a-dataset")],
        model_framework=Model.Framework.SCIKITLEARN,
        model_framework_version="1.3",
        sample_input_dataset="in",
        sample_output_dataset="out",
        resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
    )
    assert (model.name, model.version, model.id) == ("sklearn_mnist", 1, "sklearn_mnist:1")
    again = Model(ws, "sklearn_mnist")
    assert (again.description, again.tags) == ("Digits", {"area": "mnist", "kind": "one"})
    assert again.properties == {"accuracy": "0.9"}
    assert (again.model_framework, again.model_framework_version) == ("ScikitLearn", "1.3")
    assert (again.sample_input_dataset, again.sample_output_dataset) == ("in", "out")
    assert again.datasets == {"training": ["a-dataset"]}
    resources = again.resource_configuration
    assert resources and (resources.cpu, resources.memory_in_gb, resources.gpu) == (1, 0.5, None)
    assert again.created_time and again.run_id is None and again.run is None and again.workspace == ws
    assert again.url.endswith("/model.pkl") and again.serialize()["id"] == model.id
    assert ws._found("models/sklearn_mnist/versions/1")["properties"]["tags"]["area"] == "mnist"
    assert Path(again.download(target_dir="fetched", exist_ok=False)).read_bytes() == b"weights"
    with pytest.raises(WebserviceException, match="exist_ok"):
        again.download("fetched")
    assert Path(again.download("fetched", exists_ok=True)).name == "model.pkl"


def test_a_folder_becomes_a_model(ws: Workspace, file: Path) -> None:
    (file.parent / "deep").mkdir()
    (file.parent / "deep" / "b.txt").write_text("b")
    whole = Model.register(ws, str(file.parent), "folder")
    part = Model.register(ws, str(file.parent), "folder", child_paths=["deep"])
    assert (whole.version, part.version) == (1, 2)
    fetched = Path(whole.download("one"))
    assert fetched.name == "outputs" and (fetched / "deep" / "b.txt").read_text() == "b"
    assert [each.name for each in Path(part.download("two")).iterdir()] == ["deep"]
    with pytest.raises(WebserviceException, match="none"):
        Model.register(ws, str(file.parent), "folder", child_paths=["none.txt"])
    assert set(whole.get_sas_urls()) == {"outputs/model.pkl", "outputs/deep/b.txt"}


def test_models_are_found_by_what_they_say(ws: Workspace, file: Path) -> None:
    for number in (1, 2):
        Model.register(ws, str(file), "listed", tags={"turn": number})  # type: ignore[dict-item]
    Model.register(ws, str(file), "other-listed", model_framework="Onnx", properties={"by": "hand"})
    assert [each.version for each in Model.list(ws, name="listed")] == [2, 1]
    assert [each.version for each in Model.list(ws, "listed", latest=True)] == [2]
    assert [each.version for each in Model.list(ws, tags=[["turn", "1"]])] == [1]
    assert [each.version for each in Model.list(ws, "listed", tags=["turn"])] == [2, 1]
    assert [each.name for each in Model.list(workspace=ws, model_framework="Onnx")] == ["other-listed"]
    assert [each.name for each in Model.list(ws, properties=[("by", "hand")])] == ["other-listed"]
    assert Model.list(ws, run_id="none") == Model.list(ws, name="nothing") == []
    assert Model(ws, name="listed", tags=[["turn", "1"]]).version == 1
    assert Model(ws, id="listed:1").id == Model(ws, "listed", version=1).id == Model._get(ws, id="listed:1").id
    assert ws.models["listed"].version == 2


def test_no_such_model(ws: Workspace, file: Path) -> None:
    with pytest.raises(WebserviceException, match="ModelNotFound: Model with name 'nothing'"):
        Model(ws, "nothing")
    with pytest.raises(WebserviceException, match="version 7"):
        Model(ws, "nothing", version=7)
    with pytest.raises(WebserviceException, match="name or its id"):
        Model(ws)
    with pytest.raises(WebserviceException, match="cannot be found"):
        Model.register(ws, "nowhere.pkl", "nothing")
    with pytest.raises(WebserviceException, match="no model_framework"):
        Model.register(ws, str(file), "nothing", model_framework="Sklearn")
    with pytest.raises(TypeError):
        Model.register(ws, str(file), model_nmae="nothing")  # type: ignore[call-arg]


def test_where_a_model_lies(ws: Workspace, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelNotFoundException):
        Model.get_model_path("found")
    Model.register(ws, str(file), "found")
    with pytest.raises(ModelNotFoundException):
        Model._get_model_path_remote("missing", None, ws)
    path = Model.get_model_path("found", _workspace=ws)
    assert Path(path) == Path("azureml-models/found/1/model.pkl") and Path(path).read_bytes() == b"weights"
    assert Model.get_model_path(model_name="found", version=1) == path
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(file.parents[1] / "azureml-models" / "found" / "1"))
    assert Path(Model.get_model_path("found")) == file.parents[1] / path


def test_what_is_said_of_a_model_changes(ws: Workspace, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = Model.register(ws, str(file), "changing", tags={"a": "1"})
    model.add_tags({"b": "2", "c": "3"})
    model.remove_tags(["a"])
    model.update_tags_properties(add_tags={"d": "4"}, remove_tags=["c"])
    model.update(description="anew")
    assert Model(ws, "changing").tags == model.tags == {"b": "2", "d": "4"}
    assert Model(ws, "changing").description == "anew"
    model.update(tags={"only": "this"})
    assert Model(ws, "changing").tags == {"only": "this"}
    model.print_configuration()
    assert "changing:1" in capsys.readouterr().out
    model.delete()
    assert Model.list(ws, "changing") == []
    with pytest.raises(WebserviceException):
        model.add_tags({"a": "b"})


def test_a_runs_files_become_a_model(ws: Workspace, file: Path) -> None:
    made = ws._mlflow("POST", "experiments/create", {"name": "training"})
    run = ws._mlflow("POST", "runs/create", {"experiment_id": made["experiment_id"]})["run"]["info"]["run_id"]
    stand_in = _Run(ws, run)
    container = ws._storage.container("workspaceartifactstore")
    container.put(f"ExperimentRun/dcid.{run}/outputs/model.pkl", b"trained")
    model = Model._register_from_run(stand_in, "of-a-run", "outputs/model.pkl")
    assert model.run_id == run and Path(model.download("of-a-run")).read_bytes() == b"trained"
    assert [each.id for each in Model.list(ws, run_id=run)] == [model.id]
    with pytest.raises(ModelPathNotFoundException, match="Could not locate"):
        Model._register_from_run(stand_in, "of-a-run", "outputs/none.pkl")


class _Run:
    """A run with what registration asks of it."""

    def __init__(self, workspace: Workspace, id: str) -> None:
        self.id = id
        self.experiment = self
        self.workspace = workspace
