"""An old import path."""

from azureml.tensorboard import Tensorboard

__all__ = ["Tensorboard"]
