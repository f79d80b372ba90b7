"""Environments: the Python and the packages a job runs with."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from lazuli.resources import legacy
from lazuli.resources.asset import Asset
from lazuli.schema.document import READ_ONLY, Document
from lazuli.schema.words import Word
from lazuli.schema.yaml import dump

__all__ = ["BuildContext", "Environment", "InferenceConfig", "OsType", "Route"]


class OsType(Word):
    """The operating system of an environment."""

    LINUX = "linux", "Linux"
    WINDOWS = "windows", "Windows"


class BuildContext(Document):
    """A folder with a Dockerfile."""

    path: str = Field(alias="contextUri")
    """The folder."""
    dockerfile_path: str = "Dockerfile"
    """The Dockerfile, relative to the folder."""

    _earlier = model_validator(mode="before")(legacy.asset)


CondaFile = Annotated[
    str,
    BeforeValidator(lambda value: dump(value) if isinstance(value, dict) else value),
    WithJsonSchema({"type": "string", "x-yaml-types": ["object"]}),
]
"""A conda specification: its text, or the path of the file that holds it, or the mapping itself."""


class Route(Document):
    """Where a server inside an environment is asked for one thing."""

    path: str = "/"
    """The path, from `/`."""
    port: int = Field(ge=1, le=65535)
    """The port at which it listens, inside."""

    @model_validator(mode="after")
    def _begins_at_the_root(self) -> Route:
        if not self.path.startswith("/") or any(sign.isspace() or sign in "?#" for sign in self.path):
            raise ValueError("a 'path' begins with '/', and has no blanks and no query")
        return self


class InferenceConfig(Document):
    """How the server is asked that an environment brings along, for deployments."""

    scoring_route: Route
    """Where it is asked for scores."""
    liveness_route: Route | None = None
    """Where a 200 says that it lives; the scoring route's port at `/` where left out."""
    readiness_route: Route | None = None
    """Where a 200 says that it can be asked; the liveness route where left out."""

    @property
    def liveness(self) -> Route:
        """Where it is asked whether it lives."""
        return self.liveness_route or Route(port=self.scoring_route.port)

    @property
    def readiness(self) -> Route:
        """Where it is asked whether it is ready."""
        return self.readiness_route or self.liveness


class Environment(Asset):
    """What must be installed where a job runs: an image, a conda specification on top of it, or a build context."""

    image: str | None = None
    """A Docker image by name. Known ones are realised without a container runtime."""
    conda_file: CondaFile | None = None
    """A conda specification: a path, or the mapping itself."""
    build: BuildContext | None = None
    """A build context; excludes `image`."""
    os_type: OsType = OsType.LINUX
    """`linux` or `windows`."""
    inference_config: InferenceConfig | None = None
    """The routes of the server that it brings along, for deployments."""
    environment_type: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """`UserCreated` or `Curated`."""
    build_state: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Whether it is made on this machine: `ready`, `building` or `failed`; nothing before its first job."""
    python_version: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The version of its Python, once it is ready."""
    lock: list[str] | None = Field(default=None, json_schema_extra=READ_ONLY)
    """What was installed, `name==version` each, once it is ready."""

    _earlier = model_validator(mode="before")(legacy.environment)

    @model_validator(mode="after")
    def _says_something(self) -> Environment:
        if self.image and self.build:
            raise ValueError("both 'image' and 'build' are given; keep one of them")
        if not (self.image or self.build or self.conda_file):
            raise ValueError("one of 'image', 'conda_file' and 'build' is required")
        return self
