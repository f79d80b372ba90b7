"""Compute targets, under their old path."""

from azureml.core.compute.compute import ComputeTarget
from azureml.exceptions import ComputeTargetException

__all__ = ["ComputeTarget", "ComputeTargetException", "LocalTarget"]


class LocalTarget:
    """The server's own machine, without a cluster: ``"local"``."""

    name = "local"
    type = "local"
