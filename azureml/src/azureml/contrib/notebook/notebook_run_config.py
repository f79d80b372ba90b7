"""An old import path."""

from azureml.contrib.notebook import NotebookRunConfig

__all__ = ["NotebookRunConfig"]
