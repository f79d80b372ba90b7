"""The registry: a shelf of assets that all workspaces share."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from lazuli.schema.document import READ_ONLY, Document, Text

__all__ = ["Region", "Registry"]


class Region(Document):
    """A region that a registry is in."""

    location: str
    """Its name. Everything is on this machine, whatever it says."""


class Registry(Document):
    """A shelf of environments, models, components and data that all workspaces of the server share."""

    outside_properties: ClassVar[frozenset[str]] = frozenset({"name", "resource_group", "subscription_id"})

    name: str = ""
    """The name, of which the server has only one: letters, digits, `_`, `.` and `-`, 33 at most."""
    location: str = "local"
    """The region. Everything is on this machine, whatever it says."""
    description: str | None = None
    """What it is for."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    public_network_access: str = "Enabled"
    """Kept as said; who can reach the server is decided by the address it listens on."""
    replication_locations: list[Region] = Field(default_factory=list, alias="regionDetails")
    """The regions it is in, kept as said."""
    resource_group: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The resource group it is in."""
    subscription_id: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The subscription it is in."""
    discovery_url: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Where clients learn the address of its assets."""
    provisioning_state: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """`Succeeded` once it can be used."""
