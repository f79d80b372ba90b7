"""What to try next, by chance or in order: the contract of a sampler, and those that do not learn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from random import Random
from typing import Any

from lazuli.ml.search.space import Choice, Scale, Space, draw, leaves
from lazuli.ml.search.trial import Trial
from lazuli.schema.problems import InvalidInput

__all__ = ["Grid", "Randomly", "Sampler", "Sobol"]


class Sampler(ABC):
    """Tells the hyperparameters of each trial. One thread at a time may ask."""

    @abstractmethod
    def ask(self, number: int, past: Sequence[Trial]) -> dict[str, Any] | None:
        """The hyperparameters of trial ``number``, from 0; None when there is nothing left to try.

        The same number with the same ``past`` (trials that were begun before, in any order) is told the same, also by
        a sampler that was made anew.
        """


class Randomly(Sampler):
    """Every trial is drawn by itself, from the seed and its number; a combination may come twice."""

    def __init__(self, space: Space, seed: int) -> None:
        self.space = space
        self.seed = seed

    def ask(self, number: int, past: Sequence[Trial]) -> dict[str, Any] | None:
        """The draw of this number."""
        chance = Random(f"{self.seed}/{number}")  # a text seed is hashed: neighbours have nothing in common
        return draw(self.space, lambda each: each.at(chance.random()))


class Grid(Sampler):
    """Every combination once, in order of declaration: the last hyperparameter changes fastest."""

    def __init__(self, space: Space) -> None:
        for each in leaves(space):
            if isinstance(each, Scale):
                raise InvalidInput(
                    f"Grid sampling tries every combination of choices, and '{each.name}' is no 'choice'.",
                    target=each.path,
                    mend="Say its values with 'choice', or use random sampling.",
                )
        self.space = space
        self.count = _combinations(space)

    def ask(self, number: int, past: Sequence[Trial]) -> dict[str, Any] | None:
        """The combination of this number; None beyond the last."""
        if number >= self.count:
            return None
        picked: dict[str, int] = {}
        _pick(self.space, number, picked)
        return draw(self.space, lambda each: picked[each.path])


def _combinations(space: Space) -> int:
    count = 1
    for each in space:
        if isinstance(each, Choice):
            count *= sum(map(_weight, each.options))
    return count


def _weight(option: Any) -> int:
    return _combinations(option) if isinstance(option, tuple) else 1


def _pick(space: Space, number: int, picked: dict[str, int]) -> None:
    """Note which option of each choice makes the combination ``number`` of a space."""
    for each in reversed(space):
        if not isinstance(each, Choice):
            continue
        number, place = divmod(number, sum(map(_weight, each.options)))
        for index, option in enumerate(each.options):
            if place < _weight(option):
                picked[each.path] = index
                if isinstance(option, tuple):
                    _pick(option, place, picked)
                break
            place -= _weight(option)


class Sobol(Sampler):
    """Points spread evenly over the space, by a scrambled Sobol sequence: the seed and the number tell the point."""

    def __init__(self, space: Space, seed: int) -> None:
        self.space = space
        self.seed = seed
        self.places = {each.path: index for index, each in enumerate(leaves(space))}
        self._sequence: Any = None

    def ask(self, number: int, past: Sequence[Trial]) -> dict[str, Any] | None:
        """The point of this number."""
        point = self._point(number) if self.places else []
        return draw(self.space, lambda each: each.at(point[self.places[each.path]]))

    def _point(self, number: int) -> list[float]:
        from scipy.stats.qmc import Sobol as Sequence

        if self._sequence is None:
            self._sequence = Sequence(len(self.places), scramble=True, rng=self.seed)
        sequence = self._sequence
        if number < sequence.num_generated:
            sequence.reset()
        if number > sequence.num_generated:
            sequence.fast_forward(number - sequence.num_generated)
        return sequence.random(1)[0].tolist()
