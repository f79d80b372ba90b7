"""What an endpoint is made of: the configuration file as it was said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

__all__ = ["Collect", "ModelSaid", "ProcessSaid", "Table", "WrongTable", "read"]

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Percent = Annotated[int, Field(ge=0, le=100)]


class WrongTable(Exception):
    """The configuration cannot be used; the message says where it is wrong."""


class Said(BaseModel):
    """A part of the file: what it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class Token(Said):
    """A token that holds until a time, in seconds since 1970."""

    sha256: Digest
    expires: float


class CollectionSaid(Said):
    """The folder of a stream, and how much of it is kept."""

    folder: Path
    sampling: float = Field(1.0, ge=0, le=1)


class Collect(Said):
    """What is kept of requests, by the names of the streams."""

    source: str
    model_version: str = ""
    rolling: Literal["minute", "hour", "day"] = "hour"
    headers: tuple[str, ...] = ()
    collections: dict[Name, CollectionSaid]


class ProcessSaid(Said):
    """A deployment of processes that speak HTTP."""

    kind: Literal["process"]
    addresses: tuple[str, ...]
    instances: int = Field(1, ge=0)
    scoring: str = Field("/score", pattern="^/")
    concurrency: int = Field(1, ge=1)
    timeout_ms: int = Field(5000, ge=1)
    wait_ms: int = Field(500, ge=0)
    largest_answer: int = Field(100 * 1024 * 1024, ge=1)
    collect: Collect | None = None

    def is_new_beside(self, other: ProcessSaid) -> bool:
        """Whether it has nothing in common with another: it is another deployment under the same name."""
        return bool(self.addresses) and set(self.addresses).isdisjoint(other.addresses)


class ModelSaid(Said):
    """A deployment of an ONNX model."""

    kind: Literal["onnx"]
    model: Path
    name: str | None = None
    providers: tuple[str, ...] = ("CPUExecutionProvider",)
    threads: int = Field(1, ge=0)
    runners: int = Field(0, ge=0)
    batch: int = Field(1, ge=1)
    waiting: int = Field(1000, ge=1)
    timeout_ms: int = Field(5000, ge=1)
    collect: Collect | None = None


class Table(Said):
    """The whole file."""

    endpoint: str
    generation: int = 0
    address: tuple[str, int]
    control: Path
    log: Path | None = None
    auth: Literal["key", "none"] = "key"
    keys: tuple[Digest, ...] = ()
    tokens: tuple[Token, ...] = ()
    code: Digest | None = None
    """The hash of the word behind ``?code=`` in an address that opens the endpoint."""
    largest: int = Field(100 * 1024 * 1024, ge=1)
    traffic: dict[str, Percent] = Field(default_factory=dict)
    mirror: dict[str, Percent] = Field(default_factory=dict)
    deployments: dict[Name, Annotated[ProcessSaid | ModelSaid, Field(discriminator="kind")]]

    @model_validator(mode="after")
    def _names_are_known(self) -> Table:
        for word, shares in (("traffic", self.traffic), ("mirror", self.mirror)):
            for name in shares:
                if name not in self.deployments:
                    raise ValueError(f"{word}: there is no deployment '{name}'")
        return self


def read(file: Path) -> Table:
    """What a file says. Raises :class:`WrongTable`."""
    try:
        return Table.model_validate_json(file.read_bytes())
    except OSError as error:
        raise WrongTable(f"The configuration cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}" for wrong in error.errors()]
        raise WrongTable("The configuration is wrong: " + "; ".join(lines)) from None
