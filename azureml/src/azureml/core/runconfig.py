"""Settings of a run: what it runs, in which environment, on which compute, in how many processes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Mapping

from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.container_registry import ContainerRegistry
from azureml.core.environment import (
    DEFAULT_CPU_IMAGE,
    DEFAULT_GPU_IMAGE,
    DockerSection,
    Environment,
    PythonSection,
    SparkSection,
)
from azureml.exceptions import RunConfigurationException, UserErrorException

__all__ = [
    "DEFAULT_CPU_IMAGE",
    "DEFAULT_GPU_IMAGE",
    "DEFAULT_MMLSPARK_CPU_IMAGE",
    "AmlComputeConfiguration",
    "CondaDependencies",
    "ContainerRegistry",
    "Data",
    "DataLocation",
    "DataReferenceConfiguration",
    "DockerConfiguration",
    "DockerEnvironment",
    "EnvironmentDefinition",
    "HistoryConfiguration",
    "MpiConfiguration",
    "PyTorchConfiguration",
    "PythonEnvironment",
    "RunConfiguration",
    "SparkConfiguration",
    "SparkEnvironment",
    "TensorflowConfiguration",
]

DEFAULT_MMLSPARK_CPU_IMAGE = DEFAULT_CPU_IMAGE
_DEFAULT_ENVIRONMENT = "default-environment"
_FOLDERS = (".azureml", "aml_config")
_TEXTS = {
    "script": "script",
    "arguments": "arguments",
    "command": "command",
    "framework": "framework",
    "communicator": "communicator",
    "maxRunDurationSeconds": "max_run_duration_seconds",
    "nodeCount": "node_count",
}

EnvironmentDefinition = Environment
PythonEnvironment = PythonSection
DockerEnvironment = DockerSection
SparkEnvironment = SparkSection


class MpiConfiguration:
    """So many processes of MPI on each of so many nodes."""

    def __init__(self, process_count_per_node: int = 1, node_count: int = 1) -> None:
        self.process_count_per_node = process_count_per_node
        self.node_count = node_count

    def _told(self) -> dict[str, Any]:
        return {"distributionType": "Mpi", "processCountPerInstance": self.process_count_per_node}


class PyTorchConfiguration:
    """So many processes of PyTorch over so many nodes; one a node where no number is given."""

    def __init__(
        self, communication_backend: str = "Nccl", process_count: int | None = None, node_count: int = 1
    ) -> None:
        self.communication_backend = communication_backend
        self.process_count = process_count
        self.node_count = node_count

    def _told(self) -> dict[str, Any]:
        count = self.process_count or self.node_count
        if count % self.node_count:
            raise RunConfigurationException(
                f"process_count {count} cannot be shared evenly among {self.node_count} nodes. Choose a multiple."
            )
        return {"distributionType": "PyTorch", "processCountPerInstance": count // self.node_count}


class TensorflowConfiguration:
    """So many workers and parameter servers of TensorFlow."""

    def __init__(self, worker_count: int = 1, parameter_server_count: int = 1) -> None:
        self.worker_count = worker_count
        self.parameter_server_count = parameter_server_count

    @property
    def node_count(self) -> int:
        """How many nodes they are put on: this machine's cores share them."""
        return 1

    def _told(self) -> dict[str, Any]:
        servers = self.parameter_server_count
        return {"distributionType": "TensorFlow", "workerCount": self.worker_count, "parameterServerCount": servers}


class DockerConfiguration:
    """Whether a run is in a container, and how. Known images need none; then it changes nothing."""

    def __init__(
        self,
        use_docker: bool = False,
        shared_volumes: bool = True,
        arguments: list[str] | None = None,
        shm_size: str | None = "2g",
    ) -> None:
        self.use_docker = use_docker
        self.shared_volumes = shared_volumes
        self.arguments = arguments or []
        self.shm_size = shm_size


class DataReferenceConfiguration:
    """A path of a datastore that a run sees."""

    def __init__(
        self,
        datastore_name: str | None = None,
        mode: str = "mount",
        path_on_datastore: str | None = None,
        path_on_compute: str | None = None,
        overwrite: bool = False,
    ) -> None:
        self.datastore_name = datastore_name
        self.mode = mode
        self.path_on_datastore = path_on_datastore
        self.path_on_compute = path_on_compute
        self.overwrite = overwrite


class DataLocation:
    """Where data of a run lies."""

    def __init__(self, dataset: Any = None, data_path: Any = None, uri: Any = None) -> None:
        self.dataset = dataset
        self.data_path = data_path
        self.uri = uri


