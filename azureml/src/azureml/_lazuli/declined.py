"""What the SDK v1 had and Lazuli does not: the names are there, so that files import; whoever uses one is told."""

from __future__ import annotations

from typing import Any, Callable, TypeVar

from azureml.exceptions import UserErrorException

F = TypeVar("F", bound=Callable[..., Any])

AUTOML = "Use Lazuli's automated jobs: azure.ai.ml.automl with a v2 client, or 'lazuli job create' with type automl."
EXPLAIN = "Explain a model with interpret-community or shap in a job, and keep what they say with run.upload_file."
"""What to use instead of automated training, and of explanations."""


class NotAvailableException(UserErrorException, AttributeError):
    """Lazuli does not have what was asked for; the message says what to use instead."""


class _DeclinedType(type):
    _instead: str

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise refusal(f"{cls.__name__}.{name}", cls._instead)


class Declined(metaclass=_DeclinedType):
    """The base of classes that can be made, as v1's can, and then do nothing but say so."""

    _is_declined = True
    _instead = ""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise refusal(f"{type(self).__name__}.{name}", self._instead)

    def _refuse(self) -> NotAvailableException:
        """What to raise where one is handed in, as to ``Experiment.submit``."""
        return refusal(type(self).__name__, self._instead)


def declined(instead: str) -> Callable[[F], F]:
    """A function that takes what v1's takes, and raises what to use instead."""

    def mark(function: F) -> F:
        def refuse(*_given: Any, **_named: Any) -> Any:
            raise refusal(function.__name__, instead)

        refuse.__name__, refuse.__qualname__ = function.__name__, function.__qualname__
        refuse.__doc__, refuse.__module__ = function.__doc__, function.__module__
        refuse.__wrapped__ = function  # type: ignore[attr-defined]
        refuse._is_declined = True  # type: ignore[attr-defined]
        return refuse  # type: ignore[return-value]

    return mark


def refusal(name: str, instead: str) -> NotAvailableException:
    """The error that says so."""
    return NotAvailableException(f"'{name}' of the SDK v1 is not available on Lazuli. {instead}")
