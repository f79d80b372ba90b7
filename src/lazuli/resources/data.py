"""Data assets: a file, a folder or a table, by name and version."""

from __future__ import annotations

from pydantic import Field, model_validator

from lazuli.resources import legacy
from lazuli.resources.asset import Asset
from lazuli.schema.document import READ_ONLY
from lazuli.schema.reference import StorageUri
from lazuli.schema.words import Word

__all__ = ["Data", "DataType"]


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
