"""Many clients want the same name at once: one makes it, nobody is told a fault, nothing is there twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import httpx
import pytest
from tests.journeys.crashing import SCOPE, Server, server
from tests.store.postgres import Postgres, postgres

from lazuli.server.blobs import HOST

__all__ = ["postgres"]

RIVALS = 8
ROUNDS = 2
Ask = Callable[[], httpx.Response]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres
) -> Iterator[Server]:
    environ = {"LAZULI_DATABASE_URL": postgres.fresh_database()} if request.param == "postgresql" else {}
    with server(tmp_path_factory.mktemp("rivals") / "data", **environ) as made:
        made.start()
        made.found()
        yield made
        made.end()
        assert "Traceback" not in (made.data_dir.parent / "server.log").read_text()


def at_once(asks: Sequence[Ask]) -> list[httpx.Response]:
    """The answers to requests that are sent together."""
    barrier = threading.Barrier(len(asks))
    answers: list[httpx.Response] = []

    def ask(one: Ask) -> None:
        barrier.wait()
        answers.append(one())

    threads = [threading.Thread(target=ask, args=(one,)) for one in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(asks)
    return answers


def upload(house: Server, name: str) -> str:
    store = f"{SCOPE}/datastores/workspaceblobstore"
    container = house.call("GET", store)["properties"]["containerName"]
    sas = house.call("POST", f"{store}/listSecrets", {})["sasToken"]
    assert house.ask("PUT", f"/{HOST}/{container}/{name}?{sas}", content=b"x").is_success
    return f"azureml://datastores/workspaceblobstore/paths/{name}"


def code(house: Server, name: str) -> str:
    path = f"{SCOPE}/codes/{name}/versions/1/startPendingUpload"
    pending = house.call("POST", path, {})["blobReferenceForConsumption"]
    container, _, sas = pending["credential"]["sasUri"].partition("?")
    assert house.ask("PUT", f"{container.removeprefix(house.url)}/run.py?{sas}", content=b"1").is_success
    return pending["blobUri"]


def resource(house: Server, kind: str, name: str) -> tuple[str, str, dict[str, Any]]:
    """The path of a new resource, the list it is in, and its body."""
    versioned = {
        "data": lambda: {"dataType": "uri_file", "dataUri": upload(house, f"{name}/x")},
        "environments": lambda: {"image": "python:3.11"},
        "models": lambda: {"modelType": "custom_model", "modelUri": upload(house, f"{name}/x")},
        "codes": lambda: {"codeUri": code(house, name)},
    }
    if kind in versioned:
        at = f"{SCOPE}/{kind}/{name}/versions"
        return f"{at}/1", at, {"properties": versioned[kind]()}
    if kind == "workspaces":
        return f"{SCOPE}{name}", SCOPE.rpartition("/")[0], {"location": "here", "properties": {}}
    scale = {"properties": {"scaleSettings": {"maxNodeCount": 1}}}
    account = {"datastoreType": "AzureBlob", "accountName": "account", "containerName": "photos"}
    said = {
        "computes": {"computeType": "AmlCompute", **scale},
        "jobs": {"jobType": "Command", "command": "true", "environmentId": "azureml:plain:1", "computeId": "local"},
        "datastores": {**account, "credentials": {"credentialsType": "None"}},
    }[kind]
    return f"{SCOPE}/{kind}/{name}", f"{SCOPE}/{kind}", {"properties": said}


KINDS = ["workspaces", "data", "environments", "models", "codes", "computes", "jobs", "datastores"]


def listed(house: Server, place: str, path: str) -> int:
    """How often a list names a resource."""
    found: list[str] = []
    link: str = place
    while link:
        page = house.call("GET", link.removeprefix(house.url))
        found += [one["id"].lower() for one in page["value"]]
        link = page.get("nextLink") or ""
    return found.count(path.lower())


@pytest.mark.parametrize("kind", KINDS)
def test_of_many_who_make_a_name_one_does(house: Server, kind: str) -> None:
    for number in range(ROUNDS):
        path, place, body = resource(house, kind, f"made{number}")
        answers = at_once([partial(house.ask, "PUT", path, body)] * RIVALS)
        told = Counter(answer.status_code for answer in answers)
        # A datastore is written anew with its secret: who does that at the same moment is asked to try again.
        allowed = {200, 201, 409} if kind == "datastores" else {200, 201}
        assert told[201] == 1 and told.keys() <= allowed, [answer.text for answer in answers]
        assert listed(house, place, path) == 1
        assert len({answer.json()["systemData"]["createdAt"] for answer in answers if answer.is_success}) == 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "jobs"])
def test_what_many_delete_is_gone(house: Server, kind: str) -> None:
    for number in range(ROUNDS):
        path, place, body = resource(house, kind, f"gone{number}")
        assert house.ask("PUT", path, body).status_code == 201
        answers = at_once([partial(house.ask, "DELETE", path)] * RIVALS)
        assert {answer.status_code for answer in answers} <= {200, 202, 204, 404}, [a.text for a in answers]
        assert house.ask("GET", path).status_code == 404
        assert listed(house, place, path) == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "codes"])
def test_makers_and_deleters_leave_it_whole_or_gone(house: Server, kind: str) -> None:
    for number in range(ROUNDS):
        path, place, body = resource(house, kind, f"both{number}")
        asks = [
            partial(house.ask, "PUT", path, body),
            partial(house.ask, "DELETE", path),
            partial(house.ask, "GET", path),
        ]
        answers = at_once(asks * RIVALS)
        faults = [answer.text for answer in answers if answer.status_code not in (200, 201, 202, 204, 404, 409)]
        assert faults == []
        is_there = house.ask("GET", path).status_code == 200
        assert listed(house, place, path) == int(is_there)
        again = house.ask("PUT", path, body)
        assert again.status_code == (200 if is_there else 201), again.text


def test_of_many_who_make_an_experiment_one_does(house: Server) -> None:
    at = f"/mlflow/v2.0{SCOPE}/api/2.0/mlflow"
    for number in range(ROUNDS):
        said = {"name": f"rivals{number}"}
        answers = at_once([partial(house.ask, "POST", f"{at}/experiments/create", said)] * RIVALS)
        assert Counter(answer.status_code for answer in answers) == {200: 1, 400: RIVALS - 1}
        assert {a.json()["error_code"] for a in answers if a.status_code == 400} == {"RESOURCE_ALREADY_EXISTS"}
    found = house.call("GET", f"{at}/experiments/search?max_results=1000")["experiments"]
    assert max(Counter(one["name"] for one in found).values()) == 1


def test_many_who_register_a_model_get_versions_of_their_own(house: Server) -> None:
    at = f"/mlflow/v2.0{SCOPE}/api/2.0/mlflow"
    source = upload(house, "registered/x")
    made = at_once([partial(house.ask, "POST", f"{at}/registered-models/create", {"name": "contested"})] * RIVALS)
    assert all(answer.status_code < 500 for answer in made), [answer.text for answer in made]
    said = {"name": "contested", "source": source}
    answers = at_once([partial(house.ask, "POST", f"{at}/model-versions/create", said)] * RIVALS)
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    versions = sorted(int(answer.json()["model_version"]["version"]) for answer in answers)
    assert versions == list(range(1, RIVALS + 1))


def test_many_who_log_the_same_param_are_told_the_same(house: Server) -> None:
    at = f"/mlflow/v2.0{SCOPE}/api/2.0/mlflow"
    run = house.call("POST", f"{at}/runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]

    def log(value: str) -> Ask:
        return partial(house.ask, "POST", f"{at}/runs/log-parameter", {"run_id": run, "key": "lr", "value": value})

    told = Counter(answer.status_code for answer in at_once([log(str(number)) for number in range(RIVALS)]))
    assert told == {200: 1, 400: RIVALS - 1}
    params = house.call("GET", f"{at}/runs/get?run_id={run}")["run"]["data"]["params"]
    assert [one["key"] for one in params] == ["lr"]
