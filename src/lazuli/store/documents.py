"""Documents: resources as rows, with an etag, and a journal entry beside every change.

Every function takes the transaction it works in, so that what belongs together is committed together.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, tuple_, update

from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, NotFound
from lazuli.store import tables
from lazuli.store.clock import Clock, system_clock
from lazuli.store.facets import Facet, brief, tags_of
from lazuli.store.inserts import Rows
from lazuli.store.selection import Place, Selection, narrowed, paged
from lazuli.store.sources import Source, made_from

__all__ = ["Documents", "Entry", "Record", "Selection"]

_R, _F = tables.resource, tables.facet

_PIECE = 500
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

    @property
    def place(self) -> Place:
        """Where it stands in lists."""
        return self.created_at, self.id.key


@dataclass(frozen=True)
class Entry:
    """One entry of the journal: who did what to which resource, and when."""

    at: int
    actor: str
    event: str
    detail: Mapping[str, Any]


class Documents:
    """The table of resources."""

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock
        self.facets: dict[str, Callable[[Record], set[Facet]]] = {}
        """What resources of a kind are filed under besides their tags; registered by the rooms that know the kinds."""
        self.sources: dict[str, Callable[[Record], Iterable[Source]]] = {}
        """What resources of a kind were made from, worked out of the record alone; registered likewise."""

    def find(self, tx: Connection, id: ResourceId) -> Record | None:
        """The resource, or None."""
        row = tx.execute(_FIND, {"key": id.key}).one_or_none()
        return _record(row) if row else None

    def several(self, tx: Connection, ids: Sequence[ResourceId]) -> list[Record]:
        """Those of some resources that are there, in the order in which they are named."""
        found: dict[str, Record] = {}
        for start in range(0, len(ids), _PIECE):
            keys = [id.key for id in ids[start : start + _PIECE]]
            found.update((row.id, _record(row)) for row in tx.execute(select(_R).where(_R.c.id.in_(keys))))
        return [found[id.key] for id in ids if id.key in found]

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
        record = self.born(record, actor)
        for table, rows in self.rows_of(record):
            if rows:
                tx.execute(insert(table), list(rows))
        return record

    def born(self, record: Record, actor: str) -> Record:
        """A record as it is when it is made now."""
        now = self._clock()
        return replace(record, created_at=now, created_by=actor, modified_at=now, modified_by=actor, etag=1)

    def rows_of(self, record: Record) -> Rows:
        """All that is written of a resource that was just :meth:`born`."""
        whose = _whose(record)
        facets = [{**whose, "key": key, "value": value} for key, value in sorted(self._filed(record))]
        detail = {"status": record.status} if record.status else {}
        entry = _entry(record.created_at, record.id, record.created_by, "created", detail)
        return [(_R, [_fixed(record) | _changing(record)]), (_F, facets), (tables.journal, [entry])]

    def change(
        self,
        tx: Connection,
        record: Record,
        actor: str,
        event: str = "updated",
        *,
        detail: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Record:
        """Keep changes to a resource as it was read. Raises :class:`Conflict` where it changed meanwhile.

        The journal tells which fields changed, with what was said before and now where that is short, and ``detail``.
        """
        new = replace(record, **changes, modified_at=self._clock(), modified_by=actor, etag=record.etag + 1)
        as_read = {"key": record.id.key, "old_etag": record.etag, "birth": record.created_at}
        done = tx.execute(_CHANGE, as_read | _changing(new))
        if done.rowcount != 1:
            raise Conflict(
                f"'{record.id.name}' was changed by somebody else meanwhile.", target=record.id.path, mend="Try again."
            )
        self._file(tx, record, self._filed(record), self._filed(new))
        moved = {"from": record.status, "to": new.status} if new.status != record.status else {}
        said = {"changed": changed} if (changed := _changed(record.body, new.body)) else {}
        self.note(tx, record.id, actor, event, {**moved, **said, **(detail or {})})
        return new

    def rename(self, tx: Connection, record: Record, id: ResourceId, actor: str) -> None:
        """Call a resource otherwise. Raises :class:`Conflict` where it changed meanwhile."""
        self._file(tx, record, self._filed(record), set())
        new = replace(record, id=id, modified_at=self._clock(), modified_by=actor, etag=record.etag + 1)
        values = {"id": id.key, "name": id.name, "modified_at": new.modified_at, "modified_by": actor, "etag": new.etag}
        done = tx.execute(update(_R).where(_R.c.id == record.id.key, _R.c.etag == record.etag).values(**values))
        if done.rowcount != 1:
            raise Conflict(f"'{record.id.name}' was changed by somebody else meanwhile.", target=record.id.path)
        self._file(tx, new, set(), self._filed(new))
        self.note(tx, id, actor, "renamed", {"from": record.id.name})

    def remove(self, tx: Connection, record: Record, actor: str) -> None:
        """Forget a resource; the journal remembers that it was there."""
        tx.execute(delete(_R).where(_R.c.id == record.id.key))
        tx.execute(delete(tables.spent).where(tables.spent.c.resource_id == record.id.key))
        self._file(tx, record, self._filed(record), set())
        tx.execute(delete(tables.lease).where(tables.lease.c.resource_id == record.id.key))
        self.note(tx, record.id, actor, "deleted", {})

    def clear(self, tx: Connection, scope: Scope) -> None:
        """Forget everything in a workspace but the workspace itself."""
        inside = select(_R.c.id).where(_R.c.scope == scope.key, _R.c.kind != "")
        tx.execute(delete(tables.lease).where(tables.lease.c.resource_id.in_(inside)))
        tx.execute(delete(_F).where(_F.c.scope == scope.key, _F.c.kind != ""))
        tx.execute(delete(tables.spent).where(tables.spent.c.scope == scope.key))
        tx.execute(delete(_R).where(_R.c.scope == scope.key, _R.c.kind != ""))

    def select(self, tx: Connection, selection: Selection) -> list[Record]:
        """The resources of a selection."""
        if len(selection.statuses) > 1 and not selection.skip:  # each by its index, then laid together
            each = (self.select(tx, replace(selection, statuses=(status,))) for status in selection.statuses)
            pages = heapq.merge(*each, key=lambda record: record.place, reverse=selection.newest_first)
            return list(islice(pages, selection.limit))
        if selection.properties:
            start = selection.skip
            return list(islice(self._with_properties(tx, selection), start, start + selection.limit))
        query = paged(narrowed(selection, *_R.c), selection)
        return [_record(row) for row in tx.execute(query)]

    def _with_properties(self, tx: Connection, selection: Selection) -> Iterator[Record]:
        """The resources of a selection that have its properties, read piece by piece as they are needed."""
        piece = replace(selection, properties=(), skip=0, limit=_PIECE)
        while found := self.select(tx, piece):
            yield from (record for record in found if selection.has_properties(record.body))
            piece = replace(piece, after=found[-1].place)

    def count(self, tx: Connection, selection: Selection) -> int:
        """How many resources a selection has, whatever its page. It may not ask for properties."""
        return tx.execute(narrowed(selection, func.count())).scalar_one()

    def versions(self, tx: Connection, id: ResourceId, *, archived: bool | None = None) -> list[str]:
        """The versions of an asset, the newest first, and nothing else of them."""
        query = narrowed(Selection(id.scope, id.kind, name=id.name, versions=True, archived=archived), _R.c.version)
        return list(tx.execute(query.order_by(_R.c.created_at.desc(), _R.c.id.desc())).scalars())

    def _filed(self, record: Record) -> set[Facet]:
        """The facets of a resource, as they are kept."""
        also, sources = self.facets.get(record.id.kind), self.sources.get(record.id.kind)
        facets = tags_of(record.body) | (also(record) if also else set())
        facets |= {made_from(source.address) for source in sources(record)} if sources else set()
        return {(brief(key), brief(value)) for key, value in facets}

    def _file(self, tx: Connection, record: Record, old: set[Facet], new: set[Facet]) -> None:
        """File a resource under its new facets, and no more under the old ones."""
        whose = _whose(record)
        if gone := old - new:
            these = [column == whose[column.name] for column in _F.c if column.name in whose]
            tx.execute(delete(_F).where(*these, tuple_(_F.c.key, _F.c.value).in_(gone)))
        if come := new - old:
            tx.execute(insert(_F), [{**whose, "key": key, "value": value} for key, value in sorted(come)])

    def note(self, tx: Connection, id: ResourceId, actor: str, event: str, detail: Mapping[str, Any]) -> None:
        """Write a journal entry."""
        tx.execute(insert(tables.journal), _entry(self._clock(), id, actor, event, detail))

    def journal(self, tx: Connection, id: ResourceId) -> Iterator[Entry]:
        """The journal of one resource, oldest first."""
        j = tables.journal
        for row in tx.execute(select(j).where(j.c.resource_id == id.key).order_by(j.c.seq)):
            yield Entry(row.at, row.actor, row.event, json.loads(row.detail))


_SHORT = 200


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Which fields differ, with the values on both sides where they are short words or numbers."""
    if old is new:
        return {}
    differing = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
    return {key: _told(old.get(key), new.get(key)) for key in differing}


