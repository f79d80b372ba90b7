"""The runs of searches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Iterator, Mapping

from azureml._lazuli.storage import at_once
from azureml.core.run import Run
from azureml.train.hyperdrive.runconfig import RESUMED, HyperDriveConfig, PrimaryMetricGoal

if TYPE_CHECKING:
    from azureml.core.experiment import Experiment

__all__ = ["HyperDriveRun", "PrimaryMetricGoal"]


class HyperDriveRun(Run):
    """The run of a search; its children are the trials."""

    _streamed = r"hyperdrive\.txt"

    def __init__(
        self,
        experiment: Experiment,
        run_id: str,
        hyperdrive_config: HyperDriveConfig | None = None,
        outputs: str | None = None,
    ) -> None:
        super().__init__(experiment, run_id, outputs)
        self._hyperdrive_config = hyperdrive_config

    def get_best_run_by_primary_metric(
        self, include_failed: bool = True, include_canceled: bool = True, include_resume_from_runs: bool = True
    ) -> Run | None:
        """The trial with the best value of the primary metric, also of the searches it goes on from.

        None where no trial has logged the metric.
        """
        said = {sweep: sweep._trials() for sweep in (self, *(self._earlier() if include_resume_from_runs else ()))}
        left_out = {"Failed": not include_failed, "Canceled": not include_canceled}
        found = [
            (trial["best"], sweep._experiment, trial["name"])
            for sweep, told in said.items()
            for trial in told["trials"]
            if trial["best"] is not None and not left_out.get(trial["status"])
        ]
        if not found:
            return None
        _, experiment, name = (max if _is_maximized(said[self]) else min)(found, key=lambda each: each[0])
        return Run(experiment, name)

    def get_children_sorted_by_primary_metric(
        self, top: int = 0, reverse: bool = False, discard_no_metric: bool = False
    ) -> list[dict[str, Any]]:
        """The trials from the best to the worst, or the other way round with ``reverse``; 0 as ``top`` is all.

        Each is told by its ``run_id``, ``hyperparameters`` (JSON), ``best_primary_metric`` and ``status``; those that
        have not logged the metric come last.
        """
        said = self._trials()
        trials = said["trials"]
        logged = [trial for trial in trials if trial["best"] is not None]
        logged.sort(key=lambda trial: trial["best"], reverse=_is_maximized(said) != reverse)
        if not discard_no_metric:
            logged += [trial for trial in trials if trial["best"] is None]
        return [
            {
                "run_id": trial["name"],
                "hyperparameters": json.dumps(trial["params"]),
                "best_primary_metric": trial["best"],
                "status": trial["status"],
            }
            for trial in logged[: top or None]
        ]

    def get_hyperparameters(self) -> dict[str, str]:
        """The hyperparameters of each trial, as JSON, by its id."""
        return {trial["name"]: json.dumps(trial["params"]) for trial in self._trials()["trials"]}

    def get_metrics(
        self, name: str | None = None, recursive: bool = False, run_type: str | None = None, populate: bool = False
    ) -> dict[str, Any]:
        """What each trial logged, by its id."""
        trials = [Run(self._experiment, trial["name"]) for trial in self._trials()["trials"]]
        return dict(zip((run.id for run in trials), at_once(lambda run: run.get_metrics(name), trials)))

    def _trials(self) -> dict[str, Any]:
        return self._workspace._call("GET", f"jobs/{self._run_id}/trials")

    def _earlier(self) -> Iterator[HyperDriveRun]:
        for id in json.loads(self.get_properties().get(RESUMED) or "[]"):
            yield HyperDriveRun(Run.get(self._workspace, id).experiment, id)


Run.add_type_provider("hyperdrive", lambda experiment, said: HyperDriveRun(experiment, said["runId"]))


def _is_maximized(said: Mapping[str, Any]) -> bool:
    return said["goal"] == "maximize"
