"""Hyperparameters said in Python: each function gives what a sweep's YAML says in a mapping."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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

Expression = dict[str, Any]


def choice(*values: Any) -> Expression:
    """One of some values, or of one list of them; a map among them is a search space that counts where it is chosen."""
    listed = values[0] if len(values) == 1 and isinstance(values[0], Iterable) and not _is_value(values[0]) else values
    return {"type": "choice", "values": list(listed)}


def _is_value(value: Any) -> bool:
    return isinstance(value, str | dict)


def randint(upper: int) -> Expression:
    """A whole number from 0 up to, but not including, ``upper``."""
    return {"type": "randint", "upper": upper}


def uniform(min_value: float, max_value: float) -> Expression:
    """A number between two others."""
    return {"type": "uniform", "min_value": min_value, "max_value": max_value}


def quniform(min_value: float, max_value: float, q: float) -> Expression:
    """The same in steps of ``q``."""
    return {"type": "quniform", "min_value": min_value, "max_value": max_value, "q": q}


def loguniform(min_value: float, max_value: float) -> Expression:
    """A number whose logarithm is uniform: ``min_value`` and ``max_value`` are logarithms, as Azure ML has it."""
    return {"type": "loguniform", "min_value": min_value, "max_value": max_value}


def qloguniform(min_value: float, max_value: float, q: float) -> Expression:
    """The same in steps of ``q``."""
    return {"type": "qloguniform", "min_value": min_value, "max_value": max_value, "q": q}


def normal(mu: float, sigma: float) -> Expression:
    """A number near ``mu``."""
    return {"type": "normal", "mu": mu, "sigma": sigma}


def qnormal(mu: float, sigma: float, q: float) -> Expression:
    """The same in steps of ``q``."""
    return {"type": "qnormal", "mu": mu, "sigma": sigma, "q": q}


def lognormal(mu: float, sigma: float) -> Expression:
    """A number whose logarithm is normal."""
    return {"type": "lognormal", "mu": mu, "sigma": sigma}


def qlognormal(mu: float, sigma: float, q: float) -> Expression:
    """The same in steps of ``q``."""
    return {"type": "qlognormal", "mu": mu, "sigma": sigma, "q": q}
