"""Successive halving: at every rung only the best part of the trials goes on.

A rung is an interval: ``min_resource`` reports, then ``reduction_factor`` times as many, and so on, below
``max_resource``. At each rung a trial goes on if it is among the best ``1 / reduction_factor`` of those that have
reached that rung by now (at least: if it is the best of them). No trial waits for another.

Source: Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020); Hyperband: Li et al. (2018).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from lazuli.ml.search.policies import Policy
from lazuli.ml.search.trial import Goal, Trial, badness

__all__ = ["Asha", "Hyperband"]


@dataclass(frozen=True, kw_only=True)
class Halving(Policy):
    """What both have in common: the trial is compared with its rivals at a rung."""

    min_resource: int = 1

    @abstractmethod
    def rungs(self, trial: Trial) -> tuple[int, int, int | None]:
        """The first rung of a trial, the factor to the next, and the interval before which the last one is."""

    def due(self, trial: Trial, interval: int) -> bool:
        """Whether the interval is a rung of the trial at which the policy judges."""
        rung, factor, end = self.rungs(trial)
        while rung < interval:
            rung *= factor
        return super().due(trial, interval) and rung == interval and (end is None or interval < end)

    def rivals(self, trial: Trial, trials: Sequence[Trial]) -> Sequence[Trial]:
        """The trials that a trial competes with."""
        return trials

    def hopeless(self, goal: Goal, trial: Trial, interval: int, trials: Sequence[Trial]) -> bool:
        """Whether the trial is not among the best of those that have reached the rung."""
        reached = [each for each in self.rivals(trial, trials) if len(each.steps) >= interval]
        ranked = sorted(reached, key=lambda each: (badness(goal, each.steps[interval - 1]), each.number))
        promoted = ranked[: max(1, len(ranked) // self.rungs(trial)[1])]
        return all(each.number != trial.number for each in promoted)


@dataclass(frozen=True, kw_only=True)
class Asha(Halving):
    """Asynchronous successive halving."""

    reduction_factor: int = 4
    max_resource: int | None = None

    def rungs(self, trial: Trial) -> tuple[int, int, int | None]:
        """The same for every trial."""
        return self.min_resource, self.reduction_factor, self.max_resource


@dataclass(frozen=True, kw_only=True)
class Hyperband(Halving):
    """Several halvings at once, from the strict to the patient: bracket ``b`` has its first rung ``b`` rungs later.

    There are as many brackets as rungs fit up to ``max_resource``, or ``brackets`` of them. The strict ones get more
    trials, so that each spends about the same: with factor 3 and three brackets 9, 5 and 3 of every 17.
    """

    reduction_factor: int = 3
    max_resource: int
    brackets: int | None = None

    def bracket(self, number: int) -> int:
        """The bracket of a trial, by its number alone."""
        shares = self.shares()
        place = number % sum(shares)
        return next(bracket for bracket in range(len(shares)) if place < sum(shares[: bracket + 1]))

    def shares(self) -> list[int]:
        """How many trials of a round each bracket gets."""
        count, rung = 1, self.min_resource * self.reduction_factor
        while rung <= self.max_resource:
            count, rung = count + 1, rung * self.reduction_factor
        count = min(count, self.brackets or count)
        return [ceil(count * self.reduction_factor**left / (left + 1)) for left in reversed(range(count))]

    def rungs(self, trial: Trial) -> tuple[int, int, int | None]:
        """Those of the trial's bracket."""
        first = self.min_resource * self.reduction_factor ** self.bracket(trial.number)
        return first, self.reduction_factor, self.max_resource

    def rivals(self, trial: Trial, trials: Sequence[Trial]) -> Sequence[Trial]:
        """The trials of the same bracket."""
        bracket = self.bracket(trial.number)
        return [each for each in trials if self.bracket(each.number) == bracket]
