"""The datastores of workspaces: the built-in ones, and those that lead to a user's own storage."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from lazuli.assets.remote import AZURE_DOMAIN, check_place
from lazuli.assets.storage import BUILT_IN, DOMAIN, Storage, sealed_in
from lazuli.resources.datastore import Credentials, Datastore, DatastoreType
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.shelves.principal import Principal
from lazuli.shelves.sealed import Sealed
from lazuli.shelves.shelf import ANYTHING, Expected, Shelf, document_of
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store

__all__ = ["Datastores"]

_WHERE = (
    "type",
    "account_name",
    "container_name",
    "filesystem",
    "bucket_name",
    "region",
    "path",
    "protocol",
    "endpoint",
)


class Datastores(Sealed):
    """The datastores of workspaces. Secrets are sealed before anything is stored, and never come back in a record."""

    def __init__(self, store: Store, storage: Storage) -> None:
        super().__init__(noun("datastore"), store)
        self._storage = storage

    def put(
        self, id: ResourceId, document: Document, actor: Principal, expected: Expected = ANYTHING
    ) -> tuple[Record, bool]:
        """Create a datastore, or say it anew; a secret that is not said again stays."""
        assert isinstance(document, Datastore)
        if id.name.lower() in BUILT_IN:
            return Shelf.put(self, id, document, actor, expected)
        check_name(id.name, what="datastore name")
        return super().put(id, _with_endpoint(document), actor, expected)

    def sealed_in(self, scope: Scope) -> str:
        """The scope of the secrets of a workspace's datastores."""
        return sealed_in(scope)

    def parted(self, old: Record | None, document: Document) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is kept of a datastore, and its secrets."""
        assert isinstance(document, Datastore)
        secrets = self._secrets(old, document)
        return _body(document), secrets

    def _secrets(self, old: Record | None, document: Datastore) -> dict[str, str]:
        """The secrets said, else those of before: a document that was shown and is sent back holds none."""
        check_place(document, self.store.settings)
        said, kind = document.credentials, document.credentials.credentials_type
        if said.secrets or kind in (None, "None"):
            return said.secrets
        before: Datastore | None = document_of(self.noun, old) if old else None
        if old is None or before is None or before.credentials != said:
            raise InvalidInput(
                f"The credentials hold no secret ({kind}).", target="credentials", mend="Say it with them."
            )
        if any(getattr(before, field) != getattr(document, field) for field in _WHERE):
            # Else whoever may change a datastore could have its secret sent to a server of theirs.
            raise InvalidInput(
                "The datastore is to lead elsewhere, and its secret was not said again.",
                target="credentials",
                mend="Say the credentials with it.",
            )
        return self._storage.secrets_of(old)

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """Of a built-in one only its words may change: where it leads is not for anyone to say."""
        assert isinstance(document, Datastore)
        words = {"description": document.description, "tags": document.tags}
        body = {**old.body, **{key: value for key, value in words.items() if value}}
        return {"body": body} if body != old.body else {}

    def make_default(self, id: ResourceId, actor: Principal) -> Record:
        """Let clients take this one where none is named, in place of another.

        Outputs of jobs stay where they always lie: on the workspace's own.
        """
        with self.store.state.write() as tx:
            id = self.place(tx, id)
            record = self.store.documents.find(tx, id)
            if record is None:
                raise self.missing(tx, id)
            there = self.store.documents.select(tx, Selection(id.scope, self.noun.collection, limit=1_000_000))
            for other in there:
                is_default = other.id == record.id
                if bool(other.state.get("is_default")) != is_default:
                    state = {**other.state, "is_default": is_default}
                    changed = self.store.documents.change(tx, other, actor.name, state=state)
                    record = changed if is_default else record
        return record

    def check_removal(self, tx: Connection, record: Record) -> None:
        """Refused for a built-in one, which a workspace cannot be without, and for the default one."""
        if record.id.name in BUILT_IN:
            raise InvalidInput(
                f"The datastore '{record.id.name}' belongs to its workspace and cannot be removed.",
                target="name",
            )
        if record.state.get("is_default"):
            raise Conflict(
                f"The datastore '{record.id.name}' is the default one.",
                target="name",
                mend="Make another the default first, such as 'workspaceblobstore'.",
            )

    def delete(self, id: ResourceId, actor: Principal) -> bool:
        """Forget a datastore, its secret and what was fetched from it; the files it leads to stay as they are."""
        with self.store.state.read() as tx:
            record = self.store.documents.find(tx, self.place(tx, id))
        there = super().delete(id, actor)
        if record and there:
            self.store.blobs.delete_container(self._storage.cache_of(record.id))
        return there


def _with_endpoint(document: Datastore) -> Datastore:
    """Where no endpoint was said, Microsoft's client says the one of this server, which the account is not on."""
    is_azure = document.type in (DatastoreType.AZURE_BLOB, DatastoreType.AZURE_DATA_LAKE_GEN2)
    if is_azure and document.endpoint in (None, "", DOMAIN):
        return document.model_copy(update={"endpoint": AZURE_DOMAIN})
    return document


def _body(document: Datastore) -> dict[str, Any]:
    """What is kept of a datastore: everything but its secrets."""
    said = document.credentials
    kept = Credentials() if said.credentials_type == "None" else said.without_secrets()
    bare = document.model_copy(update={"credentials": kept})
    return {key: value for key, value in bare.dump().items() if key != "name"}
