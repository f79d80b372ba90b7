"""The kinds of job, each with what it settles when it is submitted and how it moves afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy import Connection

from lazuli.jobs.family import parent_of
from lazuli.jobs.transitions import TERMINAL, TRANSITIONS
from lazuli.resources.job import JobType, Status
from lazuli.schema.identity import ResourceId
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.reconciler import Lifecycle, Step
from lazuli.tracking.runs import Runs

__all__ = ["Kind", "Lifecycles", "kind_of"]

_MLFLOW = {
    Status.RUNNING.value: "RUNNING",
    Status.COMPLETED.value: "FINISHED",
    Status.FAILED.value: "FAILED",
    Status.CANCELED.value: "KILLED",
}


class Kind(Protocol):
    """What is special about submitting jobs of one kind."""

    work: Sequence[str]
    """The fields that a job which exists cannot change."""

    def prepared(self, id: ResourceId, job: Any) -> tuple[Any, dict[str, Any]]:
        """The job as it is kept, all of it checked, and the first facts of its state.

        Slow work belongs here. Raises a problem for what could never run; nothing is kept then.
        """
        ...

    def settled(self, id: ResourceId, job: Any) -> Any:
        """The job with every reference settled to one version, and nothing else checked."""
        ...

    def revised(self, old: Record, job: Any) -> Mapping[str, Any]:
        """The changes, beyond its words, that putting a job again makes. One that has ended may be taken up again."""
        return {}


def kind_of(record: Record) -> JobType:
    """Of which kind a job is."""
    return JobType.read(record.body.get("type") or JobType.COMMAND)


class Lifecycles:
    """How jobs of every kind move: each kind by its own lifecycle.

    Its run tells the same as the job, and whoever made a job learns that it ended.
    """

    transitions: Mapping[str, frozenset[str]] = TRANSITIONS

    def __init__(
        self,
        store: Store,
        runs: Runs,
        kinds: Mapping[JobType, Lifecycle],
        written: Callable[[Record], Mapping[str, str] | None],
    ) -> None:
        """``written`` says what lies in the outputs of a job that is about to complete."""
        self._store = store
        self._runs = runs
        self._kinds = kinds
        self._written = written

    def advance(self, record: Record) -> Step:
        """The next step of a job. One that may be used again notes what it wrote."""
        step = self._kinds[kind_of(record)].advance(record)
        if record.hash and step.status == Status.COMPLETED.value:
            return replace(step, state={**step.state, "written": self._written(record)})
        return step

    def give_up(self, record: Record, error: Exception) -> Step:
        """The end of a job whose step fails again and again."""
        return self._kinds[kind_of(record)].give_up(record, error)

    def entered(self, tx: Connection, record: Record) -> Iterable[ResourceId]:
        """Told in the transaction of the change."""
        if status := _MLFLOW.get(record.status):
            now = self._store.clock()
            times = {"ended_at": now} if record.status in TERMINAL else {"started_at": now}
            self._runs.mark(tx, record.id.scope, record.id.name, status, **times)
        waiting = list(self._kinds[kind_of(record)].entered(tx, record) or ())
        if record.status in TERMINAL and (parent := parent_of(record)):
            waiting.append(parent)
        return waiting
