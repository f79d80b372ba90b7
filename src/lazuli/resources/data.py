"""Data assets: a file, a folder or a table, by name and version."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from lazuli.resources import legacy
from lazuli.resources.asset import Asset
from lazuli.schema.document import READ_ONLY, Document
from lazuli.schema.reference import StorageUri
from lazuli.schema.words import Word

__all__ = ["Data", "DataImport", "DataType"]


class DataType(Word):
    """What a data asset is."""

    URI_FILE = "uri_file"
    URI_FOLDER = "uri_folder"
    MLTABLE = "mltable"


class Data(Asset):
    """A file, a folder or a table under a name; a version of it never changes."""

    type: DataType = Field(default=DataType.URI_FOLDER, alias="dataType")
    """`uri_file`, `uri_folder` or `mltable`."""
    path: StorageUri = Field(alias="dataUri", min_length=1)
    """Where it is: a local path (uploaded once), a datastore path, a job's output or a URL."""

    file_count: int | None = Field(default=None, json_schema_extra=READ_ONLY)
    """How many files it had when it was made."""
    size: int | None = Field(default=None, json_schema_extra=READ_ONLY)
    """How many bytes they had."""

    _earlier = model_validator(mode="before")(legacy.asset)


class ImportSource(Document):
    """Where data is imported from."""

    type: str
    """`database` or `file_system`."""
    connection: str
    """The connection that leads there: `azureml:name`."""
    query: str | None = None
    """`database`: what is asked."""
    path: str | None = None
    """`file_system`: what is fetched."""
    stored_procedure: str | None = None
    """`database`: a procedure that is called instead."""
    stored_procedure_params: list[dict[str, Any]] | None = None
    """Its parameters."""

    @field_validator("type")
    @classmethod
    def _known(cls, value: str) -> str:
        if value.lower() not in ("database", "file_system"):
            raise ValueError("it must be 'database' or 'file_system'")
        return value.lower()


class DataImport(Asset):
    """Data that is fetched from a database or another file system into a datastore of the workspace."""

    type: DataType = Field(default=DataType.URI_FOLDER, alias="dataType")
    """What is made of it: `mltable` of a database, `uri_folder` of files."""
    path: StorageUri = Field(alias="dataUri", min_length=1)
    """Where it goes: a place on a datastore."""
    source: ImportSource
    """Where it comes from."""
