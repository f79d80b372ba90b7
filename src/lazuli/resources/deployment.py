"""Deployments: a model with its script and environment behind an endpoint."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    Tag,
    WithJsonSchema,
    WrapSerializer,
    field_validator,
    model_validator,
)

from lazuli.resources.job import EnvironmentChoice
from lazuli.resources.model import Model
from lazuli.schema.document import READ_ONLY, Document, Text, scope_of
from lazuli.schema.identity import ResourceId
from lazuli.schema.reference import CodeRef, ModelRef
from lazuli.schema.words import Milliseconds, Seconds, Word

__all__ = ["CodeConfiguration", "CollectedData", "Deployment", "OnlineDeployment", "Probe", "RequestSettings"]

ModelChoice = Annotated[
    Annotated[ModelRef, Tag("reference")] | Annotated[Model, Tag("inline")],
    Discriminator(lambda value: "reference" if isinstance(value, str) else "inline"),
]
"""A model: `azureml:name:version`, or one written in place with its `path`."""

_MILLISECONDS_AT_MOST = 180_000


class CodeConfiguration(Document):
    """The script that answers."""

    code: CodeRef | None = Field(default=None, alias="codeId")
    """The folder of the script."""
    scoring_script: str | None = None
    """The script, relative to that folder; it has `init()` and `run(data)`."""

    @model_validator(mode="before")
    @classmethod
    def _earlier(cls, data: Any) -> Any:
        """The preview of 2021 wrote `code: {local_path: src}`."""
        code = data.get("code") if isinstance(data, dict) else None
        if isinstance(code, dict) and code.keys() == {"local_path"}:
            return {**data, "code": code["local_path"]}
        return data


class RequestSettings(Document):
    """How requests are taken."""

    request_timeout_ms: Milliseconds = Field(default=5000, ge=1, le=_MILLISECONDS_AT_MOST, alias="requestTimeout")
    """Milliseconds after which a request is given up."""
    max_concurrent_requests_per_instance: int = Field(default=1, ge=1)
    """How many are answered at once."""
    max_queue_wait_ms: Milliseconds | None = Field(default=None, ge=0, alias="maxQueueWait")
    """Milliseconds that a request may wait."""


class Probe(Document):
    """How it is found out whether an instance is well."""

    initial_delay: Seconds = Field(default=10, ge=0)
    """Seconds before the first look."""
    period: Seconds = Field(default=10, ge=1)
    """Seconds between two looks."""
    timeout: Seconds = Field(default=2, ge=1)
    """Seconds that a look may take."""
    success_threshold: int = Field(default=1, ge=1)
    """After so many good looks it is well."""
    failure_threshold: int = Field(default=30, ge=1)
    """After so many bad looks it is not."""


class ScaleType(Word):
    """How many instances there are."""

    DEFAULT = "default", "Default"
    TARGET_UTILIZATION = "target_utilization", "TargetUtilization"
    MANUAL = "manual", "Manual"
    AUTO = "auto", "Auto"


class ScaleSettings(Document):
    """How many instances there are."""

    type: ScaleType = Field(default=ScaleType.DEFAULT, alias="scaleType")
    """`default`: as many as `instance_count`; `target_utilization`: as many as are needed."""
    min_instances: int | None = Field(default=None, ge=0)
    """How many at least."""
    max_instances: int | None = Field(default=None, ge=1)
    """How many at most."""
    instance_count: int | None = Field(default=None, ge=1)
    """How many, in the preview of 2021."""
    polling_interval: Seconds | None = Field(default=None, ge=1)
    """Seconds between two looks."""
    target_utilization_percentage: int | None = Field(default=None, ge=1, le=100)
    """How busy instances are to be."""

    @model_validator(mode="before")
    @classmethod
    def _earlier(cls, data: Any) -> Any:
        if isinstance(data, dict) and "scale_type" in data:
            return {"type": data["scale_type"], **{k: v for k, v in data.items() if k != "scale_type"}}
        return data

    @model_validator(mode="after")
    def _consistent(self) -> ScaleSettings:
        if self.max_instances is not None and (self.min_instances or 0) > self.max_instances:
            raise ValueError(
                f"min_instances ({self.min_instances}) is above max_instances ({self.max_instances}); raise the latter"
            )
        return self


class CollectedData(Document):
    """The data asset over what is kept of a stream."""

    name: str | None = None
    """Its name; `<endpoint>-<deployment>-<stream>` where none is said."""
    path: str | None = None
    """The folder, in a datastore; `modelDataCollector/<endpoint>/<deployment>/<stream>` where none is said."""
    version: Text | None = None
    """Its version; `1` where none is said."""


def _is_on(value: Any) -> Any:
    """YAML says `'True'`, REST `Enabled`."""
    return {"enabled": True, "disabled": False}.get(value.lower(), value.lower()) if isinstance(value, str) else value


def _write_on(value: bool, info: SerializationInfo) -> Any:
    return ("Enabled" if value else "Disabled") if info.by_alias else value


def _write_data(value: Any, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
    """REST names the data asset by its id, once the server has settled which it is."""
    scope = scope_of(info) if info.by_alias else None
    if scope is not None and isinstance(value, CollectedData) and value.name and value.version:
        return ResourceId(scope, "data", value.name, value.version).shown
    return handler(value)


class Collection(Document):
    """One stream of what is asked and answered that is kept."""

    enabled: Annotated[
        bool,
        BeforeValidator(_is_on),
        PlainSerializer(_write_on),
        WithJsonSchema({"type": "boolean", "x-yaml-types": ["string"]}),
    ] = Field(default=True, alias="dataCollectionMode")
    """Whether it is kept."""
    data: Annotated[str | CollectedData | None, WrapSerializer(_write_data)] = Field(default=None, alias="dataId")
    """The data asset over it: `azureml:name:version`, or its `name`, `path` and `version`."""
    client_id: str | None = None
    """Kept as said."""
    sampling_rate: float | None = Field(default=None, ge=0, le=1)
    """How much of it is kept, where that is not what is said for all."""


class RollingRate(Word):
    """How long a file is written to."""

    MINUTE = "minute", "Minute"
    HOUR = "hour", "Hour"
    DAY = "day", "Day"


class RequestLogging(Document):
    """What is kept of a request beside its body."""

    capture_headers: list[str] = Field(default_factory=list)
    """The headers that are kept as well."""


class DataCollector(Document):
    """What is asked and answered, kept for looking at later."""

    collections: dict[str, Collection] = Field(default_factory=dict)
    """The streams, by name: `model_inputs`, `model_outputs`, `request`, `response` and the script's own."""
    rolling_rate: RollingRate = RollingRate.HOUR
    """How long a file is written to: `minute`, `hour` or `day`."""
    sampling_rate: float = Field(default=1.0, ge=0, le=1)
    """How much of it is kept."""
    request_logging: RequestLogging | None = None
    """`capture_headers`: the headers that are kept as well."""

    @field_validator("collections")
    @classmethod
    def _named(cls, value: dict[str, Collection]) -> dict[str, Collection]:
        for name in value:
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", name):
                raise ValueError(f"'{name[:40]}' is no name of a stream: it has letters, digits, '_' and '-'")
        return value


