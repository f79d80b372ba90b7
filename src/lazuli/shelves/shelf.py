"""A shelf: the resources of one kind in a workspace, and the verbs that every kind has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from lazuli.resources.table import Noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, NotFound, PreconditionFailed
from lazuli.shelves.principal import Principal
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store

__all__ = [
    "ANYTHING",
    "DELETING",
    "Expected",
    "Shelf",
    "document_of",
    "find_registry",
    "find_workspace",
    "known_workspace",
]


def document_of(noun: Noun, record: Record) -> Any:
    """The document of a record: what the user said, with what the platform says of it."""
    known = noun.document.read_only_fields()
    said_by_platform = {key: value for key, value in record.state.items() if key in known}
    return noun.document.load({**record.body, **said_by_platform, **record.id.names, **_flags(noun, record)})


def _flags(noun: Noun, record: Record) -> dict[str, Any]:
    return {"is_archived": record.archived} if "is_archived" in noun.document.model_fields else {}


def find_workspace(store: Store, tx: Connection, scope: Scope) -> Record:
    """The record of a workspace, or of a registry. Raises :class:`NotFound` with those there are."""
    record = store.documents.find(tx, ResourceId(scope))
    if record is None:
        near = [each for each in store.documents.select(tx, Selection(None, "")) if each.id.scope.root == scope.root]
        names = ", ".join(sorted(_told(each.id.scope, scope) for each in near[:10]))
        raise NotFound(
            f"The {scope.word} '{scope.workspace}' does not exist in resource group '{scope.resource_group}'.",
            target=scope.path,
            mend=f"{scope.root.capitalize()} here: {names}."
            if names
            else f"Create it with 'lazuli {scope.word} create'.",
        )
    return record


def known_workspace(store: Store, scope: Scope) -> Record:
    """The same, for those who ask many times a step."""
    return store.state.remembered(ResourceId(scope), lambda tx: find_workspace(store, tx, scope))


def find_registry(store: Store, tx: Connection, name: str, *, target: str = "registry") -> Record:
    """The record of a registry, by its name alone. Raises :class:`NotFound` with the registries there are."""
    there = [
        each for each in store.documents.select(tx, Selection(None, "", limit=100_000)) if each.id.scope.is_registry
    ]
    for each in there:
        if each.id.scope.workspace.lower() == name.lower():
            return each
    names = ", ".join(sorted(each.id.scope.workspace for each in there[:10]))
    raise NotFound(
        f"There is no registry '{name[:80]}' on this server.",
        target=target,
        mend=(f"Registries here: {names}. " if names else "Create one with 'lazuli registry create'. ")
        + "What lies in registries of Azure is not here, but for azureml://registries/azureml/environments.",
    )


def _told(there: Scope, asked: Scope) -> str:
    elsewhere = there.resource_group.lower() != asked.resource_group.lower()
    return f"{there.workspace} (in resource group '{there.resource_group}')" if elsewhere else there.workspace


@dataclass(frozen=True)
class Expected:
    """What somebody who writes expects to be there: a certain etag, nothing, or anything at all."""

    etag: int | None = None
    nothing: bool = False

    def check(self, id: ResourceId, found: Record | None) -> None:
        """Raise :class:`PreconditionFailed` where something else was found."""
        if self.nothing and found:
            raise PreconditionFailed(f"'{id.version or id.name}' is there already.", target="If-None-Match")
        if self.etag is not None and (found is None or found.etag != self.etag):
            raise PreconditionFailed(
                f"'{id.version or id.name}' was changed by somebody else meanwhile.",
                target="If-Match",
                mend="Read it again and repeat the change.",
            )


ANYTHING = Expected()
DELETING = "Deleting"
"""The provisioning state of a workspace that is on its way out."""


class Shelf:
    """The resources of one kind. Rooms derive from it and say what is special about their kind.

    A resource is created or replaced whole by :meth:`put`; a room that forbids the latter overrides :meth:`replace`.
    """

    def __init__(self, noun: Noun, store: Store) -> None:
        self.noun = noun
        self.store = store

    def place(self, tx: Connection, id: ResourceId) -> ResourceId:
        """``id`` with its workspace spelt as it was created. Raises :class:`NotFound` without that workspace."""
        return replace(id, scope=find_workspace(self.store, tx, id.scope).id.scope)

    def get(self, id: ResourceId) -> Record:
        """The resource. Raises :class:`NotFound`, with the names there are, where there is none."""
        with self.store.state.read() as tx:
            record = self.store.documents.find(tx, id)
            if record is None:  # it may be another word for what is there
                id = self.place(tx, id)
                record = self.store.documents.find(tx, id)
            if record is None:
                raise self.missing(tx, id)
            return self.shown(tx, record)

    def missing(self, tx: Connection, id: ResourceId) -> NotFound:
        """The problem that a resource does not exist, with the nearest help."""
        others = self.store.documents.select(tx, Selection(id.scope, id.kind, versions=False, limit=8))
        names = ", ".join(sorted({record.id.name for record in others}))
        return NotFound(
            f"The {self.noun.word} '{id.name}' does not exist in {id.scope.word} '{id.scope.workspace}'.",
            target=id.path,
            mend=f"Here are: {names}." if names else f"There is no {self.noun.word} in this {id.scope.word} yet.",
        )

    def select(self, selection: Selection) -> list[Record]:
        """The resources of a selection."""
        with self.store.state.read() as tx:
            if selection.scope:
                id = self.place(tx, ResourceId(selection.scope, selection.kind, selection.name or ""))
                selection = replace(selection, scope=id.scope, name=id.name or None)
            found = self.store.documents.select(tx, selection)
            return self.all_shown(tx, found)

    def put(
        self, id: ResourceId, document: Document, actor: Principal, expected: Expected = ANYTHING
    ) -> tuple[Record, bool]:
        """Create the resource or replace what was said of it; the record, and whether it is new.

        Raises :class:`PreconditionFailed` where what is there is not what is ``expected``.
        """
        with self.store.state.read() as tx:
            id = self.place(tx, id)
            old = self.store.documents.find(tx, id)
            expected.check(id, old)
        if old is None:
            try:
                return self._create(id, document, actor), True
            except Conflict as problem:
                if problem.code != "ResourceExists":
                    raise  # else somebody made it at the same moment: this call is as good as one that came after
        with self.store.state.write() as tx:
            old = self.store.documents.get(tx, id, self.noun.word)  # again: it may have moved on meanwhile
            expected.check(id, old)
            self.check_open(tx, id)
            changes = self.replace(old, document)
            new = self.store.documents.change(tx, old, actor.name, **changes) if changes else old
            if changes:
                self.replaced(tx, old, new)
            new = self.shown(tx, new)
        self.after(new)
        return new, False

    def _create(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        new = self.prepare(id, document, actor)
        with self.store.state.write() as tx:
            self.place(tx, new.id)  # again: the workspace may have gone meanwhile
            self.check_open(tx, new.id)
            new = self.store.documents.add(tx, new, actor.name)
            self.created(tx, new, actor)
            new = self.shown(tx, new)
        self.after(new)
        return new

    def delete(self, id: ResourceId, actor: Principal) -> bool:
        """Remove the resource; whether there was one."""
        with self.store.state.write() as tx:
            record = self.store.documents.find(tx, self.place(tx, id))
            if record is None:
                return False
            self.check_removal(tx, record)
            self.store.documents.remove(tx, record, actor.name)
            return True

    def check_open(self, tx: Connection, id: ResourceId) -> None:
        """Raise :class:`Conflict` where the workspace is being deleted."""
        workspace = self.store.documents.find(tx, ResourceId(id.scope))
        if workspace and workspace.state.get("provisioning_state") == DELETING:
            raise Conflict(
                f"The {id.scope.word} '{id.scope.workspace}' is being deleted.",
                target=id.scope.path,
                mend="Wait until it is gone, or use another.",
            )

    # What a room may say differently:

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """The record of a new resource, checked; slow work belongs here, no transaction is open."""
        return Record(id, document.dump(), {})

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """What belongs into the same transaction as a new resource."""

    def after(self, record: Record) -> None:
        """What follows the commit."""

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """The changes that putting ``document`` over ``old`` makes; none where nothing changes."""
        body = document.dump()
        return {"body": body} if body != old.body else {}

    def replaced(self, tx: Connection, old: Record, new: Record) -> None:
        """What belongs into the same transaction as the changes."""

    def check_removal(self, tx: Connection, record: Record) -> None:
        """Raise a problem where the resource may not be removed now."""

    def shown(self, tx: Connection, record: Record) -> Record:
        """The record with facts that are worked out when it is looked at."""
        return record

    def all_shown(self, tx: Connection, records: list[Record]) -> list[Record]:
        """The records of a list, each as :meth:`shown`."""
        return [self.shown(tx, record) for record in records]
