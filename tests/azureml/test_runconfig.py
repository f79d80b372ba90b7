"""The settings of a run: written, read, and taken by jobs that really run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from azureml.core import Dataset, Environment, Experiment, RunConfiguration, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.environment import DEFAULT_GPU_IMAGE
from azureml.core.runconfig import (
    DEFAULT_CPU_IMAGE,
    DEFAULT_MMLSPARK_CPU_IMAGE,
    Data,
    DataLocation,
    DataReferenceConfiguration,
    DockerConfiguration,
    MpiConfiguration,
    PyTorchConfiguration,
    TensorflowConfiguration,
)
from azureml.core.runconfig import Dataset as RunDataset
from azureml.core.script_run_config import MAX_DURATION_SECONDS_DEFAULT
from azureml.data import OutputFileDatasetConfig
from azureml.data._inputs import VARIABLE
from azureml.data.datapath import DataPath
from azureml.exceptions import RunConfigurationException, UserErrorException

SCRIPT = """
import json, os, sys
def seen(path):
    return open(path).read() if os.path.isfile(path) else sorted(os.listdir(path))
paths = {word: os.environ[word] for word in ("mounted", "copied", "AZUREML_DATAREFERENCE_place") if word in os.environ}
told = {word: seen(path) for word, path in paths.items()}
if os.environ.get("COLOUR") == "green":
    from azureml.core import Run
    told["table"] = Run.get_context().input_datasets["table"].to_pandas_dataframe()["a"].tolist()
told.update(python=sys.executable, arguments=sys.argv[1:], colour=os.environ.get("COLOUR"))
os.makedirs("outputs", exist_ok=True)
with open("outputs/told.json", "w") as file:
    json.dump(told, file)
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("code")
    (folder / "train.py").write_text(SCRIPT)
    return str(folder)


