"""How a hyperparameter is drawn. Each is a plain list: the name of a distribution, and what it is given."""

from __future__ import annotations

from typing import Any, Mapping

from azureml.train.hyperdrive.exceptions import HyperDriveConfigException

__all__ = [
    "choice",
    "lognormal",
    "loguniform",
    "normal",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "randint",
    "uniform",
]


def choice(*options: Any) -> list[Any]:
    """One of the options, each as likely as another: several arguments, or one list or range of them."""
    is_listed = len(options) == 1 and hasattr(options[0], "__iter__") and not isinstance(options[0], (str, Mapping))
    values = [_plain(each) for each in (options[0] if is_listed else options)]
    if not values:
        raise HyperDriveConfigException("choice() has nothing to choose from: give it the options.")
    return ["choice", [values]]


def randint(upper: int) -> list[Any]:
    """A whole number from 0 up to, but not including, ``upper``."""
    if isinstance(upper, bool) or int(upper) != upper or upper < 1:
        raise HyperDriveConfigException(f"randint() ends before a whole number from 1 on, and upper is {upper}.")
    return ["randint", [int(upper)]]


def uniform(min_value: float, max_value: float) -> list[Any]:
    """A number between two others."""
    return _between("uniform", min_value, max_value)


def quniform(min_value: float, max_value: float, q: float) -> list[Any]:
    """A number between two others, in steps of ``q``."""
    return _stepped(uniform(min_value, max_value), "quniform", q)


def loguniform(min_value: float, max_value: float) -> list[Any]:
    """A number whose natural logarithm is as likely anywhere between ``min_value`` and ``max_value``."""
    return _between("loguniform", min_value, max_value)


def qloguniform(min_value: float, max_value: float, q: float) -> list[Any]:
    """The same as :func:`loguniform`, in steps of ``q``."""
    return _stepped(loguniform(min_value, max_value), "qloguniform", q)


def normal(mu: float, sigma: float) -> list[Any]:
    """A number near ``mu``; ``sigma`` is the standard deviation."""
    return _near("normal", mu, sigma)


def qnormal(mu: float, sigma: float, q: float) -> list[Any]:
    """The same as :func:`normal`, in steps of ``q``."""
    return _stepped(normal(mu, sigma), "qnormal", q)


def lognormal(mu: float, sigma: float) -> list[Any]:
    """A number whose natural logarithm is near ``mu``, with the standard deviation ``sigma``."""
    return _near("lognormal", mu, sigma)


def qlognormal(mu: float, sigma: float, q: float) -> list[Any]:
    """The same as :func:`lognormal`, in steps of ``q``."""
    return _stepped(lognormal(mu, sigma), "qlognormal", q)


def _between(kind: str, least: float, most: float) -> list[Any]:
    if not least < most:
        raise HyperDriveConfigException(f"{kind}() is from min_value up to max_value, and {least} is not below {most}.")
    return [kind, [_plain(least), _plain(most)]]


def _near(kind: str, mu: float, sigma: float) -> list[Any]:
    if sigma < 0:
        raise HyperDriveConfigException(f"sigma of {kind}() is a standard deviation, so not below 0, and is {sigma}.")
    return [kind, [_plain(mu), _plain(sigma)]]


def _stepped(drawn: list[Any], kind: str, q: float) -> list[Any]:
    if not q > 0:
        raise HyperDriveConfigException(f"q of {kind}() is the step, so above 0, and is {q}.")
    return [kind, [*drawn[1], _plain(q)]]


def _plain(value: Any) -> Any:
    """A number of numpy as Python's own, which JSON has."""
    return value.item() if hasattr(value, "item") else value
