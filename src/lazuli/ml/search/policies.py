"""When a trial that does badly is given up: pure rules over what the trials have reported.

A trial's ``n``-th report is its interval ``n``. A policy judges a running trial at interval ``n`` where ``n`` is a
multiple of ``evaluation_interval`` and not below ``delay_evaluation``; an ``evaluation_interval`` of 0 never judges.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from lazuli.ml.search.trial import Goal, Trial, badness, best_of, better

__all__ = ["Bandit", "MedianStopping", "Policy", "TruncationSelection", "judge"]


@dataclass(frozen=True, kw_only=True)
class Policy(ABC):
    """A rule by which trials are given up."""

    evaluation_interval: int = 1
    delay_evaluation: int = 0

    def due(self, trial: Trial, interval: int) -> bool:
        """Whether the trial is to be judged at this interval."""
        every = self.evaluation_interval
        return every > 0 and interval >= self.delay_evaluation and interval % every == 0

    @abstractmethod
    def hopeless(self, goal: Goal, trial: Trial, interval: int, trials: Sequence[Trial]) -> bool:
        """Whether the trial, which has reached the interval, is to be given up; ``trials`` are all, itself included."""


def judge(policy: Policy, goal: Goal, trials: Sequence[Trial], judged: Mapping[int, int] | None = None) -> set[int]:
    """The numbers of the running trials that are to be given up now.

    ``trials`` are all trials of the sweep, ended ones too. ``judged`` tells up to which interval a trial has been
    judged before; every later one is judged now, by what all trials have reported up to this moment. Who judges again
    later hands over ``{trial.number: len(trial.steps)}`` of this time. Judging an interval twice does no harm but that
    others may have got better meanwhile.
    """
    seen = judged or {}
    return {
        trial.number
        for trial in trials
        if trial.state == "running"
        and any(
            policy.due(trial, interval) and policy.hopeless(goal, trial, interval, trials)
            for interval in range(seen.get(trial.number, 0) + 1, len(trial.steps) + 1)
        )
    }


@dataclass(frozen=True, kw_only=True)
class Bandit(Policy):
    """Gives up what is worse than the best by more than some slack.

    The best is the best that any trial had reached at the same interval. The slack is a ratio (`slack_factor`) or in
    the metric's own measure (`slack_amount`). The best trial itself is never given up, also where a ratio of negative
    values would say so.
    """

    slack_factor: float | None = None
    slack_amount: float | None = None

    def hopeless(self, goal: Goal, trial: Trial, interval: int, trials: Sequence[Trial]) -> bool:
        """Whether the trial's best so far is further from the best than the slack allows."""
        best = best_of(goal, (b for t in trials if (b := _best(goal, t, interval)) is not None))
        if best is None:
            return False
        own = _best(goal, trial, interval)
        if own is None:
            return len(trial.steps) >= interval
        if not better(goal, best, own):
            return False
        if self.slack_amount is not None:
            return own < best - self.slack_amount if goal == "maximize" else own > best + self.slack_amount
        factor = 1 + (self.slack_factor or 0.0)
        return own < best / factor if goal == "maximize" else own > best * factor


def _best(goal: Goal, trial: Trial, interval: int) -> float | None:
    """The best that a trial has reported up to an interval that it has reached."""
    if len(trial.steps) < interval:
        return None
    return trial.course.most(interval) if goal == "maximize" else trial.course.least(interval)


@dataclass(frozen=True, kw_only=True)
class MedianStopping(Policy):
    """Gives up what is, at its best, worse than the median of the running averages of all trials.

    The running average of a trial is over its reports up to the interval, as far as it has got.
    """

    def hopeless(self, goal: Goal, trial: Trial, interval: int, trials: Sequence[Trial]) -> bool:
        """Whether the trial's best so far is worse than the median of averages."""
        averages = [mean for t in trials if (mean := t.course.mean(interval)) is not None]
        if not averages:
            return False
        own = _best(goal, trial, interval)
        return own is None or better(goal, median(averages), own)


@dataclass(frozen=True, kw_only=True)
class TruncationSelection(Policy):
    """Gives up the worst so many of a hundred, by what was reported at the interval.

    Trials that have not got so far, or ended before, count with their last report. Of two equal trials the later one
    is the worse.
    """

    truncation_percentage: int
    exclude_finished_jobs: bool = False

    def hopeless(self, goal: Goal, trial: Trial, interval: int, trials: Sequence[Trial]) -> bool:
        """Whether the trial is among the worst."""
        ranked = [t for t in trials if t.steps and (t.state == "running" or not self.exclude_finished_jobs)]
        worse = sorted(
            ranked, key=lambda t: (badness(goal, t.steps[min(interval, len(t.steps)) - 1]), t.number), reverse=True
        )
        cut = len(ranked) * self.truncation_percentage // 100
        return any(t.number == trial.number for t in worse[:cut])
