"""Dashboards of fairness, which v1 kept with runs."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import declined

__all__ = ["download_dashboard_by_upload_id", "upload_dashboard_dictionary"]

_INSTEAD = "Keep what fairlearn measures with run.log_table, or as a file with run.upload_file."


@declined(_INSTEAD)
def upload_dashboard_dictionary(
    run: Any, dashboard_dictionary: Any, dashboard_name: Any = None, dataset_name: Any = None
) -> None:
    """Keep a dashboard with a run."""


@declined(_INSTEAD)
def download_dashboard_by_upload_id(run: Any, upload_id: Any) -> None:
    """The dashboard that a run keeps."""
