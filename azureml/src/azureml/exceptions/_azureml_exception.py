"""The family of errors.

::

    AzureMLException
    ├── UserErrorException              what was asked for cannot be understood or is not there
    │   ├── AuthenticationException         nobody is signed in, or who is may not do this
    │   ├── DiscoveryUrlNotFoundException   no server is known
    │   ├── RunConfigurationException       a run's settings do not fit
    │   ├── DatasetTimestampMissingError    a table has no column of time
    │   └── KeyVaultSecretNotFoundException the vault has no such secret
    ├── ComputeTargetException, ImageException, ModelNotFoundException, ModelPathNotFoundException
    ├── ProjectSystemException, SnapshotException, WebserviceException, WorkspaceException
    ├── ExperimentExecutionException    a run could not be submitted
    │   └── ExperimentTimeoutException
    ├── ActivityFailedException         a run failed
    ├── RunEnvironmentException         there is no run in this environment
    └── TrainingException
    ServiceException                    what the server answered, with its status
"""

from __future__ import annotations

import json
from typing import Any


class AzureMLException(Exception):
    """The base of all errors of the SDK but :class:`ServiceException`."""

    _error_code = "SystemError"

    def __init__(
        self, exception_message: str = "", inner_exception: BaseException | None = None, **kwargs: Any
    ) -> None:
        super().__init__(exception_message)
        self._exception_message = exception_message
        self._inner_exception = inner_exception
        self._target = kwargs.get("target")
        self._details = kwargs.get("details")

    @property
    def message(self) -> str:
        """What is wrong, and how to put it right."""
        return self._exception_message

    @message.setter
    def message(self, value: str) -> None:
        self._exception_message = value

    @property
    def inner_exception(self) -> BaseException | None:
        """The error that led to this one."""
        return self._inner_exception

    def _serialize_json(self, indent: int = 4) -> str:
        error: dict[str, Any] = {"code": self._error_code, "message": self._exception_message}
        if self._target:
            error["target"] = self._target
        return json.dumps({"error": error}, indent=indent, default=str)

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{type(self).__name__}:",
                f"\tMessage: {self._exception_message}",
                f"\tInnerException {self._inner_exception}",
                f"\tErrorResponse \n{self._serialize_json()}",
            ]
        )

    def __repr__(self) -> str:
        return str(self)


class UserErrorException(AzureMLException):
    """What was asked for cannot be understood, or is not there."""

    _error_code = "UserError"


class AuthenticationException(UserErrorException):
    """Nobody is signed in, or who is may not do this."""

    _error_code = "Authentication"


class DiscoveryUrlNotFoundException(UserErrorException):
    """No server is known."""


class RunConfigurationException(UserErrorException):
    """A run's settings do not fit together."""


class RootRunIdLengthError(UserErrorException):
    """The name of a run is too long."""


class DatasetTimestampMissingError(UserErrorException):
    """A table has no column of time."""


class KeyVaultSecretNotFoundException(UserErrorException):
    """The vault has no such secret."""


class ActivityFailedException(AzureMLException):
    """A run failed."""

    def __init__(self, error_details: Any = "", **kwargs: Any) -> None:
        self.error_details = error_details
        said = error_details if isinstance(error_details, str) else json.dumps(error_details, indent=4, default=str)
        super().__init__(f"Activity Failed:\n{said}", **kwargs)


class ComputeTargetException(AzureMLException):
    """A compute target is not there, or could not be had."""


class ExperimentExecutionException(AzureMLException):
    """A run could not be submitted, or did not end well."""


class ExperimentTimeoutException(ExperimentExecutionException):
    """A run was not over in time."""


class ImageException(AzureMLException):
    """An image could not be made."""


class ModelNotFoundException(AzureMLException):
    """There is no such model."""


class ModelPathNotFoundException(AzureMLException):
    """There is nothing at the path of a model."""


class ProjectSystemException(AzureMLException):
    """Something is already there, or is not where it should be."""


class RequestThrottledException(AzureMLException):
    """The server asks to wait."""


class RunEnvironmentException(AzureMLException):
    """There is no run in this environment."""

    def __init__(self, exception_message: str = "", **kwargs: Any) -> None:
        said = "Could not load a submitted run, if outside of an execution context, use experiment.start_logging to "
        super().__init__(exception_message or f"{said}initialize an azureml.core.Run.", **kwargs)


class SnapshotException(AzureMLException):
    """A folder of code could not be kept, or not be had."""


class TrainingException(AzureMLException):
    """A training did not end well."""


class WebserviceException(AzureMLException):
    """A service, or a model for one, is not there or failed."""

    def __init__(self, exception_message: str = "", logger: Any = None, **kwargs: Any) -> None:
        self.status_code = kwargs.pop("status_code", None)
        super().__init__(exception_message, **kwargs)


class WorkspaceException(AzureMLException):
    """A workspace is not there, or could not be made."""

    def __init__(self, exception_message: str = "", found_multiple: bool = False, **kwargs: Any) -> None:
        self.found_multiple = found_multiple
        super().__init__(exception_message, **kwargs)


class ServiceException(Exception):
    """What the server answered where it did not do what was asked.

    ``status_code`` is the status of HTTP, 0 where nobody answered; ``code`` and ``target`` are the server's words.
    """

    def __init__(self, message: str = "", status_code: int = 0, code: str = "", target: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.code = code
        self.target = target
        self.error = self

    def __str__(self) -> str:
        said = f"ServiceException:\n\tCode: {self.status_code}\n\tMessage: {self.message}"
        return f"{said}\n\tTarget: {self.target}" if self.target else said
