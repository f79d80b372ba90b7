"""An old import path."""

from azureml.interpret import MimicWrapper

__all__ = ["MimicWrapper"]
