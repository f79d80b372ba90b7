"""An old import path."""

from azureml.contrib.interpret.visualize import ExplanationDashboard

__all__ = ["ExplanationDashboard"]
