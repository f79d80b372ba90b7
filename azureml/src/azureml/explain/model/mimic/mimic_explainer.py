"""Explanations by a simpler model."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import EXPLAIN, Declined

__all__ = ["MimicExplainer"]


class MimicExplainer(Declined):
    """Explains a model by a simpler one."""

    _instead = EXPLAIN

    def __init__(
        self,
        model: Any,
        initialization_examples: Any,
        explainable_model: Any,
        explainable_model_args: Any = None,
        is_function: Any = False,
        augment_data: Any = True,
        max_num_of_augmentations: Any = 10,
        explain_subset: Any = None,
        features: Any = None,
        classes: Any = None,
        transformations: Any = None,
        **kwargs: Any,
    ) -> None:
        pass
