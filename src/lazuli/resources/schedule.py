"""Schedules: a job that is to be submitted again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Discriminator, Field, Tag, ValidationInfo, WithJsonSchema, field_validator

from lazuli.resources.job import CommandJob, JobType
from lazuli.resources.trigger import Trigger
from lazuli.schema.document import READ_ONLY, Document, Text
from lazuli.schema.identity import Scope
from lazuli.schema.reference import expand, shorten

__all__ = ["Schedule"]

_CREATE_JOB = "CreateJob"


def _kind(value: Any) -> str:
    """A reference, a command as a document, or a job of a kind that is kept as it was sent."""
    if isinstance(value, str):
        return "reference"
    if isinstance(value, CommandJob):
        return "command"
    said = value.get("type", value.get("jobType", "command")) if isinstance(value, Mapping) else ""
    return "command" if str(said).lower() == JobType.COMMAND.value else "other"


ScheduledJob = Annotated[
    Annotated[str, Tag("reference")]
    | Annotated[CommandJob, Tag("command")]
    | Annotated[dict[str, Any], Tag("other"), WithJsonSchema({"type": "object"})],
    Discriminator(_kind),
]


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
    """When: `cron` or `recurrence`."""
    create_job: ScheduledJob | None = Field(default=None, alias="jobDefinition")
    """The job: its definition, the file that holds it, or `azureml:name` of one that was submitted."""
    status_reason: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Why it does not fire."""

    @classmethod
    def from_rest(cls, properties: Mapping[str, Any], scope: Scope | None = None) -> Self:
        """The schedule that a REST body says: its job is in ``action``; an action of another kind is kept as sent."""
        said = dict(properties)
        action = said.get("action")
        if isinstance(action, Mapping) and action.get("actionType") == _CREATE_JOB:
            said["jobDefinition"] = _job_of(action.get("jobDefinition"), scope)
            said.pop("action")
        return super().from_rest(said, scope)

    def to_rest(self, scope: Scope | None = None) -> dict[str, Any]:
        """The schedule as REST says it."""
        said = super().to_rest(scope)
        if "jobDefinition" not in said:
            return said
        job = said.pop("jobDefinition")
        if isinstance(job, dict):
            job.pop("name", None)
        if isinstance(job, str):
            # Azure spells a job that is submitted again as a pipeline without anything in it.
            job = {"jobType": "Pipeline", "sourceJobId": expand(job, "jobs", scope) if scope else job}
        return {**said, "action": {"actionType": _CREATE_JOB, "jobDefinition": job}}

    @field_validator("create_job", mode="after")
    @classmethod
    def _known_here(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, dict) and (info.context or {}).get("yaml"):
            raise ValueError("a kind of job that this version does not run. Use 'type: command', or name a job")
        return value


def _job_of(definition: Any, scope: Scope | None) -> Any:
    """The job of a REST action: the name of the one to submit again where it says nothing else."""
    if isinstance(definition, Mapping) and definition.get("sourceJobId") and not definition.get("jobs"):
        return shorten(str(definition["sourceJobId"]), "jobs", scope)
    return definition
