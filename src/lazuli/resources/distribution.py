"""Distribution: how several processes share the work of a job."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator

from lazuli.schema.document import Document
from lazuli.schema.words import Word

__all__ = ["MOST_PROCESSES", "Distribution", "DistributionType"]

MOST_PROCESSES = 1000
"""How many processes a job may ask for: more is a slip, or an attempt to bring the machine down."""


class DistributionType(Word):
    """The frameworks whose way of finding each other is known."""

    PYTORCH = "pytorch", "PyTorch"
    MPI = "mpi", "Mpi"
    TENSORFLOW = "tensorflow", "TensorFlow"
    RAY = "ray", "Ray"


_FIELDS: dict[DistributionType, tuple[str, ...]] = {
    DistributionType.PYTORCH: ("process_count_per_instance",),
    DistributionType.MPI: ("process_count_per_instance",),
    DistributionType.TENSORFLOW: ("worker_count", "parameter_server_count"),
    DistributionType.RAY: (
        "port",
        "address",
        "include_dashboard",
        "dashboard_port",
        "head_node_additional_args",
        "worker_node_additional_args",
    ),
}


class Distribution(Document):
    """How several processes share the work."""

    type: DistributionType = Field(alias="distributionType")
    """The framework: `pytorch`, `mpi` or `tensorflow`."""
    process_count_per_instance: int | None = Field(default=None, ge=1, le=MOST_PROCESSES)
    """`pytorch`, `mpi`: how many processes a node runs; 1 when left out."""
    worker_count: int | None = Field(default=None, ge=1, le=MOST_PROCESSES)
    """`tensorflow`: how many workers; one a node when left out."""
    parameter_server_count: int | None = Field(default=None, ge=0, le=MOST_PROCESSES)
    """`tensorflow`: how many parameter servers; 0 when left out."""
    port: int | None = None
    """`ray`: the port of its head."""
    address: str | None = None
    """`ray`: the address of its head."""
    include_dashboard: bool | None = None
    """`ray`: whether its dashboard is served."""
    dashboard_port: int | None = None
    """`ray`: the port of its dashboard."""
    head_node_additional_args: str | None = None
    """`ray`: more arguments for its head."""
    worker_node_additional_args: str | None = None
    """`ray`: more arguments for its workers."""

    @field_validator("type", mode="before")
    @classmethod
    def _known_type(cls, value: object) -> object:
        return DistributionType.read(value)

    @model_validator(mode="after")
    def _of_its_type(self) -> Distribution:
        own = _FIELDS[self.type]
        others = {field for fields in _FIELDS.values() for field in fields} - set(own)
        if strange := sorted(field for field in others if getattr(self, field) is not None):
            raise ValueError(f"'{self.type.value}' has no '{strange[0]}'. It has: {', '.join(own)}")
        return self

    @property
    def per_node(self) -> int:
        """How many processes a node runs, where each runs as many."""
        return self.process_count_per_instance or 1