class Deployment(Document):
    """What both kinds of deployment say."""

    outside_properties: ClassVar[frozenset[str]] = frozenset({"name", "endpoint_name"})

    name: str = ""
    """The name, unique behind its endpoint."""
    endpoint_name: str = ""
    """The endpoint it is behind."""
    description: str | None = None
    """What it is for."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    properties: dict[str, Text] = Field(default_factory=dict)
    """Facts recorded with it."""
    model: ModelChoice | None = None
    """The model that answers."""
    code_configuration: CodeConfiguration | None = None
    """The script that answers; an MLflow model needs none."""
    environment: EnvironmentChoice | None = Field(default=None, alias="environmentId")
    """The environment, by name or in place; an MLflow model brings its own."""
    provisioning_state: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """`Succeeded` once it answers."""
    status_reason: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Why it does not answer yet, or not any more."""


class OnlineDeployment(Deployment):
    """A model with its script and environment, that answers requests at once."""

    further_models: list[ModelRef] = Field(default_factory=list)
    """Models beside `model`, for a script that asks several: each then lies below `AZUREML_MODEL_DIR/name/version`."""
    environment_variables: dict[str, Text] = Field(default_factory=dict)
    """Variables for the process."""
    command: str | None = None
    """Starts a server of one's own, which `inference_config` of the environment says how to ask; in place of what the
    image starts."""
    type: str | None = None
    """`managed`, or `kubernetes`, which is served the same here."""
    instance_type: str | None = None
    """The size of an instance."""
    instance_count: int = Field(default=1, ge=1)
    """How many instances answer."""
    request_settings: RequestSettings | None = None
    """How requests are taken."""
    liveness_probe: Probe | None = None
    """How it is found out whether an instance lives."""
    readiness_probe: Probe | None = None
    """How it is found out whether an instance can be asked."""
    startup_probe: Probe | None = None
    """How it is found out whether an instance has started."""
    scale_settings: ScaleSettings | None = None
    """How many instances there are."""
    app_insights_enabled: bool = False
    """Whether requests are logged."""
    model_mount_path: str | None = None
    """Where the model lies in the container."""
    egress_public_network_access: str | None = None
    """`enabled` or `disabled`; kept as said."""
    data_collector: DataCollector | None = None
    """What is asked and answered, kept for looking at later."""
    ready_instances: int | None = Field(default=None, json_schema_extra=READ_ONLY)
    """How many instances answer now."""
    scale_reason: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Why there are as many, where the load says so."""
    resources: dict[str, Any] | None = None
    """What an instance takes; kept as said."""
