"""Servers of one's own that are no image: a command starts them, in Python or R."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from tests.endpoints.conftest import Served, steadily
from tests.endpoints.servers import ROUTES, server
from tests.jobs.place import PYTHON
from tests.jobs.test_environments import dockerfile

from lazuli.compute.contract import until
from lazuli.resources.deployment import OnlineDeployment
from lazuli.schema.problems import InvalidInput

R_ACCIDENTS = Path(__file__).parents[2] / "examples" / "endpoints" / "r-accidents"


def deploy(endpoint: Served, word: str = "", **said: object) -> None:
    place = endpoint.place
    place.put("environment", "own-python", "1", image=PYTHON, inference_config=ROUTES)
    code = {"code": place.code(f"own-{word}", server__py=server(word))} if word else None
    document = {"environment": "azureml:own-python:1", "code_configuration": code, **said}
    place.platform.shelves.online_deployment.put(endpoint.id("blue"), OnlineDeployment.load(document), place.actor)


def test_a_command_starts_a_server_that_is_changed_without_a_failed_request(endpoint: Served) -> None:
    deploy(endpoint, "old", command="python server.py", instance_count=2)
    endpoint.until("Succeeded", "blue")
    assert endpoint.ask({"x": 5}, "blue").json() == ["old", "/predict", {"x": 5}, []]
    assert len({line for line in endpoint.log("blue").splitlines() if line.startswith("listens at")}) == 2
    endpoint.traffic(blue=100)
    with steadily(endpoint) as answers:
        deploy(endpoint, "new", command="python server.py")
        until(lambda: answers[-1][1].startswith('["new"'), "answers of the new")
    assert {status for status, _ in answers} == {200}


def test_a_server_that_does_not_live_is_started_anew(endpoint: Served) -> None:
    probe = {"period": 1, "failure_threshold": 1}
    ill = Path(f"/tmp/ill-{endpoint.name}")
    deploy(endpoint, "ill", command="python server.py", liveness_probe=probe)
    endpoint.until("Succeeded", "blue")
    first = endpoint.get("blue").state["run"]["key"]
    ill.touch()
    try:
        until(lambda: (endpoint.get("blue").state.get("run") or {"key": first})["key"] != first, "its successor")
    finally:
        ill.unlink()
    until(lambda: endpoint.ask(1, "blue").status_code == 200, "answers")


def test_a_server_that_ends_at_once_is_told(endpoint: Served) -> None:
    deploy(endpoint, "ends", command="echo I cannot; exit 1")
    failed = endpoint.until("Failed", "blue")
    assert "I cannot" in failed.state["error"]["message"]


def test_a_server_needs_a_command_and_routes(endpoint: Served) -> None:
    with pytest.raises(InvalidInput, match="nothing says how it is asked"):
        deploy(endpoint, command="true", environment="azureml:plain:1")
    deploy(endpoint)
    assert "Nothing says how its own server starts" in endpoint.until("Failed", "blue").state["error"]["message"]


@pytest.mark.needs("Rscript")
def test_a_model_of_r_answers_what_its_caller_wants(endpoint: Served) -> None:
    place = endpoint.place
    dockerfile(
        place, "r-plumber", (R_ACCIDENTS / "environment" / "Dockerfile").read_text(), inference_config=ROUTES_OF_R
    )
    files = {file.name.replace(".", "__"): file.read_text() for file in (R_ACCIDENTS / "src").iterdir()}
    container = place.platform.storage.container(place.scope, "workspaceblobstore")
    place.platform.store.blobs.put_file(container, "r/model.rds", R_ACCIDENTS / "model.rds")
    place.put("model", "accidents", "1", path="azureml://datastores/workspaceblobstore/paths/r/model.rds")
    said = {"command": "Rscript serve.R", "environment": "azureml:r-plumber:1", "model": "azureml:accidents:1"}
    deploy(endpoint, code_configuration={"code": place.code("r-server", **files)}, **said)
    endpoint.until("Succeeded", "blue")
    request = json.loads((R_ACCIDENTS / "request.json").read_text())
    wanted = {"probability": [0.00166669, 0.82350289], "outcome": ["alive", "dead"]}
    assert endpoint.ask(request, "blue").json() == wanted
    assert list(endpoint.ask({**request, "outputs": ["log_odds"]}, "blue").json()) == ["log_odds"]
    keys = place.platform.shelves.online_endpoint.keys.of(endpoint.id())
    headers = {"Authorization": f"Bearer {keys['primary']}", "azureml-model-deployment": "blue"}
    body = {"input_data": request["input_data"]}
    answer = httpx.post(f"{endpoint.url}?outputs=outcome", json=body, headers=headers)
    assert answer.json() == {"outcome": ["alive", "dead"]}
    wrong = endpoint.ask({**request, "outputs": ["odds"]}, "blue")
    assert wrong.status_code == 424 and "there are probability, log_odds, outcome" in wrong.text


ROUTES_OF_R = {
    "liveness_route": {"path": "/live", "port": 8000},
    "scoring_route": {"path": "/score", "port": 8000},
}
