"""Estimators: a script's run with an environment made of words, from before there were :class:`Environment` s."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterable, Mapping

from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.container_registry import ContainerRegistry
from azureml.core.environment import DEFAULT_GPU_IMAGE, Environment
from azureml.core.runconfig import RunConfiguration
from azureml.core.script_run_config import MAX_DURATION_SECONDS_DEFAULT, ScriptRunConfig
from azureml.exceptions import TrainingException, UserErrorException
from azureml.train import _distributed_training

_NAME = "estimator"


class MMLBaseEstimator(ScriptRunConfig):
    """A run of ``entry_script`` with ``script_params`` as its arguments; ``ScriptRunConfig`` is what to use today.

    Each keyword is taken by the estimators that v1 has it for, else refused with TypeError.

    :param script_params: names of arguments with their values, which may be datasets and references; a value of ``""``
        or None leaves a name alone, as a flag.
    :param inputs: datasets as named inputs, and references to data, which the run sees as well.
    :param environment_definition: an environment that is made already. Whatever else says what is in it is refused.
    :param conda_dependencies_file: a conda file, and ``pip_requirements_file`` one of pip's, relative to
        ``source_directory`` or to the current folder. With a conda file a framework is not added.
    :param user_managed: run in the image's own Python, on ``local`` in the one that runs here.
    :param framework_version: the version of the framework, such as "1.4"; the newest without one.
    :param distributed_training: ``Mpi``, ``ParameterServer``, ``Gloo`` or ``Nccl``; ``distributed_backend`` with
        ``process_count_per_node``, ``worker_count`` and ``parameter_server_count`` is the older way to say it.
    :param use_gpu: changes the image that is written down alone: a run sees the machine's GPUs in any case.
    :param vm_size: with ``vm_priority``, and without a ``compute_target``, what Azure makes for one run; here the
        server's machine stands in.
    :param use_docker: as ``environment.docker.enabled``; known images need no container.
    :param source_directory_data_store: no effect: code is kept by its content in the workspace's own store.
    """

    _framework = ""
    """Its package on PyPI."""
    _extras: tuple[str, ...] = ()
    """What Azure installs beside the framework, and scripts import."""
    _python: str | None = None
    """The Python that it needs; None for any."""
    _first_version: tuple[int, ...] = ()
    """The first version with packages for a Python that this SDK runs on."""
    _lacks: frozenset[str] = frozenset()
    """The keywords that it does not have."""

    def __init__(
        self,
        source_directory: str,
        *,
        compute_target: Any = None,
        vm_size: str | None = None,
        vm_priority: str | None = None,
        entry_script: str | None = None,
        script_params: Mapping[str, Any] | None = None,
        node_count: int = 1,
        process_count_per_node: int = 1,
        worker_count: int = 1,
        parameter_server_count: int = 1,
        distributed_backend: str | None = None,
        distributed_training: Any = None,
        use_gpu: bool = False,
        use_docker: bool = True,
        custom_docker_base_image: str | None = None,
        custom_docker_image: str | None = None,
        image_registry_details: ContainerRegistry | None = None,
        user_managed: bool = False,
        conda_packages: Iterable[str] | None = None,
        pip_packages: Iterable[str] | None = None,
        conda_dependencies_file_path: str | None = None,
        pip_requirements_file_path: str | None = None,
        conda_dependencies_file: str | None = None,
        pip_requirements_file: str | None = None,
        environment_variables: Mapping[str, str] | None = None,
        environment_definition: Environment | None = None,
        inputs: Iterable[Any] | None = None,
        source_directory_data_store: Any = None,
        shm_size: str | None = None,
        resume_from: Any = None,
        max_run_duration_seconds: int | None = None,
        framework_version: str | None = None,
        _enable_optimized_mode: bool = False,
        _disable_validation: bool = True,
        _show_lint_warnings: bool = False,
        _show_package_warnings: bool = False,
    ) -> None:
        given = dict(locals())
        self._refuse_others(given)
        made = _Packages(
            Path(source_directory).expanduser(),
            list(conda_packages or ()),
            list(pip_packages or ()),
            conda_dependencies_file or conda_dependencies_file_path,
            pip_requirements_file or pip_requirements_file_path,
        )
        image = custom_docker_image or custom_docker_base_image
        environment = environment_definition
        if environment is None:
            environment = Environment(_NAME)
            environment.python.user_managed_dependencies = user_managed
            environment.python.conda_dependencies = made.together(self._packages(framework_version), self._python)
            environment.environment_variables = dict(environment_variables or {})
            environment.docker.enabled = use_docker
            environment.docker.gpu_support = use_gpu
            environment.docker.shm_size = shm_size
            environment.docker.base_image = image or (DEFAULT_GPU_IMAGE if use_gpu else environment.docker.base_image)
            if image_registry_details is not None:
                environment.docker.base_image_registry = image_registry_details
        elif refused := [word for word in _OF_ENVIRONMENTS if given[word]]:
            raise UserErrorException(f"{refused[0]} is part of the environment_definition. Say it there alone.")
        if isinstance(distributed_training, str):
            distributed_backend, distributed_training = distributed_training, None
        if distributed_backend and distributed_training is None:
            counts = (process_count_per_node, worker_count, parameter_server_count)
            distributed_training = _distributed_training.named(distributed_backend, *counts)
        if distributed_backend and distributed_training is None:
            raise TrainingException(f"distributed_backend is '{distributed_backend}'; it is mpi, ps, gloo or nccl.")
        if distributed_training is None and process_count_per_node > 1:
            raise TrainingException("process_count_per_node is for processes of MPI: set distributed_training=Mpi(…).")
        super().__init__(
            source_directory,
            entry_script,
            _arguments(script_params or {}),
            _settings(node_count, vm_size, vm_priority, source_directory_data_store),
            compute_target=compute_target or ("amlcompute" if vm_size else None),
            environment=environment,
            distributed_job_config=distributed_training and distributed_training._configuration(node_count),
            resume_from=resume_from,
            max_run_duration_seconds=max_run_duration_seconds or MAX_DURATION_SECONDS_DEFAULT,
        )
        self.run_config.node_count = node_count
        for each in inputs or ():
            self._add(each)

    @property
    def conda_dependencies(self) -> CondaDependencies | None:
        """The packages."""
        return self.run_config.environment.python.conda_dependencies

    @property
    def _estimator_config(self) -> RunConfiguration:
        return self.run_config

    def _refuse_others(self, given: Mapping[str, Any]) -> None:
        """TypeError for what v1 has no such keyword for in this estimator."""
        defaults = MMLBaseEstimator.__init__.__kwdefaults__ or {}
        for word in sorted(self._lacks):
            if given[word] != defaults[word]:
                raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument '{word}'")

    def _packages(self, version: str | None) -> list[str]:
        """The framework, and what comes with it. Raises :class:`TrainingException` for a version that none can have."""
        if not self._framework:
            return []
        if version is None:
            return [self._framework, *self._extras]
        parts = str(version).split(".")
        if not all(part.isdigit() for part in parts):
            raise TrainingException(f"framework_version is '{version}'; write it as 'major.minor'.")
        if tuple(map(int, parts)) < self._first_version:
            first = ".".join(map(str, self._first_version))
            raise TrainingException(
                f"framework_version {version} is not supported by the {type(self).__name__} estimator: it has no "
                f"packages for Python 3.8 or later. Take {first} or later; without framework_version it is the newest."
            )
        return [f"{self._framework}=={version}{'.*' if len(parts) < 3 else ''}", *self._extras]

    def _add(self, each: Any) -> None:
        name = getattr(each, "data_reference_name", None)
        if name is not None:
            self.run_config.data_references[name] = each
        elif hasattr(each, "_bind"):
            self.run_config.data[each.name] = each
        else:
            raise UserErrorException(
                f"inputs holds a {type(each).__name__}. A dataset is given by as_named_input(…), a place by a "
                "DataReference."
            )


_OF_ENVIRONMENTS = (
    *("conda_packages", "pip_packages", "conda_dependencies_file", "conda_dependencies_file_path"),
    *("pip_requirements_file", "pip_requirements_file_path", "custom_docker_image", "custom_docker_base_image"),
    *("image_registry_details", "user_managed", "environment_variables", "shm_size", "framework_version"),
)


class _Packages:
    """What an estimator's words say of packages."""

    def __init__(
        self, folder: Path, conda: list[str], pip: list[str], conda_file: str | None, pip_file: str | None
    ) -> None:
        self._conda, self._pip = conda, pip
        self._conda_file = self._found(folder, conda_file)
        if file := self._found(folder, pip_file):
            self._pip = [*self._pip, *_lines(file)]

    def together(self, framework: list[str], python: str | None) -> CondaDependencies:
        """All of it as a conda file, with the packages of a framework where no conda file stands for itself."""
        if self._conda_file is None:
            pip = [*framework, *self._pip]
            return CondaDependencies.create(pip_packages=pip, conda_packages=self._conda, python_version=python)
        made = CondaDependencies(str(self._conda_file))
        for each in self._conda:
            made.add_conda_package(each)
        for each in self._pip:
            made.add_pip_package(each)
        return made

    @staticmethod
    def _found(folder: Path, name: str | None) -> Path | None:
        if name is None:
            return None
        found = next((file for file in (folder / name, Path(name)) if file.is_file()), None)
        if found is None:
            raise UserErrorException(f"There is no file '{name}' in '{folder}' or the current folder.")
        return found


def _lines(file: Path) -> list[str]:
    made = Environment.from_pip_requirements(_NAME, str(file)).python.conda_dependencies
    return list(made.pip_packages) if made is not None else []


def _arguments(params: Mapping[str, Any]) -> list[Any]:
    """The script's arguments, in their order."""
    return [
        word for name, value in params.items() for word in ([name] if value is None or value == "" else [name, value])
    ]


def _settings(nodes: int, size: str | None, priority: str | None, store: Any) -> RunConfiguration:
    made = RunConfiguration()
    made.node_count = nodes
    made.amlcompute.vm_size, made.amlcompute.vm_priority = size, priority
    made.source_directory_data_store = store if store is None or isinstance(store, str) else store.name
    return made
