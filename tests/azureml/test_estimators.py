"""Estimators: a script with its arguments, and an environment made of words."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from azureml.core import Dataset, Environment, Experiment, Workspace
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.container_registry import ContainerRegistry
from azureml.core.runconfig import DEFAULT_CPU_IMAGE, DEFAULT_GPU_IMAGE, EnvironmentDefinition
from azureml.data.datapath import DataPath
from azureml.exceptions import ExperimentExecutionException, TrainingException, UserErrorException
from azureml.train.dnn import Chainer, Gloo, Mpi, Nccl, ParameterServer, PyTorch, TensorFlow
from azureml.train.estimator import Estimator, MMLBaseEstimator
from azureml.train.sklearn import SKLearn

SCRIPT = """
import json, os, sys
from azureml.core import Run
run = Run.get_context()
os.makedirs("outputs", exist_ok=True)
words = ("COLOUR", "RANK", "WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "TF_CONFIG", "AZ_BATCHAI_PYTORCH_INIT_METHOD")
told = {word: os.environ[word] for word in words if word in os.environ}
paths = [word for word in sys.argv if os.path.isdir(word)]
told.update(python=sys.executable, arguments=sys.argv[1:], seen={path: sorted(os.listdir(path)) for path in paths})
rank = os.environ.get("RANK") or os.environ.get("OMPI_COMM_WORLD_RANK") or "0"
task = json.loads(os.environ.get("TF_CONFIG", "{}")).get("task", {"type": "told", "index": rank})
with open(f"outputs/{task['type']}-{task['index']}.json", "w") as file:
    json.dump(told, file)
run.log("rate", 0.5)
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("code")
    (folder / "train.py").write_text(SCRIPT)
    (folder / "conda.yml").write_text("dependencies: [numpy, {pip: [idna]}]\n")
    (folder / "requirements.txt").write_text("# ours\ncertifi\n")
    return str(folder)


@pytest.fixture(scope="module")
def store(ws: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The default datastore, with a file."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "a.csv").write_text("a\n1\n")
    found = ws.get_default_datastore()
    found.upload(str(folder), "data", show_progress=False)
    return found


def told(run: Any, name: str = "told-0") -> dict[str, Any]:
    """What the script told of itself."""
    where = f"ExperimentRun/dcid.{run.id}/outputs/{name}.json"
    return json.loads(run.experiment.workspace._storage.container("workspaceartifactstore").read(where))


def test_a_script_runs_with_its_parameters_and_data(ws: Workspace, code: str, store: Any) -> None:
    files = Dataset.File.from_files((store, "data/"))
    estimator = Estimator(
        source_directory=code,
        compute_target="local",
        entry_script="train.py",
        script_params={
            "--data": files.as_named_input("rows").as_mount(),
            "--store": store.path("data").as_download(),
            "--rate": 0.8,
            "--verbose": "",
        },
        inputs=[files.as_named_input("more").as_mount(), store.path("data", data_reference_name="place")],
        environment_variables={"COLOUR": "green"},
        user_managed=True,
        use_docker=False,
        source_directory_data_store=store,
        resume_from=DataPath(store, "data"),
        max_run_duration_seconds=600,
    )
    assert isinstance(estimator, MMLBaseEstimator) and estimator.source_directory == code
    assert estimator._estimator_config is estimator.run_config and estimator.run_config.target == "local"
    assert set(estimator.run_config.data) == {"more"} and set(estimator.run_config.data_references) == {"place"}
    assert estimator._job(ws)["limits"]["timeout"] == "PT600S"
    run = Experiment(ws, "estimated").submit(estimator, tags={"kind": "old"})
    run.wait_for_completion()
    assert run.get_metrics() == {"rate": 0.5} and run.get_tags()["kind"] == "old"
    found = told(run)
    data, where, *rest = found["arguments"][1::2]
    assert found["arguments"][::2][:3] == ["--data", "--store", "--rate"] and rest[0] == "0.8"
    assert found["arguments"][6:8] == ["--verbose", "--resume-from"]
    assert found["seen"] == {key: ["a.csv"] for key in (data, where, found["arguments"][8])}
    assert (found["COLOUR"], found["python"]) == ("green", sys.executable)


def test_packages_come_from_words_and_files(ws: Workspace, code: str) -> None:
    both = Estimator(
        code,
        entry_script="train.py",
        conda_packages=["scikit-learn=1.5"],
        pip_packages=["six"],
        pip_requirements_file="requirements.txt",
    )
    conda = both.conda_dependencies
    assert conda is not None and list(conda.conda_packages) == ["scikit-learn=1.5"]
    assert list(conda.pip_packages) == ["azureml-defaults", "six", "certifi"]
    filed = PyTorch(code, entry_script="train.py", conda_dependencies_file="conda.yml", pip_packages=["six"])
    assert filed.conda_dependencies is not None
    assert list(filed.conda_dependencies.pip_packages) == ["idna", "six"], "a conda file stands for itself"
    older = Estimator(code, conda_dependencies_file_path="conda.yml", pip_requirements_file_path="requirements.txt")
    assert older.conda_dependencies is not None and "certifi" in older.conda_dependencies.pip_packages
    with pytest.raises(UserErrorException, match="There is no file"):
        Estimator(code, conda_dependencies_file="none.yml")
    run = Experiment(ws, "estimated").submit(Estimator(code, entry_script="train.py", pip_packages=["six"]))
    run.wait_for_completion()
    assert told(run)["python"] != sys.executable


def test_frameworks_are_added_in_their_versions(code: str) -> None:
    def pip(made: MMLBaseEstimator) -> list[str]:
        return list(made.conda_dependencies.pip_packages) if made.conda_dependencies else []

    assert pip(PyTorch(code, framework_version="1.4"))[1:] == ["torch==1.4.*", "torchvision"]
    assert pip(PyTorch(code, pip_packages=["torch<3"]))[1:] == ["torchvision", "torch<3"]
    assert pip(TensorFlow(code, framework_version="2.2.0", use_gpu=True))[1:] == ["tensorflow==2.2.0"]
    chainer = Chainer(code, framework_version="7.0.0")
    assert pip(chainer)[1] == "chainer==7.0.0" and chainer.conda_dependencies is not None
    assert chainer.conda_dependencies.python_version == "3.8"
    assert pip(SKLearn(code))[1:] == ["scikit-learn", "joblib", "numpy", "scipy"]
    with pytest.raises(TrainingException, match="TensorFlow estimator: it has no packages for"):
        TensorFlow(code, framework_version="1.13")
    with pytest.raises(TrainingException, match="write it as"):
        PyTorch(code, framework_version="newest")


def test_images_and_their_registry(code: str) -> None:
    registry = ContainerRegistry()
    registry.address, registry.username, registry.password = "example.azurecr.io", "me", "secret"
    made = Estimator(
        code,
        entry_script="train.py",
        custom_docker_image="team/train:2",
        image_registry_details=registry,
        user_managed=True,
        use_docker=True,
        shm_size="4g",
    )
    docker = made.run_config.environment.docker
    assert (docker.enabled, docker.base_image, docker.shm_size) == (True, "team/train:2", "4g")
    assert docker.base_image_registry.address == "example.azurecr.io" and made._container() == {"shmSize": "4g"}
    assert made.run_config.environment._image(None) == {"image": "example.azurecr.io/team/train:2"}  # type: ignore[arg-type]
    older = PyTorch(code, custom_docker_base_image="python:3.11", use_gpu=True)
    assert older.run_config.environment.docker.base_image == "python:3.11"
    assert PyTorch(code, use_gpu=True).run_config.environment.docker.base_image == DEFAULT_GPU_IMAGE
    assert PyTorch(code, use_gpu=False).run_config.environment.docker.base_image == DEFAULT_CPU_IMAGE


def test_an_environment_that_is_made_already(ws: Workspace, code: str) -> None:
    definition = EnvironmentDefinition()
    definition.python.user_managed_dependencies = True
    definition.environment_variables = {"COLOUR": "blue"}
    made = SKLearn(
        source_directory=code,
        compute_target="local",
        entry_script="train.py",
        script_params={"--rate": 1},
        environment_definition=definition,
    )
    assert made.run_config.environment is definition and isinstance(definition, Environment)
    run = Experiment(ws, "estimated").submit(made)
    run.wait_for_completion()
    assert told(run)["COLOUR"] == "blue"
    with pytest.raises(UserErrorException, match="pip_packages is part of the environment_definition"):
        Estimator(code, environment_definition=definition, pip_packages=["six"])


def test_where_it_runs(ws: Workspace, code: str) -> None:
    made = TensorFlow(code, entry_script="train.py", vm_size="STANDARD_D2_V2", vm_priority="lowpriority")
    assert made.run_config.target == "amlcompute" and made.run_config.amlcompute.vm_size == "STANDARD_D2_V2"
    assert made.run_config.amlcompute.vm_priority == "lowpriority" and made._job(ws)["computeId"] == "local"


def test_words_that_an_estimator_does_not_have(code: str) -> None:
    for wrong in (
        lambda: SKLearn(code, node_count=2),
        lambda: SKLearn(code, use_gpu=True),
        lambda: Estimator(code, framework_version="1.4"),
        lambda: PyTorch(code, worker_count=2),
        lambda: Estimator(code, entry_scrpt="train.py"),  # type: ignore[call-arg]
    ):
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            wrong()
    with pytest.raises(UserErrorException, match="as_named_input"):
        Estimator(code, inputs=["data"])


def test_how_processes_are_told_to_the_server(ws: Workspace, code: str) -> None:
    def job(made: MMLBaseEstimator) -> tuple[dict[str, Any] | None, int]:
        return made.run_config._distribution()

    mpi = {"distributionType": "Mpi", "processCountPerInstance": 2}
    one = PyTorch(code, node_count=2, distributed_training=Mpi(process_count_per_node=2))
    assert job(one) == (mpi, 2)
    assert job(Estimator(code, node_count=2, process_count_per_node=2, distributed_backend="mpi")) == (mpi, 2)
    assert job(Estimator(code, node_count=3)) == (None, 3)
    per_node = {"distributionType": "PyTorch", "processCountPerInstance": 1}
    assert job(PyTorch(code, node_count=2, distributed_training=Nccl())) == (per_node, 2)
    assert job(PyTorch(code, node_count=2, distributed_backend="gloo")) == (per_node, 2)
    served = {"distributionType": "TensorFlow", "workerCount": 2, "parameterServerCount": 1}
    older = TensorFlow(code, node_count=2, worker_count=2, parameter_server_count=1, distributed_backend="ps")
    assert job(older) == (served, 2)
    assert job(TensorFlow(code, distributed_training=ParameterServer(2, 1))) == (served, 1)
    with pytest.raises(TrainingException, match="mpi, ps, gloo or nccl"):
        PyTorch(code, distributed_backend="carrier pigeon")
    with pytest.raises(TrainingException, match="Mpi"):
        PyTorch(code, process_count_per_node=2)


OWN = {"compute_target": "local", "entry_script": "train.py", "user_managed": True}


@pytest.mark.parametrize(
    ("kind", "said", "names"),
    [
        (TensorFlow, {"distributed_training": ParameterServer(2, 1)}, ["worker-0", "worker-1", "ps-0"]),
        (PyTorch, {"distributed_training": Gloo(), "script_params": {"--rank": "$AZ_BATCHAI_TASK_INDEX"}}, ["told-0"]),
        pytest.param(
            Estimator, {"distributed_training": Mpi(2)}, ["told-0", "told-1"], marks=pytest.mark.needs("mpirun")
        ),
    ],
)
def test_several_processes_run(ws: Workspace, code: str, kind: Any, said: dict[str, Any], names: list[str]) -> None:
    run = Experiment(ws, "estimated").submit(kind(code, **OWN, **said))
    run.wait_for_completion()
    found = {name: told(run, name) for name in names}
    assert len(found) == len(names)
    if kind is PyTorch:
        assert found["told-0"]["arguments"] == ["--rank", "0"] and found["told-0"]["WORLD_SIZE"] == "1"
        assert found["told-0"]["AZ_BATCHAI_PYTORCH_INIT_METHOD"].startswith("tcp://127.0.0.1:")


def test_more_nodes_than_there_are(ws: Workspace, code: str) -> None:
    with pytest.raises(ExperimentExecutionException, match="at most"):
        Experiment(ws, "estimated").submit(Estimator(code, **OWN, node_count=999, distributed_training=Mpi()))


def test_packages_can_be_added_later(code: str) -> None:
    made = Estimator(code, entry_script="train.py")
    made._estimator_config.environment.python.conda_dependencies = CondaDependencies.create(pip_packages=["six"])
    assert made.conda_dependencies is not None and "six" in made.conda_dependencies.pip_packages
    assert Path(made.source_directory, str(made.script)).is_file()
