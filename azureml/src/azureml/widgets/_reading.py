"""What the server says of a run and of what belongs to it, read again and again."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime, timezone
from typing import Any, Iterator, Mapping, NamedTuple

from azureml._lazuli.logged import NAME
from azureml.core.experiment import tags_of
from azureml.core.run import Run

OVER = ("Completed", "Failed", "Canceled")
POINTS = 200
"""Of a curve so many points are read, evenly thinned."""
_MOST_CURVES = 12
_MOST_CHILDREN = 1000
_LOG_BYTES = 4096
_LOG_LINES = 14
_MLFLOW = {"RUNNING": "Running", "SCHEDULED": "Queued", "FINISHED": "Completed", "FAILED": "Failed"}
_PARAMETERS = "hyperparameters"
_LOGS = (r"user_logs/std_log\.txt", r"user_logs/std_log", r"std_log|executionlogs", r"")


class Curve(NamedTuple):
    """A metric: its last value, and its points as pairs of step and value."""

    name: str
    last: float
    points: list[tuple[int, float]]


class Child(NamedTuple):
    """A run below the run: a trial, a step or a part of it."""

    id: str
    name: str
    status: str
    seconds: float | None
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    url: str


class Search(NamedTuple):
    """What a sweep looks for, and which child is the best so far."""

    metric: str
    is_maximised: bool
    best: str


class View(NamedTuple):
    """A run as it stands."""

    id: str
    name: str
    experiment: str
    type: str
    status: str
    target: str
    seconds: float | None
    url: str
    error: str
    properties: Mapping[str, str]
    tags: Mapping[str, str]
    curves: list[Curve]
    more_metrics: int
    children: list[Child]
    search: Search | None
    log: tuple[str, list[str]]

    @property
    def is_over(self) -> bool:
        """Whether nothing changes any more."""
        return self.status in OVER

    def as_data(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The run as plain values, in the words of Azure's widget."""
        names = sorted({name for child in self.children for name in child.metrics})
        return {
            "status": self.status,
            "workbench_run_details_uri": self.url,
            "run_id": self.id,
            "run_properties": {
                "run_id": self.id,
                "experiment_name": self.experiment,
                "status": self.status,
                "run_duration": self.seconds,
                "properties": dict(self.properties),
                "tags": dict(self.tags),
            },
            "run_metrics": [
                {"name": each.name, "run_id": self.id, "series": [{"data": [value for _, value in each.points]}]}
                for each in self.curves
            ],
            "child_runs": [
                {"run_id": each.id, "name": each.name, "status": each.status, "run_duration": each.seconds}
                for each in self.children
            ],
            "children_metrics": {
                name: {each.id: each.metrics[name] for each in self.children if name in each.metrics} for name in names
            },
            "run_logs": "\n".join(self.log[1]),
            "widget_settings": dict(settings),
            "loading": False,
        }


