"""What changes its status in a workspace, heard as it happens and after a break."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from tests.server.conftest import SCOPE, WS, Served

from lazuli.schema.identity import ResourceId, Scope
from lazuli.server import bulletin
from lazuli.store.documents import Record

SPACE = WS.rpartition("/")[0] + "/heard"
HERE = replace(SCOPE, workspace="heard")

Said = Iterator[tuple[str, str, dict[str, Any]]]


@pytest.fixture(scope="module", autouse=True)
def space(served: Served) -> Iterator[None]:
    assert served.admin.put(SPACE, json={"location": "here", "properties": {}}).status_code == 201
    yield
    served.admin.delete(SPACE)


@contextmanager
def heard(served: Served, after: str = "") -> Iterator[Said]:
    headers = {"Last-Event-ID": after} if after else {}
    with served.admin.stream("GET", f"{SPACE}/events", headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.iter_lines())


def _events(lines: Iterator[str]) -> Said:
    event: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            word, _, value = line.partition(": ")
            event[word] = value
        elif event:
            yield event["id"], event["event"], json.loads(event["data"])
            event = {}


def make(served: Served, name: str, kind: str = "jobs", scope: Scope = HERE, version: str = "", **said: Any) -> None:
    with served.platform.store.state.write() as tx:
        record = Record(ResourceId(scope, kind, name, version), {"command": "true"}, {}, **said)
        served.platform.store.documents.add(tx, record, "me")


def move(served: Served, name: str, status: str) -> None:
    documents = served.platform.store.documents
    with served.platform.store.state.write() as tx:
        documents.change(tx, documents.get(tx, ResourceId(HERE, "jobs", name)), "me", status=status)


def told(event: tuple[str, str, dict[str, Any]]) -> tuple[str, str, str]:
    return event[2]["kind"], event[2]["name"], event[2]["status"]


def test_what_happens_is_heard_in_its_order_and_nothing_else(served: Served) -> None:
    with heard(served) as events:
        assert next(events)[1] == "ready"
        make(served, "Loud", status="Completed")
        found = [next(events)]
        make(served, "elsewhere", scope=SCOPE, status="Completed")
        make(served, "table", "data", version="1")
        make(served, "Child", status="Failed", parent="Loud")
        make(served, "front", "onlineEndpoints", status="Creating")
        make(served, "front", "onlineDeployments", version="Blue", status="Updating")
        make(served, "box", "computes")
        move(served, "Loud", "Queued")
        found += [next(events) for _ in range(5)]
        with served.platform.store.state.write() as tx:
            documents = served.platform.store.documents
            documents.remove(tx, documents.get(tx, ResourceId(HERE, "jobs", "Loud")), "me")
        found.append(next(events))
    assert [told(event) for event in found] == [
        ("jobs", "Loud", "Completed"),
        ("jobs", "Child", "Failed"),
        ("onlineEndpoints", "front", "Creating"),
        ("onlineDeployments", "front", "Updating"),
        ("computes", "box", "Created"),
        ("jobs", "Loud", "Queued"),
        ("jobs", "loud", "Deleted"),  # who knew how it was spelt has gone
    ]
    assert [event[2]["parent"] for event in found[:2]] == [None, "Loud"]
    assert found[3][2]["deployment"] == "Blue"
    assert sorted(int(event[0]) for event in found) == [int(event[0]) for event in found]


def test_who_comes_back_hears_what_came_meanwhile(served: Served) -> None:
    make(served, "before", status="Completed")
    with heard(served) as events:
        id, _, _ = next(events)
    make(served, "meanwhile", status="Completed")
    with heard(served, after=id) as events:
        assert next(events)[1] == "ready"
        assert told(next(events)) == ("jobs", "meanwhile", "Completed")
        make(served, "now", status="Failed")
        assert told(next(events)) == ("jobs", "now", "Failed")


def test_who_was_away_for_too_long_is_told_so(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with heard(served) as events:
        id, _, _ = next(events)
    monkeypatch.setattr(bulletin, "_MOST", 2)
    for number in range(30):
        make(served, f"many{number}", status="Completed")
    with heard(served, after=id) as events:
        assert [next(events)[1] for _ in range(2)] == ["ready", "missed"]


def test_several_hear_the_same(served: Served) -> None:
    with heard(served) as one, heard(served) as other:
        assert next(one)[1] == next(other)[1] == "ready"
        make(served, "shared", status="Completed")
        assert told(next(one)) == told(next(other)) == ("jobs", "shared", "Completed")


def test_a_wrong_place_and_no_workspace(served: Served) -> None:
    assert served.admin.get(f"{SPACE}/events", params={"after": "x"}).status_code == 400
    assert served.admin.get(f"{SPACE}-none/events").status_code == 404
    assert served.nobody.get(f"{SPACE}/events").status_code == 401
