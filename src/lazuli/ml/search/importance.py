"""Which hyperparameters mattered: the share of each in the variance of the results, by functional ANOVA.

A forest is fitted to the results, and asked how much of its variance each hyperparameter explains by itself (Hutter,
Hoos and Leyton-Brown, 2014; Optuna's implementation). What is not drawn in a branch stands in its middle there, so a
hyperparameter that is seldom drawn matters seldom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from lazuli.ml.search.learned import Known
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
    known = Known(read, goal)
    for trial in trials:
        picks = recall(read, trial.params)
        if trial.state == "completed" and picks is not None and trial.value is not None and isfinite(trial.value):
            known.add_result({each.path: picks.get(each.path, _middle(each)) for each in drawn}, trial.value)
    if known.completed < _FEWEST:
        raise InvalidInput(
            f"What mattered cannot be told from {known.completed} completed trials with a result.",
            target="trials",
            mend=f"It takes at least {_FEWEST}; let more of them complete.",
        )
    shares = dict.fromkeys((each.name for each in drawn), 0.0)
    for path, share in _shares(known).items():
        name = next(each.name for each in drawn if each.path == path)
        shares[name] += share
    whole = sum(shares.values())
    return dict(sorted(((n, s / whole if whole else 0.0) for n, s in shares.items()), key=lambda each: -each[1]))


def _shares(known: Known) -> Mapping[str, float]:
    from optuna.importance import FanovaImportanceEvaluator

    values = {trial.value for trial in known.study.trials}
    if len(values) == 1 or not known.distributions:
        return {}
    return FanovaImportanceEvaluator(seed=0).evaluate(known.study)


def _middle(each: Scale | Choice) -> float:
    if isinstance(each, Choice):
        return 0
    steps = each.steps()
    return 0.5 if steps is None else (steps[0] + steps[1]) // 2
