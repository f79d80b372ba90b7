"""Compute targets: where jobs run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator, model_validator

from lazuli.resources import refused
from lazuli.resources.compute_rest import from_rest, to_rest
from lazuli.schema.document import READ_ONLY, Document, Text
from lazuli.schema.identity import Scope
from lazuli.schema.words import Minutes, Seconds, Word

__all__ = ["Compute", "ComputeType", "NodeState", "SshSettings", "Tier"]


class ComputeType(Word):
    """The kinds of compute target."""

    AMLCOMPUTE = "amlcompute", "AmlCompute"
    COMPUTEINSTANCE = "computeinstance", "ComputeInstance"


class Tier(Word):
    """Whether nodes may be taken away."""

    DEDICATED = "dedicated", "Dedicated"
    LOW_PRIORITY = "low_priority", "LowPriority"


class NodeState(Word):
    """Where a node is on its way. `left` is its end, kept for what it cost."""

    PREPARING = "preparing"
    IDLE = "idle"
    RUNNING = "running"
    LEAVING = "leaving"
    PREEMPTED = "preempted"
    UNUSABLE = "unusable"
    LEFT = "left"


_CLUSTER_ONLY = frozenset({"tier", "min_instances", "max_instances", "idle_time_before_scale_down"})
_INSTANCE_ONLY = frozenset(
    {
        "idle_time_before_shutdown_minutes",
        "schedules",
        "setup_scripts",
        "custom_applications",
        "create_on_behalf_of",
        "enable_sso",
        "enable_root_access",
    }
)


class SshSettings(Document):
    """Who may log in to nodes. Kept as said: nodes are slots on this machine and have no login of their own."""

    admin_username: str | None = Field(default=None, alias="adminUserName")
    """The name of the account."""
    admin_password: str | None = Field(default=None, alias="adminUserPassword")
    """Its password. Never kept."""
    ssh_key_value: str | None = Field(default=None, alias="adminUserSshPublicKey")
    """Its public key."""


class NetworkSettings(Document):
    """The virtual network of nodes. Kept as said: they share the network of this machine."""

    vnet_name: str | None = Field(default=None, alias="vnet_name")
    """The virtual network."""
    subnet: str | None = Field(default=None, alias="subnet")
    """The subnet's name, or its id."""


