"""What goes wrong with datasets."""

from azureml.exceptions import UserErrorException

__all__ = ["DatasetExecutionError", "DatasetValidationError"]


class DatasetValidationError(UserErrorException):
    """A dataset's definition does not fit its data."""

    _error_code = "DatasetValidationError"


class DatasetExecutionError(UserErrorException):
    """A dataset could not be read."""

    _error_code = "DatasetExecutionError"
