"""The settings of automated training, which v1 scripts make."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import AUTOML, Declined

__all__ = ["AutoMLConfig", "AutoMLImageConfig"]


class AutoMLConfig(Declined):
    """What to train automatically; it cannot be submitted here."""

    _instead = AUTOML

    def __init__(
        self,
        task: Any,
        path: Any = None,
        iterations: Any = None,
        primary_metric: Any = None,
        positive_label: Any = None,
        compute_target: Any = None,
        spark_context: Any = None,
        X: Any = None,
        y: Any = None,
        sample_weight: Any = None,
        X_valid: Any = None,
        y_valid: Any = None,
        sample_weight_valid: Any = None,
        cv_splits_indices: Any = None,
        validation_size: Any = None,
        n_cross_validations: Any = None,
        y_min: Any = None,
        y_max: Any = None,
        num_classes: Any = None,
        featurization: Any = "auto",
        max_cores_per_iteration: Any = 1,
        max_concurrent_iterations: Any = 1,
        iteration_timeout_minutes: Any = None,
        mem_in_mb: Any = None,
        enforce_time_on_windows: Any = True,
        experiment_timeout_hours: Any = None,
        experiment_exit_score: Any = None,
        enable_early_stopping: Any = True,
        blocked_models: Any = None,
        blacklist_models: Any = None,
        exclude_nan_labels: Any = True,
        verbosity: Any = 20,
        enable_tf: Any = False,
        model_explainability: Any = True,
        allowed_models: Any = None,
        whitelist_models: Any = None,
        enable_onnx_compatible_models: Any = False,
        enable_voting_ensemble: Any = True,
        enable_stack_ensemble: Any = None,
        debug_log: Any = "automl.log",
        training_data: Any = None,
        validation_data: Any = None,
        test_data: Any = None,
        test_size: Any = None,
        label_column_name: Any = None,
        weight_column_name: Any = None,
        cv_split_column_names: Any = None,
        enable_local_managed: Any = False,
        enable_dnn: Any = None,
        forecasting_parameters: Any = None,
        **kwargs: Any,
    ) -> None:
        pass


class AutoMLImageConfig(Declined):
    """What to train on images automatically."""

    _instead = AUTOML

    def __init__(
        self,
        task: Any,
        compute_target: Any,
        training_data: Any,
        hyperparameter_sampling: Any,
        iterations: Any,
        max_concurrent_iterations: Any = None,
        experiment_timeout_hours: Any = None,
        early_termination_policy: Any = None,
        validation_data: Any = None,
        **kwargs: Any,
    ) -> None:
        pass
