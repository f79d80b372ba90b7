"""Schedules: a job that is to be submitted again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from lazuli.resources import refused
from lazuli.resources.automl import AutoMLJob
from lazuli.resources.inout import GivenLater, Output
from lazuli.resources.job import CommandJob, Job, JobType
from lazuli.resources.pipeline import PipelineJob, PipelineSettings
from lazuli.resources.sweep import SweepJob
from lazuli.resources.trigger import Trigger
from lazuli.schema.document import READ_ONLY, Document, Slip, Text
from lazuli.schema.identity import Scope
from lazuli.schema.problems import Unsupported
from lazuli.schema.reference import ComputeRef, expand, shorten
from lazuli.schema.words import Word

__all__ = ["JobAgain", "Schedule", "ScheduleStatus"]

_CREATE_JOB = "CreateJob"


class JobAgain(Document):
    """A job that was written or submitted before, with what is different when it is scheduled."""

    outside_properties: ClassVar[frozenset[str]] = frozenset()

    type: JobType = Field(default=JobType.PIPELINE, alias="jobType")
    """The kind of job."""
    job: str = Field(min_length=1, alias="sourceJobId")
    """The file that holds it, or `azureml:name` of one that was submitted."""
    display_name: str | None = None
    """A name to show."""
    experiment_name: str | None = None
    """The experiment it belongs to."""
    description: str | None = None
    """What it is for."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    properties: dict[str, Text] = Field(default_factory=dict)
    """Facts recorded with it."""
    compute: ComputeRef | None = Field(default=None, alias="computeId")
    """Where it runs."""
    inputs: dict[str, GivenLater] = Field(default_factory=dict)
    """What it reads instead."""
    outputs: dict[str, Output] = Field(default_factory=dict)
    """What it writes instead."""
    settings: PipelineSettings | None = None
    """What holds for all steps that say nothing else."""

    @field_validator("job", mode="before")
    @classmethod
    def _named(cls, value: Any, info: ValidationInfo) -> Any:
        context = info.context or {}
        return shorten(value, "jobs", context.get("scope")) if context.get("rest") else value


_KINDS: dict[JobType, type[Job]] = {
    JobType.COMMAND: CommandJob,
    JobType.SWEEP: SweepJob,
    JobType.PIPELINE: PipelineJob,
    JobType.AUTOML: AutoMLJob,
}


def _kind(value: Any) -> str:
    """Which way of saying a job this is; a kind that is not known is taken for a command, which tells it."""
    if isinstance(value, str):
        return "reference"
    if isinstance(value, Document):
        return next((kind.value for kind, cls in _KINDS.items() if isinstance(value, cls)), "again")
    if not isinstance(value, Mapping):
        return JobType.COMMAND.value
    if "job" in value or (value.get("sourceJobId") and not value.get("jobs")):
        return "again"
    said = value.get("type", value.get("jobType"))
    try:
        return JobType.COMMAND.value if said is None else JobType.read(str(said).removesuffix("_job")).value
    except ValueError:
        return JobType.COMMAND.value


ScheduledJob = Annotated[
    Annotated[str, Tag("reference")]
    | Annotated[CommandJob, Tag("command")]
    | Annotated[SweepJob, Tag("sweep")]
    | Annotated[PipelineJob, Tag("pipeline")]
    | Annotated[AutoMLJob, Tag("automl")]
    | Annotated[JobAgain, Tag("again")],
    Discriminator(_kind),
]


class ScheduleStatus(Word):
    """Whether a schedule fires."""

    ACTIVE = "Active"
    DISABLED = "Disabled"
    ENDED = "Ended"


class Schedule(Document):
    """When to submit which job: a trigger, and the job or the name of one to submit again."""

    outside_properties: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str = ""
    """The name: letters, digits, `_`, `.` and `-`."""
    display_name: str | None = None
    """A name to show."""
    description: str | None = None
    """What it is for."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    properties: dict[str, Text] = Field(default_factory=dict)
    """Facts recorded with it."""
    is_enabled: bool = True
    """Whether it is to fire."""
    trigger: Trigger
    """When: `cron`, `recurrence`, or `data_change` where files are new or were changed."""
    create_job: ScheduledJob | None = Field(default=None, alias="jobDefinition")
    """The job: its definition, the file that holds it, or `azureml:name` of one that was submitted."""
    status: ScheduleStatus | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Whether it fires: `Active`, `Disabled`, or `Ended` where no moment comes any more."""
    status_reason: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """What went wrong when it last fired, or why it fires no more."""
    next_trigger_time: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """When it fires next, or looks at its files next (UTC)."""
    last_trigger_time: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """When it fired last (UTC)."""
    last_job: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The job that it submitted last."""

    @model_validator(mode="before")
    @classmethod
    def _does_what_is_done_here(cls, data: Any) -> Any:
        for word in data if isinstance(data, Mapping) else ():
            if why := refused.ACTIONS.get(str(word)):
                raise Slip(f"'{word}': {why}", str(word))
        return data

    @classmethod
    def from_rest(cls, properties: Mapping[str, Any], scope: Scope | None = None) -> Self:
        """The schedule that a REST body says: its job is in ``action``.

        Raises :class:`Unsupported` for an action that submits no job.
        """
        said = dict(properties)
        action = said.pop("action", None)
        if isinstance(action, Mapping):
            kind = str(action.get("actionType"))
            if kind != _CREATE_JOB:
                why = refused.reason(refused.ACTIONS, kind, "what a schedule does", [_CREATE_JOB])
                raise Unsupported(f"'action.actionType' is '{kind}': {why}.", target="action.actionType")
            said["jobDefinition"] = action.get("jobDefinition")
        return super().from_rest(said, scope)

    def to_rest(self, scope: Scope | None = None) -> dict[str, Any]:
        """The schedule as REST says it."""
        said = super().to_rest(scope)
        job = said.pop("jobDefinition", None)
        if job is None:
            return said
        if isinstance(job, str):
            # Azure spells a job that is submitted again as a pipeline without anything in it.
            job = {"jobType": "Pipeline", "sourceJobId": job}
        if scope and job.get("sourceJobId") and isinstance(self.create_job, str | JobAgain):
            job["sourceJobId"] = expand(job["sourceJobId"], "jobs", scope)
        job.pop("name", None)
        return {**said, "action": {"actionType": _CREATE_JOB, "jobDefinition": job}}

    @field_validator("create_job", mode="after")
    @classmethod
    def _shortest(cls, value: Any) -> Any:
        """A job that is submitted again as it was is its name and nothing else."""
        if isinstance(value, JobAgain) and value.model_dump(exclude={"type", "job"}, exclude_defaults=True) == {}:
            return value.job
        return value
