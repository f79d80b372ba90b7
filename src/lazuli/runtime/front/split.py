"""Which deployment a request goes to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import cycle

__all__ = ["Share", "Split"]


class Split:
    """Deals requests out by weight, evenly: of any ten, nine and one where the weights are 90 and 10."""

    def __init__(self, weights: Mapping[str, int]) -> None:
        self._order = dealt({name: weight for name, weight in weights.items() if weight > 0})
        self._turns = cycle(self._order)

    def has_any(self) -> bool:
        """Whether anything has weight."""
        return bool(self._order)

    def next(self) -> str | None:
        """The name whose turn it is; None where nothing has weight."""
        return next(self._turns, None)


def dealt(weights: Mapping[str, int]) -> list[str]:
    """The names in an order that repeats: each as often as it weighs, and never longer away than need be."""
    if not weights:
        return []
    total = sum(weights.values())
    credit, order = dict.fromkeys(weights, 0), list[str]()
    for _ in range(total // math.gcd(*weights.values())):
        for name, weight in weights.items():
            credit[name] += weight
        chosen = max(credit, key=credit.__getitem__)
        credit[chosen] -= total
        order.append(chosen)
    return order


class Share:
    """Says for which requests something is done as well: for so many of a hundred."""

    def __init__(self, percent: float) -> None:
        self._percent, self._credit = percent, 0.0

    def is_due(self) -> bool:
        """Whether it is, this time."""
        self._credit += self._percent
        if self._credit < 100:
            return False
        self._credit -= 100
        return True
