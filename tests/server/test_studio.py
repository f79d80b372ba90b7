"""Search, overview and views: what pages ask of a workspace as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.server.conftest import SCOPE, WS, Served

from lazuli.schema.identity import ResourceId, Scope
from lazuli.shelves.principal import Principal
from lazuli.store.documents import Record
from lazuli.workspaces.views import LARGEST, Views

SPACE = WS.rpartition("/")[0] + "/studio"
HERE = replace(SCOPE, workspace="studio")


def keep(served: Served, kind: str, name: str, version: str = "", **facts: Any) -> None:
    documents = served.platform.store.documents
    with served.platform.store.state.write() as tx:
        record = Record(ResourceId(HERE, kind, name, version), facts.pop("body", {}), facts.pop("state", {}), **facts)
        documents.add(tx, record, "me")


@pytest.fixture(scope="module")
def space(served: Served) -> Iterator[httpx.Client]:
    """A workspace with something of everything, put there as the store keeps it."""
    assert served.admin.put(SPACE, json={"location": "here", "properties": {}}).status_code == 201
    job = {"command": "true", "experiment_name": "Roses"}
    keep(served, "jobs", "iris", body={**job, "display_name": "First"}, status="Completed")
    keep(served, "jobs", "job2", body={**job, "display_name": "Iris again"}, status="Failed", state={"error": BROKEN})
    keep(served, "jobs", "job3", body={**job, "display_name": "an iris"}, status="Completed", archived=True)
    keep(served, "jobs", "job4", body={**job, "display_name": "child iris"}, status="Failed", parent="job2")
    for version in ("1", "2"):
        keep(served, "models", "iris-model", version, body={"path": "azureml://x/y", "type": "custom_model"})
    keep(served, "data", "old-iris", "1", body={"path": "azureml://x/y"}, archived=True)
    keep(served, "onlineEndpoints", "my-iris", body={"auth_mode": "key"}, status="Succeeded")
    failed = {"status_reason": "It does not load."}
    keep(served, "onlineDeployments", "my-iris", "blue", body={}, status="Failed", state=failed)
    keep(served, "schedules", "nightly-iris", body={}, status="Disabled")
    served.platform.tracking.experiments.ensure(HERE, "Iris flowers")
    yield served.admin
    with served.platform.store.state.write() as tx:
        served.platform.store.documents.clear(tx, HERE)
    served.admin.delete(SPACE)


BROKEN = {"code": "UserError", "message": "Traceback\nValueError: no petals"}


def found(client: httpx.Client, **query: Any) -> list[tuple[str, str, str]]:
    answer = client.get(f"{SPACE}/search", params=query)
    assert answer.status_code == 200, answer.text
    return [(each["kind"], each["name"], each["version"]) for each in answer.json()["value"]]


def test_what_fits_best_comes_first(space: httpx.Client) -> None:
    everything = found(space, text="IRIS")
    assert everything[0] == ("job", "iris", "")
    assert {each[:2] for each in everything[1:4]} == {
        ("job", "job2"),
        ("model", "iris-model"),
        ("experiment", "Iris flowers"),
    }
    assert {each[:2] for each in everything[4:]} == {
        ("job", "job4"),
        ("online-endpoint", "my-iris"),
        ("schedule", "nightly-iris"),
    }, "neither archived jobs nor archived data"


def test_an_asset_is_found_once_by_its_newest_version_or_by_the_one_that_is_named(space: httpx.Client) -> None:
    assert found(space, text="iris-mod") == [("model", "iris-model", "2")]
    assert found(space, text="iris-model:1") == [("model", "iris-model", "1")]
    assert found(space, text="iris-model:9") == []


def test_a_deployment_is_found_and_told_with_its_endpoint(space: httpx.Client) -> None:
    (blue,) = space.get(f"{SPACE}/search?text=blue").json()["value"]
    assert blue == blue | {"kind": "online-deployment", "name": "blue", "within": "my-iris", "label": "blue"}
    assert blue["detail"] == "my-iris · Failed"


def test_a_search_is_bounded(space: httpx.Client) -> None:
    assert len(found(space, text="iris", limit=2)) == 2
    assert found(space, text="  ") == [] == found(space, text="%") == found(space, text="x" * 5000)
    assert space.get(f"{SPACE}/search?text=x&limit=-1").status_code == 400
    assert space.get(f"{WS}-not-there/search?text=x").status_code == 404


def test_the_overview_tells_how_everything_stands(space: httpx.Client) -> None:
    told = space.get(f"{SPACE}/overview").json()
    counted = {word: told["counts"][word] for word in ("job", "model", "data", "experiment", "online-deployment")}
    assert counted == {"job": 4, "model": 1, "data": 0, "experiment": 1, "online-deployment": 1}
    assert told["statuses"]["Failed"] == 2
    assert [job["name"] for job in told["recent"]] == ["job2", "iris"], "no archived one, no child"
    assert told["running"] == told["waiting"] == []
    attention = {(each["kind"], each["name"]): each for each in told["attention"]}
    assert attention["job", "job2"]["why"] == "ValueError: no petals"
    assert ("job", "job4") not in attention, "its parent is told"
    assert attention["online-deployment", "blue"]["why"] == "It does not load."
    assert attention["online-deployment", "blue"]["within"] == "my-iris"
    assert attention["schedule", "nightly-iris"]["severity"] == "warning"


def test_a_view_is_kept_changed_and_forgotten(space: httpx.Client) -> None:
    view = f"{SPACE}/views/Jobs.columns"
    assert space.get(view).status_code == 404
    assert space.put(view, json={"content": {"columns": ["auc"]}}).status_code == 201
    assert space.put(view, json={"content": {"columns": ["auc", "花"]}}).status_code == 200
    assert space.get(view).json()["content"] == {"columns": ["auc", "花"]}
    assert [each["name"] for each in space.get(f"{SPACE}/views").json()["value"]] == ["Jobs.columns"]
    assert space.delete(view).status_code == 200
    assert space.delete(view).status_code == 204
    assert space.get(f"{SPACE}/views").json()["value"] == []


def test_a_view_is_an_object_of_a_bounded_size_under_a_name(space: httpx.Client) -> None:
    assert space.put(f"{SPACE}/views/a", json={"content": [1]}).status_code == 400
    assert space.put(f"{SPACE}/views/a", json={"content": {"x": "y" * LARGEST}}).status_code == 413
    assert space.put(f"{SPACE}/views/-a", json={"content": {}}).status_code == 400


def test_nobody_sees_the_views_of_somebody_else(served: Served, space: httpx.Client) -> None:
    views = Views(served.platform.store)
    one, other = (Principal(name, name, "admin") for name in ("one", "other"))
    views.put(HERE, "mine", {"a": 1}, one)
    views.put(HERE, "mine", {"a": 2}, other)
    assert views.get(HERE, "mine", one).body["content"] == {"a": 1}
    assert len(views.list(HERE, one)) == 1
    assert views.delete(HERE, "mine", one)
    assert views.list(HERE, one) == []
    assert views.get(HERE, "mine", other).body["content"] == {"a": 2}


def test_views_go_with_their_workspace(served: Served) -> None:
    short = Scope(HERE.subscription, HERE.resource_group, "short")
    place = SPACE.replace("studio", "short")
    served.admin.put(place, json={"location": "here", "properties": {}})
    served.admin.put(f"{place}/views/a", json={"content": {}})
    served.admin.delete(place)
    with served.platform.store.state.read() as tx:
        left = served.platform.store.documents.find(tx, ResourceId(short, "views", "a", "whoever"))
    assert left is None
    served.admin.put(place, json={"location": "here", "properties": {}})
    assert served.admin.get(f"{place}/views").json()["value"] == []
    served.admin.delete(place)


def test_the_queue_of_a_compute_tells_what_runs_and_what_waits(served: Served, space: httpx.Client) -> None:
    documents, store = served.platform.store.documents, served.platform.store
    made = space.put(f"{SPACE}/computes/Few", json={"properties": {"computeType": "AmlCompute", "properties": NODES}})
    assert made.status_code in (200, 201), made.text
    facts = {"target": "Few", "nodes": 1}
    keep(served, "jobs", "q-runs", body={"command": "true"}, status="Running", state={**facts, "held_at": 7})
    for name in ("q-first", "q-second"):
        keep(served, "jobs", name, body={"command": "true"}, status="Queued", state=facts)
    told = space.get(f"{SPACE}/computes/few/queue").json()
    assert (told["compute"], told["nodes"], told["waitingInAll"]) == ("Few", 1, 2)
    assert [(job["name"], job["since"]) for job in told["running"]] == [("q-runs", 7)]
    assert [job["name"] for job in told["waiting"]] == ["q-first", "q-second"]
    assert "next in the queue" in told["waiting"][0]["reason"]
    assert "1 jobs ahead" in told["waiting"][1]["reason"]
    assert len(space.get(f"{SPACE}/computes/few/queue?limit=1").json()["waiting"]) == 1
    assert space.get(f"{SPACE}/computes/local/queue").json()["running"] == []
    assert space.get(f"{SPACE}/computes/none/queue").status_code == 404
    overview = space.get(f"{SPACE}/overview").json()
    assert [job["name"] for job in overview["waiting"]] == ["q-first", "q-second"]
    assert "next in the queue" in overview["waiting"][0]["reason"]
    assert [job["name"] for job in overview["running"]] == ["q-runs"]
    with store.state.write() as tx:
        for name in ("q-runs", "q-first", "q-second"):
            documents.remove(tx, documents.get(tx, ResourceId(HERE, "jobs", name)), "me")


NODES = {"vmSize": "Standard_DS3_v2", "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 1}}
