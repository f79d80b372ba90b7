"""Explanations of models, under the import path of v1."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import EXPLAIN, Declined

__all__ = ["Explanation", "ExplanationClient", "MimicWrapper"]


class ExplanationClient(Declined):
    """Keeps explanations with runs."""

    _instead = EXPLAIN

    def __init__(self, service_context: Any, experiment_name: Any, run_id: Any, _run: Any = None) -> None:
        pass


class MimicWrapper(Declined):
    """Explains a model by a simpler one."""

    _instead = EXPLAIN

    def __init__(
        self,
        workspace: Any,
        model: Any,
        explainable_model: Any,
        explainer_kwargs: Any = None,
        init_dataset: Any = None,
        run: Any = None,
        features: Any = None,
        classes: Any = None,
        model_task: Any = "unknown",
        explain_subset: Any = None,
        transformations: Any = None,
        feature_maps: Any = None,
        allow_all_transformations: Any = None,
    ) -> None:
        pass


class Explanation(Declined):
    """What explains a model."""

    _instead = EXPLAIN
