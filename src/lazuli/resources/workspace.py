"""The workspace: the place where everything else lives."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from lazuli.schema.document import READ_ONLY, Document, Text

__all__ = ["Workspace"]


class Workspace(Document):
    """A place of work: its assets, computes, jobs and the storage that belongs to them."""

    outside_properties: ClassVar[frozenset[str]] = frozenset({"name", "resource_group", "subscription_id"})

    name: str = ""
    """The name: letters, digits, `_`, `.` and `-`, 33 at most."""
    location: str = "local"
    """The region. Everything is on this machine, whatever it says."""
    display_name: str | None = Field(default=None, alias="friendlyName")
    """A name to show."""
    description: str | None = None
    """What it is for."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    hbi_workspace: bool = False
    """Whether its data is of high business impact."""
    public_network_access: str = "Enabled"
    """Kept as said; who can reach the server is decided by the address it listens on."""
    resource_group: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The resource group it is in."""
    subscription_id: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The subscription it is in."""
    workspace_id: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """A unique id that survives renaming."""
    discovery_url: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Where clients learn the addresses of the other services."""
    mlflow_tracking_uri: str | None = Field(default=None, alias="mlFlowTrackingUri", json_schema_extra=READ_ONLY)
    """What to give to `mlflow.set_tracking_uri`."""
    storage_account: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The id of the storage behind its datastores."""
    key_vault: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The id of the key vault that holds its secrets."""
    application_insights: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The id of the log of its requests, jobs and errors."""
    container_registry: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The id of the registry of its container images."""
    provisioning_state: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """`Succeeded` once it can be used."""
