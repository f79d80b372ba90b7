"""Scripts as runs."""

from __future__ import annotations

import re
import shlex
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterable, Mapping

from azureml._lazuli import snapshot
from azureml.core import run_data
from azureml.core.environment import Environment
from azureml.core.runconfig import (
    DockerConfiguration,
    MpiConfiguration,
    PyTorchConfiguration,
    RunConfiguration,
    TensorflowConfiguration,
    listed,
)
from azureml.data import _inputs
from azureml.exceptions import RunConfigurationException, UserErrorException

if TYPE_CHECKING:
    from azureml.core.experiment import Experiment

__all__ = ["MAX_DURATION_SECONDS_DEFAULT", "ScriptRunConfig"]

MAX_DURATION_SECONDS_DEFAULT = 30 * 24 * 60 * 60
_OF_THE_DOCUMENTS, _ITS_SIZE, _ITS_NODES = "cpu-cluster", "STANDARD_D2_V2", 4


class ScriptRunConfig:
    """What to run: a script of a folder with arguments, on a compute, in an environment.

    ``resume_from`` is a :class:`~azureml.data.datapath.DataPath` to what an earlier run left; the script gets it as
    ``--resume-from`` and a path.
    """

    MAX_DURATION_SECONDS_DEFAULT = MAX_DURATION_SECONDS_DEFAULT

    def __init__(
        self,
        source_directory: str | None = None,
        script: str | None = None,
        arguments: Iterable[Any] | str | None = None,
        run_config: RunConfiguration | None = None,
        _telemetry_values: Any = None,
        compute_target: Any = None,
        environment: Environment | None = None,
        distributed_job_config: MpiConfiguration | PyTorchConfiguration | TensorflowConfiguration | None = None,
        resume_from: Any = None,
        max_run_duration_seconds: int | None = MAX_DURATION_SECONDS_DEFAULT,
        command: list[Any] | str | None = None,
        docker_runtime_config: DockerConfiguration | None = None,
    ) -> None:
        if command and (script or arguments):
            raise UserErrorException("Name a script with its arguments, or a command, not both.")
        self.source_directory = str(source_directory or ".")
        self.run_config = run_config or RunConfiguration()
        self.script = script or (None if command else self.run_config.script)
        self.arguments: Any = arguments if arguments is not None else list(self.run_config.arguments)
        self.command = command or self.run_config.command
        if compute_target is not None:
            self.run_config.target = compute_target
        if environment is not None:
            self.run_config.environment = environment
        if docker_runtime_config is not None:
            self.run_config.docker = docker_runtime_config
        if max_run_duration_seconds != MAX_DURATION_SECONDS_DEFAULT or run_config is None:
            self.run_config.max_run_duration_seconds = max_run_duration_seconds
        self.resume_from = resume_from
        self._distribute(distributed_job_config)
        self.run_config.script, self.run_config.command = self.script, self.command

    def _distribute(self, how: Any) -> None:
        if how is None:
            return
        settings = self.run_config
        if isinstance(how, MpiConfiguration):
            settings.mpi, settings.communicator = how, "Mpi"
        elif isinstance(how, PyTorchConfiguration):
            settings.pytorch, settings.framework, settings.communicator = how, "PyTorch", how.communication_backend
        elif isinstance(how, TensorflowConfiguration):
            settings.tensorflow, settings.framework = how, "TensorFlow"
            settings.communicator = "ParameterServer"
        else:
            raise TypeError(f"distributed_job_config is no {type(how).__name__}")
        settings.node_count = how.node_count

    def _submit(
        self,
        experiment: Experiment,
        tags: Mapping[str, str] | None = None,
        run_id: str | None = None,
        display_name: str | None = None,
    ) -> Any:
        """Submit the run to an experiment."""
        from azureml.core.script_run import ScriptRun

        name = run_id or _name(experiment.name)
        experiment._start(name, self._job(experiment.workspace), tags, display_name)
        return ScriptRun(experiment, name)

    def _job(self, workspace: Any, job: dict[str, Any] | None = None) -> dict[str, Any]:
        """The command job, as the server takes it; ``job`` is one that something is bound to already."""
        settings, environment = self.run_config, self.run_config.environment
        if settings.framework.lower() == "pyspark":
            raise RunConfigurationException("Lazuli has no Spark. Take the framework 'Python', and pandas or Dask.")
        is_local = settings.target == "local"
        job = {} if job is None else job
        job.update(
            jobType="Command",
            codeId=workspace._storage.upload_code(snapshot.of_code(self._folder())),
            environmentId=environment._reference(workspace, is_local),
            environmentVariables={**environment._variables(), **job.get("environmentVariables", {})},
            inputs=job.get("inputs", {}),
            outputs=job.get("outputs", {}),
        )
        job["computeId"] = _compute_id(workspace, settings.target)
        distribution, nodes = settings._distribution()
        if distribution:
            job["distribution"] = distribution
        resources = {**self._container(), **({"instanceCount": nodes} if nodes > 1 else {})}
        if resources:
            job["resources"] = resources
        seconds = settings.max_run_duration_seconds
        if seconds and seconds != MAX_DURATION_SECONDS_DEFAULT:
            job["limits"] = {"jobLimitsType": "Command", "timeout": f"PT{int(seconds)}S"}
        for given in (settings.data_references, settings.data, settings.output_data):
            run_data.bind(given, job, workspace)
        job["command"] = _inputs.command(job, self._command(job, environment, is_local))
        return job

    def _container(self) -> dict[str, Any]:
        """What the server is told of the container; the words of older scripts are the environment's."""
        older = self.run_config.environment.docker
        if older.enabled and not self.run_config.docker.use_docker:
            return DockerConfiguration(True, older.shared_volumes, older.arguments, older.shm_size)._told()
        return self.run_config.docker._told()

    def _folder(self) -> Path:
        return Path(self.source_directory).expanduser()

    def _command(self, job: dict[str, Any], environment: Environment, is_local: bool) -> str:
        if self.command:
            words = self.command
            return words if isinstance(words, str) else " ".join(_text(each, job) for each in words)
        if not self.script:
            raise UserErrorException("A run has a script or a command.")
        if not (self._folder() / self.script).is_file():
            raise UserErrorException(f"There is no script '{self.script}' in '{self.source_directory}'.")
        own = is_local and environment.python.user_managed_dependencies
        program = shlex.quote(environment._interpreter()) if own else "python"
        if self.run_config.framework.lower() == "r":
            program = "Rscript"
        words = [*listed(self.arguments), *self._resumed()]
        return " ".join([program, shlex.quote(self.script), *(_text(each, job) for each in words)])

    def _resumed(self) -> list[Any]:
        """The arguments that say where an earlier run's files are."""
        if self.resume_from is None:
            return []
        if not hasattr(self.resume_from, "create_data_reference"):
            raise UserErrorException(f"resume_from is a {type(self.resume_from).__name__}; it is a DataPath.")
        return ["--resume-from", self.resume_from.create_data_reference("resume_from")]


