"""Functional ANOVA of a forest: how much of its variance each hyperparameter explains by itself.

A tree cuts the space into boxes of one value each. What is left of it when all hyperparameters but one are averaged
away is a staircase, whose variance is that hyperparameter's part (Hutter, Hoos and Leyton-Brown, 2014). All steps of a
staircase are found in one pass over the boxes, so that a thousand trials take a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

__all__ = ["Axis", "shares"]

_TREES = 64


@dataclass(frozen=True)
class Axis:
    """One hyperparameter: a range of numbers, or so many options."""

    least: float = 0.0
    most: float = 1.0
    options: int = 0

    @property
    def width(self) -> int:
        """How many columns it has: one, or one for each option."""
        return self.options or 1


def shares(axes: Sequence[Axis], points: Sequence[Sequence[float]], values: Sequence[float]) -> list[float]:
    """The share of each axis in the variance of the values; 0 for all where there is none.

    A point says a number for each axis, or which option. What several axes explain only together is no one's share.
    """
    import numpy as np
    from sklearn.ensemble import RandomForestRegressor

    table = np.concatenate([_columns(axis, [point[n] for point in points]) for n, axis in enumerate(axes)], axis=1)
    forest = RandomForestRegressor(_TREES, max_depth=64, random_state=0).fit(table, np.asarray(values))
    found = [each for tree in forest.estimators_ if (each := _shares_of(tree.tree_, axes)) is not None]
    return [float(share) for share in np.mean(found, axis=0)] if found else [0.0] * len(axes)


def _columns(axis: Axis, said: Sequence[float]) -> Numbers:
    import numpy as np

    column = np.asarray(said, dtype=float)[:, None]
    return (column == np.arange(axis.options)).astype(float) if axis.options else column


def _shares_of(tree: Any, axes: Sequence[Axis]) -> list[float] | None:
    """The shares in one tree; None where it has one value everywhere."""
    import numpy as np

    value, low, high = _boxes(tree, axes)
    fractions: list[Numbers] = []
    fitting: list[Numbers | None] = []
    at = 0
    for axis in axes:
        here = slice(at, at + axis.width)
        at += axis.width
        if axis.options:
            fits = _options_in(low[:, here], high[:, here])
            fractions.append(fits.mean(axis=1))
            fitting.append(fits)
        else:
            extent = axis.most - axis.least
            fractions.append((high[:, here] - low[:, here])[:, 0] / extent if extent else np.ones(len(value)))
            fitting.append(None)
    volume = np.prod(fractions, axis=0)
    mean = float(volume @ value)
    variance = float(volume @ (value - mean) ** 2)
    if variance <= 0:
        return None
    found: list[float] = []
    at = 0
    for axis, fraction, fits in zip(axes, fractions, fitting, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = np.where(fraction > 0, volume / fraction, 0.0) * value
        if fits is not None:
            steps, sizes = weight @ fits, np.full(axis.options, 1 / axis.options)
        else:
            steps, sizes = _stairs(weight, low[:, at], high[:, at])
        found.append(max(0.0, float(sizes @ (steps - mean) ** 2)) / variance)
        at += axis.width
    return found


def _boxes(tree: Any, axes: Sequence[Axis]) -> tuple[Numbers, Numbers, Numbers]:
    """The value of each leaf, and the ends of its box."""
    import numpy as np

    ends = [(axis.least, axis.most) if not axis.options else (0.0, 1.0) for axis in axes for _ in range(axis.width)]
    low = np.tile(np.array([least for least, _ in ends], dtype=float), (tree.node_count, 1))
    high = np.tile(np.array([most for _, most in ends], dtype=float), (tree.node_count, 1))
    nodes = np.zeros(1, dtype=int)
    while (nodes := nodes[tree.children_left[nodes] != tree.children_right[nodes]]).size:  # level by level
        left, right = tree.children_left[nodes], tree.children_right[nodes]
        column, cut = tree.feature[nodes], tree.threshold[nodes]
        low[left], low[right], high[left], high[right] = low[nodes], low[nodes], high[nodes], high[nodes]
        high[left, column] = np.minimum(high[left, column], cut)
        low[right, column] = np.maximum(low[right, column], cut)
        nodes = np.concatenate([left, right])
    is_leaf = tree.children_left == tree.children_right
    return tree.value[is_leaf, 0, 0], low[is_leaf], high[is_leaf]


def _options_in(low: Numbers, high: Numbers) -> Numbers:
    """Which options lie in which boxes: that whose column may be 1 while all others may be 0."""
    may_be_one, may_be_none = high >= 1.0, low <= 0.0
    others = (~may_be_none).sum(axis=1, keepdims=True) - ~may_be_none
    return (may_be_one & (others == 0)).astype(float)


def _stairs(weight: Numbers, low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
    """The heights of the steps along one axis, and how much of the axis each takes."""
    import numpy as np

    cuts, place = np.unique(np.concatenate([low, high]), return_inverse=True)
    if len(cuts) < 2:
        return np.array([weight.sum()]), np.ones(1)
    change = np.zeros(len(cuts))
    np.add.at(change, place[: len(low)], weight)
    np.add.at(change, place[len(low) :], -weight)
    sizes = np.diff(cuts)
    return np.cumsum(change)[:-1], sizes / sizes.sum()
