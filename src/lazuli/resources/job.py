"""Jobs: a command, with everything it needs to run."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from lazuli.resources import legacy
from lazuli.resources.environment import Environment
from lazuli.resources.inout import Input, Output
from lazuli.schema import bindings
from lazuli.schema.document import READ_ONLY, REST_ONLY, Document, Text
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import CodeRef, ComputeRef, EnvironmentRef
from lazuli.schema.words import Seconds, Word

__all__ = ["CommandJob", "JobType", "Limits", "Resources", "Status"]


class JobType(Word):
    """The kinds of job."""

    COMMAND = "command", "Command"


class Status(Word):
    """Where a job is on its way. The last three are ends: see :data:`lazuli.jobs.transitions.TRANSITIONS`."""

    QUEUED = "Queued"
    PREPARING = "Preparing"
    RUNNING = "Running"
    FINALIZING = "Finalizing"
    CANCEL_REQUESTED = "CancelRequested"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELED = "Canceled"


class Resources(Document):
    """What a job takes of its compute target."""

    instance_count: int = Field(default=1, ge=1, le=1000)
    """How many nodes."""
    instance_type: str | None = None
    """The size of a node, where the target offers several."""
    shm_size: str | None = None
    """Shared memory of the container."""
    docker_args: str | list[str] | None = None
    """More arguments for the container."""
    properties: dict[str, Any] = Field(default_factory=dict)
    """Kept as said."""


class Limits(Document):
    """When a job is stopped."""

    job_limits_type: Literal["Command"] = Field(default="Command", json_schema_extra=REST_ONLY)
    """REST's name for these limits."""
    timeout: Seconds | None = Field(default=None, ge=1)
    """Seconds after which the job is canceled."""


class JobError(Document):
    """Why a job failed."""

    code: str = ""
    """A word for programs."""
    message: str = ""
    """What happened, and how to put it right."""


EnvironmentChoice = Annotated[
    Annotated[EnvironmentRef, Tag("reference")] | Annotated[Environment, Tag("inline")],
    Discriminator(lambda value: "reference" if isinstance(value, str) else "inline"),
]


class CommandJob(Document):
    """A program that runs once: a shell command in a copy of its code folder, with inputs, outputs and packages."""

    outside_properties: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str = ""
    """The name; one is made up when left out."""
    type: JobType = Field(default=JobType.COMMAND, alias="jobType")
    """The kind of job."""
    display_name: str | None = None
    """A name to show."""
    experiment_name: str = "Default"
    """The experiment it is listed under."""
    description: str | None = None
    """What it is for, in Markdown."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    properties: dict[str, Text] = Field(default_factory=dict)
    """Facts recorded with it."""
    compute: ComputeRef | None = Field(default=None, alias="computeId")
    """Where it runs: the name of a cluster, or `local`."""
    command: str = Field(min_length=1)
    """The shell command; `${{inputs.x}}` and `${{outputs.y}}` stand for values and paths."""
    code: CodeRef | None = Field(default=None, alias="codeId")
    """The folder the command runs in; a copy of it, so the job may write there."""
    environment: EnvironmentChoice | None = Field(default=None, alias="environmentId")
    """The environment: `azureml:name:version`, `azureml:name@latest`, or its definition."""
    environment_variables: dict[str, Text] = Field(default_factory=dict)
    """Variables for the process."""
    inputs: dict[str, Input] = Field(default_factory=dict)
    """What it reads."""
    outputs: dict[str, Output] = Field(default_factory=dict)
    """What it writes."""
    resources: Resources | None = None
    """How many nodes, of which size."""
    limits: Limits | None = None
    """When it is stopped."""
    distribution: dict[str, Any] | None = None
    """How several processes share the work."""
    identity: dict[str, Any] | None = None
    """Whose identity it uses."""
    services: dict[str, Any] | None = None
    """Interactive services beside it."""
    queue_settings: dict[str, Any] | None = None
    """Priority; kept as said."""
    is_archived: bool = False
    """Whether it is hidden from lists."""
    status: Status | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Where it is on its way."""
    status_reason: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Why it waits, or what it does."""
    error: JobError | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Why it failed."""
    start_time: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """When its command started (UTC)."""
    end_time: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """When it ended (UTC)."""

    @field_validator("type", mode="before")
    @classmethod
    def _known_type(cls, value: object) -> object:
        try:
            return JobType.read(value)
        except ValueError:
            raise ValueError("a kind of job that this version does not run. Use 'type: command'") from None

    _earlier = model_validator(mode="before")(legacy.job)
    _earlier_type = field_validator("type", mode="before")(legacy.job_type)
    _earlier_code = field_validator("code", mode="before")(legacy.code)

    @field_validator("outputs", mode="before")
    @classmethod
    def _default_outputs(cls, value: Any) -> Any:
        """`out:` with nothing behind it is an output with every default."""
        return {k: {} if v is None else v for k, v in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _bound(self) -> CommandJob:
        known = {"inputs": set(self.inputs), "outputs": set(self.outputs)}
        try:
            bindings.check(self.command, known, target="command")
        except InvalidInput as problem:
            raise ValueError(str(problem)) from None
        return self
