"""Documents: resources as rows, each change with its journal entry, and nobody's change lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from sqlalchemy import insert, select
from tests.store.conftest import Place

from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, NotFound
from lazuli.store import tables
from lazuli.store.database import Database
from lazuli.store.documents import Documents, Record, Selection

HERE = Scope("Sub", "Group", "Work")


def data(name: str, version: str = "", scope: Scope = HERE) -> ResourceId:
    return ResourceId(scope, "data", name, version)


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    made = place.state()
    yield made
    made.close()


@pytest.fixture
def documents() -> Documents:
    return Documents(count(1).__next__)


def add(database: Database, documents: Documents, *records: Record) -> list[Record]:
    with database.write() as tx:
        return [documents.add(tx, record, "me") for record in records]


def test_what_was_added_is_found_as_it_was_and_in_any_case(database: Database, documents: Documents) -> None:
    body = {"a": [1, 2.5, None, True, "ü"], "b": {"c": {}}}
    record = Record(data("One", "1"), body, {"s": 1}, status="x", archived=True, parent="p", hash="h")
    [kept] = add(database, documents, record)
    assert (kept.etag, kept.created_by, kept.modified_by) == (1, "me", "me")
    with database.read() as tx:
        found = documents.find(tx, kept.id)
        assert found == kept
        assert documents.find(tx, ResourceId(Scope("sUB", "gROUP", "wORK"), "DATA", "oNE", "1")) == kept
        assert documents.find(tx, data("One")) is None
        assert documents.find(tx, data("Two", "1")) is None


def test_what_is_not_there_is_told_by_name(database: Database, documents: Documents) -> None:
    with database.read() as tx:
        with pytest.raises(NotFound, match="The data asset 'x', version '3', does not exist"):
            documents.get(tx, data("x", "3"), "data asset")
        with pytest.raises(NotFound, match="The workspace 'Work' does not exist"):
            documents.get(tx, ResourceId(HERE), "workspace")


def test_an_id_is_taken_once_whatever_its_case(database: Database, documents: Documents) -> None:
    add(database, documents, Record(data("One"), {}, {}))
    with pytest.raises(Conflict, match="exists already"):
        add(database, documents, Record(data("oNE"), {}, {}))


def test_a_change_counts_the_etag_and_a_stale_one_is_refused(database: Database, documents: Documents) -> None:
    [record] = add(database, documents, Record(data("One"), {"v": 0}, {}))
    with database.write() as tx:
        new = documents.change(tx, record, "other", body={"v": 1})
        assert (new.etag, new.modified_by, new.created_by) == (2, "other", "me")
        assert new.modified_at > new.created_at
        assert documents.get(tx, record.id) == new
    with pytest.raises(Conflict, match="changed by somebody else"), database.write() as tx:
        documents.change(tx, record, "me", body={"v": 2})
    with database.read() as tx:
        assert documents.get(tx, record.id).body == {"v": 1}


def test_a_change_never_reaches_a_namesake_made_later(database: Database, documents: Documents) -> None:
    [old] = add(database, documents, Record(data("One"), {"who": "old"}, {}))
    with database.write() as tx:
        documents.remove(tx, old, "me")
        documents.add(tx, Record(data("One"), {"who": "new"}, {}), "me")
    with pytest.raises(Conflict), database.write() as tx:
        documents.change(tx, old, "me", status="late")
    with database.read() as tx:
        assert documents.get(tx, old.id).body == {"who": "new"}


def test_removal_takes_the_lease_along_and_the_journal_remembers(database: Database, documents: Documents) -> None:
    [record] = add(database, documents, Record(data("One"), {}, {}, status="a"))
    lease: dict[str, Any] = {"resource_id": record.id.key, "kind": "data", "due_at": 0, "token": "", "expires_at": 0}
    with database.write() as tx:
        tx.execute(insert(tables.lease), {**lease, "failures": 0})
        moved = documents.change(tx, record, "system", event="moved", status="b")
        documents.remove(tx, moved, "you")
    with database.read() as tx:
        assert documents.find(tx, record.id) is None
        assert tx.execute(select(tables.lease)).all() == []
        told = [(entry.actor, entry.event, entry.detail) for entry in documents.journal(tx, record.id)]
    assert told == [
        ("me", "created", {"status": "a"}),
        ("system", "moved", {"from": "a", "to": "b"}),
        ("you", "deleted", {}),
    ]


def test_a_change_and_its_journal_entry_are_one(database: Database, documents: Documents) -> None:
    [record] = add(database, documents, Record(data("One"), {}, {}))
    with pytest.raises(ZeroDivisionError), database.write() as tx:
        documents.change(tx, record, "me", status="b")
        raise ZeroDivisionError
    with database.read() as tx:
        assert [entry.event for entry in documents.journal(tx, record.id)] == ["created"]
        assert documents.get(tx, record.id).status == ""


ELSEWHERE = replace(HERE, workspace="Other")
SHELF = [
    Record(data("Iris"), {}, {}),
    Record(data("Iris", "1"), {}, {}, hash="h1"),
    Record(data("Iris", "2"), {}, {}, archived=True),
    Record(data("Irises", "1"), {}, {}, status="Ready", parent="p"),
    Record(data("Iris", "1", ELSEWHERE), {}, {}),
    Record(ResourceId(HERE, "models", "Iris", "1"), {}, {}),
]


def selected(database: Database, documents: Documents, **wishes: Any) -> list[str]:
    selection = Selection(**{"scope": HERE, "kind": "data", **wishes})
    with database.read() as tx:
        records = documents.select(tx, selection)
        if not {"skip", "limit"} & set(wishes):
            assert documents.count(tx, selection) == len(records)
    return [f"{r.id.name}:{r.id.version}" for r in records]


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({}, ["Irises:1", "Iris:2", "Iris:1", "Iris:"]),
        ({"newest_first": False}, ["Iris:", "Iris:1", "Iris:2", "Irises:1"]),
        ({"scope": None}, ["Iris:1", "Irises:1", "Iris:2", "Iris:1", "Iris:"]),
        ({"scope": Scope("sub", "GROUP", "work")}, ["Irises:1", "Iris:2", "Iris:1", "Iris:"]),
        ({"name": "Iris"}, ["Iris:2", "Iris:1", "Iris:"]),
        ({"name": "iRIS", "versions": True}, ["Iris:2", "Iris:1"]),
        ({"versions": False}, ["Iris:"]),
        ({"archived": True}, ["Iris:2"]),
        ({"archived": False, "versions": True}, ["Irises:1", "Iris:1"]),
        ({"hash": "h1"}, ["Iris:1"]),
        ({"parent": "p"}, ["Irises:1"]),
        ({"parent": ""}, ["Iris:2", "Iris:1", "Iris:"]),
        ({"statuses": ("Ready", "x")}, ["Irises:1"]),
        ({"limit": 2}, ["Irises:1", "Iris:2"]),
        ({"skip": 2, "limit": 2}, ["Iris:1", "Iris:"]),
        ({"skip": 9}, []),
        ({"kind": "jobs"}, []),
        ({"name": "%"}, []),
    ],
)
def test_a_selection_holds_what_was_asked_for(
    database: Database, documents: Documents, wishes: dict[str, Any], expected: list[str]
) -> None:
    add(database, documents, *SHELF)
    assert selected(database, documents, **wishes) == expected


def test_pages_neither_repeat_nor_miss_what_was_made_in_the_same_millisecond(database: Database) -> None:
    documents = Documents(lambda: 7)
    add(database, documents, *(Record(data(f"n{number}"), {}, {}) for number in range(25)))
    pages = [selected(database, documents, skip=skip, limit=10) for skip in (0, 10, 20, 30)]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert len({name for page in pages for name in page}) == 25
