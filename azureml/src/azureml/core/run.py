"""Runs: what a training measured and made. The truth lies on the server."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Mapping

from azureml._lazuli import place
from azureml._lazuli.storage import inside
from azureml.core import _run_job, _run_types
from azureml.core._offline_run import _OfflineRun
from azureml.core._run_files import RunFiles
from azureml.core._run_metrics import RunMetrics
from azureml.core.experiment import Experiment, has_all, tags_of
from azureml.core.workspace import Workspace
from azureml.data._inputs import datasets_of_job
from azureml.exceptions import (
    ActivityFailedException,
    RunEnvironmentException,
    ServiceException,
    UserErrorException,
)

if TYPE_CHECKING:
    from azureml.core.environment import Environment

__all__ = ["Run", "RunEnvironmentException", "_OfflineRun"]

_STATUS = {
    "RUNNING": "Running",
    "SCHEDULED": "NotStarted",
    "FINISHED": "Completed",
    "FAILED": "Failed",
    "KILLED": "Canceled",
}
_OVER = ("Completed", "Failed", "Canceled")
_NAME, _PARENT, _NOTE = "mlflow.runName", "mlflow.parentRunId", "mlflow.note.content"
_PROPERTY, _ERROR = "lazuli.property.", "lazuli.error"
_OWN = ("mlflow.", "lazuli.")


class Run(RunMetrics, RunFiles):
    """One run of an experiment."""

    _streamed = r"std_log|user_logs"
    """The names of the logs that are shown while it goes on."""

    def __init__(self, experiment: Experiment, run_id: str, outputs: str | None = None) -> None:
        self._experiment = experiment
        self._run_id = run_id
        self._outputs = outputs

    @classmethod
    def get_context(cls, allow_offline: bool = True, used_for_context_manager: bool = False) -> Any:
        """The run that this process is of; outside of a job one that only prints.

        Raises :class:`RunEnvironmentException` outside of a job where ``allow_offline`` is false.
        """
        if not (place.in_job() and os.environ.get("AZUREML_RUN_ID")):
            if not allow_offline:
                raise RunEnvironmentException()
            return _OfflineRun()
        workspace = Workspace(*place.scope_of_job(), _disable_service_check=True)
        name, id = os.environ["AZUREML_EXPERIMENT_NAME"], os.environ.get("AZUREML_EXPERIMENT_ID")
        return cls(Experiment(workspace, name, True, id, _create_in_cloud=False), os.environ["AZUREML_RUN_ID"])

    @classmethod
    def get_submitted_run(cls) -> Any:
        """The run that this process is of."""
        return cls.get_context()

    @staticmethod
    def get(workspace: Workspace, run_id: str) -> Run:
        """The run of an id. Raises :class:`UserErrorException` where there is none."""
        try:
            said = workspace._mlflow("GET", "runs/get", query={"run_id": run_id})["run"]
        except ServiceException as refused:
            raise UserErrorException(f"There is no run '{run_id}' in workspace '{workspace.name}'.") from refused
        return _run_of(workspace, said)

    @classmethod
    def _begin(
        cls,
        experiment: Experiment,
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        outputs: str | None = None,
        snapshot: str | None = None,
    ) -> Run:
        body: dict[str, Any] = {"experiment_id": experiment.id, "start_time": _now(), "tags": _pairs(tags or {})}
        if name:
            body["run_name"] = name
        said = experiment.workspace._mlflow("POST", "runs/create", body)["run"]
        run = cls(experiment, said["info"]["run_id"], outputs)
        if snapshot:
            run.upload_folder("snapshot", snapshot)
        return run

    # What it is.

    @property
    def experiment(self) -> Experiment:
        """The experiment."""
        return self._experiment

    @property
    def id(self) -> str:
        """The id."""
        return self._run_id

    @property
    def name(self) -> str:
        """The name that it is shown by."""
        return self._said()["info"].get("run_name") or self._run_id

    @property
    def display_name(self) -> str:
        """The name that it is shown by."""
        return self.name

    @display_name.setter
    def display_name(self, value: str) -> None:
        self._set({_NAME: value})

    @property
    def number(self) -> int:
        """Which of the experiment's runs it is, the first being 1."""
        runs = sorted(_search(self._experiment), key=lambda said: said["info"]["start_time"] or 0)
        return [said["info"]["run_id"] for said in runs].index(self._run_id) + 1

    @property
    def type(self) -> str | None:
        """``azureml.scriptrun``, ``azureml.PipelineRun``, ``azureml.StepRun`` or ``hyperdrive``; None in a process."""
        return (self._job() or {}).get("runType")

    @property
    def description(self) -> str:
        """What is said of it."""
        return self._all_tags().get(_NOTE, "")

    @description.setter
    def description(self, value: str) -> None:
        self._set({_NOTE: value})

    @property
    def parent(self) -> Run | None:
        """The run that it is a child of."""
        above = self._all_tags().get(_PARENT)
        return Run.get(self._workspace, above) if above else None

    @property
    def input_datasets(self) -> Mapping[str, Any]:
        """The datasets that the job was given, by their names."""
        return datasets_of_job(os.environ, self._workspace)

    @property
    def status(self) -> str:
        """The status, as the server tells it now."""
        return self.get_status()

    @property
    def tags(self) -> dict[str, str]:
        """The tags."""
        return self.get_tags()

    @property
    def properties(self) -> dict[str, str]:
        """The properties."""
        return self.get_properties()

    def get_status(self) -> str:
        """The status, as the server tells it now: Queued, Running, Completed, Failed, Canceled…"""
        job = self._job()
        return job["status"] if job else _status_of(self._said())

    def get_portal_url(self) -> str:
        """The address of its page in Studio."""
        return self._workspace._page_url("jobs", self._run_id)

    def get_details(self) -> dict[str, Any]:
        """What the server says of the run."""
        job, said = self._job() or {}, self._said()
        info = said["info"]
        error = job.get("error") or _error_of(said)
        return {
            "runId": self._run_id,
            "target": job.get("target") or "local",
            "status": job.get("status") or _status_of(said),
            "startTimeUtc": job.get("startTimeUtc") or _moment(info.get("start_time")),
            "endTimeUtc": job.get("endTimeUtc") or _moment(info.get("end_time")),
            "properties": _properties_of(job, said),
            **_run_job.described(self._workspace, self._run_id, bool(job)),
            "logFiles": job.get("logFiles", {}),
            **({"error": error} if error else {}),
        }

    def get_details_with_logs(self) -> dict[str, Any]:
        """What the server says of the run, with what its logs hold."""
        said = self.get_details()
        return {**said, "logFiles": {name: self._log_text(url) for name, url in said["logFiles"].items()}}

    def get_all_logs(self, destination: str | None = None) -> list[str]:
        """Write the logs below a folder; where they lie."""
        found = []
        for name, text in self.get_details_with_logs()["logFiles"].items():
            file = inside(Path(destination or "."), name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            found.append(str(file))
        return found

    def get_environment(self) -> Environment:
        """The environment that the job ran in. Raises :class:`UserErrorException` for a run that is no job."""
        return _run_job.environment(self._workspace, self._run_id)

    def get_snapshot_id(self) -> str:
        """The id of the code that the job ran. Raises :class:`UserErrorException` for a run without."""
        return _run_job.code(self._workspace, self._run_id)

    def restore_snapshot(self, snapshot_id: str | None = None, path: str | None = None) -> str:
        """Write the code that the run was submitted with as a ZIP, below ``path`` or here; where it lies."""
        return _run_job.restore(self, snapshot_id, path)

    def register_model(
        self,
        model_name: str,
        model_path: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        description: str | None = None,
        datasets: Any = None,
        sample_input_dataset: Any = None,
        sample_output_dataset: Any = None,
        resource_configuration: Any = None,
    ) -> Any:
        """Register a file or folder of the run as a model."""
        from azureml.core.model import Model

        _run_job.send_outputs(self, str(model_path or model_name))
        return Model._register_from_run(
            self,
            model_name,
            model_path,
            tags,
            properties,
            model_framework,
            model_framework_version,
            description,
            datasets,
            sample_input_dataset,
            sample_output_dataset,
            resource_configuration,
        )

    # How it ends.

    def complete(self, _set_status: bool = True) -> None:
        """End the run well."""
        self._end("FINISHED", _set_status)

    def fail(self, error_details: Any = None, error_code: Any = None, _set_status: bool = True) -> None:
        """End the run as failed."""
        if error_details is not None or error_code is not None:
            self._set({_ERROR: json.dumps({"code": error_code, "message": str(error_details or "")})})
        self._end("FAILED", _set_status)

    def cancel(self) -> None:
        """End the run before it is done."""
        if self._job():
            self._workspace._call("POST", f"jobs/{self._run_id}/cancel")
        else:
            self._end("KILLED", True)

    def wait_for_completion(
        self, show_output: bool = False, wait_post_processing: bool = False, raise_on_error: bool = True
    ) -> dict[str, Any]:
        """Wait until the run is over; its details. Raises :class:`ActivityFailedException` where it failed."""
        shown: dict[str, int] = {}
        if show_output:
            print(f"RunId: {self._run_id}\nWeb View: {self.get_portal_url()}")
        pause = 0.1
        while True:
            over = self.get_status() in _OVER
            if show_output:
                self._show(shown)
            if over:
                break
            time.sleep(pause)
            pause = min(pause * 1.3, 2.0)
        details = self.get_details()
        if raise_on_error and details["status"] == "Failed":
            raise ActivityFailedException(details.get("error") or {"error": {}})
        return details

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.complete() if kind is None else self.fail(error, kind.__name__)

    # What is said of it.

    def tag(self, key: str, value: str | None = None) -> None:
        """Give the run a tag."""
        self.set_tags({key: "" if value is None else value})

    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Give the run tags."""
        self._set(tags)

    def get_tags(self) -> dict[str, str]:
        """The tags."""
        return {key: value for key, value in self._all_tags().items() if not key.startswith(_OWN)}

    def remove_tags(self, tags: Iterable[str]) -> None:
        """Take tags away."""
        for key in tags:
            self._workspace._mlflow("POST", "runs/delete-tag", {"run_id": self._run_id, "key": key})

    def add_properties(self, properties: Mapping[str, Any]) -> None:
        """Give the run properties, which do not change any more."""
        had = self.get_properties()
        for key in properties:
            if key in had and had[key] != str(properties[key]):
                raise UserErrorException(f"The property '{key}' is '{had[key]}' and cannot be changed.")
        self._set({f"{_PROPERTY}{key}": value for key, value in properties.items()})

    def get_properties(self) -> dict[str, str]:
        """The properties."""
        return _properties_of(self._job() or {}, self._said())

    # Its children.

    def child_run(self, name: str | None = None, run_id: str | None = None, outputs: str | None = None) -> Run:
        """A new run below this one. The server gives ids, so ``run_id`` is refused."""
        if run_id is not None:
            raise UserErrorException("The server gives the ids of runs: give child_run a name, not a run_id.")
        return Run._begin(self._experiment, name, {_PARENT: self._run_id}, outputs)

    def create_children(
        self, count: int | None = None, tag_key: str | None = None, tag_values: Any = None
    ) -> list[Run]:
        """Several new runs below this one: so many, or one for each value of a tag."""
        if (count is None) == (tag_values is None):
            raise UserErrorException("Give create_children either a count, or a tag_key and its tag_values.")
        marks: Any = [{tag_key: str(value)} for value in tag_values or ()] or [{}] * (count or 0)
        return [Run._begin(self._experiment, None, {_PARENT: self._run_id, **mark}) for mark in marks]

    def get_children(
        self,
        recursive: bool = False,
        tags: Any = None,
        properties: Any = None,
        type: str | None = None,
        status: str | None = None,
        _rehydrate_runs: bool = True,
    ) -> Iterator[Run]:
        """The runs below this one, newest first; with ``recursive`` also those below them."""
        for said in _search(self._experiment, f"tags.`{_PARENT}` = '{self._run_id}'"):
            child = _run_of(self._workspace, said, self._experiment, _rehydrate_runs)
            if _fits(child, said, tags, properties, type, status):
                yield child
            if recursive:
                yield from child.get_children(True, tags, properties, type, status, _rehydrate_runs)

    def submit_child(
        self, config: Any, tags: Mapping[str, str] | None = None, *, show_output: bool = False, **words: Any
    ) -> Run:
        """Start what is configured, as a child of this run; ``words`` are those of :meth:`Experiment.submit`."""
        child = self._experiment.submit(config, tags, show_output=show_output, **words)
        child._set({_PARENT: self._run_id})
        return child

    @staticmethod
    def add_type_provider(runtype: str, run_factory: Callable[[Experiment, Mapping[str, Any]], Run]) -> None:
        """Have ``run_factory(experiment, what the server says)`` make the runs of a type that are found."""
        _run_types.provide(runtype, run_factory)

    def get_secret(self, name: str) -> str | None:
        """A secret of the workspace."""
        return self._workspace.get_default_keyvault().get_secret(name)

    @staticmethod
    def list(
        experiment: Experiment,
        type: str | None = None,
        tags: Any = None,
        properties: Any = None,
        status: str | None = None,
        include_children: bool = False,
        _rehydrate_runs: bool = True,
    ) -> Iterator[Run]:
        """The runs of an experiment, newest first."""
        found = _search(experiment)
        for said in (each for each in found if include_children or _PARENT not in tags_of(each["data"])):
            run = _run_of(experiment.workspace, said, experiment, _rehydrate_runs)
            if _fits(run, said, tags, properties, type, status):
                yield run

    def __repr__(self) -> str:
        return f"Run(Experiment: {self._experiment.name},\nId: {self._run_id})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and other._run_id == self._run_id

    def __hash__(self) -> int:
        return hash(self._run_id)

    def _said(self) -> dict[str, Any]:
        return self._workspace._mlflow("GET", "runs/get", query={"run_id": self._run_id})["run"]

    def _job(self) -> dict[str, Any] | None:
        path = f"/history/v1.0{self._workspace._scope.path}/runs/{self._run_id}/details"
        return self._workspace._server.found(path)

    def _all_tags(self) -> dict[str, str]:
        return tags_of(self._said()["data"])

    def _set(self, tags: Mapping[str, Any]) -> None:
        body = {"run_id": self._run_id, "tags": _pairs(tags)}
        self._workspace._mlflow("POST", "runs/log-batch", body)

    def _end(self, status: str, is_set: bool) -> None:
        self.flush()
        if self._outputs and Path(self._outputs).is_dir():
            self.upload_folder("outputs", self._outputs)
        if is_set and not self._job():
            body = {"run_id": self._run_id, "status": status, "end_time": _now()}
            self._workspace._mlflow("POST", "runs/update", body)

    def _log_text(self, url: str) -> str:
        return self._workspace._server.respond("GET", url).content.decode("utf-8", "replace")

    def _show(self, shown: dict[str, int]) -> None:
        """Print what the logs hold beyond what was shown."""
        for name, url in ((self._job() or {}).get("logFiles") or {}).items():
            if not re.search(self._streamed, name):
                continue
            text = self._log_text(url)
            print(text[shown.get(name, 0) :], end="")
            shown[name] = len(text)


def _search(experiment: Experiment, filter: str = "") -> Iterator[dict[str, Any]]:
    body = {"experiment_ids": [experiment.id], "max_results": 1000, "filter": filter}
    return experiment.workspace._mlflow_search("runs", {**body, "order_by": ["attributes.start_time DESC"]})


def _run_of(
    workspace: Workspace, said: Mapping[str, Any], experiment: Experiment | None = None, is_typed: bool = True
) -> Run:
    if experiment is None:
        id = said["info"]["experiment_id"]
        named = workspace._mlflow("GET", "experiments/get", query={"experiment_id": id})["experiment"]["name"]
        experiment = Experiment(workspace, named, True, id)
    run = Run(experiment, said["info"]["run_id"])
    return _run_types.typed(run, run._job()) if is_typed else run


def _error_of(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a run of a process said when it failed, in the shape of a job's error."""
    told = tags_of(said["data"]).get(_ERROR)
    return {"error": json.loads(told)} if told else None


def _fits(run: Run, said: Mapping[str, Any], tags: Any, properties: Any, type: Any, status: Any) -> bool:
    return (
        has_all(tags_of(said["data"]), tags)
        and (properties is None or has_all(_properties_of(run._job() or {}, said), properties))
        and (type is None or run.type == type)
        and (status is None or run.status == status)
    )


def _status_of(said: Mapping[str, Any]) -> str:
    return _STATUS[said["info"]["status"]]


def _properties_of(job: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, str]:
    """The properties of a run: those of its job, and those that it was given since."""
    own = {key[len(_PROPERTY) :]: value for key, value in tags_of(said["data"]).items() if key.startswith(_PROPERTY)}
    return {**(job.get("properties") or {}), **own}


def _pairs(tags: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"key": key, "value": str(value)} for key, value in tags.items()]


def _now() -> int:
    return int(time.time() * 1000)


def _moment(at: Any) -> str | None:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(at) / 1000)) if at else None
