"""Samplers that learn from the trials before, by Optuna.

Each question is answered by a study that holds what is known, in the order of the trials' numbers, and by a sampler
that is seeded for this number alone. So a study that is made anew from the past answers the same as one that was kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isnan
from typing import TYPE_CHECKING, Any
from zlib import crc32

from lazuli.ml.search.samplers import Sampler
from lazuli.ml.search.space import Choice, Picks, Scale, Space, draw, leaves, recall
from lazuli.ml.search.trial import Goal, Trial

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import Trial as Asked

__all__ = ["Known", "Learned"]


class Learned(Sampler):
    """Asks one of Optuna's samplers."""

    def __init__(
        self, space: Space, seed: int, known: Callable[[], Known], make: Callable[[Known, int], BaseSampler]
    ) -> None:
        """``known`` gives a study without trials of this sweep, ``make`` a sampler for it and a seed."""
        self.space = space
        self.seed = seed
        self.known = known
        self.make = make
        self._kept: Known | None = None

    def ask(self, number: int, past: Sequence[Trial]) -> dict[str, Any] | None:
        """What the sampler makes of the past."""
        before = sorted((each for each in past if each.number != number), key=lambda each: each.number)
        if self._kept is None or not self._kept.goes_on_with(before):
            self._kept = self.known()
        self._kept.learn(before)
        return self._kept.ask(number, self.make(self._kept, crc32(f"{self.seed}/{number}".encode())))


class Known:
    """An Optuna study in memory, and which trials it holds."""

    def __init__(self, space: Space, goal: Goal, earlier: Sequence[Trial] = (), generation: int | None = None) -> None:
        """``earlier`` are trials of other sweeps; ``generation`` is the size of one, for samplers that breed."""
        import optuna
        from optuna.storages import InMemoryStorage

        self.space = space
        drawn = list(leaves(space))
        self.distributions = {each.path: _distribution(each) for each in drawn}
        self.always = {path: self.distributions[path] for path in sorted(each.path for each in space if each in drawn)}
        """What every trial draws, whatever is chosen."""
        self.generation = generation
        self.storage = InMemoryStorage()
        with _quiet():
            self.study = optuna.create_study(storage=self.storage, direction=goal)
        self.id = self.storage.get_study_id_from_name(self.study.study_name)
        self.held: list[tuple[Trial, int | None]] = []
        """The trials of this sweep, with the ids that they have in the study; None for what does not fit the space."""
        self.completed = 0
        for trial in earlier:
            self._add(trial)

    def goes_on_with(self, past: Sequence[Trial]) -> bool:
        """Whether the study need only be told something more to know exactly this past."""
        if len(self.held) > len(past) or (self.generation and self.held):
            return False
        return all(
            held is now
            or (
                (held.number == now.number and held.params == now.params)
                and (held.state == "running" or _same(held, now))
            )
            for (held, _), now in zip(self.held, past, strict=False)
        )

    def learn(self, past: Sequence[Trial]) -> None:
        """Add what is new in the past, which goes on from what is held."""
        for place, trial in enumerate(past):
            if place == len(self.held):
                self.held.append((trial, self._add(trial)))
            elif (held := self.held[place])[0].state == "running":
                self.held[place] = trial, held[1]
                self._end(trial, held[1])

    def ask(self, number: int, sampler: BaseSampler) -> dict[str, Any]:
        """A new trial by a sampler; the study holds it as running."""
        self.study.sampler = sampler
        asked = self.study.ask()
        params = draw(self.space, lambda each: each.picked(self._suggest(asked, each.path)))
        trial = self.storage.get_trial_id_from_study_id_trial_number(self.id, asked.number)
        for path, pick in (recall(self.space, params) or {}).items():  # as it will be read from the past
            self.storage.set_trial_param(trial, path, pick, self.distributions[path])
        self.held.append((Trial(number, params), trial))
        return params

    def add_result(self, picks: Picks, value: float) -> None:
        """Add a completed trial by what was picked."""
        from optuna.trial import create_trial

        told = create_trial(params=self._told(picks), distributions=self.distributions, value=value)
        self.storage.create_new_trial(self.id, template_trial=told)
        self.completed += 1

    def _suggest(self, asked: Asked, path: str) -> Any:
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        kind = self.distributions[path]
        if isinstance(kind, CategoricalDistribution):
            return asked.suggest_categorical(path, kind.choices)
        if isinstance(kind, IntDistribution):
            return asked.suggest_int(path, kind.low, kind.high)
        assert isinstance(kind, FloatDistribution)
        return asked.suggest_float(path, kind.low, kind.high)

    def _add(self, trial: Trial) -> int | None:
        from optuna.trial import TrialState, create_trial

        picks = recall(self.space, trial.params)
        if picks is None:
            return None
        bred = {} if self.generation is None else {_GENERATION: self.completed // self.generation}
        template = create_trial(
            state=TrialState.RUNNING,
            params=self._told(picks),
            distributions={path: self.distributions[path] for path in picks},
            system_attrs=bred,
        )
        known = self.storage.create_new_trial(self.id, template_trial=template)
        self._end(trial, known)
        return known

    def _told(self, picks: Picks) -> dict[str, Any]:
        return {path: self.distributions[path].to_external_repr(pick) for path, pick in picks.items()}

    def _end(self, trial: Trial, known: int | None) -> None:
        """Tell how a trial ended, if it has."""
        from optuna.trial import TrialState

        if known is None or trial.state == "running":
            return
        if trial.value is None or isnan(trial.value) or trial.state == "failed":
            self.storage.set_trial_state_values(known, TrialState.FAIL)
            return
        self.completed += trial.state == "completed"
        if trial.state == "completed":
            self.storage.set_trial_state_values(known, TrialState.COMPLETE, [trial.value])
            return
        for interval, value in enumerate(trial.steps, 1):
            if not isnan(value):
                self.storage.set_trial_intermediate_value(known, interval, value)
        self.storage.set_trial_state_values(known, TrialState.PRUNED, [trial.value])


_GENERATION = "NSGAIISampler:generation"
"""Where Optuna notes to which generation a trial belongs."""


def _same(one: Trial, other: Trial) -> bool:
    return (one.state, one.value) == (other.state, other.value)


def _distribution(each: Scale | Choice) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(each, Choice):
        return CategoricalDistribution(range(len(each.options)))
    steps = each.steps()
    return FloatDistribution(0.0, 1.0) if steps is None else IntDistribution(*steps)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's line about every new study."""
    from optuna import logging

    before = logging.get_verbosity()
    logging.set_verbosity(logging.WARNING)
    try:
        yield
    finally:
        logging.set_verbosity(before)
