"""Which deployment a request goes to."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Share", "Split"]


class Split:
    """Deals requests out by weight, evenly: of any ten, nine and one where the weights are 90 and 10."""

    def __init__(self, weights: Mapping[str, int]) -> None:
        self._weights = {name: weight for name, weight in weights.items() if weight > 0}
        self._total = sum(self._weights.values())
        self._credit = dict.fromkeys(self._weights, 0)
        self._only = next(iter(self._weights)) if len(self._weights) == 1 else None

    def has_any(self) -> bool:
        """Whether anything has weight."""
        return bool(self._weights)

    def next(self) -> str | None:
        """The name whose turn it is; None where nothing has weight."""
        if self._only is not None or not self._weights:
            return self._only
        credit = self._credit
        for name, weight in self._weights.items():
            credit[name] += weight
        chosen = max(credit, key=credit.__getitem__)
        credit[chosen] -= self._total
        return chosen


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
