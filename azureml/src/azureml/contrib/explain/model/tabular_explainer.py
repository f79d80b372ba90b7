"""An old import path."""

from azureml.explain.model.tabular_explainer import TabularExplainer

__all__ = ["TabularExplainer"]
