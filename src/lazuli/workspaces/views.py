"""Views: small documents that somebody keeps for themselves in a workspace, such as the columns of a table.

What stands in one is the business of whoever wrote it; here it is a JSON object under a name.
"""

from __future__ import annotations

import builtins
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.problems import InvalidInput, NotFound, TooLarge, did_you_mean
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import find_workspace
from lazuli.store.documents import Record, Selection
from lazuli.store.facets import Facet
from lazuli.store.opened import Store

__all__ = ["LARGEST", "Views"]

COLLECTION = "views"
LARGEST = 64 << 10
"""Bytes of one view, as JSON."""
_MOST = 500
_OWNER = "owner"


class Views:
    """The views of everybody. Each is seen by its owner alone."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.documents.facets[COLLECTION] = _facets

    def get(self, scope: Scope, name: str, owner: Principal) -> Record:
        """A view. Raises :class:`NotFound` with those there are."""
        with self._store.state.read() as tx:
            record = self._store.documents.find(tx, self._id(tx, scope, name, owner))
            if record is None:
                names = [each.id.name for each in self._all(tx, scope, owner)]
                raise NotFound(f"There is no view '{name[:80]}'.", target="name", mend=did_you_mean(name, names))
            return record

    def list(self, scope: Scope, owner: Principal) -> list[Record]:
        """The views of somebody, by name."""
        with self._store.state.read() as tx:
            scope = find_workspace(self._store, tx, scope).id.scope
            return sorted(self._all(tx, scope, owner), key=lambda record: record.id.name.lower())

    def put(self, scope: Scope, name: str, content: Mapping[str, Any], owner: Principal) -> tuple[Record, bool]:
        """Keep a view in place of what was there; the record, and whether it is new.

        Raises :class:`TooLarge` for more than :data:`LARGEST` bytes.
        """
        size = len(json.dumps(content, ensure_ascii=False).encode(errors="surrogatepass"))
        if size > LARGEST:
            raise TooLarge(
                f"The view has {size:,} bytes.", target="content", mend=f"Keep it within {LARGEST >> 10} KiB."
            )
        with self._store.state.write() as tx:
            id = self._id(tx, scope, name, owner)
            body = {"content": dict(content), "owner": owner.id}
            old = self._store.documents.find(tx, id)
            if old:
                return self._store.documents.change(tx, old, owner.name, body=body), False
            if len(self._all(tx, id.scope, owner)) >= _MOST:
                raise InvalidInput(f"There are {_MOST} views already.", target="name", mend="Delete some first.")
            return self._store.documents.add(tx, Record(id, body, {}), owner.name), True

    def delete(self, scope: Scope, name: str, owner: Principal) -> bool:
        """Forget a view; whether there was one."""
        with self._store.state.write() as tx:
            record = self._store.documents.find(tx, self._id(tx, scope, name, owner))
            if record:
                self._store.documents.remove(tx, record, owner.name)
            return record is not None

    def _id(self, tx: Connection, scope: Scope, name: str, owner: Principal) -> ResourceId:
        scope = find_workspace(self._store, tx, scope).id.scope
        return ResourceId(scope, COLLECTION, check_name(name, what="name of a view"), owner.id)

    def _all(self, tx: Connection, scope: Scope, owner: Principal) -> builtins.list[Record]:
        selection = Selection(scope, COLLECTION, facets=((_OWNER, owner.id),), limit=2 * _MOST)
        return self._store.documents.select(tx, selection)


def _facets(record: Record) -> set[Facet]:
    return {(_OWNER, str(record.body["owner"]))}
