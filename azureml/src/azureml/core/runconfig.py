"""Settings of a run: what it runs, in which environment, on which compute, in how many processes."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any, Mapping

from azureml._lazuli import words
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.container_registry import ContainerRegistry
from azureml.core.databricks import EggLibrary, JarLibrary, MavenLibrary, PyPiLibrary, RCranLibrary
from azureml.core.environment import (
    DEFAULT_CPU_IMAGE,
    DEFAULT_GPU_IMAGE,
    DockerSection,
    Environment,
    PythonSection,
    SparkSection,
)
from azureml.core.run_data import Data, DataLocation, DataReferenceConfiguration, Dataset
from azureml.core.run_sections import (
    AmlComputeConfiguration,
    DockerConfiguration,
    HdiConfiguration,
    HistoryConfiguration,
    MpiConfiguration,
    PyTorchConfiguration,
    SparkConfiguration,
    TensorflowConfiguration,
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
    "Dataset",
    "DockerConfiguration",
    "DockerEnvironment",
    "EggLibrary",
    "EnvironmentDefinition",
    "HdiConfiguration",
    "HistoryConfiguration",
    "JarLibrary",
    "MavenLibrary",
    "MpiConfiguration",
    "PyPiLibrary",
    "PyTorchConfiguration",
    "PythonEnvironment",
    "RCranLibrary",
    "RunConfiguration",
    "SparkConfiguration",
    "SparkEnvironment",
    "TensorflowConfiguration",
]

DEFAULT_MMLSPARK_CPU_IMAGE = DEFAULT_CPU_IMAGE
_DEFAULT_ENVIRONMENT = "default-environment"
_FOLDERS = (".azureml", "aml_config")
_MPI = ("mpi", "openmpi", "intelmpi")
_SECTIONS = ("history", "spark", "docker", "hdi", "mpi", "pytorch", "tensorflow", "amlcompute")
_TEXTS = {
    "script": "script",
    "arguments": "arguments",
    "command": "command",
    "framework": "framework",
    "communicator": "communicator",
    "maxRunDurationSeconds": "max_run_duration_seconds",
    "nodeCount": "node_count",
    "sourceDirectoryDataStore": "source_directory_data_store",
}

PythonEnvironment = PythonSection
DockerEnvironment = DockerSection
SparkEnvironment = SparkSection


class EnvironmentDefinition(Environment):
    """The older name of :class:`~azureml.core.environment.Environment`."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name or _DEFAULT_ENVIRONMENT)


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
        self.hdi = HdiConfiguration()
        self.docker = DockerConfiguration()
        self.mpi = MpiConfiguration()
        self.pytorch = PyTorchConfiguration()
        self.tensorflow = TensorflowConfiguration()
        self.amlcompute = AmlComputeConfiguration()
        self.data_references: dict[str, Any] = {}
        self.data: dict[str, Any] = {}
        self.output_data: dict[str, Any] = {}
        self.datacaches: list[Any] = []
        self.source_directory_data_store: str | None = None
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
                said = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
                return RunConfiguration._from_dict(_with_environment(said, file.parent), name)
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
        """Write the settings to a file, or under a name in the folder ``.azureml`` of a project.

        With ``separate_environment_yaml`` the environment is a file ``environment.yml`` beside it.
        """
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
        texts["arguments"] = [str(each) for each in listed(self.arguments)]
        sections = {word: words.said(getattr(self, word)) for word in _SECTIONS}
        return {
            **texts,
            "target": self.target,
            "environment": self.environment._to_dict(),
            **sections,
            "dataReferences": {name: _reference(each) for name, each in self.data_references.items()},
            "data": {name: each._to_dict() for name, each in self.data.items() if isinstance(each, Data)},
        }

    @staticmethod
    def _from_dict(said: Mapping[str, Any], name: str | None = None) -> RunConfiguration:
        made = RunConfiguration(_name=name)
        for key, word in _TEXTS.items():
            if said.get(key) is not None:
                setattr(made, word, said[key])
        made.target = said.get("target") or "local"
        if isinstance(said.get("environment"), dict):
            made.environment = Environment._from_dict({"name": _DEFAULT_ENVIRONMENT, **said["environment"]})
        for word in _SECTIONS:
            words.taken(getattr(made, word), said.get(word))
        for reference, found in (said.get("dataReferences") or {}).items():
            made.data_references[reference] = words.taken(DataReferenceConfiguration(), found)
        made.data = {key: Data._from_dict(found) for key, found in (said.get("data") or {}).items()}
        return made

    def _distribution(self) -> tuple[dict[str, Any] | None, int]:
        """What the server is told of processes, and on how many nodes they are."""
        kinds = {**dict.fromkeys(_MPI, self.mpi), "nccl": self.pytorch, "gloo": self.pytorch}
        kind = {**kinds, "parameterserver": self.tensorflow, "none": None}.get(str(self.communicator).lower(), ...)
        if kind is ...:
            raise RunConfigurationException(
                f"communicator is '{self.communicator}'; it is None, Mpi, Nccl, Gloo or ParameterServer."
            )
        nodes = max(self.node_count, kind.node_count if kind is not None else 1)
        return (kind._told(nodes) if kind is not None else None), nodes


def listed(arguments: Any) -> list[Any]:
    """Arguments, which may be said in one text, one by one."""
    return shlex.split(arguments) if isinstance(arguments, str) else list(arguments or ())


def _reference(each: Any) -> dict[str, Any]:
    return words.said(each.to_config() if hasattr(each, "to_config") else each)


def _with_environment(said: Mapping[str, Any], beside: Path) -> Mapping[str, Any]:
    """What a file of settings says, with the environment that it names as a file."""
    import yaml

    environment = said.get("environment")
    if not isinstance(environment, str):
        return said
    file = beside / environment
    if not file.is_file():
        raise UserErrorException(f"The run configuration names the environment '{file}', which is not there.")
    return {**said, "environment": yaml.safe_load(file.read_text(encoding="utf-8"))}


def _files(path: Path, name: str | None) -> list[Path]:
    if name is None:
        return [path]
    return [folder / f"{name}.runconfig" for folder in (path, *(path / inner for inner in _FOLDERS))]