class Compute(Document):
    """A cluster or an instance: nodes on which jobs run; on one machine a node is a slot for one job."""

    outside_properties: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str = ""
    """The name: letters, digits and `-`."""
    type: ComputeType = Field(default=ComputeType.AMLCOMPUTE, alias="computeType")
    """The kind of target."""
    location: str | None = None
    """The region; taken from the workspace when left out."""
    description: str | None = None
    """What it is for."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    size: str = Field(default="Standard_DS3_v2", alias="properties.vmSize")
    """The size of a node, by Azure's name."""
    tier: Tier = Field(default=Tier.DEDICATED, alias="properties.vmPriority")
    """Whether nodes may be taken away while a job runs."""
    min_instances: int = Field(default=0, ge=0, le=1000, alias="properties.scaleSettings.minNodeCount")
    """How many nodes are kept when there is nothing to do."""
    max_instances: int = Field(default=4, ge=1, le=1000, alias="properties.scaleSettings.maxNodeCount")
    """How many nodes there are at most: how many jobs run at once."""
    idle_time_before_scale_down: Seconds = Field(
        default=120, ge=0, alias="properties.scaleSettings.nodeIdleTimeBeforeScaleDown"
    )
    """Seconds a node may be idle before it is given back."""
    idle_time_before_shutdown_minutes: Minutes | None = Field(
        default=None, ge=1, le=4320, alias="properties.idleTimeBeforeShutdown"
    )
    """Minutes an instance may be idle before it is stopped."""
    ssh_settings: SshSettings | None = Field(default=None, alias="properties.userAccountCredentials")
    """Who may log in to nodes; kept as said."""
    ssh_public_access_enabled: bool | None = Field(default=None, alias="properties.remoteLoginPortPublicAccess")
    """Whether the SSH port is open; kept as said."""
    network_settings: NetworkSettings | None = Field(default=None, alias="properties.subnet")
    """The virtual network of nodes; kept as said."""
    enable_node_public_ip: bool = Field(default=True, alias="properties.enableNodePublicIp")
    """Whether nodes have public addresses; kept as said."""
    identity: dict[str, Any] | None = None
    """The managed identities of nodes; kept as said."""
    schedules: dict[str, Any] | None = Field(default=None, alias="properties.schedules")
    """When an instance starts and stops; kept as said."""
    setup_scripts: dict[str, Any] | None = Field(default=None, alias="properties.setupScripts")
    """What to run when an instance is made or started; kept as said."""
    custom_applications: list[dict[str, Any]] | None = Field(default=None, alias="properties.customServices")
    """Applications on an instance; kept as said."""
    create_on_behalf_of: dict[str, Any] | None = Field(default=None, alias="properties.personalComputeInstanceSettings")
    """Whose instance it is; kept as said."""
    enable_sso: bool = Field(default=True, alias="properties.enableSso")
    """Whether an instance signs its user in; kept as said."""
    enable_root_access: bool = Field(default=True, alias="properties.enableRootAccess")
    """Whether an instance's user may become root; kept as said."""
    provisioning_state: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """`Succeeded` once jobs can be sent to it."""
    state: str | None = Field(default=None, alias="properties.state", json_schema_extra=READ_ONLY)
    """Of an instance: `Starting`, `Running`, `Stopping` or `Stopped`."""
    last_operation: dict[str, Any] | None = Field(
        default=None, alias="properties.lastOperation", json_schema_extra=READ_ONLY
    )
    """Of an instance: what was last done with it."""
    nodes_busy: int | None = Field(
        default=None, alias="properties.nodeStateCounts.runningNodeCount", json_schema_extra=READ_ONLY
    )
    """Nodes on which a job runs now."""
    nodes_idle: int | None = Field(
        default=None, alias="properties.nodeStateCounts.idleNodeCount", json_schema_extra=READ_ONLY
    )
    """Nodes that wait for a job."""
    nodes_preparing: int | None = Field(
        default=None, alias="properties.nodeStateCounts.preparingNodeCount", json_schema_extra=READ_ONLY
    )
    """Nodes on their way up."""
    nodes_leaving: int | None = Field(
        default=None, alias="properties.nodeStateCounts.leavingNodeCount", json_schema_extra=READ_ONLY
    )
    """Nodes on their way down."""
    nodes_preempted: int | None = Field(
        default=None, alias="properties.nodeStateCounts.preemptedNodeCount", json_schema_extra=READ_ONLY
    )
    """Nodes taken away whose job is being stopped."""
    nodes_unusable: int | None = Field(
        default=None, alias="properties.nodeStateCounts.unusableNodeCount", json_schema_extra=READ_ONLY
    )
    """Nodes that could not be made ready."""
    nodes_allocated: int | None = Field(default=None, alias="properties.currentNodeCount", json_schema_extra=READ_ONLY)
    """Nodes there are now."""
    nodes_wanted: int | None = Field(default=None, alias="properties.targetNodeCount", json_schema_extra=READ_ONLY)
    """Nodes there are to be."""
    allocation_state: str | None = Field(default=None, alias="properties.allocationState", json_schema_extra=READ_ONLY)
    """`Steady` when the number of nodes is the one wanted, else `Resizing`."""
    price_per_hour: float | None = Field(default=None, alias="properties.pricePerHour", json_schema_extra=READ_ONLY)
    """What a node costs an hour, as the settings say."""
    notes: list[str] | None = Field(default=None, json_schema_extra=READ_ONLY)
    """What some of the above means on this machine."""

    @property
    def is_instance(self) -> bool:
        """Whether it is one machine that is started and stopped, rather than a cluster that scales."""
        return self.type is ComputeType.COMPUTEINSTANCE

    def to_rest(self, scope: Scope | None = None) -> dict[str, Any]:
        """The document as REST's ``properties``, without what only the other kind of compute has."""
        return to_rest(super().to_rest(scope), scope, is_instance=self.is_instance)

    def to_yaml(self) -> dict[str, Any]:
        """The document in the YAML dialect, without what only the other kind of compute has."""
        foreign = _CLUSTER_ONLY if self.is_instance else _INSTANCE_ONLY
        return {word: value for word, value in super().to_yaml().items() if word not in foreign}

    @model_validator(mode="before")
    @classmethod
    def _reshaped(cls, data: Any, info: ValidationInfo) -> Any:
        context = info.context or {}
        if isinstance(data, Mapping) and context.get("rest"):
            try:
                return from_rest(data, context.get("scope"))
            except (AttributeError, TypeError):  # a list or a word where another mapping is nested
                raise ValueError("'properties' holds a value of another shape than a compute has there") from None
        if isinstance(data, Mapping) and "idle_time_before_shutdown" in data:  # the older spelling: a duration
            data = dict(data)
            data["idle_time_before_shutdown_minutes"] = data.pop("idle_time_before_shutdown")
        return data

    @field_validator("type", mode="before")
    @classmethod
    def _known_type(cls, value: object) -> object:
        try:
            return ComputeType.read(value)
        except ValueError:
            what = "a kind of compute"
            raise ValueError(refused.reason(refused.COMPUTES, str(value), what, list(ComputeType))) from None

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> Compute:
        if (info.context or {}).get("yaml"):
            foreign = _CLUSTER_ONLY if self.is_instance else _INSTANCE_ONLY
            if said := sorted(foreign & self.model_fields_set):
                other = "a cluster (amlcompute)" if self.is_instance else "an instance (computeinstance)"
                raise ValueError(f"'{said[0]}' is for {other}; remove it")
        if self.min_instances > self.max_instances:
            raise ValueError(
                f"min_instances ({self.min_instances}) is above max_instances ({self.max_instances}); raise the latter"
            )
        return self
