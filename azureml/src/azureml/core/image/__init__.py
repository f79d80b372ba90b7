"""Images with models in them, which v1 gave up before it ended."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined

__all__ = ["ContainerImage", "Image"]

_INSTEAD = (
    "Hand the entry script and its environment to Model.deploy as an InferenceConfig, or build with Model.package."
)


class Image(Declined):
    """An image with models in it."""

    _instead = _INSTEAD

    def __init__(
        self,
        workspace: Any,
        name: Any = None,
        id: Any = None,
        tags: Any = None,
        properties: Any = None,
        version: Any = None,
    ) -> None:
        pass


class ContainerImage(Image):
    """An image of a scoring script."""
