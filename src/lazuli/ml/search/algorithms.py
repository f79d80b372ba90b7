"""The sampler that ``sampling_algorithm`` says.

========== ===========================================================================================
random     every trial by itself; with ``rule: sobol`` spread evenly
grid       every combination of choices
bayesian   learns from the trials before: Optuna's tree-structured Parzen estimator, the same as ``tpe``
tpe        that estimator by its own name, for every distribution
gp         a Gaussian process; needs PyTorch
cma_es     a normal distribution that moves; for numbers, while choices are drawn at random
nsga_ii    a genetic algorithm
qmc        the same as random with ``rule: sobol``
========== ===========================================================================================

Why ``bayesian`` is not the Gaussian process, measured over 60 trials as the median distance from the optimum (random,
the estimator, the process): Branin .88, .07, .00; a mixed space .29, .10, .10; a conditional one .12, .02, .08. It wins
where all is smooth and numeric and loses among choices, takes 50 to 100 times as long to draw, and needs PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from lazuli.ml.search.evolved import Evolved
from lazuli.ml.search.learned import Known, Learned
from lazuli.ml.search.samplers import Grid, Randomly, Sampler, Sobol
from lazuli.ml.search.space import Space, read_space
from lazuli.ml.search.trial import Goal, Trial
from lazuli.schema.problems import InvalidInput, did_you_mean

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

__all__ = ["SAMPLERS", "sampler_for"]


@dataclass(frozen=True)
class _Search:
    """What every way of sampling may use."""

    space: Space
    settings: Mapping[str, Any]
    seed: int
    goal: Goal
    total: int
    earlier: Sequence[Trial]


def sampler_for(
    space: Mapping[str, Any],
    algorithm: Mapping[str, Any] | str,
    goal: Goal,
    total: int,
    earlier: Sequence[Trial] = (),
) -> Sampler:
    """The sampler of a sweep.

    ``space`` and ``algorithm`` are as the fields ``search_space`` and ``sampling_algorithm`` say them, ``total`` is
    how many trials there will be. ``earlier`` are trials of other sweeps to learn from: those that fit the space.
    Without a seed in the algorithm it is 0: who wants another search each time says one and keeps it.

    Raises :class:`InvalidInput` for an algorithm that is not known, cannot search this space, or is not installed.
    """
    settings: Mapping[str, Any] = {"type": algorithm} if isinstance(algorithm, str) else algorithm
    kind = str(settings["type"])
    if kind not in SAMPLERS:
        raise InvalidInput(
            f"There is no sampling algorithm '{kind}'.",
            target="sampling_algorithm",
            mend=did_you_mean(kind, sorted(SAMPLERS)),
        )
    read = read_space(space, settings.get("logbase"))
    return SAMPLERS[kind](_Search(read, settings, int(settings.get("seed") or 0), goal, total, earlier))


def _random(search: _Search) -> Sampler:
    return _sobol(search) if search.settings.get("rule") == "sobol" else Randomly(search.space, search.seed)


def _sobol(search: _Search) -> Sampler:
    _need("scipy", search)
    return Sobol(search.space, search.seed)


def _grid(search: _Search) -> Sampler:
    return Grid(search.space)


def _tpe(search: _Search) -> Sampler:
    """What all trials draw is sampled together, as Optuna does; it is known here, and not sought in all trials anew."""

    sampler: Any = None

    def make(known: Known, seed: int) -> BaseSampler:
        nonlocal sampler
        sampler = sampler or _tpe_class()(known.always)
        sampler.begin(seed)
        return sampler

    return _learned(search, make)


@cache
def _tpe_class() -> Any:
    from optuna.samplers import TPESampler

    class Tpe(TPESampler):
        def __init__(self, always: dict[str, BaseDistribution]) -> None:
            super().__init__()
            self.always = {path: each for path, each in always.items() if not each.single()}

        def begin(self, seed: int) -> None:
            """As if it were made with this seed, which would take a tenth of the time of a draw."""
            self._rng.rng.seed(seed)
            self._random_sampler._rng.rng.seed(seed)

        def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
            return self.always

    return Tpe


def _gp(search: _Search) -> Sampler:
    _need("torch", search)

    def make(known: Known, seed: int) -> BaseSampler:
        from optuna.samplers import GPSampler

        return GPSampler(seed=seed, deterministic_objective=False)

    return _learned(search, make)


def _cma(search: _Search) -> Sampler:
    _need("cmaes", search)
    return Evolved(search.space, search.seed, search.goal, search.earlier)


def _nsga(search: _Search) -> Sampler:
    size = max(8, min(50, search.total // 8))

    def make(known: Known, seed: int) -> BaseSampler:
        from optuna.samplers import NSGAIISampler

        return NSGAIISampler(seed=seed, population_size=size)

    return _learned(search, make, size)


def _learned(search: _Search, make: Callable[[Known, int], BaseSampler], generation: int | None = None) -> Sampler:
    _need("optuna", search)

    def known() -> Known:
        return Known(search.space, search.goal, search.earlier, generation)

    return Learned(search.space, search.seed, known, make)


def _need(package: str, search: _Search) -> None:
    if find_spec(package) is None:
        raise InvalidInput(
            f"Sampling by '{search.settings['type']}' needs the package '{package}', which is not installed here.",
            target="sampling_algorithm",
            mend="Install it with: pip install torch" if package == "torch" else _SEARCH,
        )


_SEARCH = "Install what searching needs with: pip install 'lazuli-ml[search]'"

SAMPLERS: dict[str, Callable[[_Search], Sampler]] = {
    "random": _random,
    "grid": _grid,
    "bayesian": _tpe,
    "tpe": _tpe,
    "gp": _gp,
    "cma_es": _cma,
    "nsga_ii": _nsga,
    "qmc": _sobol,
}
"""The samplers by the word for them."""
