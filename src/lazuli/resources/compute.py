"""Compute targets: where jobs run."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, field_validator, model_validator

from lazuli.schema.document import READ_ONLY, Document, Text
from lazuli.schema.words import Seconds, Word

__all__ = ["Compute", "ComputeType", "Tier"]


class ComputeType(Word):
    """The kinds of compute target."""

    AMLCOMPUTE = "amlcompute", "AmlCompute"


class Tier(Word):
    """Whether nodes may be taken away."""

    DEDICATED = "dedicated", "Dedicated"
    LOW_PRIORITY = "low_priority", "LowPriority"


class Compute(Document):
    """A cluster: a number of nodes on which jobs run; on one machine a node is a slot for one job."""

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
    provisioning_state: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """`Succeeded` once jobs can be sent to it."""
    nodes_busy: int | None = Field(
        default=None, alias="properties.nodeStateCounts.runningNodeCount", json_schema_extra=READ_ONLY
    )
    """Nodes on which a job runs now."""
    nodes_allocated: int | None = Field(default=None, alias="properties.currentNodeCount", json_schema_extra=READ_ONLY)
    """Nodes in use now."""
    allocation_state: str | None = Field(default=None, alias="properties.allocationState", json_schema_extra=READ_ONLY)
    """`Steady` when the number of nodes is the one wanted."""

    @field_validator("type", mode="before")
    @classmethod
    def _known_type(cls, value: object) -> object:
        try:
            return ComputeType.read(value)
        except ValueError:
            raise ValueError(
                "a kind of compute that this version does not have. Use 'type: amlcompute', a cluster on this machine"
            ) from None

    @model_validator(mode="after")
    def _min_below_max(self) -> Compute:
        if self.min_instances > self.max_instances:
            raise ValueError(
                f"min_instances ({self.min_instances}) is above max_instances ({self.max_instances}); raise the latter"
            )
        return self
