"""Workspaces: made with their storage, removed with everything in them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import WORKSPACES, ResourceId, Scope, check_name
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import DELETING, Shelf, find_workspace
from lazuli.store.documents import Record, Selection
from lazuli.store.facets import tags_of
from lazuli.store.opened import Store

__all__ = ["Workspaces"]

Cascade = Callable[[Connection, Record], None]
"""Removes, in the given transaction, what another room keeps for a workspace, or raises why it may not be removed."""


class Workspaces(Shelf):
    """All workspaces of this server."""

    root = WORKSPACES

    def __init__(self, store: Store, word: str = "workspace") -> None:
        super().__init__(noun(word), store)
        self.founding: list[Callable[[Connection, Record, Principal], None]] = []
        """What other rooms put into a new workspace, in the same transaction."""
        self.opening: list[Callable[[Record], None]] = []
        """What other rooms do once it is there."""
        self.cascades: list[Cascade] = []
        """What other rooms remove with it, in the same transaction; or they raise why it may not go."""
        self.closing: list[Callable[[Record], None]] = []
        """What other rooms remove once it is gone; safe to repeat."""

    def place(self, tx: Connection, id: ResourceId) -> ResourceId:
        """The id itself: a workspace is in no other."""
        return id

    def missing(self, tx: Connection, id: ResourceId) -> NotFound:
        """The problem that there is no such workspace."""
        try:
            find_workspace(self.store, tx, id.scope)
        except NotFound as problem:
            return problem
        raise AssertionError("it is there")

    def select(self, selection: Selection) -> list[Record]:
        """The workspaces of a selection, whose scope names a subscription and, unless empty, a resource group.

        They always come in the order in which they were made.
        """
        within = selection.scope or Scope("", "", "")
        with self.store.state.read() as tx:
            everywhere = self.store.documents.select(tx, Selection(None, "", limit=100_000, newest_first=False))
        found = [
            r
            for r in everywhere
            if r.id.scope.root == self.root
            and within.subscription.lower() in ("", r.id.scope.subscription.lower())
            and within.resource_group.lower() in ("", r.id.scope.resource_group.lower())
        ]
        found = [r for r in found if tags_of(r.body).issuperset(selection.facets)]
        found = [r for r in found if selection.after is None or r.place > selection.after]
        return found[selection.skip : selection.skip + selection.limit]

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new workspace gets an id of its own, which its storage is named by."""
        for target in ("subscription", "resource_group"):
            check_name(getattr(id.scope, target), target=target, what=target.replace("_", " "))
        check_name(id.scope.workspace, what=f"{self.noun.word} name")
        if len(id.scope.workspace) > 33:
            raise InvalidInput(
                f"The {self.noun.word} name '{id.scope.workspace}' has {len(id.scope.workspace)} characters.",
                target="name",
                mend="Use 33 at most.",
            )
        return Record(id, document.dump(), {"workspace_id": str(uuid.uuid4()), "provisioning_state": "Succeeded"})

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """Every other room puts in what belongs to a new workspace."""
        for found in self.founding:
            found(tx, record, actor)

    def after(self, record: Record) -> None:
        """Every other room is ready for it."""
        for opened in self.opening:
            opened(record)

    def delete(self, id: ResourceId, actor: Principal) -> bool:
        """Remove a workspace and everything in it; whether there was one.

        What lies outside its rows goes first and the rows last, so that a server which dies in between leaves a
        workspace that says it is being deleted, and that another delete, or the next start, removes to the end.
        """
        with self.store.state.write() as tx:
            record = self.store.documents.find(tx, id)
            if record is None:
                return False
            for cascade in self.cascades:
                cascade(tx, record)
            if record.state.get("provisioning_state") != DELETING:
                state = {**record.state, "provisioning_state": DELETING}
                record = self.store.documents.change(tx, record, actor.name, event="delete requested", state=state)
        for close in self.closing:
            close(record)
        return super().delete(id, actor)

    def resume(self, actor: Principal) -> None:
        """Remove to the end what a former server began to delete."""
        for record in self.select(Selection(None, "")):
            if record.state.get("provisioning_state") == DELETING:
                self.delete(record.id, actor)

    def check_removal(self, tx: Connection, record: Record) -> None:
        """Remove the rows of everything in it."""
        self.store.documents.clear(tx, record.id.scope)


def workspace_id(record: Record) -> str:
    """The unique id of a workspace, from its record."""
    value: Any = record.state["workspace_id"]
    return str(value)
