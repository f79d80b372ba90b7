"""Connections: kept without their secrets, which only who asks for them is told."""

from __future__ import annotations

from typing import Any

import pytest
from tests.server.conftest import SCOPE, WS, Served, on_its_way


def body(**properties: Any) -> dict[str, Any]:
    said = {"category": "Git", "target": "https://git.example.org", "authType": "PAT", "credentials": {"pat": "hush-1"}}
    return {"properties": {**said, **properties}}


def test_a_connection_is_kept_and_its_secret_told_only_when_asked_for(served: Served) -> None:
    path = f"{WS}/connections/git-1"
    said = body(fromTheFuture={"x": [1]}, metadata={"a": "b"})
    made, again = (served.admin.put(path, json=said) for _ in range(2))
    assert (made.status_code, again.status_code) == (200, 200)  # Microsoft's client takes nothing else
    told = served.admin.get(path)
    assert "hush-1" not in told.text and told.json() == made.json()
    assert told.json()["properties"] == {
        "category": "Git",
        "target": "https://git.example.org",
        "authType": "PAT",
        "metadata": {"a": "b"},
        "isSharedToAll": True,
        "fromTheFuture": {"x": [1]},
    }
    opened = served.admin.post(f"{path}/listsecrets").json()["properties"]
    assert opened == told.json()["properties"] | {"credentials": {"pat": "hush-1"}}
    assert served.admin.delete(path).status_code == 200
    assert served.admin.delete(path).status_code == 204
    assert served.admin.post(f"{path}/listSecrets").status_code == 404


def test_a_connection_shown_and_sent_back_keeps_its_secret(served: Served) -> None:
    path = f"{WS}/connections/git-2"
    served.admin.put(path, json=body())
    told = served.admin.get(path).json()
    told["properties"]["metadata"] = {"more": "words"}
    assert served.admin.put(path, json=told).status_code == 200
    assert served.admin.post(f"{path}/listSecrets").json()["properties"]["credentials"] == {"pat": "hush-1"}
    told["properties"]["target"] = "https://elsewhere.example.org"
    answer = served.admin.put(path, json=told)
    assert (answer.status_code, answer.json()["error"]["target"]) == (400, "credentials")


def test_a_secret_that_is_needed_is_asked_for(served: Served) -> None:
    answer = served.admin.put(f"{WS}/connections/git-3", json=body(credentials={}))
    assert (answer.status_code, answer.json()["error"]["target"]) == (400, "credentials")
    assert served.admin.get(f"{WS}/connections/git-3").status_code == 404


def test_connections_are_listed_by_their_kind(served: Served) -> None:
    served.admin.put(f"{WS}/connections/git-4", json=body())
    served.admin.put(f"{WS}/connections/feed-4", json=body(category="PythonFeed", authType="None", credentials=None))
    served.admin.put(f"{WS}/connections/odd-4", json=body(category="SomethingNew"))
    kinds = {
        each["name"]: each["properties"]["category"] for each in served.admin.get(f"{WS}/connections").json()["value"]
    }
    assert (kinds["feed-4"], kinds["odd-4"]) == ("PythonFeed", "SomethingNew")
    feeds = served.admin.get(f"{WS}/connections", params={"category": "pythonfeed"}).json()["value"]
    assert [each["name"] for each in feeds] == ["feed-4"]


@pytest.mark.parametrize("kind", ["connections", "datastores"])
def test_lists_without_pages_hold_all(served: Served, kind: str) -> None:
    served.admin.put(f"{WS}/connections/git-first", json=body())
    served.admin.put(f"{WS}/connections/git-second", json=body())
    found = [served.admin.get(f"{WS}/{kind}?$maxpagesize={size}").json() for size in (1, 200)]
    assert len(found[0]["value"]) > 1 and found[0] == found[1]


def test_a_job_is_told_no_secret(served: Served) -> None:
    path = f"{WS}/connections/git-5"
    served.admin.put(path, json=body())
    token = served.platform.access.job_token("someone", SCOPE, "Job5", on_its_way(served, "Job5"))
    headers = {"Authorization": f"Bearer {token}"}
    assert "hush-1" not in served.nobody.get(path, headers=headers).text
    assert served.nobody.post(f"{path}/listSecrets", headers=headers).status_code == 403


@pytest.mark.parametrize("name", ["git 6", "-x", "x" * 256])
def test_names_that_cannot_be_are_refused(served: Served, name: str) -> None:
    assert served.admin.put(f"{WS}/connections/{name.replace(' ', '%20')}", json=body()).status_code in (400, 404)
