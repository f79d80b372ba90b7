"""Online endpoints on the real engine: brought up, shared out, changed, broken."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import httpx
import pytest
from tests.endpoints.conftest import Served, answering, steadily
from tests.endpoints.onnx_models import times
from tests.jobs.place import Place
from tests.runtime.scoring import free_port

from lazuli.compute.contract import sh, until
from lazuli.endpoints.leaving import Leaving
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, InvalidInput, NotFound

INIT_FAILS = "def init(): raise ValueError('no model here')\ndef run(data): return data\n"


def test_a_deployment_answers_with_a_key_and_no_other(endpoint: Served) -> None:
    endpoint.up("blue", answering("blue"))
    answer = endpoint.ask({"x": 1}, "blue")
    assert (answer.status_code, answer.json()) == (200, ["blue", {"x": 1}])
    assert answer.headers["azureml-model-deployment"] == "blue"
    assert endpoint.ask(1, "blue", key="guessed").status_code == 401
    assert endpoint.ask(1).status_code == 404  # it has no traffic yet
    assert httpx.post(endpoint.url, json=1).status_code == 401


def test_traffic_is_shared_and_changed(endpoint: Served) -> None:
    for name in ("blue", "green"):
        endpoint.up(name, answering(name))
    endpoint.traffic(blue=100, green=0)
    assert {endpoint.ask(1).json()[0] for _ in range(20)} == {"blue"}
    endpoint.traffic(blue=50, green=50)
    assert {endpoint.ask(1).json()[0] for _ in range(60)} == {"blue", "green"}
    endpoint.traffic(green=100)
    assert {endpoint.ask(1).json()[0] for _ in range(20)} == {"green"}


def test_a_change_of_a_deployment_fails_no_request(endpoint: Served) -> None:
    endpoint.up("blue", answering("old"))
    endpoint.traffic(blue=100)
    first = endpoint.get("blue").state["run"]["key"]
    with steadily(endpoint) as answers:
        endpoint.deploy("blue", answering("new"))
        until(lambda: answers[-1][1].startswith('["new"'), "answers of the new")
    assert {status for status, _ in answers} == {200}
    words = [json.loads(text)[0] for _, text in answers]
    assert words == sorted(words, reverse=True), "once the new answers, the old does not"
    endpoint.until("Succeeded", "blue")
    engine = endpoint.place.platform.engine
    until(lambda: first not in engine.orphans(()), "the old is gone")


def test_a_script_that_cannot_be_loaded_fails_its_deployment_and_says_why(endpoint: Served) -> None:
    endpoint.deploy("blue", INIT_FAILS)
    failed = endpoint.until("Failed", "blue")
    assert failed.state["error"]["code"] == "ContainerCrashed"
    assert "no model here" in failed.state["error"]["message"]
    assert "ValueError: no model here" in endpoint.log("blue")
    with pytest.raises(InvalidInput, match="does not answer: it is Failed"):
        endpoint.put(traffic={"blue": 100})
    endpoint.up("blue", answering("mended"))
    assert endpoint.ask(1, "blue").json()[0] == "mended"


def test_a_change_that_fails_leaves_what_answers(endpoint: Served) -> None:
    endpoint.up("blue", answering("old"))
    endpoint.traffic(blue=100)
    endpoint.deploy("blue", INIT_FAILS)
    endpoint.until("Failed", "blue")
    assert endpoint.ask(1).json()[0] == "old"


def test_what_is_killed_comes_back(endpoint: Served) -> None:
    endpoint.up("blue", answering("blue"))
    endpoint.traffic(blue=100)
    engine, url = endpoint.place.platform.engine, endpoint.url
    for record in (endpoint.get("blue"), endpoint.get()):
        key = record.state["run"]["key"]
        runner = json.loads((engine.folder(key).parent / "runner.json").read_text())
        os.kill(runner["pid"], signal.SIGKILL)

        def is_back(former: str = key, deployment: str = record.id.version) -> bool:
            run = endpoint.get(deployment).state.get("run")
            return bool(run) and run["key"] != former

        until(is_back, "its successor")
        until(lambda: answers(endpoint) == ["blue", 1], "answers again")
    assert endpoint.url == url


def answers(endpoint: Served) -> object:
    """What it answers; None where nobody does, or not well."""
    try:
        answer = endpoint.ask(1)
    except httpx.TransportError:
        return None
    return answer.json() if answer.status_code == 200 else None


def test_a_key_that_was_made_anew_holds_and_the_former_does_not(endpoint: Served) -> None:
    endpoint.up("blue", answering("blue"))
    shelf = endpoint.place.platform.shelves.online_endpoint
    before = shelf.keys.of(endpoint.id())
    shelf.renew_key(endpoint.id(), "Primary")
    after = shelf.keys.of(endpoint.id())
    assert after["primary"] != before["primary"] and after["secondary"] == before["secondary"]
    assert endpoint.ask(1, "blue", key=before["primary"]).status_code == 401
    assert endpoint.ask(1, "blue", key=after["primary"]).status_code == 200
    assert endpoint.ask(1, "blue", key=before["secondary"]).status_code == 200


def test_a_token_holds_for_a_while(endpoint: Served) -> None:
    endpoint.up("blue", answering("blue"))
    token = endpoint.place.platform.shelves.online_endpoint.make_token(endpoint.id())
    assert endpoint.ask(1, "blue", key=token.word).json() == ["blue", 1]
    assert token.refresh_s < token.expires_s


def test_a_model_lies_where_azure_has_it(endpoint: Served) -> None:
    place = endpoint.place
    path = place.upload("trained/weights/w.txt", "7")
    place.put("model", "weights", "3", path=path.removesuffix("/w.txt"))
    script = (
        "import os\ndef init():\n    global w\n"
        "    w = open(os.path.join(os.environ['AZUREML_MODEL_DIR'], 'weights', 'w.txt')).read()\n"
        "def run(data): return [w, os.environ['GREETING'], os.environ['AZUREML_MODEL_DIR'][-9:]]\n"
    )
    endpoint.up("blue", script, model="azureml:weights:3", environment_variables={"GREETING": "hello"})
    assert endpoint.ask(1, "blue").json() == ["7", "hello", "weights/3"]


def test_several_models_lie_side_by_side(endpoint: Served) -> None:
    place = endpoint.place
    for name in ("first", "second"):
        place.put("model", name, "2", path=place.upload(f"several/{name}.txt", name))
    script = (
        "import os\ndef init():\n    global said\n    root = os.environ['AZUREML_MODEL_DIR']\n"
        "    said = [open(f'{root}/{n}/2/{n}.txt').read() for n in ('first', 'second')]\n"
        "def run(data): return said\n"
    )
    endpoint.up("blue", script, model="azureml:first:2", further_models=["azureml:second@latest"])
    assert endpoint.ask(1, "blue").json() == ["first", "second"]
    assert endpoint.get("blue").body["further_models"] == ["azureml:second:2"]
    with pytest.raises(InvalidInput, match="there is none"):
        endpoint.deploy("green", "", model="azureml:first:2", further_models=["second:2"], code_configuration=None)


def test_an_address_may_hold_a_word_that_opens_it(place: Place) -> None:
    keys, port = place.platform.shelves.online_endpoint.keys, free_port()
    made = Served(place, "by-address")
    made.put(address_key=True, port=port)
    made.until("Succeeded")
    made.up("blue", answering("blue"))
    made.put(address_key=True, traffic={"blue": 100})
    made.until("Succeeded")
    assert made.url == f"http://127.0.0.1:{port}/score"
    word = keys.address(made.id())
    assert httpx.post(f"{made.url}?code={word}", json=1).json() == ["blue", 1]
    place.platform.shelves.online_endpoint.renew_key(made.id(), "Address")
    assert httpx.post(f"{made.url}?code={word}", json=1).status_code == 401
    assert httpx.post(f"{made.url}?code={keys.address(made.id())}", json=1).status_code == 200
    made.put(traffic={"blue": 100})
    made.until("Succeeded")
    assert httpx.post(f"{made.url}?code={keys.address(made.id())}", json=1).status_code == 401
    other = Served(place, "same-port")
    other.put(port=port)
    other.until("Succeeded")
    assert other.get().state["port"] != port


def test_a_deployment_that_shares_traffic_is_not_deleted_and_any_other_is(endpoint: Served) -> None:
    shelf, engine = endpoint.place.platform.shelves.online_deployment, endpoint.place.platform.engine
    for name in ("blue", "green"):
        endpoint.up(name, answering(name))
    endpoint.traffic(blue=90, green=10)
    with pytest.raises(InvalidInput, match="takes 90 percent of the traffic"):
        shelf.delete(endpoint.id("blue"), endpoint.place.actor)
    key = endpoint.get("blue").state["run"]["key"]
    endpoint.traffic(blue=0, green=100)
    assert shelf.delete(endpoint.id("blue"), endpoint.place.actor)
    until(lambda: key not in engine.orphans(()), "its process is gone")
    assert endpoint.ask(1, "blue").status_code == 404
    assert not shelf.delete(endpoint.id("blue"), endpoint.place.actor)
    assert endpoint.get().body["traffic"] == {"green": 100}
    assert shelf.delete(endpoint.id("green"), endpoint.place.actor)
    until(lambda: endpoint.ask(1).status_code == 404, "nobody answers")
    assert endpoint.get().body["traffic"] == {}


def test_an_endpoint_goes_with_all_that_is_behind_it(endpoint: Served) -> None:
    for name in ("blue", "green"):
        endpoint.up(name, answering(name))
    engine, url = endpoint.place.platform.engine, endpoint.url
    keys = {endpoint.get(name).state["run"]["key"] for name in ("", "blue", "green")}
    assert endpoint.place.platform.shelves.online_deployment.delete(endpoint.id("green"), endpoint.place.actor)
    assert endpoint.place.platform.shelves.online_endpoint.delete(endpoint.id(), endpoint.place.actor)
    until(lambda: keys.isdisjoint(engine.orphans(())), "what served is gone")
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    with pytest.raises(NotFound):
        endpoint.get("blue")


@pytest.mark.parametrize(
    ("said", "target"),
    [
        ({"environment": "azureml:none:1"}, "environment"),
        ({"model": "azureml:none:1"}, "model"),
        ({"code_configuration": None}, "code_configuration"),
    ],
)
def test_what_a_deployment_cannot_be_made_of_is_refused(endpoint: Served, said: dict, target: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        endpoint.deploy("blue", answering("blue"), **said)
    assert refused.value.target == target
    with pytest.raises(NotFound):
        endpoint.get("blue")


def test_traffic_goes_nowhere_else(endpoint: Served) -> None:
    with pytest.raises(InvalidInput, match="There is no deployment 'green'"):
        endpoint.put(traffic={"green": 100})
    with pytest.raises(InvalidInput, match="has no deployments yet"):
        Served(endpoint.place, "another").put(traffic={"green": 100})


def test_a_deployment_needs_its_endpoint(place: Place) -> None:
    with pytest.raises(NotFound, match="The endpoint 'nobody' does not exist"):
        Served(place, "nobody").deploy("blue", answering("blue"))


def test_a_workspace_with_endpoints_is_not_deleted(place: Place) -> None:
    other = place.beside("answering")
    endpoint = Served(other, "alone")
    endpoint.put()
    workspaces = place.platform.shelves.workspace
    with pytest.raises(Conflict, match="has 1 online endpoints"):
        workspaces.delete(ResourceId(other.scope), place.actor)
    endpoint.until("Succeeded")
    place.platform.shelves.online_endpoint.delete(endpoint.id(), place.actor)
    workspaces.delete(ResourceId(other.scope), place.actor)


def test_an_onnx_model_answers_without_a_script(endpoint: Served, tmp_path: Path) -> None:
    place = endpoint.place
    for version, factor in (("1", 2.0), ("2", 3.0)):
        times(factor, tmp_path / "times.onnx")
        place.put(
            "model", "times", version, path=uploaded(place, f"times/{version}/times.onnx", tmp_path / "times.onnx")
        )
    shelf = place.platform.shelves.online_deployment
    shelf.put(endpoint.id("blue"), shelf.noun.document.load({"model": "azureml:times:1"}), place.actor)
    endpoint.until("Succeeded", "blue")
    endpoint.traffic(blue=100)
    assert endpoint.ask({"input_data": {"x": [[1.0, 2.0]]}}).json() == [[2.0, 4.0]]
    shelf.put(endpoint.id("blue"), shelf.noun.document.load({"model": "azureml:times:2"}), place.actor)
    endpoint.until("Succeeded", "blue")
    assert endpoint.ask({"input_data": {"x": [[1.0, 2.0]]}}).json() == [[3.0, 6.0]]


def test_an_onnx_file_that_cannot_be_loaded_fails_its_deployment_alone(endpoint: Served) -> None:
    place = endpoint.place
    endpoint.up("blue", answering("blue"))
    place.put("model", "broken", "1", path=place.upload("broken/model.onnx", "no protobuf at all"))
    shelf = place.platform.shelves.online_deployment
    shelf.put(endpoint.id("green"), shelf.noun.document.load({"model": "azureml:broken:1"}), place.actor)
    failed = endpoint.until("Failed", "green")
    assert "cannot be loaded" in failed.state["error"]["message"]
    assert endpoint.ask(1, "blue").json() == ["blue", 1]


def uploaded(place: Place, path: str, file: Path) -> str:
    container = place.platform.storage.container(place.scope, "workspaceblobstore")
    place.platform.store.blobs.put_file(container, path, file)
    return f"azureml://datastores/workspaceblobstore/paths/{path}"


def test_what_is_started_for_somebody_who_is_gone_ends_at_once(place: Place) -> None:
    leaving, engine = Leaving(place.platform.engine), place.platform.engine
    leaving.stop("late")  # as a deletion does that comes while a step is about to start it
    leaving.start(sh("sleep 600"), "late")
    until(lambda: engine.look("late").over, "its end")
    leaving.ended("late")
    assert "late" not in engine.orphans(())
