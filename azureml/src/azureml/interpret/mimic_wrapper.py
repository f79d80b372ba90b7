"""The old import path of MimicWrapper."""

from azureml.interpret import MimicWrapper

__all__ = ["MimicWrapper"]