def _text(argument: Any, job: dict[str, Any]) -> str:
    """One argument in the command's text; what is data is bound to the job."""
    if hasattr(argument, "_bind"):
        return str(argument._bind(job))
    text = str(argument)
    if re.search(r"\$AZUREML_|\$\{?[A-Z_]+\}?|\$\{\{", text):  # a variable of the run
        return f'"{text}"' if re.search(r"\s", text) else text
    return shlex.quote(text)


def _compute_id(workspace: Any, target: str) -> str:
    """The compute of a job. ``amlcompute``, which Azure makes for one run alone, is the server's own machine.

    ``cpu-cluster``, the name in Azure's own documents, is made where a workspace has none: their scripts begin with it.
    """
    if target in ("local", "amlcompute"):
        return "local"
    if target == _OF_THE_DOCUMENTS and workspace._found(f"computes/{target}") is None:
        from azureml.core.compute import AmlCompute, ComputeTarget

        size = AmlCompute.provisioning_configuration(vm_size=_ITS_SIZE, max_nodes=_ITS_NODES)
        ComputeTarget.create(workspace, target, size)
        print(f"There was no '{target}' yet: it is made, with up to {_ITS_NODES} nodes of {_ITS_SIZE}.")
    return str(workspace._path(f"computes/{target}"))


def _name(experiment: str) -> str:
    return f"{experiment[:200]}_{int(time.time())}_{uuid.uuid4().hex[:8]}"
