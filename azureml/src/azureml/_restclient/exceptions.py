"""A private path of the SDK v1 that scripts import all the same."""

from azureml.exceptions import ServiceException

__all__ = ["ServiceException"]