class Reading:
    """Reads a run. What did not change is not asked for again."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._workspace = run.experiment.workspace
        self._curves: dict[str, tuple[Any, Curve]] = {}
        self._names: dict[str, str] = {}

    def view(self) -> View:
        """The run as it stands now. Raises what the server refuses, or that it is away."""
        job, said = self._run._job() or {}, self._run._said()
        info, tags = said["info"], tags_of(said["data"])
        status = job.get("status") or _status(info)
        error = (self._run.get_details().get("error") or {}).get("error") or {} if status == "Failed" else {}
        measured = sorted(said["data"].get("metrics") or (), key=lambda each: each["key"])
        properties = job.get("properties") or {}
        return View(
            id=self._run.id,
            name=job.get("displayName") or info.get("run_name") or self._run.id,
            experiment=self._run.experiment.name,
            type=job.get("runType") or "",
            status=status,
            target=job.get("target") or "",
            seconds=_seconds(job, info),
            url=self._run.get_portal_url(),
            error=str(error.get("message") or ""),
            properties=properties,
            tags={word: value for word, value in tags.items() if not word.startswith(("mlflow.", "lazuli."))},
            curves=[self._curve(each, self._called(each["key"], tags)) for each in measured[:_MOST_CURVES]],
            more_metrics=max(0, len(measured) - _MOST_CURVES),
            children=list(self._children(bool(job))),
            search=_search(properties, self._names),
            log=self._log(job),
        )

    def _curve(self, latest: Mapping[str, Any], name: str) -> Curve:
        """A metric with its points, read where it has grown."""
        key, mark = latest["key"], (latest["timestamp"], latest["step"], latest["value"])
        known = self._curves.get(key)
        if known is None or known[0] != mark:
            query = {"run_ids": self._run.id, "metric_key": key, "max_results": POINTS}
            said = self._workspace._mlflow("GET", "metrics/get-history-bulk-interval", query=query)
            points = [(int(each["step"]), float(each["value"])) for each in said.get("metrics") or ()]
            known = self._curves[key] = mark, Curve(name, float(latest["value"]), points)
        return known[1]

    def _children(self, is_job: bool) -> Iterator[Child]:
        """The runs directly below, oldest first. Of jobs the run history knows more than MLflow does."""
        body = {
            "experiment_ids": [self._run.experiment.id],
            "filter": f"tags.`mlflow.parentRunId` = '{self._run.id}'",
            "order_by": ["attributes.start_time ASC"],
            "max_results": _MOST_CHILDREN,
        }
        found = self._workspace._mlflow("POST", "runs/search", body).get("runs") or ()
        jobs: dict[str, Any] = {}
        if is_job and found:
            path = f"/history/v1.0{self._workspace._scope.path}/runs/{self._run.id}/children"
            jobs = {each["runId"]: each for each in self._workspace._server.call("GET", path)["value"]}
        for each in found:
            info, data = each["info"], each["data"]
            job, tags = jobs.get(info["run_id"], {}), tags_of(data)
            yield Child(
                info["run_id"],
                job.get("displayName") or info.get("run_name") or info["run_id"],
                job.get("status") or _status(info),
                _seconds(job, info),
                json.loads(tags.get(_PARAMETERS) or "{}"),
                {self._called(one["key"], tags): float(one["value"]) for one in data.get("metrics") or ()},
                self._workspace._page_url("jobs", info["run_id"]),
            )

    def _called(self, key: str, tags: Mapping[str, str]) -> str:
        """What a script calls the metric of a key: the server takes fewer characters."""
        self._names[key] = tags.get(f"{NAME}{key}") or key
        return self._names[key]

    def _log(self, job: Mapping[str, Any]) -> tuple[str, list[str]]:
        """The name of the log that tells most, and its last lines."""
        names = sorted(job.get("logFiles") or ())
        name = next((name for pattern in _LOGS for name in names if re.search(pattern, name)), "")
        if not name:
            return "", []
        said = self._workspace._found(f"jobs/{self._run.id}/text/{name}", {"offset": -_LOG_BYTES}) or {}
        lines = str(said.get("text") or "").splitlines()
        return name, lines[-_LOG_LINES:]


def _search(properties: Mapping[str, str], names: Mapping[str, str]) -> Search | None:
    said = properties.get("primary_metric_config")
    if not said:
        return None
    looked_for = json.loads(said)
    is_maximised = str(looked_for.get("goal")).lower().startswith("max")
    name = looked_for["name"]
    return Search(names.get(name, name), is_maximised, properties.get("best_child_run_id", ""))


def _status(info: Mapping[str, Any]) -> str:
    return _MLFLOW.get(info["status"], "Canceled")


def _seconds(job: Mapping[str, Any], info: Mapping[str, Any]) -> float | None:
    """How long it has run; None where it has not begun. A job tells it better than its run in MLflow."""
    begun = _moment(job.get("startTimeUtc")) if job else _milliseconds(info.get("start_time"))
    ended = _moment(job.get("endTimeUtc")) if job else _milliseconds(info.get("end_time"))
    if begun is None:
        return None
    return max(0.0, (time.time() if ended is None else ended) - begun)


def _milliseconds(said: Any) -> float | None:
    return int(said) / 1000 if said else None


def _moment(said: str | None) -> float | None:
    """An hour as the server writes it, in seconds since 1970."""
    if not said:
        return None
    whole, _, part = said.rstrip("Z").partition(".")
    at = datetime.strptime(whole[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return at.timestamp() + float(f"0.{re.match(r'[0-9]*', part)[0] or 0}")  # type: ignore[index]
