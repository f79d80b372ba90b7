"""Search spaces: what is drawn has the distribution that was said, and can be recognised again."""

from __future__ import annotations

from itertools import product
from math import e, exp, isclose, log
from statistics import fmean, pstdev
from typing import Any

import pytest

from lazuli.ml.search import names_in, said, sampler_for
from lazuli.ml.search.distributions import value_at
from lazuli.ml.search.space import draw, read_space, recall
from lazuli.schema.problems import InvalidInput

NESTED: dict[str, Any] = {
    "lr": {"type": "uniform", "min_value": 0, "max_value": 1},
    "opt": {
        "type": "choice",
        "values": [
            "sgd",
            True,
            {
                "momentum": {"type": "uniform", "min_value": 0, "max_value": 1},
                "nested": {"type": "choice", "values": [{"depth": {"type": "randint", "upper": 4}}, 2]},
            },
        ],
    },
    "fixed": 3,
}


def draws(drawn: dict[str, Any], count: int = 4000, **settings: Any) -> list[Any]:
    sampler = sampler_for({"x": drawn}, {"type": "random", "seed": 5, **settings}, "minimize", count)
    return [(sampler.ask(number, []) or {})["x"] for number in range(count)]


def test_a_choice_is_uniform_over_its_values_and_keeps_their_types() -> None:
    values = draws({"type": "choice", "values": [True, 1, 1.5, "a"]})
    counts = {repr(value): sum(type(v) is type(value) and v == value for v in values) for value in (True, 1, 1.5, "a")}
    assert all(900 < count < 1100 for count in counts.values()), counts
    assert said({"x": True}, "x") == "True"
    assert said({}, "x") == ""


def test_randint_stops_before_upper() -> None:
    values = draws({"type": "randint", "upper": 5})
    assert set(values) == {0, 1, 2, 3, 4}
    assert all(type(value) is int for value in values)
    assert value_at({"type": "randint", "upper": 5}, 1.0) == 4


def test_uniform_fills_its_range_evenly() -> None:
    values = draws({"type": "uniform", "min_value": -2, "max_value": 6})
    assert -2 <= min(values) < -1.98
    assert 5.98 < max(values) <= 6
    assert isclose(fmean(values), 2, abs_tol=0.15)
    assert isclose(pstdev(values), 8 / 12**0.5, rel_tol=0.03)
    assert value_at({"type": "uniform", "min_value": -2, "max_value": 6}, 1.0) == 6


def test_the_ends_of_loguniform_are_logarithms() -> None:
    values = draws({"type": "loguniform", "min_value": -6, "max_value": -1})
    assert exp(-6) <= min(values)
    assert max(values) <= exp(-1)
    assert isclose(fmean(map(log, values)), -3.5, abs_tol=0.1)


@pytest.mark.parametrize("base", [10, "10", 2.0])
def test_another_base_of_logarithms_is_used_where_said(base: Any) -> None:
    values = draws({"type": "loguniform", "min_value": -3, "max_value": 0}, logbase=base)
    assert float(base) ** -3 <= min(values) <= float(base) ** -2.9
    assert draws({"type": "lognormal", "mu": 2, "sigma": 0}, count=1, logbase=base) == [float(base) ** 2]
    assert draws({"type": "lognormal", "mu": 2, "sigma": 0}, count=1, logbase="e") == [e**2]


def test_normal_has_its_mean_and_deviation() -> None:
    values = draws({"type": "normal", "mu": 10, "sigma": 3})
    assert isclose(fmean(values), 10, abs_tol=0.15)
    assert isclose(pstdev(values), 3, rel_tol=0.03)
    logs = list(map(log, draws({"type": "lognormal", "mu": -1, "sigma": 0.5})))
    assert isclose(fmean(logs), -1, abs_tol=0.03)
    assert isclose(pstdev(logs), 0.5, rel_tol=0.03)


@pytest.mark.parametrize(
    ("drawn", "place", "expected"),
    [
        ({"type": "quniform", "min_value": 0, "max_value": 10, "q": 2}, 0.5, 4),  # 5 / 2 is 2.5: half to even
        ({"type": "quniform", "min_value": 0, "max_value": 14, "q": 2}, 0.5, 8),  # 7 / 2 is 3.5
        ({"type": "quniform", "min_value": 0, "max_value": 10, "q": 4}, 1.0, 8),
        ({"type": "quniform", "min_value": 0, "max_value": 11, "q": 4}, 1.0, 12),  # an end may be passed
        ({"type": "quniform", "min_value": 0, "max_value": 1, "q": 0.25}, 0.7, 0.75),
        ({"type": "quniform", "min_value": 0, "max_value": 8, "q": 2.0}, 0.5, 4),
        ({"type": "qloguniform", "min_value": 0, "max_value": 4, "q": 5}, 1.0, 55),  # e**4 is 54.6
        ({"type": "qnormal", "mu": 7.4, "sigma": 0, "q": 1}, 0.5, 7),
        ({"type": "qlognormal", "mu": 3, "sigma": 0, "q": 0.5}, 0.5, 20.0),  # e**3 is 20.09
    ],
)
def test_steps_round_to_the_nearest_multiple(drawn: dict[str, Any], place: float, expected: float) -> None:
    value = value_at(drawn, place)
    assert value == expected
    assert type(value) is (int if drawn["q"] == int(drawn["q"]) else float)


