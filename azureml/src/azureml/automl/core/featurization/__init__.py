"""How automated training prepares columns."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import AUTOML, Declined

__all__ = ["FeaturizationConfig"]


class FeaturizationConfig(Declined):
    """What is done to columns."""

    _instead = AUTOML

    def __init__(
        self,
        blocked_transformers: Any = None,
        column_purposes: Any = None,
        transformer_params: Any = None,
        drop_columns: Any = None,
        dataset_language: Any = None,
        prediction_transform_type: Any = None,
    ) -> None:
        pass
