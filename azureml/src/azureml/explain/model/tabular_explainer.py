"""Explanations of models of tables."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import EXPLAIN, Declined

__all__ = ["TabularExplainer"]


class TabularExplainer(Declined):
    """Explains a model of tables."""

    _instead = EXPLAIN

    def __init__(
        self,
        model: Any,
        initialization_examples: Any,
        explain_subset: Any = None,
        features: Any = None,
        classes: Any = None,
        transformations: Any = None,
        **kwargs: Any,
    ) -> None:
        pass
