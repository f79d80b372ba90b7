"""What a compute target raises, under its old path."""

from azureml.exceptions import ComputeTargetException

__all__ = ["ComputeTargetException"]
