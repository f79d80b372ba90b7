"""Models: what a job produced, kept under a name and version."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field, SerializationInfo, ValidationInfo, field_serializer, field_validator, model_validator

from lazuli.resources import legacy
from lazuli.resources.asset import Asset
from lazuli.schema.document import READ_ONLY
from lazuli.schema.reference import StorageUri
from lazuli.schema.words import Word

__all__ = ["VARIANT_OF", "Model", "ModelType"]

VARIANT_OF = "lazuli.variant_of"
"""The property by which a model, or data, names the version that it is another form of: ``azureml:name:version``."""


class ModelType(Word):
    """How a model is stored."""

    CUSTOM_MODEL = "custom_model"
    MLFLOW_MODEL = "mlflow_model"
    TRITON_MODEL = "triton_model"


class Model(Asset):
    """A trained model: its files, and the job it came from."""

    type: ModelType = Field(default=ModelType.CUSTOM_MODEL, alias="modelType")
    """`custom_model` (any files), `mlflow_model` or `triton_model`."""
    path: StorageUri = Field(alias="modelUri", min_length=1)
    """Where its files are: a local path, `azureml://jobs/J/outputs/O`, `runs:/RUN/path` or a datastore path."""
    stage: str | None = None
    """`Development`, `Production`, `Archived` or a word of your own."""
    flavors: dict[str, dict[str, Any]] | None = None
    """MLflow's flavors, for a model of that type; read from its `MLmodel` file where they are left out."""
    job_name: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The job that made it."""

    @field_validator("flavors", mode="before")
    @classmethod
    def _from_rest(cls, value: Any, info: ValidationInfo) -> Any:
        """REST keeps what a flavor says of itself one level deeper, as ``data``."""
        if not isinstance(value, dict) or not (info.context or {}).get("rest"):
            return value
        return {
            name: facts["data"] if isinstance(facts, dict) and facts.keys() == {"data"} else facts
            for name, facts in value.items()
        }

    @field_serializer("flavors")
    def _to_rest(self, value: dict[str, dict[str, Any]] | None, info: SerializationInfo) -> Any:
        if value is None or not info.by_alias:
            return value
        return {name: {"data": {k: _text(v) for k, v in facts.items()}} for name, facts in value.items()}

    _earlier = model_validator(mode="before")(legacy.asset)


def _text(value: Any) -> str:
    """What REST, where a flavor's facts are texts, tells of one."""
    return value if isinstance(value, str) else json.dumps(value)
