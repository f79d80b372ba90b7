"""Lineage over all that a platform has: from data to who asks a model, and back."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import delete, or_, select
from tests.endpoints.conftest import Served, answering
from tests.jobs.place import ENVIRONMENT, Place
from tests.jobs.sweep.searching import LOGGED, sweep

from lazuli.jobs.lineage import Lineage
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.store import tables
from lazuli.store.migrations import state_0009_sources

TRAIN = "cp ${{inputs.data}} ${{outputs.model}}/model.bin"


def graph(place: Place, word: str, name: str, version: str = "", direction: str = "both") -> dict[str, Any]:
    platform = place.platform
    lineage = Lineage(platform.store, platform.tracking.runs, {"environments": platform.made.locked})
    return lineage.graph(ResourceId(place.scope, noun(word).collection, name, version), direction)


def links(found: dict[str, Any]) -> set[tuple[str, str, str]]:
    """The edges in short: from, as what, to."""
    short = {node["id"]: f"{node['kind']} {node['name']} {node['version']}".strip() for node in found["nodes"]}
    return {(short[edge["from"]], edge["role"], short[edge["to"]]) for edge in found["edges"]}


@pytest.fixture(scope="session")
def trained(place: Place) -> Place:
    """Data, a job that read it, and the model it made."""
    place.put("data", "numbers", "1", type="uri_file", path=place.upload("numbers.csv", "1,2"))
    place.put("data", "numbers", "2", type="uri_file", path=place.upload("more.csv", "1,2,3"))
    code = place.code("training", main__py="")
    place.run(
        "training",
        TRAIN,
        code=code,
        inputs={"data": {"type": "uri_file", "path": "azureml:numbers@latest"}},
        outputs={"model": {}},
        properties={"azureml.git.commit": "abc123"},
    )
    place.platform.tracking.metrics.log_batch(
        place.scope, "training", [{"key": "auc", "value": 0.9, "step": 0, "timestamp": 1}]
    )
    place.put("model", "numbers", "1", path="azureml://jobs/training/outputs/model")
    return place


UP = {
    ("path azureml://datastores/workspaceblobstore/paths/more.csv", "files", "data numbers 2"),
    ("data numbers 2", "input data", "job training"),
    ("code training 1", "code", "job training"),
    ("environment plain 1", "environment", "job training"),
    ("job training", "output", "model numbers 1"),
}


def test_a_model_tells_the_data_the_code_and_the_job_behind_it(trained: Place) -> None:
    found = graph(trained, "model", "numbers", "1", "up")
    assert links(found) == UP
    job = next(node for node in found["nodes"] if node["kind"] == "job")
    assert (job["status"], job["commit"], job["metrics"]) == ("Completed", "abc123", {"auc": 0.9})
    assert job["createdBy"] == trained.actor.name
    environment = next(node for node in found["nodes"] if node["kind"] == "environment")
    assert environment["lock"].startswith("sha256:")
    assert found["root"].endswith("/models/numbers/versions/1")


def test_data_tells_who_answers_with_what_was_learnt_from_it(trained: Place, endpoint: Served) -> None:
    endpoint.up("blue", answering("blue"), model="azureml:numbers:1")
    endpoint.traffic(blue=100)
    down = {
        ("data numbers 2", "input data", "job training"),
        ("job training", "output", "model numbers 1"),
        ("model numbers 1", "model", f"online-deployment {endpoint.name} blue"),
        (f"online-deployment {endpoint.name} blue", "100 % of traffic", f"online-endpoint {endpoint.name}"),
    }
    found = graph(trained, "data", "numbers", "2", "down")
    assert links(found) == down
    did = [(event["by"], event["event"], event["node"].rpartition("/")[2]) for event in found["events"]]
    assert did.index((trained.actor.name, "created", "training")) < did.index((trained.actor.name, "created", "blue"))
    changed = [event["changed"]["traffic"] for event in found["events"] if "traffic" in event.get("changed", {})]
    assert [change["to"] for change in changed] == [{"blue": 100}]
    assert links(graph(trained, "data", "numbers", "1", "down")) == set()
    assert links(graph(trained, "online-endpoint", endpoint.name)) >= UP
    assert UP | down <= links(graph(trained, "model", "numbers", "1"))


def test_who_changed_what_of_a_model_is_told(trained: Place) -> None:
    trained.put("model", "staged", "1", path="azureml://jobs/training/outputs/model")
    trained.put("model", "staged", "1", path="azureml://jobs/training/outputs/model", stage="Production")
    shelf = trained.platform.shelves.model
    shelf.set_label(ResourceId(trained.scope, "models", "staged", "1"), "champion", trained.actor)
    events = [e for e in graph(trained, "model", "staged", "1")["events"] if e["node"].endswith("staged/versions/1")]
    assert [event["event"] for event in events] == ["created", "updated", "labelled"]
    small = {"path": "azureml://jobs/training/outputs/model", "properties": {"lazuli.variant_of": "azureml:staged:1"}}
    trained.put("model", "staged-int8", "1", **small)
    assert ("model staged 1", "original", "model staged-int8 1") in links(
        graph(trained, "model", "staged", "1", "down")
    )
    assert events[1]["changed"] == {"stage": {"from": None, "to": "Production"}}
    assert (events[2]["label"], events[2]["given"], events[2]["by"]) == ("champion", True, trained.actor.name)


def test_a_pipeline_tells_the_steps_that_made_its_output(place: Place) -> None:
    source = {"type": "uri_file", "path": place.upload("raw.txt", "raw")}
    steps = {
        "prepare": {
            "type": "command",
            "command": "cp ${{inputs.raw}} ${{outputs.clean}}/clean.txt",
            "environment": ENVIRONMENT,
            "inputs": {"raw": "${{parent.inputs.raw}}"},
            "outputs": {"clean": {}},
        },
        "fit": {
            "type": "command",
            "command": "cp -r ${{inputs.clean}}/. ${{outputs.model}}",
            "environment": ENVIRONMENT,
            "inputs": {"clean": "${{parent.jobs.prepare.outputs.clean}}"},
            "outputs": {"model": "${{parent.outputs.model}}"},
        },
        "aside": {"type": "command", "command": "true", "environment": ENVIRONMENT},
    }
    place.put("job", "line", type="pipeline", inputs={"raw": source}, outputs={"model": {}}, jobs=steps)
    place.until("line", "Completed")
    place.put("model", "piped", "1", path="azureml://jobs/line/outputs/model")
    found = links(graph(place, "model", "piped", "1", "up"))
    assert {
        ("job line", "output", "model piped 1"),
        ("job line-fit", "step", "job line"),
        ("job line-prepare", "input clean", "job line-fit"),
        ("path azureml://datastores/workspaceblobstore/paths/raw.txt", "input raw", "job line-prepare"),
    } <= found
    assert not any("aside" in f"{edge}" for edge in found)
    assert ("job line", "output", "model piped 1") in links(graph(place, "job", "line-prepare", "", "down"))


def test_a_sweep_tells_its_best_trial(place: Place) -> None:
    command = f"{LOGGED} && echo ${{{{search_space.x}}}} > ${{{{outputs.model}}}}/m"
    made = {"type": "custom_model", "name": "swept"}
    sweep(place, "search", command, outputs={"model": made}, limits={"max_total_trials": 3})
    place.until("search", "Completed")
    best = place.get("search").state["best"]["trial"]
    edges = links(graph(place, "model", "swept", "1", "up"))
    assert {("job search", "model", "model swept 1"), (f"job {best}", "best trial", "job search")} <= edges
    assert ("code log 1", "code", f"job {best}") in edges


def test_a_job_of_a_batch_endpoint_tells_who_was_asked(trained: Place) -> None:
    asked = {"azureml.endpointname": "many", "azureml.deploymentname": "first"}
    trained.run("asked", properties=asked)
    trained.put("batch-endpoint", "many")
    settings = {"model": "azureml:numbers:1", "environment": ENVIRONMENT, "compute": "azureml:local"}
    script = {"code": trained.code("many", score__py="def run(files): return files"), "scoring_script": "score.py"}
    trained.put("batch-deployment", "many", "first", code_configuration=script, **settings)
    down = links(graph(trained, "model", "numbers", "1", "down"))
    assert {
        ("model numbers 1", "model", "batch-deployment many first"),
        ("batch-deployment many first", "deployment", "job asked"),
    } <= down


def test_what_is_gone_and_what_never_was_a_job_stay_in_the_graph(place: Place) -> None:
    run = place.platform.tracking.runs.create(place.scope, name="by hand", user="ann")
    container = place.platform.storage.container(place.scope, "workspaceartifactstore")
    place.platform.store.blobs.put_bytes(container, f"ExperimentRun/dcid.{run.id}/m/model.bin", b"m")
    place.put("model", "byhand", "1", path=f"runs:/{run.id}/m")
    node = graph(place, "model", "byhand", "1")["nodes"][1]
    assert (node["kind"], node["name"]) == ("run", run.id)
    with pytest.raises(NotFound):
        graph(place, "model", "none", "1")
    with pytest.raises(InvalidInput, match="no direction"):
        graph(place, "model", "byhand", "1", "sideways")


class Undone(Exception):
    """What a test did to the rows of others is taken back."""


def test_what_was_there_before_is_filed_as_it_is_now(trained: Place, endpoint: Served) -> None:
    endpoint.up("blue", answering("blue"), model="azureml:numbers:1")
    endpoint.traffic(blue=100)
    facet = tables.facet
    filed = facet.c.key == "made_from"
    names = ("jobs/training", "models/numbers/versions/1", "data/numbers/versions/2", endpoint.name, "deployments/blue")
    ours = filed & or_(*(facet.c.resource_id.like(f"%/{name}") for name in names))
    before, after = set[Any](), set[Any]()
    with suppress(Undone), trained.platform.store.state.write() as tx:
        before |= set(tx.execute(select(facet).where(ours)).all())
        tx.execute(delete(facet).where(filed))
        state_0009_sources.fill(tx)
        after |= set(tx.execute(select(facet).where(ours)).all())
        raise Undone
    assert after == before and len(before) >= 8


def test_nothing_is_told_of_another_workspace(place: Place) -> None:
    """A property may name anything."""
    place.run("hidden", "echo 7 > ${{outputs.kept}}/kept.txt", outputs={"kept": {}})
    place.put("data", "hidden", "1", path="azureml://jobs/hidden/outputs/kept", tags={"word": "secret"})
    other = place.beside("curious")
    for version, kind, name, theirs in (("1", "data", "hidden", "1"), ("2", "jobs", "hidden", "")):
        parent = ResourceId(place.scope, kind, name, theirs).shown
        path = other.upload(f"{version}.csv", "1,2")
        other.put("data", "sly", version, type="uri_file", path=path, properties={"lazuli.variant_of": parent})
        found = graph(other, "data", "sly", version, "up")
        told = next(node for node in found["nodes"] if node["id"] == parent)
        assert set(told) == {"id", "kind", "name", "version"} and len(found["nodes"]) == 3


def test_a_graph_ends_within_a_job_of_many_inputs(place: Place) -> None:
    path = "azureml://datastores/workspaceblobstore/paths/many"
    inputs = {f"i{number}": {"type": "uri_file", "path": f"{path}/{number}", "mode": "direct"} for number in range(600)}
    place.submit("many", inputs=inputs)
    found = graph(place, "job", "many")
    assert len(found["nodes"]) == 500 and found["isCut"]
    place.platform.shelves.job.cancel(ResourceId(place.scope, "jobs", "many"), place.actor)