def test_a_map_among_the_values_adds_its_hyperparameters() -> None:
    sampler = sampler_for(NESTED, {"type": "random", "seed": 2}, "minimize", 50)
    drawn = [sampler.ask(number, []) or {} for number in range(50)]
    plain = [each for each in drawn if each["opt"] in ("sgd", True)]
    deep = [each for each in drawn if each not in plain]
    assert plain
    assert all(set(each) == {"lr", "opt", "fixed"} for each in plain)
    shapes = {frozenset(each) for each in deep}
    assert shapes == {
        frozenset({"lr", "opt", "fixed", "momentum", "nested"}),
        frozenset({"lr", "opt", "fixed", "momentum", "nested", "depth"}),
    }
    whole = next(each for each in deep if "depth" in each)
    assert whole["nested"] == f'{{"depth": {whole["depth"]}}}'
    assert whole["opt"] == f'{{"momentum": {whole["momentum"]}, "nested": {whole["nested"]}}}'
    assert names_in(NESTED) == {"lr", "opt", "fixed", "momentum", "nested", "depth"}


def test_a_map_may_say_the_value_of_the_choice_itself() -> None:
    space = {"opt": {"type": "choice", "values": [{"opt": "sgd"}, {"opt": "adam", "beta": 0.9}]}}
    grid = sampler_for(space, "grid", "minimize", 10)
    assert [grid.ask(number, []) for number in range(3)] == [{"opt": "sgd"}, {"opt": "adam", "beta": 0.9}, None]


@pytest.mark.parametrize("text", [False, True])
def test_what_was_drawn_is_recognised(text: bool) -> None:
    space = NESTED | {
        "a": {"type": "qloguniform", "min_value": 0, "max_value": 5, "q": 3},
        "b": {"type": "lognormal", "mu": -2, "sigma": 3},
        "c": {"type": "choice", "values": [1, "1.0", True]},
        "d": {
            "type": "choice",
            "values": [{"d": "x", "e": {"type": "quniform", "min_value": 0, "max_value": 9, "q": 4}}],
        },
    }
    read = read_space(space)
    sampler = sampler_for(space, {"type": "random", "seed": 9}, "minimize", 100)
    for number in range(100):
        params = sampler.ask(number, []) or {}
        told = {name: said(params, name) for name in params} if text else params
        picks = recall(read, told)
        assert picks is not None, told
        again = draw(read, lambda each, picks=picks: each.picked(picks[each.path]))
        assert {name: said(again, name)[:9] for name in again} == {name: said(params, name)[:9] for name in params}


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"lr": 0.5, "opt": "sgd"},
        {"lr": 1.5, "opt": "sgd", "fixed": 3},
        {"lr": 0.5, "opt": "adam", "fixed": 3},
        {"lr": 0.5, "opt": "sgd", "fixed": 4},
        {"lr": "high", "opt": "sgd", "fixed": 3},
        {"lr": 0.5, "opt": '{"momentum": 7, "nested": 2}', "momentum": 7, "nested": 2, "fixed": 3},
    ],
)
def test_what_the_space_cannot_give_is_not_recognised(params: dict[str, Any]) -> None:
    assert recall(read_space(NESTED), params) is None


def test_a_grid_is_in_the_order_of_declaration() -> None:
    space = {"a": {"type": "choice", "values": [1, 2]}, "f": "x", "b": {"type": "choice", "values": ["u", "v", "w"]}}
    grid = sampler_for(space, "grid", "minimize", 100)
    tried = [grid.ask(number, []) for number in range(7)]
    assert tried == [*({"a": a, "f": "x", "b": b} for a, b in product([1, 2], "uvw")), None]


def test_a_grid_walks_every_branch_once() -> None:
    space = {
        "opt": {
            "type": "choice",
            "values": ["sgd", {"m": {"type": "choice", "values": [1, 2]}, "n": {"type": "choice", "values": [3, 4]}}],
        },
        "z": {"type": "choice", "values": [0, 1]},
    }
    grid = sampler_for(space, "grid", "minimize", 100)
    tried = [grid.ask(number, []) or {} for number in range(10)]
    assert [(t["opt"] == "sgd", t.get("m"), t.get("n"), t["z"]) for t in tried] == [
        (True, None, None, 0),
        (True, None, None, 1),
        *((False, m, n, z) for m, n, z in product([1, 2], [3, 4], [0, 1])),
    ]
    assert grid.ask(10, []) is None


def test_a_grid_over_a_scale_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'lr' is no 'choice'"):
        sampler_for(NESTED, "grid", "minimize", 10)


def test_an_algorithm_that_is_not_known_is_told() -> None:
    with pytest.raises(InvalidInput, match=r"no sampling algorithm 'randon'.*random"):
        sampler_for(NESTED, "randon", "minimize", 10)
