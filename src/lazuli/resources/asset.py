"""What every versioned asset says, and the container that holds its versions."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from lazuli.schema.document import READ_ONLY, Document, Text

__all__ = ["Asset", "Container"]


class Asset(Document):
    """A versioned thing in a workspace: immutable once made, but for its description, tags, stage and archiving."""

    name: str = ""
    """The name: letters, digits, `_`, `.` and `-`."""
    version: Text = ""
    """The version. Left out, the next whole number is taken."""
    description: str | None = None
    """What it is, in Markdown."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    properties: dict[str, Text] = Field(default_factory=dict)
    """Facts recorded with it; they cannot be changed later."""
    labels: list[str] | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The labels that lead to this version, beside `latest`."""
    is_anonymous: bool = False
    """Whether it was made in passing, without a name of its own."""
    is_archived: bool = Field(default=False)
    """Whether it is hidden from lists."""


class Container(Document):
    """All versions of one asset together."""

    outside_properties: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str = ""
    """The name of the asset."""
    description: str | None = None
    """What it is, in Markdown."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    properties: dict[str, Text] = Field(default_factory=dict)
    """Facts recorded with it."""
    is_archived: bool = False
    """Whether it is hidden from lists, with all its versions."""
    labels: dict[str, str] | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The versions that labels lead to, beside `latest`."""
    latest_version: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The newest version."""
    next_version: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The version that is taken when none is given."""
