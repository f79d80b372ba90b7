"""Which hyperparameters mattered: the share of each in the variance of the results, by functional ANOVA.

A forest is fitted to the results, and asked how much of its variance each hyperparameter explains by itself. What is
not drawn in a branch stands in its middle there, so a hyperparameter that is seldom drawn matters seldom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from lazuli.ml.search.fanova import Axis, shares
from lazuli.ml.search.space import Choice, Scale, leaves, read_space, recall
from lazuli.ml.search.trial import Goal, Trial
from lazuli.schema.problems import InvalidInput

__all__ = ["importance"]

_FEWEST = 5
"""From less than this many results any answer would be chance."""


def importance(
    space: Mapping[str, Any], trials: Sequence[Trial], goal: Goal, logbase: float | str | None = None
) -> dict[str, float]:
    """The importance of each hyperparameter, the greatest first; together 1, or all 0 where all results are equal.

    Only completed trials count. Raises :class:`InvalidInput` where fewer than five have a result.
    """
    read = read_space(space, logbase)
    drawn = list(leaves(read))
    points: list[list[float]] = []
    values: list[float] = []
    for trial in trials:
        picks = recall(read, trial.params)
        if trial.state == "completed" and picks is not None and trial.value is not None and isfinite(trial.value):
            points.append([picks.get(each.path, _middle(each)) for each in drawn])
            values.append(trial.value)
    if len(points) < _FEWEST:
        raise InvalidInput(
            f"What mattered cannot be told from {len(points)} completed trials with a result.",
            target="trials",
            mend=f"It takes at least {_FEWEST}; let more of them complete.",
        )
    told = dict.fromkeys((each.name for each in drawn), 0.0)
    for each, share in zip(
        drawn, shares([_axis(each) for each in drawn], points, values) if drawn else [], strict=True
    ):
        told[each.name] += share
    whole = sum(told.values())
    return dict(sorted(((n, s / whole if whole else 0.0) for n, s in told.items()), key=lambda each: -each[1]))


def _axis(each: Scale | Choice) -> Axis:
    if isinstance(each, Choice):
        return Axis(options=len(each.options))
    least, most = each.steps() or (0.0, 1.0)
    return Axis(least, most)


def _middle(each: Scale | Choice) -> float:
    if isinstance(each, Choice):
        return 0
    steps = each.steps()
    return 0.5 if steps is None else (steps[0] + steps[1]) // 2
