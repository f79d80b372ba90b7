"""Search: everything of a workspace that goes by a name somebody types, the best fit first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from lazuli.jobs.closeness import ELSEWHERE, closeness
from lazuli.jobs.table.rows import JobTable
from lazuli.resources.table import NOUNS
from lazuli.schema.identity import NESTED, ResourceId, Scope
from lazuli.shelves.shelf import find_workspace
from lazuli.store import tables
from lazuli.store.opened import Store

__all__ = ["MOST_FOUND", "Search"]

MOST_FOUND = 100
_LONGEST = 200
_KINDS = {noun.collection: noun for noun in NOUNS if noun.collection and noun.word not in ("job", "registry", "code")}
"""What is searched beside jobs and experiments. Snapshots of code go by their hashes."""
_R, _E = tables.resource, tables.experiment
_DETAIL = ("endpoint_name", "type", "auth_mode", "size", "image", "description")
"""The fields of which the first that is there is told beside a name."""


@dataclass(frozen=True)
class _Fit:
    """Something that fits, and how well."""

    rank: int
    at: int
    """When it, or its newest version, was made."""
    told: Mapping[str, Any]


class Search:
    """The search of one server."""

    def __init__(self, store: Store, jobs: JobTable) -> None:
        self._store = store
        self._jobs = jobs

    def find(self, scope: Scope, text: str, limit: int = 20) -> list[dict[str, Any]]:
        """``[{kind, name, version, within, label, detail, at}]``: what goes by ``text``, the best and newest first.

        ``name:version`` finds one version of an asset; else assets are found once, by their newest version.
        Archived ones are left out. Raises :class:`NotFound` where there is no such workspace.
        """
        with self._store.state.read() as tx:
            scope = find_workspace(self._store, tx, scope).id.scope
            text = " ".join(text[:_LONGEST].lower().split())
            if not text:
                return []
            found = [*self._resources(tx, scope, text), *_experiments(tx, scope, text)]
        found += self._of_jobs(scope, text, limit)
        found.sort(key=lambda fit: (fit.rank, -fit.at))
        return [dict(fit.told) for fit in found[: max(0, min(limit, MOST_FOUND))]]

    def _of_jobs(self, scope: Scope, text: str, limit: int) -> Iterator[_Fit]:
        for rank, row in self._jobs.find(scope, text, min(limit, MOST_FOUND)):
            detail = " · ".join((row["experiment"], row["status"]))
            yield _Fit(rank, row["created"], _told("job", row["name"], "", row["displayName"], detail, row["created"]))

    def _resources(self, tx: Connection, scope: Scope, text: str) -> Iterator[_Fit]:
        """Everything but jobs. Of assets first the names alone are read: a name may have thousands of versions."""
        name, _, version = text.partition(":")
        for kind, noun in _KINDS.items():
            is_nested = kind in NESTED
            if noun.versioned:
                rows = _newest(tx, scope, kind, name if version else text)
            else:
                query = select(_R).where(_R.c.kind == kind, _R.c.scope == scope.key, _R.c.archived == 0)
                rows = tx.execute(query).all()
            for row in rows:
                shown = row.version if is_nested else row.name
                said = json.loads(row.body)
                label = str(said.get("display_name") or shown)
                rank = closeness(name if noun.versioned and version else text, shown, label)
                if rank == ELSEWHERE:
                    continue
                if noun.versioned and version:
                    if rank or not (exact := _version(tx, scope, kind, row.name, version)):
                        continue
                    row = exact
                within = row.name if is_nested else ""
                version_of = "" if is_nested else row.version
                detail = _detail(row, within, said)
                told = _told(noun.word, shown, version_of, label, detail, row.created_at, within)
                yield _Fit(rank, row.created_at, told)


def _newest(tx: Connection, scope: Scope, kind: str, text: str) -> Iterator[Row[Any]]:
    """The newest version of each asset whose name holds the words of ``text``."""
    here = (_R.c.kind == kind, _R.c.scope == scope.key)
    name = func.lower(_R.c.name)
    words = [name.contains(word, autoescape=True) for word in text.split()]
    for found in tx.execute(select(name).where(*here, *words).distinct()).scalars().all():
        query = select(_R).where(*here, name == found, _R.c.version != "", _R.c.archived == 0)
        row = tx.execute(query.order_by(_R.c.created_at.desc(), _R.c.id.desc()).limit(1)).one_or_none()
        if row is not None:
            yield row


def _version(tx: Connection, scope: Scope, kind: str, name: str, version: str) -> Row[Any] | None:
    return tx.execute(select(_R).where(_R.c.id == ResourceId(scope, kind, name, version).key)).one_or_none()


def _detail(row: Row[Any], within: str, said: Mapping[str, Any]) -> str:
    detail = within or next((str(said[word]) for word in _DETAIL if said.get(word)), "")
    return " · ".join(each for each in (detail[:_LONGEST], row.status) if each)


def _experiments(tx: Connection, scope: Scope, text: str) -> Iterator[_Fit]:
    query = select(_E.c.name, _E.c.created_at).where(_E.c.scope == scope.key, _E.c.lifecycle == "active")
    for name, at in tx.execute(query):
        rank = closeness(text, name)
        if rank != ELSEWHERE:
            yield _Fit(rank, at, _told("experiment", name, "", name, "", at))


def _told(kind: str, name: str, version: str, label: str, detail: str, at: int, within: str = "") -> dict[str, Any]:
    said = {"kind": kind, "name": name, "version": version, "within": within}
    return {**said, "label": label, "detail": detail, "at": at}
