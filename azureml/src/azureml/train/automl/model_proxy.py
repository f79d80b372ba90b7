"""Models of automated training, asked in jobs."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import AUTOML, Declined

__all__ = ["ModelProxy"]


class ModelProxy(Declined):
    """A model asked in a job of its own."""

    _instead = AUTOML

    def __init__(self, child_run: Any, compute_target: Any = None) -> None:
        pass
