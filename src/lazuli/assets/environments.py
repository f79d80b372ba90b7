"""Environments as assets: what users register, and the curated ones that every workspace has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection

from lazuli.assets.storage import Storage
from lazuli.assets.versions import Versions
from lazuli.resources.asset import Container
from lazuli.resources.environment import BuildContext, Environment
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.schema.reference import parse_reference, parse_registry
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import ANYTHING, Expected, document_of, find_workspace
from lazuli.store.blobs import Blobs
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store

__all__ = ["Contexts", "Environments", "Gallery"]

_REGISTRY = "azureml"
_BY = "Lazuli"


class Gallery(Protocol):
    """The curated environments: known by their names, stored nowhere."""

    prefix: str
    """What their names begin with. Nobody else's may."""
    latest: str
    """The version that is shown; every other is understood as well."""

    def __iter__(self) -> Iterator[str]:
        """The names that lists show."""
        ...

    def find(self, name: str, version: str) -> tuple[str, Mapping[str, Any]] | None:
        """The full name of an environment and what it says; None where the name is none of theirs."""
        ...

    def unknown(self, name: str, target: str) -> InvalidInput:
        """The problem that none of them is called ``name``."""
        ...


class Contexts:
    """The build contexts of environments."""

    def __init__(self, storage: Storage, blobs: Blobs) -> None:
        self._storage = storage
        self._blobs = blobs

    def of(self, record: Record) -> Mapping[str, Path]:
        """The files of an environment's build context, by their place in it, and where their content lies."""
        document: Environment = document_of(noun("environment"), record)
        return self.files(record.id.scope, document.build) if document.build else {}

    def files(self, scope: Scope, build: BuildContext) -> Mapping[str, Path]:
        """The files of a build context, by their place in it, and where their content lies."""
        location = self._storage.locate(scope, build.path, target="build.path")
        blobs = self._blobs.below(location.container, location.prefix)
        return {blob.name.removeprefix(location.prefix): self._blobs.file(blob) for blob in blobs}


