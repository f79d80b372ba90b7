"""Packages of models: what `model package` is told in YAML."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from lazuli.resources.deployment import CodeConfiguration
from lazuli.schema.document import Document, Text
from lazuli.schema.words import Word

__all__ = ["ModelPackage", "ServerType"]


class ServerType(Word):
    """What answers in a package."""

    AZUREML_ONLINE = "azureml_online", "AzureMLOnline"
    AZUREML_BATCH = "azureml_batch", "AzureMLBatch"
    CUSTOM = "custom", "Custom"
    TRITON = "triton", "Triton"


class InferencingServer(Document):
    """What answers in a package."""

    type: ServerType = Field(default=ServerType.AZUREML_ONLINE, alias="serverType")
    """`azureml_online`: a scoring script, a model of MLflow or an ONNX file, behind Lazuli's server."""
    code_configuration: CodeConfiguration | None = None
    """The script that answers; models of MLflow and ONNX files need none."""
    inference_configuration: dict[str, Any] | None = None
    """`custom`: the routes of a server of one's own."""


class BaseEnvironmentSource(Document):
    """The environment that a package begins with."""

    type: str = Field(default="environment_asset", alias="baseEnvironmentSourceType")
    """`environment_asset`."""
    resource_id: str
    """`azureml:name:version`, or the YAML file of an environment."""


class ModelConfiguration(Document):
    """How the model lies in a package."""

    model_config = ConfigDict(protected_namespaces=())

    mode: str | None = None
    """`copy` or `download`: either way the model lies in the package."""
    mount_path: str | None = None
    """The folder for it, in place of `/var/azureml-app/azureml-models`."""


class ModelPackage(Document):
    """A model with a server and an environment, as an image."""

    model_config = ConfigDict(protected_namespaces=())

    target_environment: Annotated[
        str | None,
        BeforeValidator(lambda value: value.get("name") if isinstance(value, dict) else value),
        WithJsonSchema({"type": "string", "x-yaml-types": ["object"]}),
    ] = Field(default=None, alias="targetEnvironmentId")
    """What the image is called."""
    base_environment_source: BaseEnvironmentSource | None = None
    """The environment that a script needs; a model of MLflow brings its own."""
    inferencing_server: InferencingServer = Field(default_factory=InferencingServer)
    """What answers."""
    model_configuration: ModelConfiguration | None = None
    """How the model lies in it."""
    environment_variables: dict[str, Text] = Field(default_factory=dict)
    """Variables for the server."""
    inputs: list[dict[str, Any]] | None = None
    """Further models; none can be taken along yet."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by; kept nowhere."""
