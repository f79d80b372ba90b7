"""Inputs and outputs of a job: literals, files and folders."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import (
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)

from lazuli.resources import legacy
from lazuli.schema.document import Document, Text, scope_of
from lazuli.schema.reference import expand, shorten
from lazuli.schema.words import Word
from lazuli.schema.yaml import written

__all__ = ["AssetType", "GivenLater", "Input", "Mode", "Output"]


class AssetType(Word):
    """What an input or output is."""

    LITERAL = "literal"
    URI_FILE = "uri_file"
    URI_FOLDER = "uri_folder"
    MLTABLE = "mltable"
    CUSTOM_MODEL = "custom_model"
    MLFLOW_MODEL = "mlflow_model"
    TRITON_MODEL = "triton_model"

    @property
    def collection(self) -> str:
        """The REST collection that a reference of this type names."""
        return "models" if self.value.endswith("_model") else "data"


class Mode(Word):
    """How an input reaches the job, or an output leaves it."""

    RO_MOUNT = "ro_mount", "ReadOnlyMount"
    RW_MOUNT = "rw_mount", "ReadWriteMount"
    DOWNLOAD = "download", "Download"
    UPLOAD = "upload", "Upload"
    DIRECT = "direct", "Direct"
    EVAL_MOUNT = "eval_mount", "EvalMount"
    EVAL_DOWNLOAD = "eval_download", "EvalDownload"


INPUT_MODES = {Mode.RO_MOUNT, Mode.RW_MOUNT, Mode.DOWNLOAD, Mode.DIRECT, Mode.EVAL_MOUNT, Mode.EVAL_DOWNLOAD}
OUTPUT_MODES = {Mode.RW_MOUNT, Mode.UPLOAD, Mode.DIRECT}


class Input(Document):
    """One input: a literal written as it is (`lr: 0.1`), or a file, folder, table or model by its path."""

    model_config = ConfigDict(json_schema_extra={"x-yaml-types": ["string", "number", "boolean"]})

    path_needed: ClassVar[bool] = True
    """Whether files must have a path."""

    type: AssetType = Field(default=AssetType.URI_FOLDER, alias="jobInputType")
    """What it is; a plain value is a literal."""
    path: str | None = Field(default=None, alias="uri")
    """Where it is: a local path, an asset, a datastore path, a job's output or a URL."""
    mode: Mode | None = None
    """`ro_mount` (the default), `download` or `direct`."""
    value: Text | None = None
    """The value of a literal, as text."""
    description: str | None = None
    """What it is for."""

    _earlier = model_validator(mode="before")(legacy.read)

    @model_validator(mode="before")
    @classmethod
    def _literal(cls, data: Any, info: ValidationInfo) -> Any:
        if isinstance(data, str | int | float | bool):
            word = "jobInputType" if (info.context or {}).get("rest") else "type"
            return {word: "literal", "value": written(data)}
        return data

    @field_validator("path", mode="before")
    @classmethod
    def _short(cls, value: Any, info: ValidationInfo) -> Any:
        kind = info.data.get("type", AssetType.URI_FOLDER)
        return shorten(value, kind.collection, scope_of(info)) if isinstance(value, str) else value

    @field_serializer("path")
    def _long(self, value: str | None, info: SerializationInfo) -> str | None:
        scope = scope_of(info)
        return expand(value, self.type.collection, scope) if scope and value else value

    @model_validator(mode="after")
    def _complete(self) -> Input:
        if self.type is AssetType.LITERAL:
            if self.value is None:
                raise ValueError("a literal needs a value")
            return self
        if not self.path and self.path_needed:
            raise ValueError("a path is required; write 'path: …', or a plain value for a literal")
        if self.mode is not None and self.mode not in INPUT_MODES:
            raise ValueError(f"mode '{self.mode.value}' is for outputs; use ro_mount, download or direct")
        return self

    @model_serializer(mode="wrap")
    def _plain(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        if self.type is AssetType.LITERAL and not info.by_alias:
            return self.value
        return handler(self)


class GivenLater(Input):
    """An input whose path may be given later: with ``--set``, or by whoever asks a batch endpoint."""

    path_needed: ClassVar[bool] = False


class Output(Document):
    """One output: a folder or file the job writes, kept when the job ends."""

    model_config = ConfigDict(json_schema_extra={"x-yaml-types": ["null"]})

    type: AssetType = Field(default=AssetType.URI_FOLDER, alias="jobOutputType")
    """What it is."""
    path: str | None = Field(default=None, alias="uri")
    """Where it is kept; a place of its own when left out."""
    mode: Mode | None = None
    """`rw_mount` (the default) or `upload`."""
    name: str | None = Field(default=None, alias="assetName")
    """Register it as an asset of this name when the job completes."""
    version: Text | None = Field(default=None, alias="assetVersion")
    """The version to register it as."""
    description: str | None = None
    """What it is."""

    _earlier = model_validator(mode="before")(legacy.written)

    @model_validator(mode="after")
    def _complete(self) -> Output:
        if self.type is AssetType.LITERAL:
            raise ValueError("an output is a file or folder, not a literal")
        if self.mode is not None and self.mode not in OUTPUT_MODES:
            raise ValueError(f"mode '{self.mode.value}' is for inputs; use rw_mount or upload")
        return self
