"""The table of resources: a row per noun. Routes, commands, schemas and reference pages are loops over it.

Reading the table is cheap: a document class is imported only when :attr:`Noun.document` is asked for, so that
``lazuli --help`` does not wait for pydantic.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lazuli.schema.identity import NESTED

if TYPE_CHECKING:
    from lazuli.schema.document import Document

__all__ = ["LATER", "NOUNS", "Noun", "noun"]


@dataclass(frozen=True)
class Noun:
    """One kind of resource, said once."""

    word: str
    """What the command line calls it."""
    collection: str
    """What REST calls all of them; '' for the workspace, which is the root of the others."""
    document_path: str
    """``module:Class`` of the document."""
    summary: str
    """One line for help and reference."""
    versioned: bool = False
    """Whether it is an asset with versions."""
    hoisted: tuple[str, ...] = ()
    """REST words that stand beside ``properties`` rather than in it."""
    columns: tuple[str, ...] = ("name",)
    """What a list shows of each, in the YAML dialect."""
    command: bool = True
    """Whether the command line has it."""
    later: str = ""
    """What it stands for that this version does not do yet: its YAML is understood, and nothing is made of it."""

    # Not slots: the document is looked up once, on first use.
    @cached_property
    def document(self) -> type[Document]:
        """The document class."""
        module, name = self.document_path.split(":")
        return getattr(importlib.import_module(module), name)

    @property
    def indefinite(self) -> str:
        """One of them, in a sentence: ``an environment``."""
        if self.word == "data":
            return "a data asset"
        return f"{'an' if self.word[0] in 'aeiou' else 'a'} {self.word}"

    @property
    def permission(self) -> str:
        """The first half of every permission on it: ``jobs`` in ``jobs/read``."""
        return (self.collection or "workspaces").lower()

    @property
    def arm_type(self) -> str:
        """The resource type that REST's envelope names."""
        if self.word == "registry":
            return "Microsoft.MachineLearningServices/registries"
        tail = f"/{'/'.join(NESTED.get(self.collection, (self.collection,)))}" if self.collection else ""
        return f"Microsoft.MachineLearningServices/workspaces{tail}{'/versions' if self.versioned else ''}"


_ASSET_COLUMNS = ("name", "version", "type", "description", "created_at")

NOUNS: tuple[Noun, ...] = (
    Noun(
        "workspace",
        "",
        "lazuli.resources.workspace:Workspace",
        "The place where everything else lives.",
        hoisted=("location", "tags", "identity", "sku", "kind"),
        columns=("name", "resource_group", "location", "description"),
    ),
    Noun(
        "data",
        "data",
        "lazuli.resources.data:Data",
        "Files, folders and tables by name and version.",
        versioned=True,
        columns=_ASSET_COLUMNS,
    ),
    Noun(
        "environment",
        "environments",
        "lazuli.resources.environment:Environment",
        "The Python and the packages that jobs run with.",
        versioned=True,
        columns=("name", "version", "image", "description", "created_at"),
    ),
    Noun(
        "compute",
        "computes",
        "lazuli.resources.compute:Compute",
        "Where jobs run.",
        hoisted=("location", "tags", "identity", "sku"),
        columns=("name", "type", "size", "max_instances", "nodes_busy", "state", "provisioning_state"),
    ),
    Noun(
        "job",
        "jobs",
        "lazuli.resources.kinds:AnyJob",
        "Programs that run, with their logs, metrics and outputs.",
        columns=("name", "display_name", "experiment_name", "status", "status_reason", "created_at"),
    ),
    Noun(
        "model",
        "models",
        "lazuli.resources.model:Model",
        "Trained models by name and version, and where they came from.",
        versioned=True,
        columns=("name", "version", "type", "job_name", "created_at"),
    ),
    Noun(
        "component",
        "components",
        "lazuli.resources.kinds:AnyComponent",
        "Programs with typed inputs and outputs, for pipelines.",
        versioned=True,
        columns=("name", "version", "type", "display_name", "created_at"),
    ),
    Noun(
        "datastore",
        "datastores",
        "lazuli.resources.datastore:Datastore",
        "Where the bytes of a workspace lie.",
        columns=("name", "type", "account_name", "container_name", "is_default"),
    ),
    Noun(
        "schedule",
        "schedules",
        "lazuli.resources.schedule:Schedule",
        "When to submit which job again.",
        columns=("name", "status", "status_reason", "next_trigger_time", "last_trigger_time", "last_job"),
    ),
    Noun(
        "online-endpoint",
        "onlineEndpoints",
        "lazuli.resources.endpoint:OnlineEndpoint",
        "Addresses where models answer at once.",
        hoisted=("location", "tags", "identity", "kind", "sku"),
        columns=("name", "auth_mode", "scoring_uri", "traffic", "provisioning_state"),
    ),
    Noun(
        "online-deployment",
        "onlineDeployments",
        "lazuli.resources.deployment:OnlineDeployment",
        "The models behind online endpoints.",
        hoisted=("location", "tags", "identity", "kind", "sku"),
        columns=("name", "endpoint_name", "model", "instance_count", "provisioning_state"),
    ),
    Noun(
        "batch-endpoint",
        "batchEndpoints",
        "lazuli.resources.endpoint:BatchEndpoint",
        "Addresses where models answer many inputs at once.",
        hoisted=("location", "tags", "identity", "kind", "sku"),
        columns=("name", "description", "scoring_uri", "provisioning_state"),
    ),
    Noun(
        "batch-deployment",
        "batchDeployments",
        "lazuli.resources.batch:BatchDeployment",
        "The models and pipelines behind batch endpoints.",
        hoisted=("location", "tags", "identity", "kind", "sku"),
        columns=("name", "endpoint_name", "type", "compute", "provisioning_state"),
    ),
    Noun(
        "published-pipeline",
        "publishedPipelines",
        "lazuli.resources.published:PublishedPipeline",
        "Pipelines behind an address, run with other parameters.",
        versioned=True,
        columns=("name", "version", "status", "pipeline_id", "description", "created_at"),
    ),
    Noun(
        "connection",
        "connections",
        "lazuli.resources.connection:Connection",
        "How to reach something outside, with the secrets that open it.",
        columns=("name", "type", "target", "created_at"),
    ),
    Noun(
        "registry",
        "registries",
        "lazuli.resources.registry:Registry",
        "Shelves of assets that all workspaces share.",
        hoisted=("location", "tags", "identity", "sku", "kind"),
        columns=("name", "resource_group", "location", "description"),
    ),
    Noun(
        "code",
        "codes",
        "lazuli.resources.code:Code",
        "Snapshots of the folders that jobs run from.",
        versioned=True,
        command=False,
    ),
)

LATER: tuple[Noun, ...] = (
    Noun(
        "data-import",
        "dataImports",
        "lazuli.resources.data:DataImport",
        "Data that is fetched from databases and other file systems.",
        versioned=True,
        columns=_ASSET_COLUMNS,
        later="Data is not imported through connections yet",
    ),
)
"""Nouns whose YAML is read and checked, and which come later."""


def noun(word_or_collection: str) -> Noun:
    """The row of a noun, by either of its names. Raises KeyError where there is none."""
    for row in (*NOUNS, *LATER):
        if word_or_collection in (row.word, row.collection):
            return row
    raise KeyError(word_or_collection)
