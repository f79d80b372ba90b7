"""Nouns of several kinds: a job is a command, a sweep, a pipeline or an AutoML job, and its ``type`` says which.

A class here stands for all kinds of its noun. It reads a document of whichever kind it is, and describes all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from lazuli.resources.automl import AutoMLJob
from lazuli.resources.component import CommandComponent, Component, ComponentType, ParallelComponent
from lazuli.resources.files import kind_of
from lazuli.resources.job import CommandJob, Job, JobType
from lazuli.resources.pipeline import PipelineComponent, PipelineJob
from lazuli.resources.sweep import SweepJob
from lazuli.schema.document import Dialect, Document
from lazuli.schema.identity import Scope
from lazuli.schema.json_schema import by_type
from lazuli.schema.problems import Unsupported
from lazuli.schema.words import Word
from lazuli.schema.yaml import Source

__all__ = ["LATER", "AnyComponent", "AnyJob", "check_runs"]


class _Kinds(Document):
    """A document of one of several kinds."""

    kinds: ClassVar[Mapping[Word, type[Document]]] = {}
    """The class of each kind; the first is taken where none is said."""

    @classmethod
    def for_type(cls, said: object) -> type[Document]:
        """The class for a ``type``; the first for one that is not known, which will say so."""
        first = next(iter(cls.kinds))
        try:
            return cls.kinds[type(first).read(first if said is None else str(said).removesuffix("_job"))]
        except ValueError:
            return cls.kinds[first]

    @classmethod
    def from_yaml(cls, source: Source) -> Any:
        """The document that a YAML file says, in the class of its kind."""
        if not isinstance(source.data, dict):
            return cls.for_type(None).from_yaml(source)
        said = source.data.get("type")
        if said is None and (hint := kind_of(source)) and hint.noun.document is cls:
            said = hint.type
            source = replace(source, data={**source.data, "type": said})
        return cls.for_type(said).from_yaml(source)

    @classmethod
    def from_rest(cls, properties: Mapping[str, Any], scope: Scope | None = None) -> Any:
        """The document that REST says, in the class of its kind."""
        said: Any = properties
        for word in (cls.model_fields["type"].alias or "type").split("."):
            said = said.get(word) if isinstance(said, Mapping) else None
        return cls.for_type(said).from_rest(properties, scope)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Any:
        """The document as the store kept it, in the class of its kind."""
        return cls.for_type(stored.get("type")).load(stored)

    @classmethod
    def known_fields(cls) -> set[str]:
        """The words of all kinds."""
        return {name for kind in cls.kinds.values() for name in kind.model_fields}

    @classmethod
    def json_schema(cls, dialect: Dialect) -> dict[str, Any]:
        """The JSON Schema of all kinds."""
        word = (cls.model_fields["type"].alias or "type") if dialect == "rest" else "type"
        said = {
            getattr(kind, "rest" if dialect == "rest" else "value"): document.json_schema(dialect)
            for kind, document in cls.kinds.items()
        }
        return {"title": cls.__name__, "description": cls.__doc__, **by_type(said, dialect, word)}


class AnyJob(_Kinds, Job):
    """A job: a command, a sweep, a pipeline or an AutoML job."""

    kinds: ClassVar = {
        JobType.COMMAND: CommandJob,
        JobType.SWEEP: SweepJob,
        JobType.PIPELINE: PipelineJob,
        JobType.AUTOML: AutoMLJob,
    }


class AnyComponent(_Kinds, Component):
    """A component: a command, a parallel step or a pipeline."""

    kinds: ClassVar = {
        ComponentType.COMMAND: CommandComponent,
        ComponentType.PARALLEL: ParallelComponent,
        ComponentType.PIPELINE: PipelineComponent,
    }


LATER: dict[type[Document], str] = {
    AutoMLJob: "An AutoML job",
}
"""Kinds of job and component that are understood, and that nothing here runs yet."""


def check_runs(document: Document) -> None:
    """Raise :class:`Unsupported` for what is of a kind that this version understands and does not run."""
    if what := LATER.get(type(document)):
        raise Unsupported(
            f"{what} is understood, but this version does not run it yet. Nothing was made.",
            target="type",
            mend="It will run as it is written once it can. Until then, submit its commands with 'type: command'.",
        )
