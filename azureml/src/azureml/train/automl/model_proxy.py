"""Models of automated training, asked in jobs."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined

__all__ = ["ModelProxy"]

_INSTEAD = "Use Lazuli's automated jobs: azure.ai.ml.automl with a v2 client, or 'lazuli job create' with type automl."


class ModelProxy(Declined):
    """A model asked in a job of its own."""

    _instead = _INSTEAD

    def __init__(self, child_run: Any, compute_target: Any = None) -> None:
        pass
