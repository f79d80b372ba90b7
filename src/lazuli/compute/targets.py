"""Compute targets: clusters whose nodes are slots on this machine, and ``local``, the machine itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from lazuli.resources.compute import Compute
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.schema.reference import parse_reference
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.workspaces.identity import Principal
from lazuli.workspaces.shelf import Shelf, find_workspace

__all__ = ["LOCAL", "Targets"]

LOCAL = "local"
"""The target that is always there: this machine, one slot for each core."""

_ALWAYS_THERE = frozenset({LOCAL, "serverless"})
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9-]{1,31}$")


class Targets(Shelf):
    """The compute targets of workspaces."""

    def __init__(self, store: Store) -> None:
        super().__init__(noun("compute"), store)
        self.busy: Callable[[Connection, Scope, str], int] = lambda tx, scope, name: 0
        """How many nodes of a target jobs hold now; registered by the room that knows jobs."""

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new cluster; it is ready at once, nodes cost nothing while nothing runs."""
        assert isinstance(document, Compute)
        if not _NAME.fullmatch(id.name):
            raise InvalidInput(
                f"'{id.name[:80]}' cannot be a compute name.",
                target="name",
                mend="Use 2 to 32 letters, digits and '-', starting with a letter.",
            )
        if id.name.lower() in _ALWAYS_THERE:
            raise Conflict(f"'{id.name}' is always there.", target="name", mend="Choose another name.")
        with self.store.state.read() as tx:
            workspace = find_workspace(self.store, tx, id.scope)
        location = document.location or workspace.body.get("location") or self.store.settings.region
        return Record(id, {**document.dump(), "location": location}, {"provisioning_state": "Succeeded"})

    def replace(self, old: Record, document: Document) -> dict[str, object]:
        """Everything may change but the location and the size of nodes."""
        assert isinstance(document, Compute)
        before = Compute.load(old.body)
        if document.size.lower() != before.size.lower():
            raise InvalidInput(
                f"The size of '{old.id.name}' is {before.size} and cannot change.",
                target="size",
                mend="Create another cluster of that size.",
            )
        return super().replace(old, document.model_copy(update={"location": before.location, "size": before.size}))

    def check_removal(self, tx: Connection, record: Record) -> None:
        """Not while a job runs on it."""
        if busy := self.busy(tx, record.id.scope, record.id.name):
            raise Conflict(
                f"'{record.id.name}' runs jobs on {busy} of its nodes.", mend="Cancel them or wait for their end."
            )

    def shown(self, tx: Connection, record: Record) -> Record:
        """The record with the nodes that are in use now."""
        busy = self.busy(tx, record.id.scope, record.id.name)
        facts = {"nodes_busy": busy, "nodes_allocated": busy, "allocation_state": "Steady"}
        return replace(record, state={**record.state, **facts})

    def named(self, scope: Scope, text: str) -> str:
        """The name of the target that a job asks for. Raises :class:`InvalidInput` with the targets there are."""
        reference = parse_reference(text)
        name = reference.inside(scope, target="compute").name if reference else text
        if name.lower() in _ALWAYS_THERE:
            return LOCAL
        with self.store.state.read() as tx:
            id = self.place(tx, ResourceId(scope, self.noun.collection, name))
            record = self.store.documents.find(tx, id)
            if record is None:
                problem = self.missing(tx, id)
                mend = f"{problem.mend} Create it with 'lazuli compute create', or use 'local'."
                raise InvalidInput(problem.message, target="compute", mend=mend, code="ReferenceNotFound")
        return record.id.name

    def nodes(self, tx: Connection, scope: Scope, name: str) -> int:
        """How many nodes a target has at most; 0 for one that is gone."""
        if name == LOCAL:
            return max(1, os.cpu_count() or 1)
        record = self.store.documents.find(tx, ResourceId(scope, self.noun.collection, name))
        return Compute.load(record.body).max_instances if record else 0
