"""Lazuli: the whole of Azure Machine Learning on your own machine, then on your own cluster.

::

    import lazuli

    found = lazuli.sweep(train, {"lr": lazuli.loguniform(-6, 0)}, trials=50)   # try a Python function
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would be the longest part of this import, and every process of a job makes it
if TYPE_CHECKING:
    from typing import Any

    from lazuli.client.functions.sweep import Searched, sweep
    from lazuli.client.functions.trial import FunctionTrial, GivenUp
    from lazuli.ml.search.expressions import (
        choice,
        lognormal,
        loguniform,
        normal,
        qlognormal,
        qloguniform,
        qnormal,
        quniform,
        randint,
        uniform,
    )

__all__ = [
    "FunctionTrial",
    "GivenUp",
    "Searched",
    "choice",
    "lognormal",
    "loguniform",
    "normal",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "randint",
    "sweep",
    "uniform",
]

__version__ = "0.1.0"

_ELSEWHERE = {
    "sweep": "lazuli.client.functions.sweep",
    "Searched": "lazuli.client.functions.sweep",
    "FunctionTrial": "lazuli.client.functions.trial",
    "GivenUp": "lazuli.client.functions.trial",
}


def __getattr__(name: str) -> Any:
    """What is offered here lies in rooms that are opened when they are asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'lazuli' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_ELSEWHERE.get(name, "lazuli.ml.search.expressions")), name)
