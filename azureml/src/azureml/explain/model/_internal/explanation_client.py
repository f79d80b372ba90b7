"""An old import path."""

from azureml.interpret import ExplanationClient

__all__ = ["ExplanationClient"]
