"""Explanations while scoring."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import EXPLAIN, Declined

__all__ = ["KernelScoringExplainer", "LinearScoringExplainer", "TreeScoringExplainer"]


class KernelScoringExplainer(Declined):
    """Explains while scoring."""

    _instead = EXPLAIN

    def __init__(self, original_explainer: Any, **kwargs: Any) -> None:
        pass


class LinearScoringExplainer(Declined):
    """Explains while scoring."""

    _instead = EXPLAIN

    def __init__(self, original_explainer: Any, **kwargs: Any) -> None:
        pass


class TreeScoringExplainer(Declined):
    """Explains while scoring."""

    _instead = EXPLAIN

    def __init__(self, original_explainer: Any, **kwargs: Any) -> None:
        pass
