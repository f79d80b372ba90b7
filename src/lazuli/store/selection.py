"""Which resources a list holds, and the SQL that finds them: every page costs the same, however long the list is.

A page begins behind the last row of the page before, by the time that row was made and its id. So rows that come or
go between two pages neither repeat nor hide others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, func, literal_column, select, tuple_

from lazuli.schema.identity import Scope
from lazuli.store import tables
from lazuli.store.facets import TAG, Facet, brief

__all__ = ["Place", "Selection", "narrowed", "paged"]

_R, _F = tables.resource, tables.facet

Place = tuple[int, str]
"""Where a row stands in a list: when it was made, in milliseconds, and its id in lower case."""

_NOTHING = literal_column("''")  # said in the statement: partial indexes are not used for a parameter


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
    facets: tuple[Facet, ...] = ()
    """Only what is filed under each of these."""
    properties: tuple[tuple[str, str | None], ...] = ()
    """Only documents with each of these properties; with the value None of any value. Each document is looked at."""
    told: str = ""
    """Only rows whose state has this word in it."""
    after: Place | None = None
    """Only what comes behind this place in the list."""
    skip: int = 0
    limit: int = 1000
    newest_first: bool = True

    def has_properties(self, body: Mapping[str, Any]) -> bool:
        """Whether a document has the properties that are asked for."""
        said = body.get("properties") or {}
        return all(name in said and value in (None, said[name]) for name, value in self.properties)


def narrowed(selection: Selection, *columns: Any) -> Select[*tuple[Any, ...]]:
    """The columns of every resource of a selection, in no order and whatever its page."""
    leading = _leading(selection)
    query: Select[*tuple[Any, ...]] = select(*columns)
    if leading is None:
        query = query.select_from(_R).where(_R.c.kind == selection.kind)
        if selection.scope is not None:
            query = query.where(_R.c.scope == selection.scope.key)
    else:  # the facet leads to its resources, which are then found by their ids alone
        query = query.select_from(_F).join(_R, _R.c.id == _F.c.resource_id).where(*_filed(selection, leading))
    for facet in selection.facets:
        if facet != leading:
            same = (_F.c.scope == _R.c.scope, _F.c.created_at == _R.c.created_at, _F.c.resource_id == _R.c.id)
            query = query.where(exists().where(*_filed(selection, facet), *same).correlate(_R))
    return _by_columns(query, selection)


def paged(query: Select[*tuple[Any, ...]], selection: Selection) -> Select[*tuple[Any, ...]]:
    """The page of a selection, in its order."""
    place = (_R.c.created_at, _R.c.id) if _leading(selection) is None else (_F.c.created_at, _F.c.resource_id)
    if selection.after is not None:
        behind = tuple_(*selection.after)
        query = query.where(tuple_(*place) < behind if selection.newest_first else tuple_(*place) > behind)
    order = [column.desc() for column in place] if selection.newest_first else place
    return query.order_by(*order).offset(selection.skip or None).limit(selection.limit)


_COMMON = {"type": 1, "root": 2}
"""Keys under which most of a kind are filed: they tell less than others."""


def _leading(selection: Selection) -> Facet | None:
    """The facet by which a selection is found in its order, the most telling one; None where a column leads.

    A status does: to look up the facets of what has it costs less than to read what is filed under a facet.
    """
    if selection.statuses or not selection.facets:
        return None
    return min(selection.facets, key=lambda facet: (not facet[0].startswith(TAG), _COMMON.get(facet[0], 0)))


def _filed(selection: Selection, facet: Facet) -> list[Any]:
    key, value = facet
    found = [_F.c.kind == selection.kind, _F.c.key == brief(key), _F.c.value == brief(value)]
    return [*found, _F.c.scope == selection.scope.key] if selection.scope else found


def _by_columns(query: Select[*tuple[Any, ...]], s: Selection) -> Select[*tuple[Any, ...]]:
    if s.versions is not None:
        query = query.where(_R.c.version != _NOTHING if s.versions else _R.c.version == _NOTHING)
    if s.archived is not None:  # with a sum no index of the column is tempting where the status has a better one
        archived = _R.c.archived + 0 if s.statuses else _R.c.archived
        query = query.where(archived == int(s.archived))
    if s.name is not None:  # names that differ only in case are the same, as they are in ids
        query = query.where(func.lower(_R.c.name) == s.name.lower())
    if s.told:
        query = query.where(_R.c.state.contains(s.told, autoescape=True))
    for column in ("parent", "hash"):
        if (value := getattr(s, column)) is not None:
            query = query.where(_R.c[column] == value)
            query = query.where(_R.c[column] != _NOTHING) if value else query
    if len(s.statuses) == 1:
        return query.where(_R.c.status == s.statuses[0])
    return query.where(_R.c.status.in_(s.statuses)) if s.statuses else query
