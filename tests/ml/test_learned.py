"""Samplers that learn: they find more than chance does, and a crash changes nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from math import nan
from statistics import median
from typing import Any, Literal

import pytest

from lazuli.ml.search import Sampler, Trial, sampler_for

SPACE: dict[str, Any] = {
    "x": {"type": "uniform", "min_value": -5, "max_value": 10},
    "y": {"type": "quniform", "min_value": 0, "max_value": 15, "q": 1},
    "kind": {
        "type": "choice",
        "values": ["a", "b", {"m": {"type": "qloguniform", "min_value": 0, "max_value": 3, "q": 2}}],
    },
    "n": {"type": "normal", "mu": 1, "sigma": 2},
    "same": True,
}

Outcome = tuple[Literal["completed", "failed", "canceled"], float | None]


def loss(params: dict[str, Any]) -> float:
    kind = 10.0 if params["kind"] == "a" else 2.0
    return (params["x"] - 1) ** 2 + (params["y"] - 3) ** 2 + params.get("m", kind) + abs(params["n"])


def completed(number: int, value: float) -> Outcome:
    return "completed", value


def mixed(number: int, value: float) -> Outcome:
    ends: list[Outcome] = [("failed", None), ("canceled", value), ("completed", nan), ("completed", None)]
    return ends[number % 7] if number % 7 < 4 else ("completed", value)


def search(sampler: Sampler, count: int, ended: Callable[[int, float], Outcome] = completed) -> list[Trial]:
    past: list[Trial] = []
    for number in range(count):
        params = sampler.ask(number, past)
        assert params is not None
        state, value = ended(number, loss(params))
        past.append(Trial(number, params, value, () if value is None else (value,), state))
    return past


def best(algorithm: str, seed: int, count: int = 60) -> float:
    trials = search(sampler_for(SPACE, {"type": algorithm, "seed": seed}, "minimize", count), count)
    return min(trial.value for trial in trials if trial.value is not None)


def test_bayesian_sampling_finds_more_than_chance() -> None:
    learned, chance = ([best(algorithm, seed) for seed in range(5)] for algorithm in ("bayesian", "random"))
    assert median(learned) < 0.7 * median(chance)


@pytest.mark.parametrize("space", [{"x": SPACE["x"]}, {"k": {"type": "choice", "values": [1, 2]}}, {"f": 3}])
@pytest.mark.parametrize("algorithm", ["random", "qmc", "bayesian", "cma_es", "nsga_ii"])
def test_small_spaces_are_searched_by_every_algorithm(algorithm: str, space: dict[str, Any]) -> None:
    sampler = sampler_for(space, algorithm, "maximize", 12)
    trials: list[Trial] = []
    for number in range(12):
        params = sampler.ask(number, trials)
        assert params is not None
        assert params.keys() == space.keys()
        trials.append(Trial(number, params, 1.0, (1.0,), "completed"))


def test_cma_es_closes_in_on_a_valley() -> None:
    space = {name: {"type": "uniform", "min_value": -3, "max_value": 3} for name in "abc"}
    sampler = sampler_for(space, {"type": "cma_es", "seed": 5}, "minimize", 150)
    past: list[Trial] = []
    for number in range(150):
        params = sampler.ask(number, past) or {}
        value = sum((params[name] - 1) ** 2 for name in space) + 10 * (params["a"] - params["b"]) ** 2
        past.append(Trial(number, params, value, (value,), "completed"))
    assert median(trial.value or 0 for trial in past[-20:]) < 0.1


def test_a_goal_of_maximize_turns_the_search_around() -> None:
    space = {"x": {"type": "uniform", "min_value": 0, "max_value": 1}}
    sampler = sampler_for(space, {"type": "bayesian", "seed": 1}, "maximize", 40)
    past: list[Trial] = []
    for number in range(40):
        params = sampler.ask(number, past) or {}
        past.append(Trial(number, params, params["x"], (params["x"],), "completed"))
    assert median(trial.value or 0 for trial in past[-10:]) > 0.8


@pytest.mark.parametrize("algorithm", ["bayesian", "cma_es", "nsga_ii"])
def test_a_sampler_made_anew_goes_on_with_the_same_trials(algorithm: str) -> None:
    said = {"type": algorithm, "seed": 3}
    trials = search(sampler_for(SPACE, said, "minimize", 45), 45, mixed)
    for number in (0, 5, 14, 15, 29, 44):
        anew = sampler_for(SPACE, said, "minimize", 45)
        assert anew.ask(number, trials[:number]) == trials[number].params
        assert anew.ask(number, trials[:number][::-1]) == trials[number].params


def test_trials_that_run_at_once_may_end_in_any_order() -> None:
    said = {"type": "bayesian", "seed": 8}
    kept = sampler_for(SPACE, said, "minimize", 30)
    past: list[Trial] = []
    asked: list[tuple[list[Trial], Any]] = []
    for number in range(30):
        params = kept.ask(number, past) or {}
        asked.append((list(past), params))
        past.append(Trial(number, params))
        for index in (number - 1, number - 5):  # every third trial takes five times as long as the others
            if index >= 0 and past[index].state == "running" and (index % 3 or index == number - 5):
                value = loss(dict(past[index].params))
                past[index] = Trial(index, past[index].params, value, (value,), "completed")
    for number in (4, 17, 29):
        before, params = asked[number]
        assert sampler_for(SPACE, said, "minimize", 30).ask(number, before) == params
    assert len({repr(params) for _, params in asked}) == 30


def test_trials_of_earlier_sweeps_are_learnt_from_where_they_fit() -> None:
    earlier = search(sampler_for(SPACE, {"type": "random", "seed": 1}, "minimize", 60), 60)
    strange = [Trial(0, {"x": 77.0}, 0.0, (0.0,), "completed")]
    said = {"type": "bayesian", "seed": 2}
    alone, beside, after = (
        sampler_for(SPACE, said, "minimize", 20, each).ask(0, []) or {} for each in ([], strange, earlier)
    )
    assert alone == beside
    assert loss(after) < loss(alone)


ASK = "sampler_for({'x': {'type': 'choice', 'values': [1]}}, 'random', 'minimize', 3).ask(0, [])"


@pytest.mark.parametrize("what", ["", ASK, ASK.replace("random", "grid")])
def test_heavy_libraries_are_loaded_only_when_they_are_used(what: str) -> None:
    heavy = "{'optuna', 'scipy', 'numpy', 'sklearn'} & set(sys.modules)"
    program = f"import sys\nfrom lazuli.ml.search import sampler_for\n{what}\nprint({heavy})"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