@pytest.fixture(scope="module")
def store(ws: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The default datastore, with a file."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "a.csv").write_text("a\n1\n")
    found = ws.get_default_datastore()
    found.upload(str(folder), "data", show_progress=False)
    return found


def ran(ws: Workspace, config: ScriptRunConfig) -> dict[str, Any]:
    """What the script told of itself, after it ran."""
    run = Experiment(ws, "settled").submit(config=config)
    run.wait_for_completion()
    path = f"ExperimentRun/dcid.{run.id}/outputs/told.json"
    return yaml.safe_load(ws._storage.container("workspaceartifactstore").read(path))


def own_python() -> RunConfiguration:
    """Settings whose environment is the Python that runs here."""
    made = RunConfiguration()
    made.environment.python.user_managed_dependencies = True
    return made


def test_one_as_it_is_made() -> None:
    conda = CondaDependencies.create(pip_packages=["six"])
    made = RunConfiguration(script="a.py", framework="python", communicator="None", conda_dependencies=conda)
    assert (made.script, made.framework, made.communicator, made.target) == ("a.py", "python", "None", "local")
    assert (made.node_count, made.max_run_duration_seconds, made.auto_prepare_environment) == (1, None, None)
    assert made.environment.python.conda_dependencies is conda and made.environment.docker.base_image
    made.auto_prepare_environment = True
    made.docker.use_docker = True
    assert ScriptRunConfig(".", run_config=made)._container() == {"shmSize": "2g"} and made.docker.use_docker
    assert DEFAULT_MMLSPARK_CPU_IMAGE == DEFAULT_CPU_IMAGE != DEFAULT_GPU_IMAGE
    made.environment.docker.enabled = True
    made.environment.docker.base_image = DEFAULT_CPU_IMAGE
    assert made.environment.docker.base_image == DEFAULT_CPU_IMAGE
    with pytest.raises(TypeError):
        RunConfiguration(targt="local")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        ScriptRunConfig(".", enviroment=None)  # type: ignore[call-arg]
    assert ScriptRunConfig("nowhere").run_config.target == "local"


def test_all_of_it_is_written_and_read(tmp_path: Path) -> None:
    made = RunConfiguration(script="a.py", arguments=["--rate", 0.5], framework="PyTorch", communicator="Nccl")
    made.target, made.node_count, made.max_run_duration_seconds = "cpu-cluster", 2, 60
    made.environment = Environment("kept")
    made.environment.python.conda_dependencies = CondaDependencies.create(conda_packages=["scikit-learn"])
    made.environment_variables["COLOUR"] = "green"
    made.docker = DockerConfiguration(use_docker=True, shm_size="1g", arguments=["--ipc=host"], shared_volumes=False)
    made.mpi = MpiConfiguration(2, 2)
    made.mpi.process_count_per_node, made.mpi.node_count = 4, 1
    made.pytorch = PyTorchConfiguration(communication_backend="Gloo", process_count=4, node_count=2)
    made.tensorflow = TensorflowConfiguration(worker_count=3, parameter_server_count=2)
    made.history.output_collection = False
    made.spark.configuration = {"spark.app.name": "garden"}
    made.hdi.yarn_deploy_mode = "client"
    made.amlcompute.vm_size = "STANDARD_D2_V2"
    made.data_references = {"place": DataReferenceConfiguration(datastore_name="store", path_on_datastore="data")}
    where = DataLocation(dataset=RunDataset(dataset_id="id"), uri=None)
    made.data = {"table": Data(data_location=where, mechanism="mount", environment_variable_name="TABLE")}
    made.save(path=str(tmp_path), name="cpu", separate_environment_yaml=True)
    folder = tmp_path / ".azureml"
    said = yaml.safe_load((folder / "cpu.runconfig").read_text())
    assert (said["environment"], said["nodeCount"], said["mpi"]["processCountPerNode"]) == ("environment.yml", 2, 4)
    assert said["dataReferences"]["place"]["dataStoreName"] == "store"
    assert said["data"]["table"]["dataLocation"]["dataset"]["id"] == "id"
    assert yaml.safe_load((folder / "environment.yml").read_text())["name"] == "kept"
    found = RunConfiguration.load(path=str(tmp_path), name="cpu")
    assert found._to_dict() == made._to_dict()
    assert isinstance(found.data["table"], Data) and found.data_references["place"].path_on_datastore == "data"
    (folder / "environment.yml").unlink()
    with pytest.raises(UserErrorException, match="which is not there"):
        RunConfiguration.load(tmp_path, "cpu")
    made.save(path=str(tmp_path / "x.yml"))
    assert RunConfiguration.load(tmp_path / "x.yml").environment_variables["COLOUR"] == "green"
    RunConfiguration.delete(tmp_path, "cpu")
    with pytest.raises(FileNotFoundError):
        RunConfiguration.load(tmp_path, "cpu")
    with pytest.raises(UserErrorException, match="A name is needed"):
        made.save(path=str(tmp_path))


def test_a_file_of_azures_is_read(ws: Workspace, code: str) -> None:
    folder = Path(code) / "aml_config"
    folder.mkdir()
    said = """
        script: train.py
        arguments: [--rate, '0.5']
        target: local
        framework: Python
        communicator: None
        autoPrepareEnvironment: true
        maxRunDurationSeconds: 100
        nodeCount: 1
        environment:
          name: project_environment
          python: {interpreterPath: python, userManagedDependencies: true}
          environmentVariables: {COLOUR: red}
        history: {outputCollection: true, directoriesToWatch: [logs, outputs]}
        docker: {useDocker: false}
        unknownOfLaterVersions: {a: 1}
    """
    (folder / "local.runconfig").write_text(said)
    found = RunConfiguration.load(path=code, name="local")
    assert found.history.directories_to_watch == ["logs", "outputs"]
    told = ran(ws, ScriptRunConfig(source_directory=code, run_config=found))
    assert (told["arguments"], told["colour"], told["python"]) == (["--rate", "0.5"], "red", sys.executable)


def test_data_is_named_by_the_settings(ws: Workspace, code: str, store: Any) -> None:
    files = Dataset.File.from_files((store, "data/")).register(ws, "rows")
    table = Dataset.Tabular.from_delimited_files((store, "data/a.csv")).register(ws, "tabled")
    settings = own_python()
    settings.target = "local"
    settings.data_references = {
        "place": DataReferenceConfiguration(
            datastore_name=store.name, path_on_datastore="data", mode="download", overwrite=True, path_on_compute="/tmp"
        )
    }
    given: dict[str, Any] = {"create_output_directories": False, "overwrite": False}
    by_id, by_name = RunDataset(dataset_id=files.id), RunDataset(dataset_name="tabled", dataset_version=1)
    settings.data = {
        "rows": Data(
            data_location=DataLocation(dataset=by_id),
            mechanism="mount",
            environment_variable_name="mounted",
            **given,
        ),
        "copied": Data(DataLocation(data_path=DataPath(store, "data")), mechanism="download"),
        "again": files.as_named_input("again").as_mount(),
        "table": Data(DataLocation(dataset=by_name), mechanism="direct"),
    }
    config = ScriptRunConfig(
        code, script="train.py", arguments=[str(store.path("data", "place")), "x y"], run_config=settings
    )
    config.run_config.environment_variables = {"COLOUR": "green"}
    told = ran(ws, config)
    assert told["mounted"] == told["copied"] == told["AZUREML_DATAREFERENCE_place"] == ["a.csv"]
    assert (told["table"], told["colour"], told["arguments"][1]) == ([1], "green", "x y")
    settings.data = {"table": Data(DataLocation(dataset=by_name)), "known": table.as_named_input("known")}
    known = json.loads(config._job(ws)["environmentVariables"][VARIABLE])
    assert known == {"table": {"id": table.id}, "known": {"id": table.id}}
    settings.output_data = {"left": OutputFileDatasetConfig(name="left", destination=(store, "left"))}
    assert "left" in config._job(ws)["outputs"] and list(settings.output_data) == ["left"]
    settings.data = {"none": Data()}
    with pytest.raises(RunConfigurationException, match="'none' has no location"):
        config._job(ws)
    settings.data = {"none": "data"}
    with pytest.raises(RunConfigurationException, match="which is no data"):
        config._job(ws)


def test_what_is_said_on_top_of_settings(ws: Workspace, code: str, store: Any) -> None:
    settings = own_python()
    settings.arguments, settings.max_run_duration_seconds = ["--rate", 1], 50
    config = ScriptRunConfig(
        source_directory=code,
        script="train.py",
        arguments="--rate 2",
        run_config=settings,
        compute_target="local",
        max_run_duration_seconds=100,
        docker_runtime_config=DockerConfiguration(use_docker=True, shm_size="1g", arguments=["--memory", "1g"]),
        resume_from=DataPath(store, "data/a.csv"),
    )
    job = config._job(ws)
    assert job["limits"]["timeout"] == "PT100S" and job["resources"] == {"shmSize": "1g", "dockerArgs": "--memory 1g"}
    assert (config.script, config.source_directory) == ("train.py", code)
    told = ran(ws, config)
    assert told["arguments"][:3] == ["--rate", "2", "--resume-from"] and told["arguments"][3].endswith("a.csv")
    config.resume_from = "an earlier run"
    with pytest.raises(UserErrorException, match="it is a DataPath"):
        config._job(ws)
    assert MAX_DURATION_SECONDS_DEFAULT == ScriptRunConfig.MAX_DURATION_SECONDS_DEFAULT == 30 * 24 * 3600
    assert "limits" not in ScriptRunConfig(code, "train.py", run_config=own_python())._job(ws)


def test_a_command_runs(ws: Workspace, code: str) -> None:
    command = ["python", "train.py", "--two", "two words"]
    config = ScriptRunConfig(code, command=command, environment=own_python().environment)
    assert ran(ws, config)["arguments"] == ["--two", "two words"]
    alone = RunConfiguration(command="python train.py --one")
    assert ScriptRunConfig(code, run_config=alone)._job(ws)["command"] == "python train.py --one"


def test_processes_and_nodes(ws: Workspace, code: str) -> None:
    def job(how: Any) -> dict[str, Any]:
        return ScriptRunConfig(code, "train.py", distributed_job_config=how)._job(ws)

    two = job(MpiConfiguration(process_count_per_node=2, node_count=2))
    assert two["distribution"] == {"distributionType": "Mpi", "processCountPerInstance": 2}
    assert two["resources"] == {"instanceCount": 2}
    assert job(PyTorchConfiguration(process_count=4, node_count=2))["distribution"]["processCountPerInstance"] == 2
    assert job(TensorflowConfiguration(2, 1))["distribution"]["workerCount"] == 2
    with pytest.raises(RunConfigurationException, match="multiple"):
        job(PyTorchConfiguration(process_count=3, node_count=2))
    with pytest.raises(TypeError, match="distributed_job_config"):
        job("mpi")
    settings = RunConfiguration(framework="TensorFlow", communicator="ParameterServer")
    settings.tensorflow.worker_count, settings.node_count = 4, 2
    assert settings._distribution() == (TensorflowConfiguration(4, 1)._told(2), 2)
    settings.communicator = "IntelMpi"
    assert settings._distribution() == (MpiConfiguration()._told(2), 2)
    settings.communicator = "Smoke"
    with pytest.raises(RunConfigurationException, match="Nccl, Gloo"):
        settings._distribution()


def test_frameworks_that_are_no_python(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "train.R").write_text("cat('hello')")
    made = ScriptRunConfig(str(tmp_path), "train.R", run_config=RunConfiguration(framework="R"))
    assert made._job(ws)["command"] == "Rscript train.R"
    with pytest.raises(RunConfigurationException, match="no Spark"):
        ScriptRunConfig(str(tmp_path), "train.R", run_config=RunConfiguration(framework="PySpark"))._job(ws)


def test_the_target_is_a_compute_by_name_or_itself(ws: Workspace, code: str) -> None:
    config = AmlCompute.provisioning_configuration(vm_size="STANDARD_D2_V2", max_nodes=1)
    compute = ComputeTarget.create(ws, "cpu-cluster", config)
    compute.wait_for_completion(show_output=False)
    settings = RunConfiguration()
    for target in (compute, "cpu-cluster"):
        settings.target = target
        assert settings.target == "cpu-cluster"
        assert ScriptRunConfig(code, "train.py", run_config=settings)._job(ws)["computeId"].endswith("/cpu-cluster")
    assert ScriptRunConfig(code, "train.py", compute_target=compute).run_config.target == "cpu-cluster"
