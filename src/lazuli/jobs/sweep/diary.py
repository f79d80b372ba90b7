"""The log of a sweep: which trials began with what, how each ended, and which was the best so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from lazuli.ml.search.trial import Goal, better
from lazuli.resources.job import Status
from lazuli.schema.words import moment

__all__ = ["LOG", "Diary", "said"]

LOG = "azureml-logs/hyperdrive.txt"
"""Where Microsoft's client looks for it."""


class Told(Protocol):
    """What the diary tells of a trial."""

    name: str
    number: int
    params: Mapping[str, Any]
    status: str
    created_at: int
    ended: str | None
    error: Mapping[str, Any] | None

    @property
    def over(self) -> bool:
        """Whether it is at an end."""
        ...

    def best(self, goal: Goal) -> float | None:
        """The best it has logged."""
        ...


class Diary:
    """One sweep's log. It only grows; after a restart what happened at the same time may be told in another order."""

    def __init__(self, metric: str, goal: Goal) -> None:
        self._metric = metric
        self._goal: Goal = goal
        self._best: float | None = None
        self.text = bytearray()

    def recall(self, trials: Iterable[Told]) -> None:
        """Tell what has happened to trials, in the order in which it did."""
        events = [(trial.created_at, False, trial.number, trial) for trial in trials]
        events += [(_at(trial), True, trial.number, trial) for *_, trial in list(events) if trial.over]
        for _, is_end, _, trial in sorted(events, key=lambda event: event[:3]):
            self.ended(trial) if is_end else self.begun(trial)

    def begun(self, trial: Told) -> None:
        """A trial was made."""
        self._write(moment(trial.created_at), trial, f"tries {said(trial.params) or 'nothing'}")

    def ended(self, trial: Told) -> None:
        """A trial is at its end."""
        value = trial.best(self._goal)
        measured = f": {self._metric} {value}" if value is not None else ""
        has_completed = trial.status == Status.COMPLETED.value
        if value is not None and has_completed and (self._best is None or better(self._goal, value, self._best)):
            self._best, measured = value, f"{measured}, the best so far"
        why = f". {trial.error['message']}" if trial.error and trial.error.get("message") else ""
        self._write(trial.ended, trial, f"{trial.status}{measured}{why}")

    def _write(self, when: str | None, trial: Told, text: str) -> None:
        self.text += f"{when or '-'}  {trial.name}  {' '.join(text.split())}\n".encode()


def said(params: Mapping[str, Any]) -> str:
    """Hyperparameters in a line."""
    return ", ".join(f"{name}={value}" for name, value in params.items())


def _at(trial: Told) -> int:
    """When a trial ended, in milliseconds."""
    if not trial.ended:
        return trial.created_at
    return int(datetime.fromisoformat(trial.ended).timestamp() * 1000)
