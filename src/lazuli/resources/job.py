"""Jobs: what all of them say, and the plainest of them, a command with everything it needs to run."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    SerializationInfo,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from lazuli.resources import legacy, refused
from lazuli.resources.distribution import Distribution
from lazuli.resources.environment import Environment
from lazuli.resources.inout import Input, Output
from lazuli.resources.service import JobService
from lazuli.schema import bindings
from lazuli.schema.document import READ_ONLY, REST_ONLY, Document, Slip, Text
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import CodeRef, ComputeRef, EnvironmentRef
from lazuli.schema.words import Seconds, Word

__all__ = ["CommandJob", "EnvironmentChoice", "Job", "JobError", "JobType", "Limits", "Resources", "Status", "of_kind"]


class JobType(Word):
    """The kinds of job."""

    COMMAND = "command", "Command"
    SWEEP = "sweep", "Sweep"
    PIPELINE = "pipeline", "Pipeline"
    AUTOML = "automl", "AutoML"

    @classmethod
    def read(cls, value: Any) -> JobType:
        """The kind that ``value`` spells. Raises ValueError with what to use, where there is none."""
        try:
            return super().read(value)
        except ValueError:
            raise ValueError(refused.reason(refused.JOBS, str(value), "a kind of job", list(cls))) from None


def of_kind(kind: JobType) -> Any:
    """The ``type`` of the jobs of one kind; only that of a command may be left out."""
    only: dict[str, Any] = {"enum": [kind.value], "x-rest": {"enum": [kind.rest]}}
    default = kind if kind is JobType.COMMAND else ...
    return Field(default, alias="jobType", json_schema_extra=only)


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
    shm_size: str | None = Field(default=None, pattern=r"^\d+[bBkKmMgG]?$")
    """Shared memory of the container, such as `2g`."""
    docker_args: str | list[str] | None = None
    """More arguments for the container."""
    locations: list[str] = Field(default_factory=list)
    """Where it may run; kept as said."""
    max_instance_count: int | None = None
    """How many nodes it could make use of; kept as said."""
    properties: dict[str, Any] = Field(default_factory=dict)
    """Kept as said."""


class Limits(Document):
    """When a job is stopped."""

    job_limits_type: Literal["Command"] = Field(default="Command", json_schema_extra=REST_ONLY)
    """REST's name for these limits."""
    timeout: Seconds | None = Field(default=None, ge=1)
    """Seconds after which the job is canceled."""


class JobTier(Word):
    """What a job may cost on Azure's shared compute."""

    SPOT = "spot", "Spot"
    BASIC = "basic", "Basic"
    STANDARD = "standard", "Standard"
    PREMIUM = "premium", "Premium"
    NULL = "null", "Null"


_PRIORITIES = ("low", "medium", "high")
"""REST counts them from 1."""


def _read_priority(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= len(_PRIORITIES):
        return _PRIORITIES[value - 1]
    return value.lower() if isinstance(value, str) else value


def _write_priority(value: str | None, info: SerializationInfo) -> int | str | None:
    return _PRIORITIES.index(value) + 1 if info.by_alias and value else value


Priority = Annotated[
    Literal["low", "medium", "high"],
    BeforeValidator(_read_priority),
    PlainSerializer(_write_priority),
    WithJsonSchema({"type": "string", "enum": list(_PRIORITIES), "x-rest": {"type": "integer", "enum": [1, 2, 3]}}),
]
"""A word in YAML, a number in REST."""


class QueueSettings(Document):
    """How urgent a job is. Kept as said: the queue is first come, first served."""

    job_tier: JobTier | None = None
    """What it may cost: `spot`, `basic`, `standard` or `premium`."""
    priority: Priority | None = None
    """How urgent it is: `low`, `medium` or `high`."""


class IdentityType(Word):
    """The kinds of identity."""

    USER = "user_identity", "UserIdentity"
    MANAGED = "managed_identity", "Managed"
    TOKEN = "aml_token", "AMLToken"


class JobIdentity(Document):
    """Whose identity a job uses. Kept as said: it acts for who submitted it."""

    type: IdentityType = Field(alias="identityType")
    """The kind: `user_identity`, `managed_identity` or `aml_token`."""
    client_id: str | None = None
    """The client id of a managed identity."""
    object_id: str | None = None
    """The object id of a managed identity."""
    msi_resource_id: str | None = Field(default=None, alias="resourceId")
    """The resource id of a managed identity."""

    @field_validator("type", mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return IdentityType.MANAGED if value == "managed" else IdentityType.read(value)


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


class Job(Document):
    """What every kind of job says: its names, where it runs, what it reads and writes, and how it fares."""

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
    inputs: dict[str, Input] = Field(default_factory=dict)
    """What it reads."""
    outputs: dict[str, Output] = Field(default_factory=dict)
    """What it writes."""
    identity: JobIdentity | None = None
    """Whose identity it uses; kept as said."""
    services: dict[str, JobService] = Field(default_factory=dict)
    """Programs beside it, through which a person looks at it or works in it."""
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

    _earlier_type = field_validator("type", mode="before")(legacy.job_type)

    @field_validator("outputs", mode="before")
    @classmethod
    def _default_outputs(cls, value: Any) -> Any:
        """`out:` with nothing behind it is an output with every default."""
        return {k: {} if v is None else v for k, v in value.items()} if isinstance(value, dict) else value


class CommandJob(Job):
    """A program that runs once: a shell command in a copy of its code folder, with inputs, outputs and packages."""

    type: JobType = of_kind(JobType.COMMAND)
    """The kind of job: `command`."""
    command: str = Field(min_length=1)
    """The shell command; `${{inputs.x}}` and `${{outputs.y}}` stand for values and paths."""
    code: CodeRef | None = Field(default=None, alias="codeId")
    """The folder the command runs in; a copy of it, so the job may write there."""
    environment: EnvironmentChoice | None = Field(default=None, alias="environmentId")
    """The environment: `azureml:name:version`, `azureml:name@latest`, or its definition."""
    environment_variables: dict[str, Text] = Field(default_factory=dict)
    """Variables for the process."""
    resources: Resources | None = None
    """How many nodes, of which size."""
    limits: Limits | None = None
    """When it is stopped."""
    distribution: Distribution | None = None
    """How several processes share the work."""
    queue_settings: QueueSettings | None = None
    """How urgent it is; kept as said."""

    _earlier = model_validator(mode="before")(legacy.job)
    _earlier_code = field_validator("code", mode="before")(legacy.code)

    @model_validator(mode="after")
    def _bound(self) -> CommandJob:
        known = {"inputs": set(self.inputs), "outputs": set(self.outputs)}
        try:
            bindings.check(self.command, known, target="command")
        except InvalidInput as problem:
            raise Slip(str(problem), *problem.target.split(".")) from None
        return self
