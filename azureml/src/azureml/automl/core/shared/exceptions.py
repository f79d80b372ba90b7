"""The errors of automated training."""

from __future__ import annotations

from azureml.exceptions import AzureMLException

__all__ = ["AutoMLException", "ClientException", "ConfigException"]


class AutoMLException(AzureMLException):
    """The base of the errors of automated training."""


class ClientException(AutoMLException):
    """Something went wrong on this side."""


class ConfigException(AutoMLException):
    """The settings of a training do not fit."""
