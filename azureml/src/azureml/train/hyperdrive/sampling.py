"""In which order a space of hyperparameters is tried."""

from __future__ import annotations

import re
import shlex
from typing import Any, Iterator, Mapping

from azureml.train.hyperdrive import parameter_expressions
from azureml.train.hyperdrive.exceptions import HyperDriveConfigException

__all__ = [
    "BayesianParameterSampling",
    "GridParameterSampling",
    "HyperParameterSampling",
    "RandomParameterSampling",
]

_NAME = re.compile(r"[\w.-]+")


class HyperParameterSampling:
    """The base of the ways to sample.

    ``parameter_space`` tells for each hyperparameter how it is drawn, by an expression such as ``choice(1, 2)``; its
    name is the argument that the script is given, with ``--`` in front where it has none. Raises
    :class:`HyperDriveConfigException` for what cannot be sampled in this way.
    """

    _algorithm = ""
    _drawn: tuple[str, ...] = tuple(parameter_expressions.__all__)
    _settings: tuple[str, ...] = ("seed",)

    def __init__(self, parameter_space: Mapping[str, Any], properties: Mapping[str, Any] | None = None) -> None:
        kind = type(self).__name__
        if not isinstance(parameter_space, Mapping) or not parameter_space:
            raise HyperDriveConfigException(f"{kind} needs a parameter_space: a dict with how each name is drawn.")
        for name, expression in parameter_space.items():
            self._check(kind, name, expression)
        for word in properties or {}:
            if word not in self._settings:
                known = ", ".join(self._settings)
                raise HyperDriveConfigException(f"{kind} knows no property '{word}'. Remove it; there are: {known}.")
        self._parameter_space = dict(parameter_space)
        self._properties = dict(properties or {})

    @property
    def parameter_space(self) -> dict[str, Any]:
        """How each hyperparameter is drawn."""
        return self._parameter_space

    def _check(self, kind: str, name: Any, expression: Any) -> None:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise HyperDriveConfigException(
                f"{name!r} is not the name of a hyperparameter: use letters, digits, '-', '_' and '.'."
            )
        drawn = expression[0] if isinstance(expression, (list, tuple)) and len(expression) == 2 else None
        if drawn not in parameter_expressions.__all__:
            raise HyperDriveConfigException(
                f"'{name}' is {expression!r}, which does not tell how it is drawn. Say choice(…), uniform(…), …"
            )
        if drawn not in self._drawn:
            raise HyperDriveConfigException(
                f"{kind} takes {', '.join(self._drawn)}, and '{name}' is drawn by {drawn}; RandomParameterSampling "
                "takes any."
            )

    def _told(self) -> dict[str, Any]:
        return {"samplingAlgorithmType": self._algorithm, **self._properties}

    def _arguments(self) -> Iterator[str]:
        """The words of the command by which a script is given the values of a trial."""
        for name, (drawn, given) in self._parameter_space.items():
            value = f"${{{{search_space.{name}}}}}"
            texts = [each for each in given[0] if isinstance(each, str)] if drawn == "choice" else []
            if any("'" in each for each in texts):
                raise HyperDriveConfigException(f"An option of '{name}' has a quote (') in it. Take it out.")
            if any(shlex.quote(each) != each for each in texts):
                value = f"'{value}'"
            yield f"{name if name.startswith('-') else f'--{name}'} {value}"


class RandomParameterSampling(HyperParameterSampling):
    """Draws each trial by chance.

    ``properties`` may hold a ``seed``, ``rule`` (``"sobol"`` spreads the trials evenly) and ``logbase``, the base of
    the logarithmic distributions.
    """

    _algorithm = "Random"
    _settings = ("seed", "rule", "logbase")


class GridParameterSampling(HyperParameterSampling):
    """Tries every combination of choices."""

    _algorithm = "Grid"
    _drawn = ("choice",)


class BayesianParameterSampling(HyperParameterSampling):
    """Learns from the trials before; ``properties`` may hold a ``seed``."""

    _algorithm = "Bayesian"
    _drawn = ("choice", "quniform", "uniform")
