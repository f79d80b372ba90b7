"""Explanations while scoring."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import EXPLAIN, Declined, declined

__all__ = [
    "DeepScoringExplainer",
    "KernelScoringExplainer",
    "LinearScoringExplainer",
    "TreeScoringExplainer",
    "save",
]


class DeepScoringExplainer(Declined):
    """Explains while scoring."""

    _instead = EXPLAIN

    def __init__(
        self, original_explainer: Any, initialization_examples: Any = None, serializer: Any = None, **kwargs: Any
    ) -> None:
        pass


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


@declined(EXPLAIN)
def save(scoring_explainer: Any, directory: Any = ".", exist_ok: Any = False) -> None:
    """Keep an explainer in a folder."""
