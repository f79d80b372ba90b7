"""Datastores: where the bytes of a workspace lie."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from lazuli.schema.document import READ_ONLY, Document, Text
from lazuli.schema.words import Word

__all__ = ["Datastore", "DatastoreType"]


class DatastoreType(Word):
    """The kinds of datastore."""

    AZURE_BLOB = "azure_blob", "AzureBlob"


class Datastore(Document):
    """A named place for files: an account and a container in it."""

    outside_properties: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str = ""
    """The name: letters, digits and `_`."""
    type: DatastoreType = Field(default=DatastoreType.AZURE_BLOB, alias="datastoreType")
    """The kind of storage."""
    description: str | None = None
    """What it holds."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    account_name: str
    """The storage account."""
    container_name: str
    """The container in it."""
    protocol: str = "https"
    """`https` or `http`."""
    endpoint: str | None = None
    """The domain of the storage service."""
    credentials: dict[str, Any] = Field(default_factory=dict)
    """How clients get in; secrets are never shown here."""
    is_default: bool = Field(default=False, json_schema_extra=READ_ONLY)
    """Whether uploads go here unless told otherwise."""