class Environments(Versions):
    """Environments, by what they install. A workspace's own come before curated ones of the same name."""

    def __init__(
        self,
        store: Store,
        contexts: Contexts,
        gallery: Gallery,
        facts: Callable[[Record], Mapping[str, Any]] = lambda record: {},
    ) -> None:
        """``facts`` says how far a version is realised and what was installed."""
        super().__init__(noun("environment"), store)
        self._contexts = contexts
        self._gallery = gallery
        self._facts = facts

    def get(self, id: ResourceId) -> Record:
        """The environment, with what was installed for it where one version is asked for."""
        try:
            record = super().get(id)
        except NotFound:
            with self.store.state.read() as tx:
                own = self._versions(tx, self.place(tx, id), limit=1)
                found = None if own else self._curated(tx, id)
            if found is None:
                raise
            record = found
        if record.id.version:
            return replace(record, state={**record.state, **self._facts(record)})
        return record

    def missing(self, tx: Connection, id: ResourceId) -> NotFound:
        """The problem that there is no such environment, with how to come by one."""
        problem = super().missing(tx, id)
        problem.mend += (
            f" Every workspace also has curated ones, such as {next(iter(self._gallery))}: 'lazuli environment list'. "
            "Make your own with 'lazuli environment create'."
        )
        return problem

    def select(self, selection: Selection) -> list[Record]:
        """The environments of a selection: first the workspace's own, then the curated ones."""
        found = super().select(selection)
        if selection.scope is None or selection.archived or selection.hash or len(found) >= selection.limit:
            return found
        with self.store.state.read() as tx:
            own = self.store.documents.count(tx, selection)
            names = [selection.name] if selection.name else self._gallery
            ids = (ResourceId(selection.scope, self.noun.collection, name) for name in names)
            if selection.versions:
                ids = (replace(id, version=self._gallery.latest) for id in ids if not self._versions(tx, id, limit=1))
            curated = [record for record in (self._curated(tx, id) for id in ids) if record]
        begin = max(0, selection.skip - own)
        return found + curated[begin : begin + selection.limit - len(found)]

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new version whose Dockerfile is there, where it names one."""
        assert isinstance(document, Environment)
        self._refuse_reserved(id)
        if document.build:
            files = self._contexts.files(id.scope, document.build)
            if document.build.dockerfile_path.removeprefix("./") not in files:
                raise InvalidInput(
                    f"There is no '{document.build.dockerfile_path}' at '{document.build.path}'.",
                    target="build",
                    mend="Upload the folder with the Dockerfile first, or correct 'dockerfile_path'.",
                )
        return super().prepare(id, document, actor)

    def put_container(
        self, id: ResourceId, document: Container, actor: Principal, expected: Expected = ANYTHING
    ) -> tuple[Record, bool]:
        """Create a container or say anew what it says."""
        self._refuse_reserved(id)
        return super().put_container(id, document, actor, expected)

    def delete(self, id: ResourceId, actor: Principal) -> bool:
        """Remove a version, or with a container all its versions."""
        self._refuse_reserved(id)
        return super().delete(id, actor)

    def set_label(self, id: ResourceId, label: str, actor: Principal) -> Record:
        """Let a label lead to the version ``id``, and to no other of that environment."""
        self._refuse_reserved(id)
        return super().set_label(id, label, actor)

    def resolve(self, scope: Scope, text: str, *, target: str) -> Record:
        """The one version that a reference names: of the workspace, of a registry, or curated."""
        if place := parse_registry(text):
            if place.registry.lower() != _REGISTRY or place.kind.lower() != self.noun.collection:
                return self._shared(place, text, target)
            return self._in_gallery(scope, self._full(place.name), place.version, target)
        try:
            return super().resolve(scope, text, target=target)
        except InvalidInput as problem:
            reference = parse_reference(text)
            if reference is None or reference.label not in ("", "latest") or self._is_own(scope, reference.name):
                raise
            name, version = reference.name, reference.version
            if not self._is_reserved(name) and self._gallery.find(name, version) is None:
                raise problem
            return self._in_gallery(scope, name, version, target)

    def _in_gallery(self, scope: Scope, name: str, version: str, target: str) -> Record:
        id = ResourceId(scope, self.noun.collection, name, version or self._gallery.latest)
        with self.store.state.read() as tx:
            record = self._curated(tx, id)
        if record is None:
            raise self._gallery.unknown(name, target)
        return record

    def _curated(self, tx: Connection, id: ResourceId) -> Record | None:
        """A curated environment as a record, made on the spot: one version of it, or the container of them all.

        A registry holds what was put there, and nothing else.
        """
        if id.scope.is_registry:
            return None
        found = self._gallery.find(id.name, id.version or self._gallery.latest)
        if found is None:
            return None
        name, body = found
        workspace = find_workspace(self.store, tx, id.scope)
        id, born = replace(id, scope=workspace.id.scope, name=name), workspace.created_at
        if id.version:
            record = Record(id, body, {"environment_type": "Curated"})
        else:
            described = {"description": body["description"]} if body.get("description") else {}
            record = Record(id, described, {"latest_version": self._gallery.latest})
        return replace(record, created_at=born, created_by=_BY, modified_at=born, modified_by=_BY)

    def _is_own(self, scope: Scope, name: str) -> bool:
        with self.store.state.read() as tx:
            return bool(self._versions(tx, self.place(tx, ResourceId(scope, self.noun.collection, name)), limit=1))

    def _full(self, name: str) -> str:
        return name if self._is_reserved(name) else f"{self._gallery.prefix}{name}"

    def _is_reserved(self, name: str) -> bool:
        return name.lower().startswith(self._gallery.prefix.lower())

    def _refuse_reserved(self, id: ResourceId) -> None:
        if self._is_reserved(id.name):
            raise InvalidInput(
                f"Names that begin with '{self._gallery.prefix}' belong to curated environments, which never change.",
                target="name",
                mend="Choose another name.",
                code="ReservedName",
            )
