"""What kind of resource a YAML file says: its schema line tells, else its keys do.

The schemas are those of Azure, by the last part of their address: ``…/latest/pipelineJob.schema.json``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lazuli.resources import refused
from lazuli.resources.table import Noun, noun
from lazuli.schema.problems import Unsupported
from lazuli.schema.yaml import Source

__all__ = ["SCHEMAS", "FileKind", "kind_of", "schema", "schema_name"]


@dataclass(frozen=True)
class FileKind:
    """A kind of file."""

    schema: str
    """The name of its schema, as Azure spells it: ``pipelineJob``."""
    word: str
    """Its noun."""
    type: str = ""
    """The ``type`` within that noun, where it has several."""

    @property
    def noun(self) -> Noun:
        """Its noun's row."""
        return noun(self.word)


SCHEMAS: tuple[FileKind, ...] = (
    FileKind("commandJob", "job", "command"),
    FileKind("sweepJob", "job", "sweep"),
    FileKind("pipelineJob", "job", "pipeline"),
    FileKind("autoMLJob", "job", "automl"),
    FileKind("commandComponent", "component", "command"),
    FileKind("parallelComponent", "component", "parallel"),
    FileKind("pipelineComponent", "component", "pipeline"),
    FileKind("data", "data"),
    FileKind("dataImport", "data-import"),
    FileKind("environment", "environment"),
    FileKind("model", "model"),
    FileKind("amlCompute", "compute", "amlcompute"),
    FileKind("computeInstance", "compute", "computeinstance"),
    FileKind("workspace", "workspace"),
    FileKind("registry", "registry"),
    FileKind("schedule", "schedule"),
    FileKind("publishedPipeline", "published-pipeline"),
    FileKind("connection", "connection"),
    FileKind("workspaceConnection", "connection"),
    FileKind("azureBlob", "datastore", "azure_blob"),
    FileKind("azureDataLakeGen2", "datastore", "azure_data_lake_gen2"),
    FileKind("azureFile", "datastore"),
    FileKind("azureDataLakeGen1", "datastore"),
    FileKind("managedOnlineEndpoint", "online-endpoint"),
    FileKind("kubernetesOnlineEndpoint", "online-endpoint"),
    FileKind("managedOnlineDeployment", "online-deployment"),
    FileKind("kubernetesOnlineDeployment", "online-deployment"),
    FileKind("batchEndpoint", "batch-endpoint"),
    FileKind("batchDeployment", "batch-deployment"),
    FileKind("modelBatchDeployment", "batch-deployment", "model"),
    FileKind("pipelineComponentBatchDeployment", "batch-deployment", "pipeline"),
)
"""Every kind of file there is a schema for."""

_BY_NAME = {kind.schema.lower(): kind for kind in SCHEMAS}
_NAME = re.compile(r"([\w-]+?)(?:\.schema)?\.json\s*$")


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file by its schema's name, or of all kinds of a noun by the noun's word.

    Raises KeyError where there is none.
    """
    kind = _BY_NAME.get(name.lower())
    if kind is None:
        return noun(name).document.json_schema("yaml")
    return kind.noun.document.for_type(kind.type or None).json_schema("yaml")


def schema_name(address: str) -> str:
    """The name of the schema at an address: ``pipelinejob``; '' where it is none."""
    match = _NAME.search(address)
    return match[1].lower() if match else ""


def kind_of(source: Source) -> FileKind | None:
    """The kind of a file by its schema line, or None. Raises :class:`Unsupported` for one that is refused."""
    said = source.data if isinstance(source.data, Mapping) else {}
    name = schema_name(str(said.get("$schema") or ""))
    if why := refused.FILES.get(name):
        raise Unsupported(f"{source.where(('$schema',))}: {why}.", target="$schema")
    return _BY_NAME.get(name)
