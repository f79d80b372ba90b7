"""When a trial that does badly is given up."""

from __future__ import annotations

from typing import Any

from azureml.train.hyperdrive.exceptions import HyperDriveConfigException

__all__ = [
    "BanditPolicy",
    "EarlyTerminationPolicy",
    "MedianStoppingPolicy",
    "NoTerminationPolicy",
    "TruncationSelectionPolicy",
]


class EarlyTerminationPolicy:
    """The base of the policies.

    Every time that a trial logs the primary metric is one interval. A policy judges at every ``evaluation_interval``-th
    of them (0: never), and not before ``delay_evaluation``. Raises :class:`HyperDriveConfigException` for what is no
    such number.
    """

    _policy = ""

    def __init__(self, evaluation_interval: int = 1, delay_evaluation: int = 0) -> None:
        self.evaluation_interval = _whole("evaluation_interval", evaluation_interval)
        self.delay_evaluation = _whole("delay_evaluation", delay_evaluation)

    def _told(self) -> dict[str, Any] | None:
        said = {"evaluationInterval": self.evaluation_interval, "delayEvaluation": self.delay_evaluation}
        return {"policyType": self._policy, **said}


class BanditPolicy(EarlyTerminationPolicy):
    """Gives up what is worse than the best by more than some slack: a ratio, or an amount of the metric."""

    _policy = "Bandit"

    def __init__(
        self,
        evaluation_interval: int = 1,
        slack_factor: float | None = None,
        slack_amount: float | None = None,
        delay_evaluation: int = 0,
    ) -> None:
        super().__init__(evaluation_interval, delay_evaluation)
        if (slack_factor is None) == (slack_amount is None):
            raise HyperDriveConfigException("BanditPolicy needs one of slack_factor and slack_amount.")
        slack = slack_amount if slack_factor is None else slack_factor
        if not isinstance(slack, (int, float)) or slack < 0:
            raise HyperDriveConfigException(f"The slack of BanditPolicy is {slack!r}; it is a number from 0 on.")
        self.slack_factor = slack_factor
        self.slack_amount = slack_amount

    def _told(self) -> dict[str, Any] | None:
        factor, amount = self.slack_factor, self.slack_amount
        slack = {"slackAmount": amount} if factor is None else {"slackFactor": factor}
        return {**(super()._told() or {}), **slack}


class MedianStoppingPolicy(EarlyTerminationPolicy):
    """Gives up what is, at its best, worse than the median of the averages of all trials."""

    _policy = "MedianStopping"


class TruncationSelectionPolicy(EarlyTerminationPolicy):
    """Gives up the worst ``truncation_percentage`` (1 to 99) of a hundred trials."""

    _policy = "TruncationSelection"

    def __init__(self, truncation_percentage: int, evaluation_interval: int = 1, delay_evaluation: int = 0) -> None:
        super().__init__(evaluation_interval, delay_evaluation)
        if not 1 <= _whole("truncation_percentage", truncation_percentage) <= 99:
            raise HyperDriveConfigException(f"truncation_percentage is {truncation_percentage}; it is from 1 to 99.")
        self.truncation_percentage = truncation_percentage

    def _told(self) -> dict[str, Any] | None:
        return {**(super()._told() or {}), "truncationPercentage": self.truncation_percentage}


class NoTerminationPolicy(EarlyTerminationPolicy):
    """Lets every trial run to its end."""

    def __init__(self) -> None:
        super().__init__()

    def _told(self) -> dict[str, Any] | None:
        return None


def _whole(word: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise HyperDriveConfigException(f"{word} is {value!r}; it is a whole number from 0 on.")
    return value
