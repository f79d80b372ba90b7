"""Schedules: published pipelines that run again and again, or whenever files are new."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Iterator, Mapping

from azureml._lazuli.server import raised_as
from azureml.core.experiment import Experiment
from azureml.exceptions import UserErrorException
from azureml.pipeline.core._time_zone import TimeZone
from azureml.pipeline.core.pipeline_endpoint import PipelineEndpoint
from azureml.pipeline.core.published_pipeline import PublishedPipeline

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace
    from azureml.data.azure_storage_datastore import AbstractDatastore
    from azureml.pipeline.core.run import PipelineRun

__all__ = ["Schedule", "ScheduleRecurrence", "TimeZone"]

_PIPELINE, _ENDPOINT = "azureml.pipelineid", "azureml.pipelineendpointid"


class ScheduleRecurrence:
    """When a schedule fires: every ``interval`` of "Minute", "Hour", "Day", "Week" or "Month".

    ``hours`` (0 to 23), ``minutes`` (0 to 59) and ``week_days`` ("Monday") are lists that say at which moments of a day
    or week; ``time_of_day`` ("22:30") says one instead of hours and minutes. ``start_time`` is a datetime or
    "2026-05-01T09:00:00" in the ``time_zone``, which is UTC where none is said; without one it first fires when the
    schedule is made. Raises ValueError for values that are none of these.
    """

    def __init__(
        self,
        frequency: str,
        interval: int,
        start_time: datetime | str | None = None,
        time_zone: TimeZone | None = None,
        hours: list[int] | None = None,
        minutes: list[int] | None = None,
        week_days: list[str] | None = None,
        time_of_day: str | None = None,
    ) -> None:
        if time_zone is not None and not isinstance(time_zone, TimeZone):
            raise ValueError(f"time_zone is {time_zone!r}: give one of TimeZone's, such as TimeZone.UTC.")
        if time_of_day and (hours or minutes):
            raise ValueError("Say either time_of_day or hours and minutes.")
        if time_of_day and not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", time_of_day):
            raise ValueError(f"time_of_day is '{time_of_day}': write it as 22:30.")
        if time_of_day and frequency not in ("Day", "Week"):
            raise ValueError(f"time_of_day fits the frequencies Day and Week, and this is '{frequency}'.")
        self.frequency = frequency
        self.interval = interval
        self.start_time = start_time
        self.time_zone = time_zone
        self.hours = hours
        self.minutes = minutes
        self.week_days = week_days
        self.time_of_day = time_of_day

    def _trigger(self) -> dict[str, Any]:
        """The trigger that it is, in the words of REST."""
        hours, minutes = self.hours, self.minutes
        if self.time_of_day:
            hour, _, minute = self.time_of_day.partition(":")
            hours, minutes = [int(hour)], [int(minute)]
        pattern = {"hours": hours or [], "minutes": minutes or [], "weekDays": self.week_days}
        said: dict[str, Any] = {
            "triggerType": "Recurrence",
            "frequency": self.frequency,
            "interval": self.interval,
            "schedule": {word: value for word, value in pattern.items() if value is not None},
            "timeZone": (self.time_zone or TimeZone.UTC).value,
        }
        if self.start_time is not None:
            at = self.start_time
            said["startTime"] = at.strftime("%Y-%m-%dT%H:%M:%S") if isinstance(at, datetime) else str(at)
        return said

    @classmethod
    def _of(cls, trigger: Mapping[str, Any]) -> ScheduleRecurrence:
        pattern, zone = trigger.get("schedule") or {}, trigger.get("timeZone")
        return cls(
            trigger["frequency"],
            trigger["interval"],
            trigger.get("startTime"),
            next((each for each in TimeZone if each.value == zone), None),
            pattern.get("hours") or None,
            pattern.get("minutes") or None,
            pattern.get("weekDays") or None,
        )

    def __repr__(self) -> str:
        return f"ScheduleRecurrence(Frequency: {self.frequency}, Interval: {self.interval})"


class Schedule:
    """A published pipeline, or a pipeline endpoint's default version, that runs by itself.

    A schedule with a ``recurrence`` runs it then; one with a ``datastore`` looks every ``polling_interval`` minutes at
    the files in ``path_on_datastore`` there, not at those in its folders, and runs it where some are new or were
    changed. The parameter that ``data_path_parameter_name`` names is then given what changed.

    A schedule is there as soon as it was made, so ``wait_for_provisioning`` and ``wait_timeout`` change nothing.
    """

    def __init__(self, workspace: Workspace, said: Mapping[str, Any]) -> None:
        self._workspace = workspace
        self._said = said

    @staticmethod
    def create(
        workspace: Workspace,
        name: str,
        pipeline_id: str,
        experiment_name: str,
        recurrence: ScheduleRecurrence | None = None,
        description: str | None = None,
        pipeline_parameters: Mapping[str, Any] | None = None,
        wait_for_provisioning: bool = False,
        wait_timeout: int = 3600,
        datastore: AbstractDatastore | None = None,
        polling_interval: int = 5,
        data_path_parameter_name: str | None = None,
        continue_on_step_failure: bool | None = None,
        path_on_datastore: str | None = None,
        _workflow_provider: Any = None,
        _service_endpoint: str | None = None,
    ) -> Schedule:
        """Let a published pipeline run by itself. Several schedules may have one name.

        Raises ValueError without exactly one of ``recurrence`` and ``datastore``, and :class:`UserErrorException` for a
        pipeline that is not there, parameters that it does not have, and moments that never come.
        """
        pipeline = PublishedPipeline.get(workspace, pipeline_id)
        job = _job(workspace, pipeline._said["id"], experiment_name, pipeline_parameters, continue_on_step_failure)
        trigger = _trigger(recurrence, datastore, polling_interval, data_path_parameter_name, path_on_datastore)
        return Schedule._make(workspace, name, description, job, trigger, {_PIPELINE: pipeline.id})

    @staticmethod
    def create_for_pipeline_endpoint(
        workspace: Workspace,
        name: str,
        pipeline_endpoint_id: str,
        experiment_name: str,
        recurrence: ScheduleRecurrence | None = None,
        description: str | None = None,
        pipeline_parameters: Mapping[str, Any] | None = None,
        wait_for_provisioning: bool = False,
        wait_timeout: int = 3600,
        datastore: AbstractDatastore | None = None,
        polling_interval: int = 5,
        data_path_parameter_name: str | None = None,
        continue_on_step_failure: bool | None = None,
        path_on_datastore: str | None = None,
        _workflow_provider: Any = None,
        _service_endpoint: str | None = None,
    ) -> Schedule:
        """Let the version of a pipeline endpoint that is the default when it fires run by itself; as :meth:`create`."""
        endpoint = PipelineEndpoint.get(workspace, id=pipeline_endpoint_id)
        job = _job(workspace, endpoint._said["id"], experiment_name, pipeline_parameters, continue_on_step_failure)
        trigger = _trigger(recurrence, datastore, polling_interval, data_path_parameter_name, path_on_datastore)
        return Schedule._make(workspace, name, description, job, trigger, {_ENDPOINT: endpoint.id})

    @staticmethod
    def get(
        workspace: Workspace, id: str, _workflow_provider: Any = None, _service_endpoint: str | None = None
    ) -> Schedule:
        """The schedule of an id. Raises :class:`UserErrorException` where there is none."""
        said = workspace._found(f"schedules/{id}")
        if said is None or not _is_ours(said):
            raise UserErrorException(f"There is no schedule '{id}' in workspace '{workspace.name}'.")
        return Schedule(workspace, said)

    @staticmethod
    def list(
        workspace: Workspace,
        active_only: bool = True,
        pipeline_id: str | None = None,
        pipeline_endpoint_id: str | None = None,
        _workflow_provider: Any = None,
        _service_endpoint: str | None = None,
    ) -> list[Schedule]:
        """The schedules of published pipelines, the newest first; without ``active_only`` those switched off as well.

        Those of a pipeline or an endpoint that is named are all listed.
        """
        of_one = {_PIPELINE: pipeline_id} if pipeline_id else {_ENDPOINT: pipeline_endpoint_id}
        is_of_one = any(of_one.values())
        query = {"listViewType": "All" if is_of_one or not active_only else "EnabledOnly"}
        found = (each for each in workspace._pages("schedules", query) if _is_ours(each))
        return [Schedule(workspace, said) for said in found if not is_of_one or of_one.items() <= _facts(said).items()]

    get_all = list

    @staticmethod
    def get_schedules_for_pipeline_id(
        workspace: Workspace, pipeline_id: str, _workflow_provider: Any = None, _service_endpoint: str | None = None
    ) -> list[Schedule]:
        """All schedules of a published pipeline."""
        return Schedule.list(workspace, pipeline_id=pipeline_id)

    @staticmethod
    def get_schedules_for_pipeline_endpoint_id(
        workspace: Workspace,
        pipeline_endpoint_id: str,
        _workflow_provider: Any = None,
        _service_endpoint: str | None = None,
    ) -> list[Schedule]:
        """All schedules of a pipeline endpoint."""
        return Schedule.list(workspace, pipeline_endpoint_id=pipeline_endpoint_id)

    @staticmethod
    def _make(
        workspace: Workspace,
        name: str,
        description: str | None,
        job: dict[str, Any],
        trigger: dict[str, Any],
        facts: dict[str, str],
    ) -> Schedule:
        properties = {
            "displayName": name,
            "description": description or "",
            "isEnabled": True,
            "trigger": trigger,
            "action": {"actionType": "CreateJob", "jobDefinition": job},
            "properties": facts,
        }
        with raised_as(UserErrorException):
            made = workspace._call("PUT", f"schedules/{uuid.uuid4()}", {"properties": properties})
        return Schedule(workspace, made)

    # What it is.

    @property
    def id(self) -> str:
        """The id."""
        return self._said["name"]

    @property
    def name(self) -> str:
        """The name."""
        return self._properties.get("displayName") or self.id

    @property
    def description(self) -> str:
        """What it is for."""
        return self._properties.get("description") or ""

    @property
    def status(self) -> str:
        """``Active``, ``Disabled``, or ``Ended`` where no moment comes any more."""
        return self._properties["status"]

    @property
    def pipeline_id(self) -> str | None:
        """The id of the published pipeline; None for one of an endpoint."""
        return _facts(self._said).get(_PIPELINE)

    @property
    def pipeline_endpoint_id(self) -> str | None:
        """The id of the pipeline endpoint; None for one of a published pipeline."""
        return _facts(self._said).get(_ENDPOINT)

    @property
    def recurrence(self) -> ScheduleRecurrence | None:
        """When it fires; None where it watches files."""
        return ScheduleRecurrence._of(self._trigger) if self._trigger["triggerType"] == "Recurrence" else None

    @property
    def datastore_name(self) -> str | None:
        """The datastore whose files it watches; None where it has a recurrence."""
        return self._place[0]

    @property
    def path_on_datastore(self) -> str | None:
        """The folder whose files it watches."""
        return self._place[1]

    @property
    def polling_interval(self) -> int | None:
        """Every how many minutes it looks at its files."""
        return self._trigger.get("pollingInterval")

    @property
    def data_path_parameter_name(self) -> str | None:
        """The parameter that is given what changed."""
        return self._trigger.get("inputName")

    @property
    def continue_on_step_failure(self) -> bool | None:
        """Whether other steps go on after one has failed; None where the pipeline says it."""
        return (self._job.get("settings") or {}).get("continue_on_step_failure")

    def get_pipeline_runs(self) -> Iterator[PipelineRun]:
        """The runs that it has submitted, the newest first."""
        for said in self._workspace._pages("jobs", {"tag": f"ScheduleName={self.id}", "listViewType": "All"}):
            yield self._run(said)

    def get_last_pipeline_run(self) -> PipelineRun | None:
        """The run that it submitted last; None where there is none yet."""
        return next(iter(self.get_pipeline_runs()), None)

    def get_pipeline_runs_generator(self) -> Iterator[PipelineRun]:
        """The runs that it has submitted, the newest first."""
        return self.get_pipeline_runs()

    # What is done with it.

    def enable(self, wait_for_provisioning: bool = False, wait_timeout: int = 3600) -> None:
        """Let it fire again."""
        self._say(isEnabled=True)

    def disable(self, wait_for_provisioning: bool = False, wait_timeout: int = 3600) -> None:
        """Let it fire no more."""
        self._say(isEnabled=False)

    def update(
        self,
        name: str | None = None,
        description: str | None = None,
        recurrence: ScheduleRecurrence | None = None,
        pipeline_parameters: Mapping[str, Any] | None = None,
        status: str | None = None,
        wait_for_provisioning: bool = False,
        wait_timeout: int = 3600,
        datastore: AbstractDatastore | None = None,
        polling_interval: int | None = None,
        data_path_parameter_name: str | None = None,
        continue_on_step_failure: bool | None = None,
        path_on_datastore: str | None = None,
    ) -> None:
        """Change what is said; the rest stays. A ``recurrence`` takes the place of a datastore, and it that of one.

        Raises ValueError for a status other than "Active" and "Disabled", and for both kinds of trigger at once.
        """
        if status not in (None, "Active", "Disabled"):
            raise ValueError(f"status is '{status}': it is Active or Disabled.")
        said: dict[str, Any] = {
            "displayName": name,
            "description": description,
            "isEnabled": None if status is None else status == "Active",
        }
        job = dict(self._job)
        if pipeline_parameters is not None:
            job["inputs"] = _inputs(self._workspace, pipeline_parameters)
        if continue_on_step_failure is not None:
            job["settings"] = {**(job.get("settings") or {}), "continue_on_step_failure": continue_on_step_failure}
        watching = (datastore, polling_interval, data_path_parameter_name, path_on_datastore)
        if recurrence is not None or any(each is not None for each in watching):
            said["trigger"] = self._changed_trigger(recurrence, *watching)
        said["action"] = {"actionType": "CreateJob", "jobDefinition": job}
        self._say(**{word: value for word, value in said.items() if value is not None})

    def _changed_trigger(
        self,
        recurrence: ScheduleRecurrence | None,
        datastore: AbstractDatastore | None,
        polling_interval: int | None,
        parameter: str | None,
        path: str | None,
    ) -> dict[str, Any]:
        if recurrence is not None:
            return _trigger(recurrence, datastore, 5, parameter, path)
        if datastore is None and self.datastore_name is not None:
            datastore = self._workspace.datastores[self.datastore_name]
            path = self.path_on_datastore if path is None else path
        interval = polling_interval or self.polling_interval or 5
        return _trigger(None, datastore, interval, parameter or self.data_path_parameter_name, path)

    def _say(self, **said: Any) -> None:
        body = {"properties": {**self._properties, **said}}
        with raised_as(UserErrorException):
            self._said = self._workspace._call("PUT", f"schedules/{self.id}", body)

    def _run(self, said: Mapping[str, Any]) -> PipelineRun:
        from azureml.pipeline.core.run import PipelineRun

        experiment = Experiment(self._workspace, said["properties"]["experimentName"], _create_in_cloud=False)
        return PipelineRun(experiment, said["name"])

    @property
    def _properties(self) -> Mapping[str, Any]:
        return self._said["properties"]

    @property
    def _trigger(self) -> Mapping[str, Any]:
        return self._properties["trigger"]

    @property
    def _job(self) -> Mapping[str, Any]:
        return self._properties["action"]["jobDefinition"]

    @property
    def _place(self) -> tuple[str | None, str | None]:
        found = re.fullmatch(r"azureml://.*?datastores/([^/]+)/paths/(.*)", self._trigger.get("path") or "")
        return (found[1], found[2] or None) if found else (None, None)

    def __repr__(self) -> str:
        return f"Schedule(Name: {self.name},\nId: {self.id},\nStatus: {self.status},\nPipeline Id: {self.pipeline_id})"


def _trigger(
    recurrence: ScheduleRecurrence | None,
    datastore: AbstractDatastore | None,
    polling_interval: int,
    parameter: str | None,
    path: str | None,
) -> dict[str, Any]:
    """The trigger of a schedule. Raises ValueError where two are said, or none."""
    if (recurrence is None) == (datastore is None):
        raise ValueError("Say when it runs: give either recurrence or datastore.")
    if datastore is None:
        assert recurrence is not None
        if parameter or path:
            raise ValueError("data_path_parameter_name and path_on_datastore belong to a datastore: give it as well.")
        return recurrence._trigger()
    said = {
        "triggerType": "DataChange",
        "path": datastore._uri(path),
        "pollingInterval": polling_interval,
        "recursive": False,
        "inputName": parameter,
    }
    return {word: value for word, value in said.items() if value is not None}


def _job(
    workspace: Workspace,
    published: str,
    experiment: str,
    parameters: Mapping[str, Any] | None,
    goes_on: bool | None,
) -> dict[str, Any]:
    """The job of a schedule: a published pipeline by its resource id, with what is different."""
    settings = {} if goes_on is None else {"settings": {"continue_on_step_failure": goes_on}}
    return {
        "jobType": "Pipeline",
        "sourceJobId": published,
        "experimentName": experiment,
        "inputs": _inputs(workspace, parameters),
        **settings,
    }


def _inputs(workspace: Workspace, parameters: Mapping[str, Any] | None) -> dict[str, Any]:
    from azureml.pipeline.core.graph import PipelineParameter

    return {name: PipelineParameter(name, value)._input(workspace) for name, value in (parameters or {}).items()}


def _is_ours(said: Mapping[str, Any]) -> bool:
    return bool({_PIPELINE, _ENDPOINT} & _facts(said).keys())


def _facts(said: Mapping[str, Any]) -> Mapping[str, str]:
    return said["properties"].get("properties") or {}
