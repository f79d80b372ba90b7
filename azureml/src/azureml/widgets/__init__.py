"""Runs shown as they go, in notebooks and terminals."""

from azureml.widgets.run_details import RunDetails

__all__ = ["RunDetails"]
