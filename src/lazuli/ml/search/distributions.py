"""How one hyperparameter is drawn: each distribution as a function of a number between 0 and 1.

That one form serves plain random numbers, evenly spread ones (Sobol) and samplers that learn: all of them only choose
where between 0 and 1 to look.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import e, inf, log
from statistics import NormalDist
from typing import Any

__all__ = ["base_of", "place_of", "steps_of", "times", "value_at"]

_SMALLEST = 2.0**-53
_ROOM = 1e-9
_NORMAL = NormalDist()


def base_of(logbase: float | str | None) -> float:
    """The base of logarithmic distributions; without one it is e."""
    return e if logbase in (None, "e") else float(logbase or e)


def value_at(drawn: Mapping[str, Any], place: float, base: float = e) -> int | float:
    """The value of a distribution below which the share ``place`` (0 to 1) of all draws lies.

    A step ``q`` is applied after drawing, as ``round(value / q) * q``: the ends may be passed by less than a step.
    A whole step gives whole numbers.
    """
    kind = str(drawn["type"])
    if kind == "randint":
        return min(int(place * drawn["upper"]), drawn["upper"] - 1)
    if kind.endswith("uniform"):
        least, most = drawn["min_value"], drawn["max_value"]
        value = min(max(least + place * (most - least), least), most)
    else:
        value = drawn["mu"] + drawn["sigma"] * _NORMAL.inv_cdf(min(max(place, _SMALLEST), 1 - _SMALLEST))
    if "log" in kind:
        value = _power(base, value)
    return _stepped(value, drawn["q"]) if kind.startswith("q") else value


def steps_of(drawn: Mapping[str, Any]) -> tuple[int, int, float] | None:
    """The first multiple, the last multiple and the step of what counts in even steps; None for anything else."""
    kind = str(drawn["type"])
    if kind == "randint":
        return 0, drawn["upper"] - 1, 1
    if kind == "quniform":
        return round(drawn["min_value"] / drawn["q"]), round(drawn["max_value"] / drawn["q"]), drawn["q"]
    return None


def place_of(drawn: Mapping[str, Any], value: float, base: float = e) -> float | None:
    """Where between 0 and 1 a value lies, other than of what counts in even steps; None where it cannot be drawn."""
    kind = str(drawn["type"])
    slack = drawn["q"] / 2 if kind.startswith("q") else 0.0
    low, high = value - slack, value + slack
    if "log" in kind:
        if high <= 0:
            return None
        high = log(high, base)
        low = log(low, base) if low > 0 else -inf
        value = log(value, base) if value > 0 else high
    if kind.endswith("normal"):
        if drawn["sigma"] == 0:
            return 0.5 if low - _ROOM <= drawn["mu"] <= high + _ROOM else None
        return _NORMAL.cdf((value - drawn["mu"]) / drawn["sigma"])
    least, most = drawn["min_value"], drawn["max_value"]
    room = _ROOM * max(abs(least), abs(most), 1.0)
    if high < least - room or low > most + room:
        return None
    return min(max((value - least) / (most - least), 0.0), 1.0) if most > least else 0.5


def _power(base: float, exponent: float) -> float:
    try:
        return base**exponent
    except OverflowError:
        return inf


def _stepped(value: float, q: float) -> int | float:
    """``round(value / q) * q``: a half goes to the even multiple."""
    return value if value in (inf, -inf) else times(round(value / q), q)


def times(multiple: int, q: float) -> int | float:
    """A multiple of a step: a whole number where the step is whole."""
    return multiple * int(q) if q == int(q) else multiple * q
