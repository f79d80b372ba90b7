"""The runs of automated training."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import AUTOML, Declined

__all__ = ["AutoMLRun"]


class AutoMLRun(Declined):
    """A run of automated training."""

    _instead = AUTOML

    def __init__(self, experiment: Any, run_id: Any, **kwargs: Any) -> None:
        pass
