"""A search space: the hyperparameters, and those that stand among the values of a choice.

A map among a choice's values is a space of its own, which counts where it is chosen. Its hyperparameters then are
hyperparameters of the trial like any other; the choosing one is told as the JSON text of the chosen map, unless the
map says that name itself::

    {"opt": {"type": "choice", "values": ["sgd", {"momentum": {"type": "uniform", …}}]}}
        {"opt": "sgd"}                                       or
        {"opt": '{"momentum": 0.31}', "momentum": 0.31}

    {"opt": {"type": "choice", "values": [{"opt": "sgd"}, {"opt": "adam", "beta": …}]}}
        {"opt": "sgd"}                                       or
        {"opt": "adam", "beta": 0.9}

What is not drawn in a branch is absent from the trial, and said as empty text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import e
from typing import Any

from lazuli.ml.search.distributions import base_of, place_of, steps_of, times, value_at

__all__ = ["Choice", "Fixed", "Picks", "Scale", "Space", "draw", "leaves", "names_in", "read_space", "recall", "said"]

_KINDS = {
    *("choice", "randint", "uniform", "quniform", "loguniform", "qloguniform"),
    *("normal", "qnormal", "lognormal", "qlognormal"),
}


@dataclass(frozen=True)
class Fixed:
    """A value that is the same in every trial."""

    name: str
    path: str
    value: Any


@dataclass(frozen=True)
class Scale:
    """A number from a distribution."""

    name: str
    path: str
    drawn: Mapping[str, Any]
    base: float = e

    def at(self, place: float) -> int | float:
        """The value at a place between 0 and 1."""
        return value_at(self.drawn, place, self.base)

    def steps(self) -> tuple[int, int] | None:
        """The first and the last pick of what counts in even steps; other picks are places between 0 and 1."""
        found = steps_of(self.drawn)
        return found and found[:2]

    def picked(self, pick: float) -> int | float:
        """The value of a pick."""
        found = steps_of(self.drawn)
        return times(int(pick), found[2]) if found else self.at(pick)

    def pick_of(self, value: float) -> float | None:
        """The pick that gives a value; None where it cannot be drawn."""
        if (found := steps_of(self.drawn)) is None:
            return place_of(self.drawn, value, self.base)
        first, last, q = found
        pick = round(value / q)
        return pick if first <= pick <= last and abs(pick * q - value) <= 1e-6 * q else None


@dataclass(frozen=True)
class Choice:
    """One of several options; an option is a value or a space."""

    name: str
    path: str
    options: tuple[Any, ...]

    def at(self, place: float) -> int:
        """Which option is at a place between 0 and 1."""
        return min(int(place * len(self.options)), len(self.options) - 1)

    def picked(self, pick: float) -> int:
        """The option of a pick."""
        return int(pick)


Space = tuple[Fixed | Scale | Choice, ...]
Picks = dict[str, float]
"""What was picked, by path: a place between 0 and 1, the multiple of a step, or the index of an option."""


def read_space(said: Mapping[str, Any], logbase: float | str | None = None, path: str = "") -> Space:
    """The space that a mapping says, as the field ``search_space`` of a sweep does."""
    return tuple(_read(name, value, base_of(logbase), f"{path}{name}") for name, value in said.items())


def _read(name: str, value: Any, base: float, path: str) -> Fixed | Scale | Choice:
    if not isinstance(value, Mapping) or str(value.get("type")) not in _KINDS:
        return Fixed(name, path, value)
    if str(value["type"]) != "choice":
        return Scale(name, path, value, base)
    options = tuple(
        tuple(_read(inner, each, base, f"{path}[{index}].{inner}") for inner, each in option.items())
        if isinstance(option, Mapping)
        else option
        for index, option in enumerate(value["values"])
    )
    return Choice(name, path, options)


def names_in(space: Mapping[str, Any]) -> set[str]:
    """Every name that a trial of the space may have."""

    def names(level: Space) -> Iterator[str]:
        for each in level:
            yield each.name
            for option in each.options if isinstance(each, Choice) else ():
                if isinstance(option, tuple):
                    yield from names(option)

    return set(names(read_space(space)))


def leaves(space: Space) -> Iterator[Scale | Choice]:
    """Everything that can be drawn, in order of declaration, in all branches."""
    for each in space:
        if not isinstance(each, Fixed):
            yield each
        for option in each.options if isinstance(each, Choice) else ():
            if isinstance(option, tuple):
                yield from leaves(option)


def draw(space: Space, pick: Callable[[Scale | Choice], Any]) -> dict[str, Any]:
    """The hyperparameters of one trial: ``pick`` tells the value of a scale and the index of a choice's option."""
    return _flat(_tree(space, pick))


def _tree(space: Space, pick: Callable[[Scale | Choice], Any]) -> dict[str, Any]:
    drawn: dict[str, Any] = {}
    for each in space:
        if isinstance(each, Fixed):
            drawn[each.name] = each.value
        elif isinstance(each, Choice):
            option = each.options[pick(each)]
            drawn[each.name] = _Branch(_tree(option, pick)) if isinstance(option, tuple) else option
        else:
            drawn[each.name] = pick(each)
    return drawn


class _Branch(dict[str, Any]):
    """What was drawn in the space that a choice had among its values."""


def _flat(tree: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        flat[name] = json.dumps(value) if isinstance(value, dict | list) else value
        if isinstance(value, _Branch):
            flat.update(_flat(value))
    return flat


def said(params: Mapping[str, Any], name: str) -> str:
    """A hyperparameter as a command says it: ``True``, ``0.1``, and nothing for what is not drawn in this branch."""
    value = params.get(name)
    return "" if value is None else str(value)


def recall(space: Space, params: Mapping[str, Any]) -> Picks | None:
    """What was picked for a trial with these hyperparameters; None where the space cannot have given them.

    Numbers may have become text on their way (a tracked parameter is text).
    """
    picks: Picks = {}
    for each in space:
        if each.name not in params:
            return None
        value = params[each.name]
        if isinstance(each, Fixed):
            if str(value) != str(_flat({each.name: each.value})[each.name]):
                return None
        elif isinstance(each, Scale):
            pick = _pick(each, value)
            if pick is None:
                return None
            picks[each.path] = pick
        else:
            found = _option(each, params)
            if found is None:
                return None
            picks |= found
    return picks


def _pick(scale: Scale, value: Any) -> float | None:
    try:
        return scale.pick_of(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def _option(choice: Choice, params: Mapping[str, Any]) -> Picks | None:
    """The option that was chosen, with what was picked inside it."""
    value = params[choice.name]
    told = [
        [i for i, option in enumerate(choice.options) if type(option) is type(value) and option == value],
        [i for i, option in enumerate(choice.options) if not isinstance(option, tuple) and str(option) == str(value)],
    ]
    for index in (index for indices in told for index in indices):
        return {choice.path: float(index)}
    for index, option in enumerate(choice.options):
        if not isinstance(option, tuple):
            continue
        names = {each.name for each in option}
        if (inner := recall(option, params)) is not None and (choice.name in names or _keys(value) == names):
            return {choice.path: float(index), **inner}
    return None


def _keys(text: Any) -> set[str]:
    try:
        return set(json.loads(text))
    except (TypeError, ValueError):
        return set()
