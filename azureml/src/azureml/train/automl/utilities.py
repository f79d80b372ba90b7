"""What automated training knows of its tasks."""

from __future__ import annotations

from azureml.automl.core.shared.exceptions import ConfigException

__all__ = ["get_primary_metrics"]

_REGRESSION = (
    "normalized_root_mean_squared_error",
    "normalized_mean_absolute_error",
    "spearman_correlation",
    "r2_score",
)
_METRICS = {
    "classification": (
        "average_precision_score_weighted",
        "precision_score_weighted",
        "AUC_weighted",
        "norm_macro_recall",
        "accuracy",
    ),
    "regression": _REGRESSION,
    "forecasting": _REGRESSION,
}


def get_primary_metrics(task: str) -> list[str]:
    """The metrics that a task may be judged by. Raises :class:`ConfigException` for one that is not known."""
    if task not in _METRICS:
        raise ConfigException(f"'{task}' is no task; there are {', '.join(_METRICS)}.")
    return list(_METRICS[task])
