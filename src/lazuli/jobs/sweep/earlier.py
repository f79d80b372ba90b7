"""Earlier sweeps that a new one learns from: ``sampling_algorithm: {type: bayesian, warm_start: [azureml:first]}``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lazuli.jobs.kinds import kind_of
from lazuli.jobs.sweep.known import Memory, goal_of
from lazuli.jobs.transitions import TERMINAL
from lazuli.ml.search import Trial, best_of
from lazuli.resources.job import JobType
from lazuli.resources.search import SamplingType
from lazuli.resources.sweep import SweepJob
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.tracking.metrics import Metrics

__all__ = ["Earlier"]

_TARGET = "sampling_algorithm.warm_start"
_LEARNS_NOTHING = (SamplingType.RANDOM, SamplingType.GRID, SamplingType.QMC)


class Earlier:
    """Finds the trials of earlier sweeps."""

    def __init__(self, store: Store, memory: Memory, metrics: Metrics) -> None:
        self._store = store
        self._memory = memory
        self._metrics = metrics

    def check(self, scope: Scope, job: SweepJob) -> None:
        """Raise a problem where a sweep cannot learn from what it names: no sweep, or one that is on its way still."""
        said = job.sampling_algorithm
        if said.warm_start and said.type in _LEARNS_NOTHING and job.early_termination is None:
            raise InvalidInput(
                f"Sampling by '{said.type}' learns nothing from earlier trials.",
                target=_TARGET,
                mend="Leave 'warm_start' out, sample by 'bayesian', or say when a trial that does worse is given up.",
            )
        for name in said.warm_start or ():
            record = self._sweep(scope, name)
            if record is None:
                raise InvalidInput(
                    f"There is no sweep '{name}' to learn from.",
                    target=_TARGET,
                    mend="Name a sweep of this workspace: azureml:<name>.",
                    code="ReferenceNotFound",
                )
            if record.status not in TERMINAL:
                raise Conflict(
                    f"The sweep '{name}' is {record.status}.",
                    target=_TARGET,
                    mend="Wait for its end.",
                    code="JobNotFinished",
                )

    def trials(self, scope: Scope, job: SweepJob) -> list[Trial]:
        """The trials of the earlier sweeps that are still there, by the metric of this one.

        Their numbers end before 0, so that they are not taken for this sweep's own.
        """
        names = job.sampling_algorithm.warm_start or ()
        found = [trial for name in names for trial in self._trials(scope, job, name)]
        return [replace(trial, number=number) for number, trial in enumerate(found, -len(found))]

    def _trials(self, scope: Scope, job: SweepJob, name: str) -> Iterator[Trial]:
        record = self._sweep(scope, name)
        if record is None:
            return
        with self._memory.of(record).looked_at(record) as found:
            trials = [trial for trial in found.values() if trial.over]
        goal, metric = goal_of(job.objective), job.objective.primary_metric
        logged = self._metrics.arrivals(scope, [trial.name for trial in trials], metric)
        for trial in trials:
            values = [point.value for point in logged[trial.name]]
            if (best := best_of(goal, values)) is not None:
                yield Trial(trial.number, trial.params, best, values, trial.told(goal).state)

    def _sweep(self, scope: Scope, name: str) -> Record | None:
        with self._store.state.read() as tx:
            record = self._store.documents.find(tx, ResourceId(scope, "jobs", name))
        return record if record and kind_of(record) is JobType.SWEEP else None
