"""The errors of searches."""

from __future__ import annotations

from azureml.exceptions import UserErrorException

__all__ = ["HyperDriveConfigException"]


class HyperDriveConfigException(UserErrorException):
    """What is configured cannot be searched."""
