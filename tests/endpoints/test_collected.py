"""What deployments collect: it arrives where Azure puts it, whatever is killed, and is a data asset."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.endpoints.conftest import Served, answering
from tests.endpoints.test_serving import times, uploaded
from tests.jobs.place import Place

from lazuli.compute.contract import until
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput, Unsupported

COLLECTOR = {"collections": {name: {"enabled": "True"} for name in ("model_inputs", "model_outputs", "request")}}
OWN = """
import json
from azureml.ai.monitoring import Collector
def init():
    global inputs, outputs
    inputs, outputs = Collector(name="model_inputs"), Collector(name="model_outputs")
def run(data):
    context = inputs.collect(json.loads(data)["rows"])
    outputs.collect([{"y": 1}], context)
    return "done"
"""


def kept(endpoint: Served, stream: str, deployment: str = "blue") -> list[dict[str, Any]]:
    """The events of a stream that have arrived in the datastore."""
    files = endpoint.place.files(f"modelDataCollector/{endpoint.name}/{deployment}/{stream}/")
    return [json.loads(line) for text in files.values() for line in text.splitlines()]


def test_what_an_onnx_model_is_asked_is_a_data_asset(endpoint: Served, tmp_path: Path) -> None:
    place = endpoint.place
    times(2.0, tmp_path / "times.onnx")
    place.put("model", "doubles", "4", path=uploaded(place, "doubles/times.onnx", tmp_path / "times.onnx"))
    shelf = place.platform.shelves.online_deployment
    said = {"model": "azureml:doubles:4", "data_collector": COLLECTOR}
    shelf.put(endpoint.id("blue"), shelf.noun.document.load(said), place.actor)
    endpoint.until("Succeeded", "blue")
    assert endpoint.ask({"input_data": {"x": [[1.0, 2.0]]}}, "blue").json() == [[2.0, 4.0]]
    until(lambda: kept(endpoint, "model_outputs"), "its outputs")
    [given], [taken] = kept(endpoint, "model_outputs"), kept(endpoint, "model_inputs")
    assert (given["data"], taken["data"], taken["modelversion"]) == ([[2.0, 4.0]], {"x": [[1.0, 2.0]]}, "4")
    assert given["correlationid"] == taken["correlationid"]
    assert taken["source"].endswith(f"/onlineEndpoints/{endpoint.name}/deployments/blue")
    asset = place.platform.shelves.data.get(ResourceId(place.scope, "data", f"{endpoint.name}-blue-model_inputs", "1"))
    path = f"azureml://datastores/workspaceblobstore/paths/modelDataCollector/{endpoint.name}/blue/model_inputs"
    assert asset.body["path"].endswith(path.partition("/datastores/")[2])
    made = place.put("data", f"{endpoint.name}-inputs", "1", path=path)
    assert made.state["file_count"] == 1


def test_nothing_collected_is_lost_with_who_wrote_it(endpoint: Served) -> None:
    endpoint.up("blue", OWN, data_collector=COLLECTOR)
    engine, platform = endpoint.place.platform.engine, endpoint.place.platform
    for number in range(5):
        assert endpoint.ask({"rows": [{"x": number}]}, "blue").json() == "done"
    for deployment in ("blue", ""):
        key = endpoint.get(deployment).state["run"]["key"]
        runner = json.loads((engine.folder(key).parent / "runner.json").read_text())
        os.kill(runner["pid"], signal.SIGKILL)
    until(lambda: len(kept(endpoint, "request")) == 5, "all requests")
    until(lambda: len(kept(endpoint, "model_outputs")) == 5, "all outputs")
    assert [event["data"] for event in kept(endpoint, "model_inputs")] == [[{"x": number}] for number in range(5)]
    left = platform.store.settings.data_dir / "collected"
    until(lambda: not any(endpoint.name in place for place, *_ in os.walk(left)), "that nothing is left behind")


def test_streams_go_where_they_are_said_to(endpoint: Served) -> None:
    path = "azureml://datastores/workspaceblobstore/paths/elsewhere/asked"
    collections = {
        "request": {"enabled": True, "data": {"name": "asked", "version": "2", "path": path}},
        "response": {"enabled": False},
    }
    collector = {"collections": collections, "rolling_rate": "minute", "request_logging": {"capture_headers": ["x-a"]}}
    endpoint.up("blue", answering("blue"), data_collector=collector)
    endpoint.ask(7, "blue")
    until(lambda: endpoint.place.files("elsewhere/asked/"), "the request")
    [(name, text)] = endpoint.place.files("elsewhere/asked/").items()
    assert len(name.split("/")) == 6 and json.loads(text)["data"] == 7
    assert not kept(endpoint, "response")
    asset = endpoint.place.platform.shelves.data.get(ResourceId(endpoint.place.scope, "data", "asked", "2"))
    assert asset.body["path"] == path
    noun = endpoint.place.platform.shelves.online_deployment.noun
    said = noun.document.load(endpoint.get("blue").body).to_rest(endpoint.place.scope)["dataCollector"]
    assert said["collections"]["request"]["dataId"] == asset.id.shown
    again = noun.document.from_rest({"dataCollector": said}, endpoint.place.scope).dump()["data_collector"]
    before = endpoint.get("blue")
    after = endpoint.up("blue", answering("blue"), data_collector=again, instance_count=2)
    assert after.body["data_collector"] == before.body["data_collector"]
    assert after.state["run"]["key"] == before.state["run"]["key"]
    collections["request"]["data"]["path"] = "https://example.com/asked"
    with pytest.raises(Unsupported):
        endpoint.deploy("blue", answering("blue"), data_collector=collector)


def test_only_what_was_collected_is_carried(place: Place) -> None:
    """A script may lay anything into its folders: what leads elsewhere, has no end, or has no name."""
    settings = place.platform.store.settings
    container = place.platform.storage.container(place.scope, "workspaceblobstore")
    folder = settings.data_dir / "collected" / container / "hostile"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").symlink_to(settings.data_dir / "token")
    (folder / "b").symlink_to(settings.data_dir / "token")
    (folder / "c").symlink_to(settings.data_dir)
    os.mkfifo(folder / "d.jsonl")
    (folder / "e\\.jsonl").write_bytes(b"{}\n")
    (folder / os.fsdecode(b"\xff.jsonl")).write_bytes(b"{}\n")
    with (folder / "f.jsonl").open("wb") as file:
        file.truncate(10 << 40)
    (folder / "g.jsonl").write_bytes(b"{}\n")
    (folder / "h").write_bytes(b"as it is")
    until(lambda: len(place.files("hostile/")) == 2, "what is one's own")
    assert place.files("hostile/") == {"g.jsonl": "{}\n", "h": "as it is"}
    (folder / "c").unlink(missing_ok=True)  # a folder is not looked at
    until(lambda: not folder.exists(), "that nothing is left behind")


@pytest.mark.parametrize("path", ["../../../../outside", "/etc/outside", "a/../../../../../outside", "a:/etc"])
def test_nothing_is_collected_outside_the_folder_for_it(endpoint: Served, path: str) -> None:
    said = {"request": {"data": {"path": f"azureml://datastores/workspaceblobstore/paths/{path}"}}}
    with pytest.raises(InvalidInput):
        endpoint.deploy("blue", answering("blue"), data_collector={"collections": said})


def test_keys_are_not_collected(endpoint: Served) -> None:
    said = {"collections": {"request": {}}, "request_logging": {"capture_headers": ["x-a", "Authorization"]}}
    with pytest.raises(InvalidInput, match="keys of callers"):
        endpoint.deploy("blue", answering("blue"), data_collector=said)
