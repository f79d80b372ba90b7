"""Published pipelines: pipelines kept under a name, which run again and again with other parameters."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_serializer, field_validator

from lazuli.resources.asset import Asset
from lazuli.resources.pipeline import PipelineJob
from lazuli.schema.document import READ_ONLY, scope_of
from lazuli.schema.reference import expand, shorten
from lazuli.schema.words import Word

__all__ = ["PublishedPipeline", "PublishedStatus"]


class PublishedStatus(Word):
    """Whether a published pipeline can be submitted."""

    ACTIVE = "Active"
    DISABLED = "Disabled"


_Definition = Annotated[
    Annotated[str, Tag("reference")] | Annotated[PipelineJob, Tag("pipeline")],
    Discriminator(lambda value: "reference" if isinstance(value, str) else "pipeline"),
]


class PublishedPipeline(Asset):
    """A pipeline behind an address: who sends its parameters there runs it. Its `inputs` are the parameters."""

    pipeline: _Definition
    """The pipeline: its definition, the file that holds it, or `azureml:name` of a job that was submitted."""
    pipeline_id: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The id of this version, as its address has it."""
    endpoint: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The address to which parameters are sent to run this version."""
    name_endpoint: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The address that stays the same for all versions: it runs the one labelled `default`, else the newest."""
    status: PublishedStatus | None = Field(default=None, json_schema_extra=READ_ONLY)
    """Whether it can be submitted: `Active` or `Disabled`."""

    @field_validator("pipeline", mode="before")
    @classmethod
    def _short(cls, value: Any, info: ValidationInfo) -> Any:
        return shorten(value, "jobs", scope_of(info)) if isinstance(value, str) else value

    @field_serializer("pipeline", mode="wrap")
    def _nameless(self, value: Any, handler: Any, info: Any) -> Any:
        """In REST an earlier job goes by its id; a definition has no name of its own in any dialect."""
        said = handler(value)
        if isinstance(said, dict):
            said.pop("name", None)
        scope = scope_of(info)
        return expand(said, "jobs", scope) if scope and isinstance(said, str) else said
