"""Registries: shelves of assets that all workspaces share, found by their names alone."""

from __future__ import annotations

from sqlalchemy import Connection

from lazuli.schema.document import Document
from lazuli.schema.identity import REGISTRIES, ResourceId
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import find_registry
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store
from lazuli.workspaces.workspaces import Workspaces

__all__ = ["Registries"]

_AZURES_OWN = "azureml"


class Registries(Workspaces):
    """All registries of this server: kept, founded and removed as workspaces are."""

    root = REGISTRIES

    def __init__(self, store: Store) -> None:
        super().__init__(store, "registry")

    def named(self, name: str) -> Record:
        """The registry of a name. Raises :class:`NotFound` with those there are."""
        with self.store.state.read() as tx:
            return find_registry(self.store, tx, name)

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new registry whose name is not that of Azure's own."""
        record = super().prepare(id, document, actor)
        if id.scope.workspace.lower() == _AZURES_OWN:
            raise InvalidInput(
                f"The registry '{_AZURES_OWN}' is Azure's own: its environments are the curated ones.",
                target="name",
                mend="Choose another name.",
                code="ReservedName",
            )
        return record

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """Nobody else has taken its name meanwhile. Raises :class:`Conflict` otherwise."""
        super().created(tx, record, actor)
        name = record.id.scope.workspace
        for other in self.store.documents.select(tx, Selection(None, "", limit=100_000)):
            scope = other.id.scope
            if scope.is_registry and scope.workspace.lower() == name.lower() and other.id.key != record.id.key:
                raise Conflict(
                    f"There is a registry '{scope.workspace}' in resource group '{scope.resource_group}'.",
                    target="name",
                    mend="Choose another name: a registry is found by its name alone.",
                )
