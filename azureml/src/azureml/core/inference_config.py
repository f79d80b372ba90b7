"""How a model is asked: its script, and what that runs in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from azureml.exceptions import WebserviceException

__all__ = ["InferenceConfig"]


class InferenceConfig:
    """An entry script with ``init()`` and ``run(data)``. Raises :class:`WebserviceException` where there is none."""

    def __init__(
        self,
        entry_script: str,
        runtime: str | None = None,
        conda_file: str | None = None,
        extra_docker_file_steps: str | None = None,
        source_directory: str | None = None,
        enable_gpu: bool | None = None,
        description: str | None = None,
        base_image: str | None = None,
        base_image_registry: Any = None,
        cuda_version: str | None = None,
        environment: Any = None,
    ) -> None:
        self.entry_script = entry_script
        self.runtime = runtime
        self.conda_file = conda_file
        self.extra_docker_file_steps = extra_docker_file_steps
        self.source_directory = source_directory
        self.enable_gpu = enable_gpu
        self.description = description
        self.base_image = base_image
        self.base_image_registry = base_image_registry
        self.cuda_version = cuda_version
        self.environment = environment
        if not (Path(source_directory or ".") / entry_script).is_file():
            where = f" in '{source_directory}'" if source_directory else ""
            raise WebserviceException(f"Error, unable to find entry_script '{entry_script}'{where}.")
