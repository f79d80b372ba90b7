"""Importance: what mattered comes first, and too few results are no answer."""

from __future__ import annotations

from typing import Any

import pytest

from lazuli.ml.search import Trial, importance, sampler_for
from lazuli.schema.problems import InvalidInput

SPACE: dict[str, Any] = {
    "noise": {"type": "uniform", "min_value": 0, "max_value": 1},
    "lr": {"type": "loguniform", "min_value": -6, "max_value": 0},
    "kind": {
        "type": "choice",
        "values": ["a", {"depth": {"type": "randint", "upper": 8}}, {"depth": {"type": "randint", "upper": 3}}],
    },
    "fixed": 1,
}


def results(count: int, loss: Any) -> list[Trial]:
    sampler = sampler_for(SPACE, {"type": "random", "seed": 4}, "minimize", count)
    drawn = [sampler.ask(number, []) or {} for number in range(count)]
    return [Trial(n, params, loss(params), (loss(params),), "completed") for n, params in enumerate(drawn)]


def test_what_decides_comes_first() -> None:
    shares = importance(SPACE, results(60, lambda p: 5 * p["lr"] + 0.1 * p["noise"]), "minimize")
    assert next(iter(shares)) == "lr"
    assert shares["lr"] > 0.8
    assert sum(shares.values()) == pytest.approx(1)
    assert set(shares) == {"noise", "lr", "kind", "depth"}


def test_the_shares_of_numbers_are_those_that_optuna_finds() -> None:
    optuna = pytest.importorskip("optuna")
    space = {name: {"type": "uniform", "min_value": 0, "max_value": 1} for name in ("a", "b", "c")}
    sampler = sampler_for(space, {"type": "random", "seed": 2}, "minimize", 40)
    drawn = [sampler.ask(number, []) or {} for number in range(40)]
    study = optuna.create_study()
    axes = {name: optuna.distributions.FloatDistribution(0, 1) for name in space}
    trials = [Trial(n, p, p["a"] ** 2 + p["b"] * p["c"] / 2, (), "completed") for n, p in enumerate(drawn)]
    for trial in trials:
        study.add_trial(optuna.trial.create_trial(params=trial.params, distributions=axes, value=trial.value))
    theirs = optuna.importance.FanovaImportanceEvaluator(seed=0).evaluate(study)
    whole = sum(theirs.values())
    assert importance(space, trials, "minimize") == pytest.approx({n: share / whole for n, share in theirs.items()})


def test_choices_and_what_is_drawn_in_their_branches_count() -> None:
    chosen = importance(SPACE, results(60, lambda p: 3.0 * (p["kind"] == "a")), "maximize")
    assert next(iter(chosen)) == "kind"
    assert chosen["kind"] > 0.6
    inner = importance(SPACE, results(80, lambda p: float(p.get("depth", 3))), "minimize")
    assert next(iter(inner)) == "depth"
    assert inner["depth"] > 0.6


def test_equal_results_tell_nothing() -> None:
    assert importance(SPACE, results(10, lambda p: 1.0), "minimize") == dict.fromkeys(
        ["noise", "lr", "kind", "depth"], 0
    )


def test_too_few_results_are_told() -> None:
    trials = results(9, lambda p: p["lr"])
    unfinished = [
        Trial(t.number, t.params, t.value, t.steps, "canceled" if t.number < 5 else "completed") for t in trials
    ]
    with pytest.raises(InvalidInput, match=r"from 4 completed trials.*at least 5"):
        importance(SPACE, unfinished, "minimize")
