"""Explanations of models of tables."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined

__all__ = ["TabularExplainer"]

_INSTEAD = "Explain a model with interpret-community or shap in a job, and keep what they say with run.upload_file."


class TabularExplainer(Declined):
    """Explains a model of tables."""

    _instead = _INSTEAD

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
