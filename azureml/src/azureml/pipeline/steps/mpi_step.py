"""Steps that run a script as several processes of MPI."""

from __future__ import annotations

from typing import Any, Iterable

from azureml.pipeline.steps.estimator_step import EstimatorStep
from azureml.train.estimator import Estimator, Mpi

__all__ = ["MpiStep"]


class MpiStep(EstimatorStep):
    """A script as so many processes of MPI on each of so many nodes.

    Further keywords are those of :class:`~azureml.train.estimator.Estimator`, such as ``pip_packages``. The whole
    folder is always looked at, so ``hash_paths`` changes nothing.
    """

    def __init__(
        self,
        name: str | None = None,
        source_directory: str | None = None,
        script_name: str | None = None,
        arguments: list[Any] | None = None,
        compute_target: Any = None,
        node_count: int | None = None,
        process_count_per_node: int | None = None,
        inputs: Iterable[Any] | None = None,
        outputs: Iterable[Any] | None = None,
        allow_reuse: bool = True,
        version: str | None = None,
        hash_paths: Iterable[str] | None = None,
        *,
        use_gpu: bool = False,
        use_docker: bool = True,
        custom_docker_image: str | None = None,
        image_registry_details: Any = None,
        user_managed: bool = False,
        conda_packages: Iterable[str] | None = None,
        pip_packages: Iterable[str] | None = None,
        pip_requirements_file: str | None = None,
        conda_dependencies_file: str | None = None,
        environment_variables: Any = None,
        environment_definition: Any = None,
        shm_size: str | None = None,
    ) -> None:
        estimator = Estimator(
            source_directory or ".",
            entry_script=script_name,
            node_count=node_count or 1,
            distributed_training=Mpi(process_count_per_node or 1),
            use_gpu=use_gpu,
            use_docker=use_docker,
            custom_docker_image=custom_docker_image,
            image_registry_details=image_registry_details,
            user_managed=user_managed,
            conda_packages=conda_packages,
            pip_packages=pip_packages,
            pip_requirements_file=pip_requirements_file,
            conda_dependencies_file=conda_dependencies_file,
            environment_variables=environment_variables,
            environment_definition=environment_definition,
            shm_size=shm_size,
        )
        super().__init__(
            name,
            estimator,
            arguments,
            inputs=inputs,
            outputs=outputs,
            compute_target=compute_target,
            allow_reuse=allow_reuse,
            version=version,
        )
