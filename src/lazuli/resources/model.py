"""Models: what a job produced, kept under a name and version."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from lazuli.resources import legacy
from lazuli.resources.asset import Asset
from lazuli.schema.document import READ_ONLY
from lazuli.schema.reference import StorageUri
from lazuli.schema.words import Word

__all__ = ["Model", "ModelType"]


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
    flavors: dict[str, Any] | None = None
    """MLflow's flavors, for a model of that type."""
    job_name: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    """The job that made it."""

    _earlier = model_validator(mode="before")(legacy.asset)
