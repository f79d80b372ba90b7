"""Shelves of resources that hold secrets: these are sealed apart, and never come back in a record."""

from __future__ import annotations

import json
import uuid
from typing import Any

from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import ANYTHING, Expected, Shelf
from lazuli.store.documents import Record

__all__ = ["Sealed"]


class Sealed(Shelf):
    """Resources of one kind with their secrets. Rooms say how a document comes apart (:meth:`parted`)."""

    def put(
        self, id: ResourceId, document: Document, actor: Principal, expected: Expected = ANYTHING
    ) -> tuple[Record, bool]:
        """Create a resource, or say it anew; a secret that is not said again stays.

        Raises :class:`Conflict` where somebody else changes it meanwhile.
        """
        with self.store.state.read() as tx:
            id = self.place(tx, id)
            old = self.store.documents.find(tx, id)
            expected.check(id, old)
            self.check_open(tx, id)
        body, secrets = self.parted(old, document)
        if old and body == old.body and secrets == self.secrets_of(old):
            return old, False
        # Sealed under a name of its own each time: until the commit, the old record goes on with the old secret.
        name = uuid.uuid4().hex if secrets else ""
        if secrets:
            self.store.secrets.set(self.sealed_in(id.scope), name, json.dumps(secrets))
        try:
            new = self._write(id, old, body, {"secret": name} if name else {}, actor)
        except BaseException:
            self._forget(id.scope, name)
            raise
        if old:
            self._forget(id.scope, str(old.state.get("secret", "")))
        return new, old is None

    def delete(self, id: ResourceId, actor: Principal) -> bool:
        """Forget a resource and its secrets; whether there was one."""
        with self.store.state.read() as tx:
            record = self.store.documents.find(tx, self.place(tx, id))
        there = super().delete(id, actor)
        if record and there:
            self._forget(record.id.scope, str(record.state.get("secret", "")))
        return there

    def secrets_of(self, record: Record) -> dict[str, Any]:
        """The secrets of a resource, as :meth:`parted` told them."""
        sealed = self.store.secrets.get(self.sealed_in(record.id.scope), str(record.state.get("secret", "")))
        return json.loads(sealed) if sealed else {}

    def _write(
        self, id: ResourceId, old: Record | None, body: dict[str, Any], state: dict[str, Any], actor: Principal
    ) -> Record:
        with self.store.state.write() as tx:
            now = self.store.documents.find(tx, self.place(tx, id))
            self.check_open(tx, id)
            if (now and (now.etag, now.created_at)) != (old and (old.etag, old.created_at)):
                raise Conflict(
                    f"'{id.name}' was changed by somebody else meanwhile.", target=id.path, mend="Try again."
                )
            if now is None:
                return self.store.documents.add(tx, Record(id, body, state), actor.name)
            kept = {word: value for word, value in now.state.items() if word != "secret"}
            return self.store.documents.change(tx, now, actor.name, body=body, state={**kept, **state})

    def _forget(self, scope: Scope, secret: str) -> None:
        if secret:
            self.store.secrets.delete(self.sealed_in(scope), secret)

    # What a room says:

    def sealed_in(self, scope: Scope) -> str:
        """The scope of the secrets of a workspace's resources."""
        raise NotImplementedError

    def parted(self, old: Record | None, document: Document) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is kept of a document, checked, and its secrets: those of ``old`` where they stay."""
        raise NotImplementedError
