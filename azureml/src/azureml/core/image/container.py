"""An old import path."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined
from azureml.core.image import Image

__all__ = ["ContainerImageConfig"]


class ContainerImageConfig(Declined):
    """How an image is made."""

    _instead = Image._instead

    def __init__(
        self,
        execution_script: Any,
        runtime: Any,
        conda_file: Any = None,
        docker_file: Any = None,
        schema_file: Any = None,
        dependencies: Any = None,
        enable_gpu: Any = None,
        tags: Any = None,
        properties: Any = None,
        description: Any = None,
        base_image: Any = None,
        base_image_registry: Any = None,
        allow_absolute_path: Any = False,
        cuda_version: Any = None,
    ) -> None:
        pass
