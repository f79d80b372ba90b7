"""Explanations while scoring."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined

__all__ = ["KernelScoringExplainer", "LinearScoringExplainer", "TreeScoringExplainer"]

_INSTEAD = "Explain a model with interpret-community or shap in a job, and keep what they say with run.upload_file."


class KernelScoringExplainer(Declined):
    """Explains while scoring."""

    _instead = _INSTEAD

    def __init__(self, original_explainer: Any, **kwargs: Any) -> None:
        pass


class LinearScoringExplainer(Declined):
    """Explains while scoring."""

    _instead = _INSTEAD

    def __init__(self, original_explainer: Any, **kwargs: Any) -> None:
        pass


class TreeScoringExplainer(Declined):
    """Explains while scoring."""

    _instead = _INSTEAD

    def __init__(self, original_explainer: Any, **kwargs: Any) -> None:
        pass
