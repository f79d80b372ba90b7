"""How one hyperparameter is drawn: each distribution as a function of a number between 0 and 1.

That one form serves plain random numbers, evenly spread ones (Sobol) and samplers that learn: all of them only choose
where between 0 and 1 to look.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import e, floor, inf, log
from statistics import NormalDist
from typing import Any

__all__ = ["base_of", "place_of", "steps_of", "value_at"]

_SMALLEST = 2.0**-53
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


def place_of(drawn: Mapping[str, Any], value: float, base: float = e) -> float | None:
    """Where between 0 and 1 a value lies; None where the distribution cannot have given it."""
    kind = str(drawn["type"])
    if kind == "randint":
        return (value + 0.5) / drawn["upper"] if value == floor(value) and 0 <= value < drawn["upper"] else None
    slack = drawn["q"] / 2 if kind.startswith("q") else 0.0
    if "log" in kind:
        low = log(max(value - slack, 0.0), base) if value > slack else -inf
        high = log(value + slack, base) if value + slack > 0 else -inf
        value = log(value, base) if value > 0 else high
    else:
        low, high = value - slack, value + slack
    if kind.endswith("normal"):
        if drawn["sigma"] == 0:
            return 0.5 if low - 1e-9 <= drawn["mu"] <= high + 1e-9 else None
        return _NORMAL.cdf((value - drawn["mu"]) / drawn["sigma"])
    least, most = drawn["min_value"], drawn["max_value"]
    room = 1e-9 * max(abs(least), abs(most), 1.0)
    if high < least - room or low > most + room:
        return None
    return min(max((value - least) / (most - least), 0.0), 1.0) if most > least else 0.5


def steps_of(drawn: Mapping[str, Any]) -> tuple[int, int] | None:
    """The least and the greatest multiple of ``q`` of a ``quniform``; the ends of a ``randint``; None for the rest."""
    kind = str(drawn["type"])
    if kind == "randint":
        return 0, drawn["upper"] - 1
    if kind == "quniform":
        return round(drawn["min_value"] / drawn["q"]), round(drawn["max_value"] / drawn["q"])
    return None


def _power(base: float, exponent: float) -> float:
    try:
        return base**exponent
    except OverflowError:
        return inf


def _stepped(value: float, q: float) -> int | float:
    """``round(value / q) * q``: a half goes to the even multiple."""
    if value in (inf, -inf):
        return value
    multiple = round(value / q)
    return multiple * int(q) if q == int(q) else multiple * q
