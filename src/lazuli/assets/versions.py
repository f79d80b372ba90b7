"""Versions: an asset is made once and never changes; a name leads to its versions, ``latest`` to the newest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from lazuli.assets.labels import LATEST, STATE, check_label, labelled, labels_of, move_label
from lazuli.resources.asset import Asset, Container
from lazuli.resources.table import Noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.problems import Conflict, InvalidInput, NotFound
from lazuli.schema.reference import Reference, RegistryPlace, parse_reference, parse_registry
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import ANYTHING, Expected, Shelf, find_registry
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store

__all__ = ["Versions", "next_version"]

CHANGEABLE = frozenset({"description", "tags", "stage", "is_archived", "flavors"})
"""What may be said anew of a version that exists."""


class Versions(Shelf):
    """The versions of one kind of asset, and the containers that hold them."""

    def __init__(self, noun: Noun, store: Store) -> None:
        super().__init__(noun, store)

    def place(self, tx: Connection, id: ResourceId) -> ResourceId:
        """``id`` with its workspace and its name spelt as they were created."""
        id = super().place(tx, id)
        container = self.store.documents.find(tx, replace(id, version=""))
        return replace(id, name=container.id.name) if container else id

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new version, its names checked."""
        check_name(id.name, what=f"{self.noun.word} name")
        check_name(id.version, target="version", what="version")
        assert isinstance(document, Asset)
        body = document.dump()
        return Record(id, _without(body, {"name", "version", "is_archived"}), {}, archived=document.is_archived)

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """The first version brings its container."""
        container = replace(record.id, version="")
        if self.store.documents.find(tx, container) is None:
            self.store.documents.add(tx, Record(container, {}, {}), actor.name)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """Only what is changeable may differ. Raises :class:`Conflict` where anything else does."""
        assert isinstance(document, Asset)
        said = _without(self.settled(old, document), {"name", "version", "is_archived"})
        differing = {k for k in {*said, *old.body} - CHANGEABLE if said.get(k) != old.body.get(k)}
        if differing:
            names = ", ".join(f"'{name}'" for name in sorted(differing))
            raise Conflict(
                f"Version '{old.id.version}' of {self.noun.word} '{old.id.name}' exists with another {names}.",
                target=sorted(differing)[0],
                mend="A version never changes: create a new one.",
                code="ImmutableAsset",
            )
        changes: dict[str, Any] = {}
        if said != dict(old.body):
            changes["body"] = said
        if document.is_archived != old.archived:
            changes["archived"] = document.is_archived
        return changes

    def settled(self, old: Record, document: Asset) -> dict[str, Any]:
        """What putting ``document`` over ``old`` says, with addresses resolved as they were when it was made."""
        return document.dump()

    def missing(self, tx: Connection, id: ResourceId) -> NotFound:
        """The problem that a version does not exist, with the versions there are."""
        versions = self.store.documents.versions(tx, id)
        if not versions or not id.version:
            return super().missing(tx, id)
        return NotFound(
            f"The {self.noun.word} '{id.name}:{id.version}' does not exist.",
            target=id.path,
            mend=f"Versions here: {_spoken(versions)}.",
        )

    def shown(self, tx: Connection, record: Record) -> Record:
        """A container tells its latest and its next version."""
        if record.id.version:
            return record
        versions = self.store.documents.versions(tx, record.id)
        latest = self.store.documents.versions(tx, record.id, archived=False) or versions
        facts = {"latest_version": latest[0] if latest else None, "next_version": next_version(versions)}
        return replace(record, state={**record.state, **facts})

    def put_container(
        self, id: ResourceId, document: Container, actor: Principal, expected: Expected = ANYTHING
    ) -> tuple[Record, bool]:
        """Create a container or say anew what it says.

        Raises :class:`PreconditionFailed` where what is there is not what is ``expected``.
        """
        check_name(id.name, what=f"{self.noun.word} name")
        body = _without(document.dump(), {"name", "is_archived"})
        with self.store.state.write() as tx:
            id = self.place(tx, id)
            old = self.store.documents.find(tx, id)
            expected.check(id, old)
            self.check_open(tx, id)
            if old is None:
                new = self.store.documents.add(tx, Record(id, body, {}, archived=document.is_archived), actor.name)
            else:
                new = self.store.documents.change(tx, old, actor.name, body=body, archived=document.is_archived)
            return self.shown(tx, new), old is None

    def delete(self, id: ResourceId, actor: Principal) -> bool:
        """Remove a version, or with a container all its versions."""
        with self.store.state.write() as tx:
            id = self.place(tx, id)
            gone = [] if id.version else self._versions(tx, id)
            record = self.store.documents.find(tx, id)
            for each in [*gone, *([record] if record else [])]:
                self.store.documents.remove(tx, each, actor.name)
        return record is not None

    def get(self, id: ResourceId) -> Record:
        """The version; or the container, which tells its labels."""
        record = super().get(id)
        if id.version:
            return record
        with self.store.state.read() as tx:
            versions = self._versions(tx, record.id, told=STATE)
        labels = {label: each.id.version for each in versions for label in labels_of(each)}
        return replace(record, state={**record.state, "labels": dict(sorted(labels.items()))}) if labels else record

    def by_label(self, id: ResourceId, label: str) -> Record:
        """The version of an asset that a label leads to. Raises :class:`NotFound`, with the labels there are."""
        try:
            found = self.resolve(id.scope, f"azureml:{id.name}@{label}", target="label")
        except InvalidInput as problem:
            raise NotFound(problem.message, target=id.path, mend=problem.mend) from None
        return self.get(found.id)

    def set_label(self, id: ResourceId, label: str, actor: Principal) -> Record:
        """Let a label lead to the version ``id``, and to no other of that asset."""
        check_label(label)
        with self.store.state.write() as tx:
            id = self.place(tx, id)
            record = self.store.documents.find(tx, id)
            if record is None:
                raise self.missing(tx, id)
            others = [each for each in self._versions(tx, id, told=STATE) if each.id.key != record.id.key]
            move_label(self.store.documents, tx, [record, *others], label, record, actor.name)
        return self.get(id)

    def remove_label(self, id: ResourceId, label: str, actor: Principal) -> bool:
        """Take a label away from the asset ``id``; whether it had it."""
        with self.store.state.write() as tx:
            versions = self._versions(tx, self.place(tx, id), told=STATE)
            move_label(self.store.documents, tx, versions, label, None, actor.name)
        return labelled(versions, label) is not None

    def resolve(self, scope: Scope, text: str, *, target: str) -> Record:
        """The one version that a reference names, here or in a registry; labels are settled here.

        Raises :class:`InvalidInput` where ``text`` is no reference or the asset does not exist, with what there is.
        """
        if place := parse_registry(text):
            return self._shared(place, text, target)
        reference = parse_reference(text)
        if reference is None:
            raise InvalidInput(
                f"'{text}' is not a reference to a {self.noun.word}.",
                target=target,
                mend="Write azureml:<name>:<version> or azureml:<name>@latest.",
            )
        reference.inside(scope, target=target)
        with self.store.state.read() as tx:
            return self._one(tx, ResourceId(scope, self.noun.collection, reference.name), reference, target)

    def _shared(self, place: RegistryPlace, text: str, target: str) -> Record:
        """The one version that a place in a registry names."""
        if place.kind.lower() != self.noun.collection:
            raise InvalidInput(
                f"'{text[:200]}' is not {self.noun.indefinite}.",
                target=target,
                mend=f"Write azureml://registries/<registry>/{self.noun.collection}/<name>/versions/<version>.",
                code="ReferenceNotFound",
            )
        reference = Reference(place.name, place.version, place.label)
        with self.store.state.read() as tx:
            try:
                registry = find_registry(self.store, tx, place.registry)
            except NotFound as problem:
                raise InvalidInput(
                    problem.message, target=target, mend=problem.mend, code="ReferenceNotFound"
                ) from None
            id = ResourceId(registry.id.scope, self.noun.collection, place.name)
            return self._one(tx, id, reference, target)

    def free_version(self, scope: Scope, name: str, made_by: Mapping[str, str]) -> str:
        """The version for what has these properties: the one it has already, else the next free one."""
        with self.store.state.read() as tx:
            versions = self._versions(tx, self.place(tx, ResourceId(scope, self.noun.collection, name)))
        for record in versions:
            if made_by.items() <= record.body.get("properties", {}).items():
                return record.id.version
        return next_version(r.id.version for r in versions)

    def _one(self, tx: Connection, id: ResourceId, reference: Reference, target: str) -> Record:
        if reference.version and (record := self.store.documents.find(tx, replace(id, version=reference.version))):
            return record
        id = self.place(tx, id)
        if reference.label not in ("", LATEST):
            if record := labelled(self._versions(tx, id, told=STATE), reference.label):
                return record
        elif not reference.version:
            newest = Selection(id.scope, self.noun.collection, name=id.name, versions=True, archived=False, limit=1)
            if record := next(iter(self.store.documents.select(tx, newest) or self._versions(tx, id, limit=1)), None):
                return record
        raise self._unresolved(tx, id, reference, target)

    def _unresolved(self, tx: Connection, id: ResourceId, reference: Reference, target: str) -> InvalidInput:
        """The problem that a reference leads to nothing, with what there is."""
        versions = self.store.documents.versions(tx, id)
        if not versions:
            problem = self.missing(tx, id)
            return InvalidInput(problem.message, target=target, mend=problem.mend, code="ReferenceNotFound")
        labels = sorted({label for each in self._versions(tx, id, told=STATE) for label in labels_of(each)})
        return InvalidInput(
            f"The {self.noun.word} '{str(reference).removeprefix('azureml:')}' does not exist.",
            target=target,
            mend=f"Versions here: {_spoken(versions)}; labels: {_spoken([LATEST, *labels])}.",
            code="ReferenceNotFound",
        )

    def _versions(self, tx: Connection, id: ResourceId, *, told: str = "", limit: int = 10_000) -> list[Record]:
        """The versions of an asset, the newest first; only those whose state tells a word, where one is given."""
        selection = Selection(id.scope, self.noun.collection, name=id.name, versions=True, told=told, limit=limit)
        return self.store.documents.select(tx, selection)


def next_version(versions: Iterable[str]) -> str:
    """The whole number after the highest one among ``versions``; ``1`` where there is none."""
    return str(max((int(v) for v in versions if v.isdecimal()), default=0) + 1)


def _spoken(versions: list[str]) -> str:
    shown = versions[:8]
    return ", ".join(shown) + (f" and {len(versions) - 8} more" if len(versions) > 8 else "")


def _without(body: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in names}