def _told(*values: Any) -> dict[str, Any]:
    return dict(zip(("from", "to"), values, strict=True)) if all(map(_is_short, values)) else {}


def _is_short(value: Any) -> bool:
    """Whether the journal may tell a value: no long text, and no map of texts, which may hold secrets."""
    if isinstance(value, Mapping):
        return all(isinstance(each, int | float) for each in value.values())
    return value is None or (isinstance(value, str | int | float) and len(str(value)) <= _SHORT)


def _whose(record: Record) -> dict[str, Any]:
    """What says of a facet whose it is."""
    return {
        "scope": record.id.scope.key,
        "kind": record.id.kind,
        "created_at": record.created_at,
        "resource_id": record.id.key,
    }


def _entry(at: int, id: ResourceId, actor: str, event: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the journal."""
    return {"at": at, "actor": actor, "resource_id": id.key, "event": event, "detail": json.dumps(dict(detail))}


def _fixed(record: Record) -> dict[str, Any]:
    """What never changes of a resource."""
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
        "created_at": record.created_at,
        "created_by": record.created_by,
    }


def _changing(record: Record) -> dict[str, Any]:
    """The rest: said by itself, because a column that is written has its indexes written anew."""
    return {
        "status": record.status,
        "archived": int(record.archived),
        "parent": record.parent,
        "hash": record.hash,
        "modified_at": record.modified_at,
        "modified_by": record.modified_by,
        "etag": record.etag,
        "body": json.dumps(dict(record.body)),
        "state": json.dumps(dict(record.state)),
    }


def _record(row: Row[Any]) -> Record:
    scope = Scope(row.subscription, row.resource_group, row.workspace, row.scope.rsplit("/", 2)[1])
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