class Data:
    """Data of a run, and how it gets it."""

    def __init__(
        self,
        data_location: DataLocation | None = None,
        create_output_directories: bool = False,
        mechanism: str = "direct",
        environment_variable_name: str | None = None,
        path_on_compute: str | None = None,
        overwrite: bool = False,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.data_location = data_location
        self.create_output_directories = create_output_directories
        self.mechanism = mechanism
        self.environment_variable_name = environment_variable_name
        self.path_on_compute = path_on_compute
        self.overwrite = overwrite
        self.options = options


class HistoryConfiguration:
    """What is kept of a run. All of it always is."""

    def __init__(self) -> None:
        self.output_collection = True
        self.snapshot_project = True
        self.directories_to_watch = ["logs"]


class SparkConfiguration:
    """Settings of Spark. Kept as said: there is no Spark here."""

    def __init__(self) -> None:
        self.configuration: dict[str, Any] = {}


class AmlComputeConfiguration:
    """The compute that is made for one run. Here a run shares what there is."""

    def __init__(self) -> None:
        self.vm_size: str | None = None
        self.vm_priority: str | None = None
        self._retain_cluster = False
        self._cluster_max_node_count: int | None = None


class RunConfiguration:
    """The settings of a run."""

    def __init__(
        self,
        script: str | None = None,
        arguments: list[Any] | None = None,
        framework: str | None = None,
        communicator: str | None = None,
        conda_dependencies: CondaDependencies | None = None,
        _history_enabled: bool | None = None,
        _path: str | None = None,
        _name: str | None = None,
        command: list[Any] | str | None = None,
    ) -> None:
        self.script = script
        self.arguments = arguments or []
        self.command = command
        self.framework = framework or "Python"
        self.communicator = communicator or "None"
        self.max_run_duration_seconds: int | None = None
        self.auto_prepare_environment: bool | None = None
        self.node_count = 1
        self.environment = Environment(_DEFAULT_ENVIRONMENT)
        if conda_dependencies is not None:
            self.environment.python.conda_dependencies = conda_dependencies
        self.history = HistoryConfiguration()
        self.spark = SparkConfiguration()
        self.docker = DockerConfiguration()
        self.mpi = MpiConfiguration()
        self.pytorch = PyTorchConfiguration()
        self.tensorflow = TensorflowConfiguration()
        self.amlcompute = AmlComputeConfiguration()
        self.data_references: dict[str, Any] = {}
        self.data: dict[str, Any] = {}
        self.output_data: dict[str, Any] = {}
        self.datacaches: list[Any] = []
        self._target = "local"
        self._name = _name
        self._path = _path

    @property
    def target(self) -> str:
        """The name of the compute; ``local`` is the machine of the server itself."""
        return self._target

    @target.setter
    def target(self, value: Any) -> None:
        self._target = value if isinstance(value, str) else value.name

    @property
    def environment_variables(self) -> dict[str, str]:
        """The variables that the run sees."""
        return self.environment.environment_variables

    @environment_variables.setter
    def environment_variables(self, value: dict[str, str]) -> None:
        self.environment.environment_variables = value

    @staticmethod
    def load(path: str | os.PathLike[str], name: str | None = None) -> RunConfiguration:
        """The settings in a file, or under a name in the folder ``.azureml`` of a project."""
        import yaml

        for file in _files(Path(path), name):
            if file.is_file():
                return RunConfiguration._from_dict(yaml.safe_load(file.read_text(encoding="utf-8")) or {}, name)
        raise FileNotFoundError(f"There is no run configuration '{name or path}' in '{path}'.")

    @staticmethod
    def delete(path: str | os.PathLike[str], name: str) -> None:
        """Delete the settings under a name."""
        for file in _files(Path(path), name):
            if file.is_file():
                file.unlink()
                return
        raise UserErrorException(f"There is no run configuration '{name}' in '{path}'.")

    def save(
        self,
        path: str | os.PathLike[str] | None = None,
        name: str | None = None,
        separate_environment_yaml: bool = False,
    ) -> None:
        """Write the settings to a file, or under a name in the folder ``.azureml`` of a project."""
        import yaml

        name = name or self._name
        start = Path(path or self._path or ".")
        file = start if name is None else start / _FOLDERS[0] / f"{name}.runconfig"
        if name is None and start.is_dir():
            raise UserErrorException("A name is needed to save a run configuration in a folder.")
        file.parent.mkdir(parents=True, exist_ok=True)
        said = self._to_dict()
        if separate_environment_yaml:
            environment = file.with_name("environment.yml")
            environment.write_text(yaml.safe_dump(said["environment"], sort_keys=False), encoding="utf-8")
            said["environment"] = environment.name
        file.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")

    def _to_dict(self) -> dict[str, Any]:
        texts = {key: getattr(self, word) for key, word in _TEXTS.items()}
        texts["arguments"] = [str(each) for each in _listed(self.arguments)]
        return {
            **texts,
            "target": self.target,
            "environment": self.environment._to_dict(),
            "mpi": {"processCountPerNode": self.mpi.process_count_per_node, "nodeCount": self.mpi.node_count},
            "docker": {"useDocker": self.docker.use_docker, "shmSize": self.docker.shm_size},
        }

    @staticmethod
    def _from_dict(said: Mapping[str, Any], name: str | None) -> RunConfiguration:
        made = RunConfiguration(_name=name)
        for key, word in _TEXTS.items():
            if said.get(key) is not None:
                setattr(made, word, said[key])
        made.target = said.get("target") or "local"
        if isinstance(said.get("environment"), dict):
            made.environment = Environment._from_dict({"name": _DEFAULT_ENVIRONMENT, **said["environment"]})
        mpi, docker = said.get("mpi") or {}, said.get("docker") or {}
        made.mpi = MpiConfiguration(mpi.get("processCountPerNode", 1), mpi.get("nodeCount", 1))
        made.docker.use_docker = bool(docker.get("useDocker"))
        return made

    def _distribution(self) -> tuple[dict[str, Any] | None, int]:
        """What the server is told of processes, and on how many nodes they are."""
        kinds = {"mpi": self.mpi, "intelmpi": self.mpi, "nccl": self.pytorch, "gloo": self.pytorch}
        kind = kinds.get(str(self.communicator).lower())
        if kind is None and str(self.communicator).lower() == "parameterserver":
            kind = self.tensorflow
        nodes = max(self.node_count, kind.node_count if kind is not None else 1)
        return (kind._told() if kind is not None else None), nodes


def _listed(arguments: Any) -> list[Any]:
    import shlex

    return shlex.split(arguments) if isinstance(arguments, str) else list(arguments or ())


def _files(path: Path, name: str | None) -> list[Path]:
    if name is None:
        return [path]
    return [folder / f"{name}.runconfig" for folder in (path, *(path / inner for inner in _FOLDERS))]
