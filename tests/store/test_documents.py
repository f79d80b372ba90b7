"""Documents: resources as rows, each change with its journal entry, and nobody's change lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from tests.store.conftest import Place

from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, NotFound
from lazuli.store import tables
from lazuli.store.database import Database, open_state
from lazuli.store.documents import Documents, Record, Selection
from lazuli.store.selection import narrowed, paged

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
    with database.write() as tx:
        tx.execute(insert(tables.lease), {"resource_id": record.id.key, "kind": "data", "token": ""})
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
LONG = "ü" * 300
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


def walked(database: Database, documents: Documents, between: Callable[[int], None] = lambda page: None) -> list[str]:
    """The names of a list read page by page, each from where the last one ended."""
    names: list[str] = []
    selection = Selection(HERE, "data", versions=False, limit=4)
    for page in range(100):
        with database.read() as tx:
            records = documents.select(tx, selection)
        if not records:
            return names
        names += [record.id.name for record in records]
        selection = replace(selection, after=records[-1].place)
        between(page)
    raise AssertionError("it has no end")


def test_a_page_begins_behind_the_last_one_whatever_came_or_went_between_the_two(database: Database) -> None:
    times = count(100)
    documents = Documents(lambda: next(times) // 3)  # several in one millisecond
    made = add(database, documents, *(Record(data(f"n{number:02}"), {}, {}) for number in range(20)))
    expected = [record.id.name for record in sorted(made, key=lambda r: r.place, reverse=True)]
    assert walked(database, documents) == expected

    def meddle(page: int) -> None:
        with database.write() as tx:
            documents.add(tx, Record(data(f"late{page}"), {}, {}), "me")  # newer: before what was read already
            if page == 1:  # the very row that the next page begins behind, and one that would have come
                for name in (expected[7], expected[12]):
                    documents.remove(tx, documents.get(tx, data(name)), "me")

    assert walked(database, documents, meddle) == [name for name in expected if name != expected[12]]


def filed(name: str, *, tags: dict[str, str], status: str = "", **body: Any) -> Record:
    return Record(data(name), {"tags": tags, **body}, {}, status=status)


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"facets": (("tag", "a"),)}, "321"),
        ({"facets": (("tag:a", "x"),)}, "31"),
        ({"facets": (("tag:a", "X"),)}, ""),
        ({"facets": (("tag:a", "x"), ("tag", "b"))}, "3"),
        ({"facets": (("tag", "a"), ("kind", "even"))}, "2"),
        ({"facets": (("kind", "odd"),), "statuses": ("on",)}, "31"),
        ({"facets": (("kind", "odd"),), "statuses": ("on",), "limit": 1}, "3"),
        ({"facets": (("kind", "odd"),), "newest_first": False}, "135"),
        ({"facets": (("kind", "odd"),), "archived": True}, ""),
        ({"facets": (("tag", LONG),)}, "4"),
        ({"facets": ((f"tag:{LONG}", LONG + "!"),)}, ""),
        ({"facets": ((f"tag:{LONG}", LONG),)}, "4"),
        ({"facets": (("tag:nul\0", "\ud800\0"),)}, "5"),
        ({"statuses": ("on", "off")}, "54321"),
        ({"statuses": ("on", "off"), "limit": 3}, "543"),
        ({"statuses": ("on", "off"), "limit": 3, "newest_first": False}, "123"),
        ({"statuses": ("on", "off"), "skip": 1, "limit": 2}, "43"),
        ({"properties": (("p", None),)}, "21"),
        ({"properties": (("p", "1"),)}, "1"),
        ({"properties": (("p", "1"), ('q"$.', "2"))}, "1"),
        ({"properties": (("none", None),)}, ""),
        ({"properties": (("p", None),), "skip": 1, "limit": 1}, "1"),
        ({"properties": (("p", None),), "statuses": ("on", "off"), "newest_first": False}, "12"),
        ({"scope": None, "facets": (("tag:a", "x"),)}, "31"),
        ({"scope": ELSEWHERE, "facets": (("tag:a", "x"),)}, ""),
    ],
)
def test_a_selection_is_narrowed_by_what_documents_are_filed_under(
    database: Database, wishes: dict[str, Any], expected: str
) -> None:
    documents = Documents(count(1).__next__)
    documents.facets["data"] = lambda record: {("kind", "odd" if int(record.id.name) % 2 else "even")}
    shelf = (
        filed("1", tags={"a": "x"}, status="on", properties={"p": "1", 'q"$.': "2"}),
        filed("2", tags={"a": "y"}, status="off", properties={"p": "2"}),
        filed("3", tags={"a": "x", "b": ""}, status="on"),
        filed("4", tags={LONG: LONG}, status="off"),
        filed("5", tags={"nul\0": "\ud800\0"}, status="off"),
    )
    add(database, documents, *shelf)
    selection = Selection(**{"scope": HERE, "kind": "data", **wishes})
    with database.read() as tx:
        assert "".join(record.id.name for record in documents.select(tx, selection)) == expected
        if not {"limit", "skip", "properties"} & set(wishes):
            assert documents.count(tx, selection) == len(expected)


def test_what_changes_is_filed_anew_and_what_goes_no_more(database: Database, documents: Documents) -> None:
    def facets() -> set[tuple[str, str]]:
        with database.read() as tx:
            return {(row.key, row.value) for row in tx.execute(select(tables.facet))}

    [record] = add(database, documents, filed("1", tags={"a": "x", "b": "y"}))
    assert facets() == {("tag", "a"), ("tag:a", "x"), ("tag", "b"), ("tag:b", "y")}
    with database.write() as tx:
        record = documents.change(tx, record, "me", body={"tags": {"a": "z", "c": "y"}})
    assert facets() == {("tag", "a"), ("tag:a", "z"), ("tag", "c"), ("tag:c", "y")}
    documents.facets["data"] = lambda record: {("state", "odd")} if record.state.get("odd") else set()
    with database.write() as tx:
        record = documents.change(tx, record, "me", state={"odd": 1})
    assert ("state", "odd") in facets()
    with database.write() as tx:
        documents.remove(tx, record, "me")
    assert facets() == set()


def test_a_workspace_is_emptied_of_all_but_itself(database: Database, documents: Documents) -> None:
    add(database, documents, Record(ResourceId(HERE), {}, {}), filed("1", tags={"a": "x"}))
    elsewhere = replace(filed("1", tags={"a": "x"}), id=data("1", scope=ELSEWHERE))
    add(database, documents, elsewhere)
    with database.write() as tx:
        documents.clear(tx, HERE)
    with database.read() as tx:
        assert documents.find(tx, ResourceId(HERE)) and documents.find(tx, elsewhere.id)
        assert documents.find(tx, data("1")) is None
        assert {row.scope for row in tx.execute(select(tables.facet))} == {ELSEWHERE.key}


@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"archived": None},
        {"newest_first": False},
        {"after": (5, "x")},
        {"statuses": ("on",)},
        {"facets": (("tag", "a"),)},
        {"facets": (("tag", "a"), ("tag", "b"))},
        {"facets": (("tag", "a"),), "statuses": ("on",)},
        {"parent": "p"},
        {"hash": "h", "versions": True},
        {"name": "n", "versions": True},
    ],
)
def test_no_page_is_found_by_reading_or_sorting_a_whole_list(tmp_path: Path, wishes: dict[str, Any]) -> None:
    database = open_state(tmp_path)  # PostgreSQL plans by what is in its tables
    selection = Selection(**{"scope": HERE, "kind": "data", "versions": False, "archived": False, **wishes})
    with database.read() as tx:
        query = paged(narrowed(selection, tables.resource.c.id), selection)
        said = query.compile(tx.engine, compile_kwargs={"literal_binds": True})
        plan = [row.detail for row in tx.execute(text(f"EXPLAIN QUERY PLAN {said}"))]
    database.close()
    assert all(step.startswith(("SEARCH", "CORRELATED")) for step in plan), plan
