"""Pictures of explanations."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined

__all__ = ["ExplanationDashboard"]

_INSTEAD = "Use raiwidgets.ExplanationDashboard in a notebook."


class ExplanationDashboard(Declined):
    """Shows an explanation."""

    _instead = _INSTEAD

    def __init__(self, explanation: Any, model: Any = None, datasetX: Any = None, **kwargs: Any) -> None:
        pass
