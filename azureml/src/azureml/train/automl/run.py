"""The runs of automated training."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined

__all__ = ["AutoMLRun"]

_INSTEAD = "Use Lazuli's automated jobs: azure.ai.ml.automl with a v2 client, or 'lazuli job create' with type automl."


class AutoMLRun(Declined):
    """A run of automated training."""

    _instead = _INSTEAD

    def __init__(self, experiment: Any, run_id: Any, **kwargs: Any) -> None:
        pass
