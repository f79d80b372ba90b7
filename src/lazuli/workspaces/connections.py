"""The connections of workspaces. Their secrets are sealed apart, and told only to who asks for them."""

from __future__ import annotations

from typing import Any

from lazuli.resources.connection import AuthType, Connection, ConnectionCredentials
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.problems import InvalidInput
from lazuli.shelves.principal import Principal
from lazuli.shelves.sealed import Sealed
from lazuli.shelves.shelf import ANYTHING, Expected, document_of
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["Connections"]

_WITHOUT = (AuthType.NONE, AuthType.AAD, AuthType.MANAGED_IDENTITY)
"""What opens without a secret."""


class Connections(Sealed):
    """The connections of workspaces."""

    def __init__(self, store: Store) -> None:
        super().__init__(noun("connection"), store)

    def put(
        self, id: ResourceId, document: Document, actor: Principal, expected: Expected = ANYTHING
    ) -> tuple[Record, bool]:
        """Create a connection, or say it anew; a secret that is not said again stays while the target does."""
        check_name(id.name, what="connection name")
        return super().put(id, document, actor, expected)

    def opened(self, id: ResourceId) -> Connection:
        """A connection with its secrets."""
        record = self.get(id)
        document: Connection = document_of(self.noun, record)
        inside = document.credentials.model_copy(update=self.secrets_of(record))
        return document.model_copy(update={"credentials": inside})

    def close(self, workspace: Record) -> None:
        """Forget every secret of a workspace that is gone. Safe to repeat."""
        self.store.secrets.delete_all(self.sealed_in(workspace.id.scope))

    def sealed_in(self, scope: Scope) -> str:
        """The scope of the secrets of a workspace's connections."""
        return f"connections/{scope.key}"

    def parted(self, old: Record | None, document: Document) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is kept of a connection, and its secrets."""
        assert isinstance(document, Connection)
        secrets = self._secrets(old, document)
        bare = document.model_copy(update={"credentials": document.credentials.without_secrets()})
        return {key: value for key, value in bare.dump().items() if key != "name"}, secrets

    def _secrets(self, old: Record | None, document: Connection) -> dict[str, Any]:
        """The secrets said, else those of before: a connection that was shown and is sent back holds none."""
        said: ConnectionCredentials = document.credentials
        if said.secrets or said.type in _WITHOUT:
            return said.secrets
        before: Connection | None = document_of(self.noun, old) if old else None
        if old is None or before is None or before.credentials != said:
            raise InvalidInput(
                f"The credentials hold no secret ({said.type.value}).", target="credentials", mend="Say it with them."
            )
        if (before.type, before.target) != (document.type, document.target):
            # Else whoever may change a connection could have its secret sent to a server of theirs.
            raise InvalidInput(
                "The connection is to lead elsewhere, and its secret was not said again.",
                target="credentials",
                mend="Say the credentials with it.",
            )
        return self.secrets_of(old)
