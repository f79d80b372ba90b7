"""Drift of data, under the import path of v1."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined

__all__ = ["AlertConfiguration", "DataDriftDetector"]

_INSTEAD = "Compare what a deployment collects in a scheduled job: a v2 client's monitor, or your own script."


class DataDriftDetector(Declined):
    """Watches how data drifts."""

    _instead = _INSTEAD

    def __init__(
        self,
        workspace: Any,
        name: Any = None,
        baseline_dataset: Any = None,
        target_dataset: Any = None,
        compute_target: Any = None,
        frequency: Any = None,
        feature_list: Any = None,
        alert_config: Any = None,
        drift_threshold: Any = None,
        latency: Any = None,
    ) -> None:
        pass


class AlertConfiguration(Declined):
    """Who is written to."""

    _instead = _INSTEAD

    def __init__(self, *, email_addresses: Any = None, **kwargs: Any) -> None:
        pass
