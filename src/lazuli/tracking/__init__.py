"""Experiment tracking: experiments, runs, metrics, logged models and their files.

What the MLflow door, the charts and the jobs stand on. Everything is confined to a workspace: each call names its
scope and sees nothing of another's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lazuli.schema.identity import Scope
from lazuli.store.blobs import Blobs
from lazuli.store.clock import Clock, system_clock
from lazuli.store.database import Database
from lazuli.store.points import Points
from lazuli.tracking.artifacts import Artifacts
from lazuli.tracking.experiments import Admit, Experiments
from lazuli.tracking.logged_models import LoggedModels
from lazuli.tracking.metrics import Metrics
from lazuli.tracking.runs import Runs

__all__ = ["Tracking", "open_tracking"]


@dataclass(frozen=True)
class Tracking:
    """The parts of experiment tracking, opened on the same databases."""

    experiments: Experiments
    runs: Runs
    metrics: Metrics
    models: LoggedModels
    artifacts: Artifacts

    def forget(self, scope: Scope) -> None:
        """Remove everything of a workspace but its files, for good; what deleting a workspace calls. Safe to repeat."""
        self.runs.forget(scope)
        self.models.forget(scope)
        self.experiments.forget(scope)


def open_tracking(
    state: Database,
    points: Database,
    blobs: Blobs,
    container_of: Callable[[Scope], str],
    clock: Clock = system_clock,
    admit: Admit = lambda _tx, _scope: None,
    datastore: Callable[[Scope, str], str] | None = None,
) -> Tracking:
    """Experiment tracking on these databases, with its files in the containers that ``container_of`` names.

    ``datastore`` names those of other datastores, whose files can then be read as artifacts too.
    ``admit`` refuses what would begin in a workspace that does not exist; tracking itself knows no workspaces.
    """
    series = Points(points)
    experiments = Experiments(state, clock, admit)
    runs = Runs(state, series, experiments, clock)
    return Tracking(
        experiments=experiments,
        runs=runs,
        metrics=Metrics(series, runs),
        models=LoggedModels(state, series, experiments, clock),
        artifacts=Artifacts(blobs, container_of, datastore),
    )
