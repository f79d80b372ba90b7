"""What Azure's documents print of the SDK v1, as it stands there: scripts are submitted, train and are looked at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.clients.environments import REPOSITORY, network_environment

from azureml.core import Dataset, Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.compute_target import ComputeTargetException
from azureml.core.model import Model
from azureml.core.resource_configuration import ResourceConfiguration

SOURCES = Path(__file__).parent / "listings"


@pytest.fixture
def project(ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder is a project with a ``src``, and a file that names the workspace."""
    folder = tmp_path / "project"
    shutil.copytree(SOURCES, folder / "src")
    ws.write_config(path=str(folder))
    monkeypatch.chdir(folder)
    yield folder


def with_library(name: str) -> Environment:
    """The environment of a Python that has the library already."""
    environment = Environment(name=f"{name}-env")
    environment.python.user_managed_dependencies = True
    environment.python.interpreter_path = str(network_environment(name))
    environment.environment_variables = {"PYTHONPATH": str(REPOSITORY / "azureml" / "src")}
    return environment


@pytest.fixture(scope="module")
def compute_target(ws: Workspace) -> Any:
    cluster_name = "cpu-cluster"
    try:
        compute_target = ComputeTarget(workspace=ws, name=cluster_name)
    except ComputeTargetException:
        compute_config = AmlCompute.provisioning_configuration(vm_size="STANDARD_D2_V2", max_nodes=2)
        compute_target = ComputeTarget.create(ws, cluster_name, compute_config)
        compute_target.wait_for_completion(show_output=True)
    return compute_target


def test_hello_of_the_first_day(house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    shutil.copytree(SOURCES, tmp_path / "src")
    monkeypatch.chdir(tmp_path)
    ws = Workspace.create(
        name="myworkspace",
        subscription_id="00000000-0000-0000-0000-00000000cafe",
        resource_group="myresourcegroup",
        create_resource_group=True,
        location="eastus2",
    )
    ws.write_config()

    ws = Workspace.from_config()
    experiment = Experiment(workspace=ws, name="day1-experiment-hello")

    config = ScriptRunConfig(source_directory="./src", script="run.py", compute_target="cpu-cluster")

    run = experiment.submit(config)
    aml_url = run.get_portal_url()
    print(aml_url)

    said = capsys.readouterr().out
    assert "There was no 'cpu-cluster' yet" in said and said.splitlines()[-1].startswith("http")
    run.wait_for_completion(show_output=True)
    assert "Hello world!" in capsys.readouterr().out
    assert [each.name for each in AmlCompute.list(ws)] == ["cpu-cluster"]


@pytest.mark.usefixtures("compute_target")
def test_a_cluster_that_is_there_is_taken(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    config = ScriptRunConfig(source_directory=str(SOURCES), script="run.py", compute_target="cpu-cluster")
    Experiment(ws, "again").submit(config).wait_for_completion()
    assert "There was no" not in capsys.readouterr().out


@pytest.mark.usefixtures("project")
def test_pytorch_is_trained() -> None:
    pytorch_env = with_library("torch")
    ws = Workspace.from_config()
    project_folder = "./src"

    src = ScriptRunConfig(
        source_directory=project_folder,
        script="pytorch_train.py",
        arguments=["--num_epochs", 30, "--output_dir", "./outputs"],
        compute_target="local",
        environment=pytorch_env,
    )
    run = Experiment(ws, name="Tutorial-pytorch-birds").submit(src)
    run.wait_for_completion(show_output=True)
    model = run.register_model(model_name="pytorch-birds", model_path="outputs/model.pt")

    found = run.get_metrics()
    assert len(found["loss"]) == len(found["best_val_acc"]) == 30 and found["lr"] == 0.1
    assert found["loss"][-1] < found["loss"][0] / 2 and found["best_val_acc"][-1] > 0.9
    assert (model.name, model.version) == ("pytorch-birds", 1)


@pytest.fixture
def dataset(ws: Workspace, tmp_path: Path) -> Any:
    """Handwritten digits as files, some to train on and some to test with."""
    import numpy as np
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    folder = tmp_path / "digits"
    folder.mkdir()
    is_test = np.arange(len(images)) % 6 == 0
    for part, some in (("train", ~is_test), ("test", is_test)):
        np.savetxt(folder / f"{part}-images.csv", images[some], fmt="%d", delimiter=",")
        np.savetxt(folder / f"{part}-labels.csv", labels[some], fmt="%d")
    store = ws.get_default_datastore()
    store.upload(src_dir=str(folder), target_path="digits", overwrite=True, show_progress=False)
    return Dataset.File.from_files(path=[(store, "digits/*.csv")]).register(ws, "digits")


@pytest.mark.usefixtures("project")
def test_tensorflow_is_trained(ws: Workspace, dataset: Any) -> None:
    tf_env = with_library("keras")

    args = [
        "--data-folder",
        dataset.as_mount(),
        "--batch-size",
        64,
        "--first-layer-neurons",
        256,
        "--second-layer-neurons",
        128,
        "--learning-rate",
        0.01,
    ]
    src = ScriptRunConfig(
        source_directory="./src",
        script="tf_mnist.py",
        arguments=args,
        compute_target="local",
        environment=tf_env,
    )
    run = Experiment(workspace=ws, name="Tutorial-TF-Mnist").submit(src)
    run.wait_for_completion(show_output=True)
    model = run.register_model(
        model_name="tf-mnist",
        model_path="outputs/model",
        model_framework=Model.Framework.TENSORFLOW,
        model_framework_version="2.0",
        resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
    )
    run.download_files(prefix="outputs/model", output_directory="./model", append_prefix=False)

    found = run.get_metrics()
    assert found["final_acc"] > 0.9 and len(found["loss"]) == len(found["validation_acc"]) == 5
    assert found["loss"][-1] < found["loss"][0]
    assert model.resource_configuration.memory_in_gb == 0.5 and Path("model/model.keras").is_file()
