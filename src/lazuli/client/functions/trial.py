"""What a function is given that is tried: its hyperparameters, and the way to tell how it goes."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any

from lazuli.schema.problems import InvalidInput

__all__ = ["FunctionTrial", "GivenUp", "caller", "now"]


class GivenUp(Exception):
    """A trial is given up, because others do better. Let it pass: the search goes on with the next."""


class FunctionTrial(Mapping[str, Any]):
    """One trial: a mapping of its hyperparameters. What is not drawn in its branch is absent."""

    def __init__(
        self, number: int, params: Mapping[str, Any], metric: str, judged: Callable[[FunctionTrial], bool]
    ) -> None:
        self.number = number
        """Its number in the sweep, from 0."""
        self.params = params
        """The hyperparameters."""
        self.steps: list[float] = []
        """What it has reported."""
        self.metrics: list[dict[str, Any]] = []
        self.began = now()
        self._metric = metric
        self._judged = judged

    def __getitem__(self, name: str) -> Any:
        return self.params[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.params)

    def __len__(self) -> int:
        return len(self.params)

    def report(self, value: float) -> None:
        """Tell how it goes: the metric of the search after another epoch, fold or round.

        Raises :class:`GivenUp` where early stopping finds that others do better.
        """
        self.tell(value)
        if self._judged(self):
            raise GivenUp(f"Given up at interval {len(self.steps)}.")

    def log(self, **values: float) -> None:
        """Log other metrics, which do not decide anything."""
        for name, value in values.items():
            self._note(name, value)

    def tell(self, value: float) -> None:
        """Note a value of the metric of the search."""
        self._note(self._metric, value)
        self.steps.append(float(value))

    def _note(self, name: str, value: float) -> None:
        number = _number(name, value)
        step = sum(each["key"] == name for each in self.metrics) if name != self._metric else len(self.steps)
        told = number if isfinite(number) else str(number)
        self.metrics.append({"key": name, "value": told, "step": step, "timestamp": now()})

    def finish(self, returned: Any) -> None:
        """Note what the function gave back: the metric, a mapping with it and others, or nothing."""
        values = {self._metric: returned} if not isinstance(returned, Mapping) else dict(returned)
        value = values.pop(self._metric, None)
        if value is None and not self.steps:
            raise InvalidInput(
                f"Trial {self.number} gave no '{self._metric}'.",
                target="fn",
                mend="Return it from the function, or tell it with trial.report(…).",
            )
        self.log(**values)
        if value is not None and (not self.steps or _number(self._metric, value) != self.steps[-1]):
            self.tell(value)


def caller(fn: Callable[..., Any], names: set[str]) -> Callable[[FunctionTrial], Any]:
    """How the function is called: parameters named like hyperparameters are given these, ``trial`` is the trial.

    A function with one parameter that is named like neither is given the trial. Raises :class:`InvalidInput` for a
    parameter that nothing can be given for.
    """
    try:
        parameters = list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):  # some that are written in C tell no signature
        return fn
    named = [each for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    wanted = [each.name for each in named if each.name in names or each.name == "trial"]
    strange = [each.name for each in named if each.default is each.empty and each.name not in wanted]
    takes_all = any(each.kind is each.VAR_KEYWORD for each in parameters)
    if len(strange) == 1 and not wanted and not takes_all:
        return fn
    if strange:
        raise InvalidInput(
            f"The function wants '{strange[0]}', and the search space has no hyperparameter of that name.",
            target="fn",
            mend=f"Name its parameters like hyperparameters ({', '.join(sorted(names))}), or take one: the trial.",
        )
    optional = {each.name for each in named if each.default is not each.empty}

    def call(trial: FunctionTrial) -> Any:
        given: dict[str, Any] = {"trial": trial} if "trial" in wanted else {}
        for name in (*trial.params,) if takes_all else wanted:
            if name != "trial" and (name in trial.params or name not in optional):
                given[name] = trial.params.get(name)
        return fn(**given)

    return call


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InvalidInput(f"'{name}' is {value!r:.100}, which is no number.", target=name) from None


def now() -> int:
    """The milliseconds since 1970."""
    return int(time.time() * 1000)
