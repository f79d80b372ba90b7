"""An old import path."""

from azureml.widgets import RunDetails

__all__ = ["RunDetails"]
