"""Images of a scoring script."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Mapping, Sequence

from azureml.core.image.image import Image, ImageConfig
from azureml.core.inference_config import InferenceConfig
from azureml.exceptions import WebserviceException

__all__ = ["ContainerImage", "ContainerImageConfig"]


class ContainerImageConfig(ImageConfig):
    """A scoring script of this folder, its environment, and files and folders that lie beside it.

    ``docker_file`` has lines of a Dockerfile that are added to ``base_image``; ``schema_file`` is one more file beside
    the script. ``cuda_version`` has no effect. Raises :class:`WebserviceException` for what is not there.
    """

    def __init__(
        self,
        execution_script: str,
        runtime: str,
        conda_file: str | None = None,
        docker_file: str | None = None,
        schema_file: str | None = None,
        dependencies: Sequence[str] | None = None,
        enable_gpu: bool | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        base_image: str | None = None,
        base_image_registry: Any = None,
        allow_absolute_path: bool = False,
        cuda_version: str | None = None,
    ) -> None:
        if Path(execution_script).is_absolute() and not allow_absolute_path:
            raise WebserviceException(
                f"Error, unable to use the absolute path '{execution_script}'. Name it as seen from this folder."
            )
        self.execution_script = execution_script
        self.runtime = runtime
        self.conda_file = conda_file
        self.docker_file = docker_file
        self.schema_file = schema_file
        self.dependencies = list(dependencies or ())
        self.enable_gpu = enable_gpu
        self.tags = tags
        self.properties = properties
        self.description = description
        self.base_image = base_image
        self.base_image_registry = base_image_registry
        self.cuda_version = cuda_version
        self._inference_config()

    def _inference_config(self) -> InferenceConfig:
        made = InferenceConfig(
            self.execution_script,
            self.runtime,
            self.conda_file,
            extra_docker_file_steps=self.docker_file,
            enable_gpu=self.enable_gpu,
            description=self.description,
            base_image=self.base_image,
            base_image_registry=self.base_image_registry,
            cuda_version=self.cuda_version,
        )
        made._beside = [*self.dependencies, *([self.schema_file] if self.schema_file else [])]
        return made


class ContainerImage(Image):
    """An image of a scoring script."""

    @staticmethod
    def image_configuration(
        execution_script: str,
        runtime: str,
        conda_file: str | None = None,
        docker_file: str | None = None,
        schema_file: str | None = None,
        dependencies: Sequence[str] | None = None,
        enable_gpu: bool | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        base_image: str | None = None,
        base_image_registry: Any = None,
        cuda_version: str | None = None,
    ) -> ContainerImageConfig:
        """What an image is made of beside its models."""
        return ContainerImageConfig(**locals())

    def run(self, input_data: Any) -> Any:
        """What it answers to data, by a service of its own that is taken away again."""
        from azureml.core.webservice import LocalWebservice, Webservice

        name, how = f"image-{time.time_ns() % 10**12}", LocalWebservice.deploy_configuration()
        service = Webservice.deploy_from_image(self.workspace, name, self, how)
        try:
            service.wait_for_deployment()
            return service.run(input_data)
        finally:
            service.delete()
