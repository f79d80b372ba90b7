"""Deployments in container images: scoring scripts, and servers that an image brings along."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import httpx
import pytest
from tests.endpoints.conftest import Served, answering, steadily
from tests.endpoints.servers import ROUTES, server
from tests.endpoints.test_collected import COLLECTOR, OWN, kept
from tests.images import PYTHON, podman
from tests.jobs.place import Place
from tests.jobs.test_environments import dockerfile

from lazuli.compute.contract import until

pytestmark = pytest.mark.needs("podman")

LOOKS = """
import json, os
def init(): pass
def run(data):
    models = os.environ["AZUREML_MODEL_DIR"]
    return [json.loads(data), os.getcwd(), os.path.exists("/usr/bin/apt-get"), models, sorted(os.listdir(models))]
"""


@pytest.fixture(scope="session")
def image(place: Place, python_image: str) -> str:
    """An environment that is an image with a Python."""
    place.put("environment", "boxed-python", "1", image=python_image)
    return "azureml:boxed-python:1"


def weights(place: Place) -> str:
    path = place.upload("boxed/weights/w.txt", "7")
    place.put("model", "boxed-weights", "1", path=path.removesuffix("/w.txt"))
    return "azureml:boxed-weights:1"


def containers(key: str) -> list[str]:
    """The containers of a key that are there."""
    return podman("ps", "--all", "--format={{.Names}}", f"--filter=name=lazuli-{key}").split()


def test_a_script_answers_from_an_image_and_is_changed_without_a_failed_request(endpoint: Served, image: str) -> None:
    endpoint.up("blue", LOOKS, environment=image, model=weights(endpoint.place))
    home = "/var/azureml-app/azureml-models/boxed-weights/1"
    assert endpoint.ask(1, "blue").json() == [1, "/var/azureml-app", False, home, ["weights"]]
    assert "Ready: worker" in endpoint.log("blue")
    endpoint.traffic(blue=100)
    first = endpoint.get("blue").state["run"]["key"]
    with steadily(endpoint) as answers:
        endpoint.deploy("blue", answering("new"), environment=image)
        until(lambda: answers[-1][1].startswith('["new"'), "answers of the new")
    assert {status for status, _ in answers} == {200}
    until(lambda: not containers(first), "the end of the old")


def test_a_container_that_was_killed_comes_back(endpoint: Served, image: str) -> None:
    endpoint.up("blue", answering("blue"), environment=image)
    key = endpoint.get("blue").state["run"]["key"]
    runner = endpoint.place.platform.engine.folder(key).parent / "runner.json"
    os.kill(json.loads(runner.read_text())["pid"], signal.SIGKILL)
    until(lambda: (endpoint.get("blue").state.get("run") or {"key": key})["key"] != key, "its successor")
    until(lambda: endpoint.ask(1, "blue").json() == ["blue", 1], "answers again")
    assert not containers(key)


def test_a_script_that_the_image_cannot_run_is_told(endpoint: Served, image: str) -> None:
    endpoint.deploy("blue", "import numpy\ndef run(data): return 1\n", environment=image)
    assert "No module named 'numpy'" in endpoint.until("Failed", "blue").state["error"]["message"]


def test_what_a_script_collects_in_an_image_is_kept(endpoint: Served, image: str) -> None:
    endpoint.up("blue", OWN, environment=image, data_collector=COLLECTOR)
    assert endpoint.ask({"rows": [{"x": 1}]}, "blue").json() == "done"
    until(lambda: [event["data"] for event in kept(endpoint, "model_inputs")] == [[{"x": 1}]], "its inputs")


def test_a_script_in_an_image_leads_no_one_out_of_its_folders(endpoint: Served, image: str, tmp_path: Path) -> None:
    """The front keeps requests with more rights than the container has, into which it is not to be lured."""
    container = endpoint.place.platform.storage.container(endpoint.place.scope, "workspaceblobstore")
    stream = f"{container}/modelDataCollector/{endpoint.name}/blue/request"
    root = endpoint.place.platform.store.settings.data_dir / "collected"
    lures = f"""
import os, time
for place in {[str(root / stream), str(root / "inside" / stream)]!r}:
    if os.path.isdir(place):
        os.symlink({str(tmp_path)!r}, place + time.strftime("/%Y", time.gmtime()))
        print("lured at", place)
"""
    endpoint.up("blue", lures + OWN, environment=image, data_collector=COLLECTOR)
    assert "lured at" in endpoint.log("blue")
    assert endpoint.ask({"rows": [{"x": 1}]}, "blue").json() == "done"
    until(lambda: kept(endpoint, "request"), "the request")
    assert not list(tmp_path.iterdir())


def test_a_server_of_an_image_is_asked_at_its_routes(endpoint: Served, image: str) -> None:
    place = endpoint.place
    for word in ("old", "new"):
        place.upload(f"contexts/own-{word}/server.py", server(word))
        text = f'FROM {PYTHON}\nCOPY server.py /server.py\nCMD ["python", "/server.py"]\n'
        dockerfile(place, f"own-{word}", text, inference_config=ROUTES)

    def deploy(word: str, **said: object) -> None:
        shelf = place.platform.shelves.online_deployment
        document = {"environment": f"azureml:own-{word}:1", "model": weights(place), **said}
        shelf.put(endpoint.id("blue"), shelf.noun.document.load(document), place.actor)

    deploy("old", model_mount_path="/models", instance_count=2)
    endpoint.until("Succeeded", "blue")
    assert endpoint.ask(5, "blue").json() == ["old", "/predict", 5, ["/models/boxed-weights/1/weights/w.txt"]]
    endpoint.traffic(blue=100)
    url = endpoint.url
    headers = {"Authorization": f"Bearer {place.platform.shelves.online_endpoint.keys.of(endpoint.id())['primary']}"}
    assert httpx.post(f"{url}/deep?x=1", json=1, headers=headers).json()[1] == "/predict/deep?x=1"
    assert httpx.get(url.removesuffix("/score") + "/docs", headers=headers).json() == "/docs"
    broken = httpx.post(f"{url}/broken", json=1, headers=headers)
    assert (broken.status_code, broken.headers["ms-azureml-model-error-statuscode"]) == (424, "500")
    with steadily(endpoint) as answers:
        every = endpoint.get("blue").state["run"]["key"].rpartition("-")[0]
        former = containers(every)
        assert len(former) == 2
        deploy("new")
        until(lambda: answers[-1][1].startswith('["new"'), "answers of the new")
    assert {status for status, _ in answers} == {200}
    until(lambda: not {*former} & {*containers(every)}, "the end of the old")
