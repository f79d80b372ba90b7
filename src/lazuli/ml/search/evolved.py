"""CMA-ES: a normal distribution over the numbers, which moves and stretches towards what was good.

Trials come in generations, by their numbers. What a generation draws follows from the results of those before it, so a
trial is drawn the same again from its number and the past; a trial that has not ended by then counts as the worst.
Choices are not for CMA-ES and are drawn at random.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf, isnan, log
from random import Random
from typing import TYPE_CHECKING, Any
from zlib import crc32

from lazuli.ml.search.samplers import Sampler
from lazuli.ml.search.space import Choice, Scale, Space, draw, leaves, recall
from lazuli.ml.search.trial import Goal, Trial

if TYPE_CHECKING:
    from cmaes import CMA

__all__ = ["Evolved"]


class Evolved(Sampler):
    """Asks CMA-ES."""

    def __init__(self, space: Space, seed: int, goal: Goal, earlier: Iterable[Trial] = ()) -> None:
        """``earlier`` are trials of other sweeps: the search begins at the best of them."""
        self.space = space
        self.seed = seed
        self.sign = -1.0 if goal == "maximize" else 1.0
        self.scales = [each for each in leaves(space) if isinstance(each, Scale)]
        self.width = max(len(self.scales), 2)  # CMA-ES wants two dimensions: the second may stand for nothing
        self.size = 4 + int(3 * log(self.width))
        self.start = min(map(self._result, earlier), key=lambda each: each[1], default=([0.5] * self.width, inf))

    def ask(self, number: int, past: Sequence[Trial]) -> dict[str, Any] | None:
        """The draw of this number in its generation."""
        chance = Random(f"{self.seed}/{number}")
        point = self._draw(number, past)

        def pick(each: Scale | Choice) -> Any:
            return each.at(chance.random() if isinstance(each, Choice) else point[each.path])

        return draw(self.space, pick)

    def _draw(self, number: int, past: Sequence[Trial]) -> dict[str, float]:
        """Where between 0 and 1 each number is to be looked for."""
        if not self.scales:
            return {}
        generation, place = divmod(number, self.size)
        results = {each.number: self._result(each) for each in past}
        nothing = [0.5] * self.width, inf
        search = self._begin()
        for begun in range(generation):
            told = [results.get(begun * self.size + member, nothing) for member in range(self.size)]
            known = [value for _, value in told if value < inf]
            if not known:
                continue
            worst = max(known)
            search.tell([(_array(point), min(value, worst)) for point, value in told])
            if search.should_stop():
                search = self._begin()
        search.reseed_rng(crc32(f"{self.seed}/{generation}".encode()))
        points = [search.ask() for _ in range(place + 1)]
        return dict(zip((each.path for each in self.scales), points[place].tolist(), strict=False))

    def _begin(self) -> CMA:
        import numpy
        from cmaes import CMA

        bounds = numpy.array([[0.0, 1.0]] * self.width)
        return CMA(_array(self.start[0]), 0.3, bounds=bounds, seed=self.seed % 2**32, population_size=self.size)

    def _result(self, trial: Trial) -> tuple[list[float], float]:
        """Where a trial was, and how good it was, less being better; without end where that is not known."""
        picks = recall(self.space, trial.params)
        cost = inf if picks is None or trial.value is None or isnan(trial.value) else self.sign * trial.value
        places = [_place(each, (picks or {}).get(each.path)) for each in self.scales]
        return [*places, *[0.5] * (self.width - len(places))], cost


def _place(scale: Scale, pick: float | None) -> float:
    """A pick as a place between 0 and 1; what is not drawn in a branch is in the middle."""
    if pick is None:
        return 0.5
    steps = scale.steps()
    return pick if steps is None else (pick - steps[0] + 0.5) / (steps[1] - steps[0] + 1)


def _array(point: list[float]) -> Any:
    import numpy

    return numpy.array(point)
