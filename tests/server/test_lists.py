"""Lists over HTTP: pages that bear what comes and goes, orders, and what jobs are narrowed by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from tests.server.conftest import SCOPE, WS, Served

from lazuli.store.documents import Record, ResourceId

SPACE = WS.rpartition("/")[0] + "/lists"
HERE = replace(SCOPE, workspace="lists")


@pytest.fixture(scope="module")
def jobs(served: Served) -> Iterator[httpx.Client]:
    """A workspace of its own with a few ended jobs, put there as the store keeps them."""
    assert served.admin.put(SPACE, json={"location": "here", "properties": {}}).status_code == 201
    documents = served.platform.store.documents
    with served.platform.store.state.write() as tx:
        for number, (status, experiment, tags, parent) in enumerate(
            [
                ("Completed", "Alpha", {"color": "red"}, ""),
                ("Failed", "Alpha", {"color": "blue", "big": "yes"}, ""),
                ("Completed", "Beta", {"color": "red, blue"}, "j1"),
                ("Canceled", "Beta", {}, "j1"),
                ("Failed", "alpha", {"big": "no"}, ""),
            ]
        ):
            body = {"command": "true", "experiment_name": experiment, "tags": tags, "properties": {"n": str(number)}}
            id = ResourceId(HERE, "jobs", f"j{number}")
            documents.add(tx, Record(id, body, {"target": "local"}, status=status, parent=parent), "me")
    yield served.admin
    served.admin.delete(SPACE)


def names(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return "".join(item["name"].removeprefix("j") for item in answer.json()["value"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "43210"),
        ("$orderBy=createdtime asc", "01234"),
        ("$orderBy=createdtime desc&$top=1", "4"),
        ("$orderBy=CreatedAt", "01234"),
        ("tag=color", "210"),
        ("tag=color=red", "0"),
        ("tag=color=red, blue", "2"),
        ("tag=color&tag=big", "1"),
        ("$tags=color,big=yes", "1"),
        ("tags=big", "41"),
        ("jobType=Command", "43210"),
        ("jobType=Sweep", ""),
        ("experimentName=ALPHA", "410"),
        ("experimentName=alpha&status=failed", "41"),
        ("status=Failed&status=canceled", "431"),
        ("status=Failed,Canceled&$top=2", "43"),
        ("parentJobName=j1", "32"),
        ("properties=n=3", "3"),
        ("properties=n,none", ""),
        ("listViewType=ArchivedOnly", ""),
        ("$skip=3", "10"),
        ("$maxpagesize=2", "43"),
        ("experimentName=none", ""),
        ("somethingElse=1", "43210"),
    ],
)
def test_jobs_are_narrowed_by_the_server(jobs: httpx.Client, query: str, expected: str) -> None:
    assert names(jobs.get(f"{SPACE}/jobs?includeChildren=true&{query}")) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [("", "410"), ("tag=color", "10"), ("status=Completed", "0"), ("jobType=command&$maxpagesize=2", "41")],
)
def test_what_other_jobs_made_is_shown_where_it_is_asked_for(jobs: httpx.Client, query: str, expected: str) -> None:
    assert names(jobs.get(f"{SPACE}/jobs?{query}")) == expected


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("$orderBy=size desc", "$orderBy"),
        ("$orderBy=createdtime sideways", "$orderBy"),
        ("status=Happy", "status"),
        ("$skipToken=nonsense", "$skipToken"),
        ("$skipToken=WzEsMl0", "$skipToken"),  # [1,2]
        ("$skipToken=WzFlOTksIiJd", "$skipToken"),  # [1e99,""]
        ("$skipToken=ü", "$skipToken"),
        ("tag==x", "tag"),
        ("&".join(f"tag=t{n}" for n in range(21)), "tag"),
        ("properties==", "properties"),
    ],
)
def test_what_a_list_does_not_understand_is_told(jobs: httpx.Client, query: str, target: str) -> None:
    answer = jobs.get(f"{SPACE}/jobs?{query}")
    assert answer.status_code == 400 and answer.json()["error"]["target"] == target
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("query", ["", "experimentName=alpha", "status=Failed,Completed", "$orderBy=createdtime asc"])
def test_pages_are_followed_to_the_end_whatever_goes_meanwhile(
    jobs: httpx.Client, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    whole = names(jobs.get(f"{SPACE}/jobs?{query}"))
    monkeypatch.setattr("lazuli.server.listing.PAGE", 1)
    assert "".join(pages(jobs, f"{SPACE}/jobs?{query}")) == whole
    assert "".join(pages(jobs, f"{SPACE}/jobs?{query}&$skip=1&$top=2")) == whole[1:3]


def pages(client: httpx.Client, link: str) -> Iterator[str]:
    while link:
        answer = client.get(link)
        yield names(answer)
        link = answer.json().get("nextLink", "")
        assert "$skip=" not in httpx.URL(link).query.decode().replace("%24", "$")


def test_what_comes_and_goes_between_two_pages_moves_no_other(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lazuli.server.listing.PAGE", 3)
    space = WS.rpartition("/")[0] + "/moving"
    assert served.admin.put(space, json={"location": "here", "properties": {}}).status_code == 201

    def put(name: str) -> int:
        body = {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "STANDARD_DS3_V2"}}}
        return served.admin.put(f"{space}/computes/{name}", json=body).status_code

    made = [f"c{number}" for number in range(7)]
    for name in made:
        assert put(name) == 201
    first = served.admin.get(f"{space}/computes").json()
    assert [item["name"] for item in first["value"]] == ["c6", "c5", "c4"]
    put("newer")
    served.admin.delete(f"{space}/computes/c4")
    second = served.admin.get(first["nextLink"]).json()
    assert [item["name"] for item in second["value"]] == ["c3", "c2", "c1"]
    served.admin.delete(space)


def test_workspaces_are_paged_too(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lazuli.server.listing.PAGE", 1)
    group = WS.partition("/providers/")[0].replace("rg1", "paged")
    path = f"{group}/providers/Microsoft.MachineLearningServices/workspaces"
    for name, tags in (("a", {"t": "1"}), ("b", {}), ("c", {"t": "2"})):
        body = {"location": "here", "properties": {}, "tags": tags}
        assert served.admin.put(f"{path}/{name}", json=body).status_code == 201
    assert "".join(pages(served.admin, path)) == "abc"
    assert "".join(pages(served.admin, f"{path}?tag=t")) == "ac"


def test_jobs_are_counted_by_status(jobs: httpx.Client) -> None:
    counts = jobs.get(f"{SPACE}/jobCounts").json()["value"]
    assert {status: number for status, number in counts.items() if number} == {
        "Completed": 2,
        "Failed": 2,
        "Canceled": 1,
    }
