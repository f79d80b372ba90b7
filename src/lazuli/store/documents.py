"""Documents: resources as rows, with an etag, and a journal entry beside every change.

Every function takes the transaction it works in, so that what belongs together is committed together.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, NotFound
from lazuli.store import tables
from lazuli.store.clock import Clock, system_clock

__all__ = ["Documents", "Entry", "Record", "Selection"]

_R = tables.resource

# Said once, because building a statement takes longer than running it.
_FIND = select(_R).where(_R.c.id == bindparam("key"))
# Made again under the same name a resource has the same etags again, but not the same birth.
_CHANGE = update(_R).where(
    _R.c.id == bindparam("key"), _R.c.etag == bindparam("old_etag"), _R.c.created_at == bindparam("birth")
)


@dataclass(frozen=True)
class Record:
    """One resource as it is kept."""

    id: ResourceId
    body: Mapping[str, Any]
    """What the user said: the document under its field names."""
    state: Mapping[str, Any]
    """What the platform says of it."""
    status: str = ""
    archived: bool = False
    parent: str = ""
    hash: str = ""
    created_at: int = 0
    created_by: str = ""
    modified_at: int = 0
    modified_by: str = ""
    etag: int = 1


@dataclass(frozen=True)
class Entry:
    """One entry of the journal: who did what to which resource, and when."""

    at: int
    actor: str
    event: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Selection:
    """Which resources of one kind a list holds, in which order: newest first unless told otherwise."""

    scope: Scope | None
    kind: str
    name: str | None = None
    versions: bool | None = None
    """True: only rows with a version; False: only rows without one."""
    archived: bool | None = None
    parent: str | None = None
    hash: str | None = None
    statuses: tuple[str, ...] = ()
    told: str = ""
    """Only rows whose state has this word in it."""
    skip: int = 0
    limit: int = 1000
    newest_first: bool = True


class Documents:
    """The table of resources."""

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock

    def find(self, tx: Connection, id: ResourceId) -> Record | None:
        """The resource, or None."""
        row = tx.execute(_FIND, {"key": id.key}).one_or_none()
        return _record(row) if row else None

    def get(self, tx: Connection, id: ResourceId, what: str = "resource") -> Record:
        """The resource. Raises :class:`NotFound`."""
        record = self.find(tx, id)
        if record is None:
            version = f", version '{id.version}'," if id.version else ""
            raise NotFound(f"The {what} '{id.name or id.scope.workspace}'{version} does not exist.", target=id.path)
        return record

    def add(self, tx: Connection, record: Record, actor: str) -> Record:
        """Keep a new resource. Raises :class:`Conflict` where its id is taken."""
        if self.find(tx, record.id):
            raise Conflict(f"'{record.id.name}' exists already.", target=record.id.path, code="ResourceExists")
        now = self._clock()
        record = replace(record, created_at=now, created_by=actor, modified_at=now, modified_by=actor, etag=1)
        tx.execute(insert(_R), _values(record))
        self.note(tx, record.id, actor, "created", {"status": record.status} if record.status else {})
        return record

    def change(self, tx: Connection, record: Record, actor: str, event: str = "updated", **changes: Any) -> Record:
        """Keep changes to a resource as it was read. Raises :class:`Conflict` where it changed meanwhile."""
        new = replace(record, **changes, modified_at=self._clock(), modified_by=actor, etag=record.etag + 1)
        as_read = {"key": record.id.key, "old_etag": record.etag, "birth": record.created_at}
        done = tx.execute(_CHANGE, {**as_read, **_values(new)})
        if done.rowcount != 1:
            raise Conflict(
                f"'{record.id.name}' was changed by somebody else meanwhile.", target=record.id.path, mend="Try again."
            )
        detail = {"from": record.status, "to": new.status} if new.status != record.status else {}
        self.note(tx, record.id, actor, event, detail)
        return new

    def remove(self, tx: Connection, record: Record, actor: str) -> None:
        """Forget a resource; the journal remembers that it was there."""
        tx.execute(delete(_R).where(_R.c.id == record.id.key))
        tx.execute(delete(tables.lease).where(tables.lease.c.resource_id == record.id.key))
        self.note(tx, record.id, actor, "deleted", {})

    def select(self, tx: Connection, selection: Selection) -> list[Record]:
        """The resources of a selection."""
        order = (_R.c.created_at.desc(), _R.c.id.desc()) if selection.newest_first else (_R.c.created_at, _R.c.id)
        query = _where(select(_R), selection).order_by(*order).offset(selection.skip).limit(selection.limit)
        return [_record(row) for row in tx.execute(query)]

    def count(self, tx: Connection, selection: Selection) -> int:
        """How many resources a selection has, whatever its skip and limit."""
        return tx.execute(_where(select(func.count()).select_from(_R), selection)).scalar_one()

    def versions(self, tx: Connection, id: ResourceId) -> list[str]:
        """The versions of an asset, the newest first, and nothing else of them."""
        query = _where(select(_R.c.version), Selection(id.scope, id.kind, name=id.name, versions=True))
        return list(tx.execute(query.order_by(_R.c.created_at.desc(), _R.c.id.desc())).scalars())

    def note(self, tx: Connection, id: ResourceId, actor: str, event: str, detail: Mapping[str, Any]) -> None:
        """Write a journal entry."""
        tx.execute(
            insert(tables.journal),
            {
                "at": self._clock(),
                "actor": actor,
                "resource_id": id.key,
                "event": event,
                "detail": json.dumps(dict(detail)),
            },
        )

    def journal(self, tx: Connection, id: ResourceId) -> Iterator[Entry]:
        """The journal of one resource, oldest first."""
        j = tables.journal
        for row in tx.execute(select(j).where(j.c.resource_id == id.key).order_by(j.c.seq)):
            yield Entry(row.at, row.actor, row.event, json.loads(row.detail))


def _where(query: Any, s: Selection) -> Any:
    query = query.where(_R.c.kind == s.kind)
    if s.scope is not None:
        query = query.where(_R.c.scope == s.scope.key)
    if s.versions is not None:
        query = query.where(_R.c.version != "" if s.versions else _R.c.version == "")
    if s.archived is not None:
        query = query.where(_R.c.archived == int(s.archived))
    if s.name is not None:  # names that differ only in case are the same, as they are in ids
        query = query.where(func.lower(_R.c.name) == s.name.lower())
    if s.told:
        query = query.where(_R.c.state.contains(s.told, autoescape=True))
    for column in ("parent", "hash"):
        if (value := getattr(s, column)) is not None:
            query = query.where(_R.c[column] == value)
    return query.where(_R.c.status.in_(s.statuses)) if s.statuses else query


def _values(record: Record) -> dict[str, Any]:
    id = record.id
    return {
        "id": id.key,
        "subscription": id.scope.subscription,
        "resource_group": id.scope.resource_group,
        "workspace": id.scope.workspace,
        "scope": id.scope.key,
        "kind": id.kind,
        "name": id.name,
        "version": id.version,
        "status": record.status,
        "archived": int(record.archived),
        "parent": record.parent,
        "hash": record.hash,
        "created_at": record.created_at,
        "created_by": record.created_by,
        "modified_at": record.modified_at,
        "modified_by": record.modified_by,
        "etag": record.etag,
        "body": json.dumps(dict(record.body)),
        "state": json.dumps(dict(record.state)),
    }


def _record(row: Row[Any]) -> Record:
    scope = Scope(row.subscription, row.resource_group, row.workspace)
    return Record(
        id=ResourceId(scope, row.kind, row.name, row.version),
        body=json.loads(row.body),
        state=json.loads(row.state),
        status=row.status,
        archived=bool(row.archived),
        parent=row.parent,
        hash=row.hash,
        created_at=row.created_at,
        created_by=row.created_by,
        modified_at=row.modified_at,
        modified_by=row.modified_by,
        etag=row.etag,
    )
