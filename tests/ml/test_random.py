"""Random sampling: the seed and the number tell the trial, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from lazuli.ml.search import sampler_for

SPACE: dict[str, Any] = {
    "lr": {"type": "loguniform", "min_value": -6, "max_value": -1},
    "opt": {"type": "choice", "values": ["sgd", {"momentum": {"type": "uniform", "min_value": 0, "max_value": 1}}]},
    "n": {"type": "normal", "mu": 0, "sigma": 1},
}


@pytest.mark.parametrize("rule", ["random", "sobol"])
def test_the_same_seed_and_number_draw_the_same_in_any_order(rule: str) -> None:
    algorithm = {"type": "random", "seed": 11, "rule": rule}
    first = sampler_for(SPACE, algorithm, "minimize", 20)
    drawn = [first.ask(number, []) for number in range(20)]
    for number in (7, 3, 3, 19, 0):
        assert first.ask(number, []) == drawn[number]
    assert sampler_for(SPACE, algorithm, "minimize", 20).ask(13, []) == drawn[13]
    assert sampler_for(SPACE, algorithm | {"seed": 12}, "minimize", 20).ask(13, []) != drawn[13]
    assert len({repr(each) for each in drawn}) == 20


def test_these_draws_stay_the_same_for_ever() -> None:
    """A sweep that was begun with an older version goes on with the same trials."""
    space = {"x": {"type": "uniform", "min_value": 0, "max_value": 1}, "y": {"type": "randint", "upper": 100}}
    sampler = sampler_for(space, {"type": "random", "seed": 1}, "minimize", 2)
    assert [sampler.ask(number, []) for number in range(2)] == [
        {"x": 0.9064717269000477, "y": 38},
        {"x": 0.49474798226221894, "y": 62},
    ]


def test_sobol_points_fill_every_corner() -> None:
    space = {name: {"type": "uniform", "min_value": 0, "max_value": 1} for name in "ab"}
    sampler = sampler_for(space, {"type": "random", "seed": 4, "rule": "sobol"}, "minimize", 64)
    points = [sampler.ask(number, []) or {} for number in range(64)]
    cells = {(int(point["a"] * 8), int(point["b"] * 8)) for point in points}
    assert len(cells) == 64  # plain random points leave about 23 of 64 cells empty


def test_random_may_draw_a_combination_twice() -> None:
    sampler = sampler_for({"c": {"type": "choice", "values": [1, 2]}}, "random", "minimize", 10)
    assert {repr(sampler.ask(number, [])) for number in range(10)} == {"{'c': 1}", "{'c': 2}"}
