"""Services: programs beside a job through which a person looks at it or works in it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    SerializationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from lazuli.resources import legacy
from lazuli.schema.document import READ_ONLY, Document, Text
from lazuli.schema.words import Word

__all__ = ["JobService", "ServiceType"]


class ServiceType(Word):
    """The kinds of service. The last two are the platform's own."""

    JUPYTER_LAB = "jupyter_lab", "JupyterLab"
    TENSOR_BOARD = "tensor_board", "TensorBoard"
    VS_CODE = "vs_code", "VSCode"
    SSH = "ssh", "SSH"
    CUSTOM = "custom", "Custom"
    STUDIO = "Studio"
    TRACKING = "Tracking"

    @property
    def is_ours(self) -> bool:
        """Whether the platform shows it with every job, so that nobody asks for it."""
        return self in (ServiceType.STUDIO, ServiceType.TRACKING)


def _read_nodes(value: Any) -> Any:
    said = value.get("nodesValueType") if isinstance(value, dict) else value
    return said.lower() if isinstance(said, str) else said


def _write_nodes(value: str | None, info: SerializationInfo) -> Any:
    return {"nodesValueType": "All"} if info.by_alias and value else value


AllNodes = Annotated[
    Literal["all"],
    BeforeValidator(_read_nodes),
    PlainSerializer(_write_nodes),
    WithJsonSchema(
        {"type": "string", "enum": ["all"], "x-rest": {"type": "object", "enum": [{"nodesValueType": "All"}]}}
    ),
]
"""``all`` in YAML, ``{"nodesValueType": "All"}`` in REST."""


class JobService(Document):
    """A program beside a job."""

    type: ServiceType = Field(default=ServiceType.CUSTOM, alias="jobServiceType")
    """What it is: `jupyter_lab`, `tensor_board`, `vs_code`, `ssh`, or `custom` for what the command itself serves."""
    nodes: AllNodes | None = None
    """On which nodes: `all`, or the first one when left out. Nodes of one machine share its service."""
    port: int | None = Field(default=None, ge=1024, le=65535)
    """Its TCP port; a free one is found when left out."""
    properties: dict[str, Text] = Field(default_factory=dict)
    """Facts recorded with it."""
    log_dir: str | None = Field(default=None, alias="properties.logDir")
    """`tensor_board`: the folder with what it shows, relative to the working folder."""
    ssh_public_keys: str | None = Field(default=None, alias="properties.sshPublicKeys")
    """`ssh`: who may log in."""
    endpoint: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Where it answers."""
    status: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """How it is."""
    error_message: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Why it is not there, and what to do."""

    _earlier = model_validator(mode="before")(legacy.service)

    @field_validator("type", mode="before")
    @classmethod
    def _known_type(cls, value: object) -> object:
        return ServiceType.read(value)
