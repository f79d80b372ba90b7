"""Batch endpoints on the real engine: asked, and answered by jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from tests.jobs.place import ENVIRONMENT, Place

from lazuli.jobs.lineage import Lineage
from lazuli.resources.batch import BatchJob
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.store.documents import Record

NAMES = """
import os
def init():
    global word
    word = open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "greeting", "word.txt")).read()
def run(mini_batch):
    print(len(mini_batch), "files")
    return [f"{word} {os.path.basename(path)} {os.environ.get('MOOD', '')}".strip() for path in mini_batch]
"""
FILES = """
import os
def run(mini_batch):
    for path in mini_batch:
        with open(os.path.join(os.environ["AZUREML_BI_OUTPUT_PATH"], os.path.basename(path)), "w") as file:
            file.write(open(path).read().upper())
    return mini_batch
"""


@dataclass(frozen=True)
class Batch:
    """A batch endpoint of a place, by its name."""

    place: Place
    name: str

    def put(self, **said: Any) -> Record:
        return self.place.put("batch-endpoint", self.name, **said)

    def deploy(self, deployment: str, script: str = "", **said: Any) -> Record:
        """Create a deployment, with a scoring script where one is given."""
        if script:
            code = self.place.code(f"{self.name}-{deployment}", score__py=script)
            configured = {"code_configuration": {"code": code, "scoring_script": "score.py"}}
            said = {"model": "azureml:greeting:1", "environment": ENVIRONMENT, **configured, **said}
        return self.place.put("batch-deployment", self.name, deployment, **said)

    def id(self, deployment: str = "") -> ResourceId:
        kind = "batchDeployments" if deployment else "batchEndpoints"
        return ResourceId(self.place.scope, kind, self.name, deployment)

    def ask(self, deployment: str = "", **said: Any) -> Record:
        """The job that answers."""
        return self.place.platform.batch.submit(self.id(), BatchJob.load(said), deployment, self.place.actor)

    def answer(self, deployment: str = "", **said: Any) -> dict[str, str]:
        """What the job left in its output ``score``, by file."""
        job = self.ask(deployment, **said)
        self.place.until(job.id.name, "Completed")
        return self.place.files(f"azureml/{job.id.name}/score/")

    def remove(self, deployment: str = "") -> bool:
        shelves = self.place.platform.shelves
        shelf = shelves.batch_deployment if deployment else shelves.batch_endpoint
        return shelf.delete(self.id(deployment), self.place.actor)


@pytest.fixture
def batch(place: Place, request: pytest.FixtureRequest) -> Batch:
    """A new batch endpoint, and a model and files for it."""
    made = Batch(place, f"b{abs(hash(request.node.name)) % 10**9}")
    made.put()
    place.upload("trained/greeting/word.txt", "hello")
    place.put("model", "greeting", "1", path="azureml://datastores/workspaceblobstore/paths/trained/greeting")
    for name in ("a.txt", "b.txt", "c.txt"):
        place.upload(f"batch-files/{name}", f"this is {name}")
    return made


DATA = {"input": {"type": "uri_folder", "path": "azureml://datastores/workspaceblobstore/paths/batch-files"}}


def test_a_model_answers_with_a_row_for_each_file(batch: Batch) -> None:
    batch.deploy("first", NAMES, settings={"mini_batch_size": 2, "environment_variables": {"MOOD": "glad"}})
    batch.put(defaults={"deployment_name": "first"})
    job = batch.ask(inputs=DATA)
    name = job.id.name
    batch.place.until(name, "Completed")
    rows = batch.place.files(f"azureml/{name}/score/")
    assert rows == {"predictions.csv": "hello a.txt glad\nhello b.txt glad\nhello c.txt glad\n"}
    assert job.body["experiment_name"] == batch.name and job.body["tags"]["azureml.batchrun"] == "true"
    assert job.body["properties"]["azureml.endpointname"] == batch.name
    assert job.body["properties"]["azureml.deploymentname"] == "first"
    assert name.startswith("batchjob-")


def test_what_answered_is_traced_to_the_model(batch: Batch) -> None:
    batch.deploy("first", NAMES)
    job = batch.ask("first", inputs=DATA)
    batch.place.until(job.id.name, "Completed")
    graph = Lineage(batch.place.platform.store, batch.place.platform.tracking.runs, {}).graph(job.id, "up")
    edges = {(edge["from"].rpartition("/workspaces/Space/")[2], edge["role"]) for edge in graph["edges"]}
    assert (f"batchEndpoints/{batch.name}/deployments/first", "deployment") in edges
    assert ("models/greeting/versions/1", "model") in edges


def test_what_is_said_once_holds_for_one_job(batch: Batch) -> None:
    batch.deploy("first", NAMES)
    place = "azureml://datastores/workspaceblobstore/paths/elsewhere"
    told = {"outputs": {"score": {"path": place}}, "output_file_name": "rows.csv", "mini_batch_size": 1}
    job = batch.ask("first", inputs=DATA, job_name="said-once", experiment_name="other", **told)
    batch.place.until("said-once", "Completed")
    assert batch.place.files("elsewhere/") == {"rows.csv": "hello a.txt\nhello b.txt\nhello c.txt\n"}
    assert job.body["experiment_name"] == "other"
    assert job.body["jobs"]["batchscoring"]["mini_batch_size"] == "1"


def test_a_script_that_writes_what_it_likes(batch: Batch) -> None:
    batch.deploy("first", FILES, settings={"output_action": "summary_only"})
    deployed = batch.place.platform.shelves.batch_deployment.get(batch.id("first"))
    assert "output_file_name" not in deployed.body["settings"]
    assert batch.answer("first", inputs=DATA) == {f"{x}.txt": f"THIS IS {x.upper()}.TXT" for x in "abc"}


def test_more_failures_than_are_borne_fail_the_job(batch: Batch) -> None:
    script = "def run(mini_batch): raise ValueError('bad file') if mini_batch[0].endswith('b.txt') else None\n"
    settings = {"mini_batch_size": 1, "retry_settings": {"max_retries": 0}, "error_threshold": 0}
    batch.deploy("first", script.replace("None", "[]") + "\n", settings=settings)
    job = batch.ask("first", inputs=DATA)
    batch.place.until(job.id.name, "Failed")
    assert "bad file" in batch.place.log(f"{job.id.name}-batchscoring")


def test_a_pipeline_answers(batch: Batch) -> None:
    place = batch.place
    step = {
        "command": "(cat ${{inputs.data}}/a.txt; echo ${{inputs.word}}) > ${{outputs.out}}/said.txt",
        "environment": ENVIRONMENT,
        "inputs": {"data": "${{parent.inputs.data}}", "word": "${{parent.inputs.word}}"},
        "outputs": {"out": "${{parent.outputs.out}}"},
    }
    ports = {"data": {"type": "uri_folder"}, "word": {"type": "string", "default": "by default"}}
    said = {"type": "pipeline", "inputs": ports, "outputs": {"out": {"type": "uri_folder"}}, "jobs": {"one": step}}
    place.put("component", "telling", "1", **said)
    batch.deploy("line", type="pipeline", component="azureml:telling@latest", settings={"default_compute": "local"})
    job = batch.ask("line", inputs={"data": DATA["input"]})
    assert job.id.name.startswith("pipelinejob-")
    place.until(job.id.name, "Completed")
    assert place.files(f"azureml/{job.id.name}/out/") == {"said.txt": "this is a.txtby default\n"}
    with pytest.raises(InvalidInput, match="has no input 'dada'"):
        batch.ask("line", inputs={"dada": DATA["input"]})
    with pytest.raises(InvalidInput, match="needs the input 'data'"):
        batch.ask("line")


def test_a_job_is_deployed_with_what_it_was_given(batch: Batch) -> None:
    place = batch.place
    step = {
        "command": "echo ${{inputs.word}} $(ls ${{inputs.data}}) > ${{outputs.out}}/said.txt",
        "environment": ENVIRONMENT,
        "inputs": {"data": "${{parent.inputs.data}}", "word": "${{parent.inputs.word}}"},
        "outputs": {"out": "${{parent.outputs.out}}"},
    }
    place.put(
        "job", "to-deploy", type="pipeline", inputs={"data": DATA["input"], "word": "first"}, outputs={"out": {}},
        jobs={"one": step}, compute="local",
    )  # fmt: skip
    place.until("to-deploy", "Completed")
    place.put("component", "deployed", "1", type="pipeline", source_job_id="azureml:to-deploy")
    batch.deploy("line", type="pipeline", component="azureml:deployed:1", settings={"default_compute": "local"})
    for given, word in (({}, "first"), ({"inputs": {"word": "second"}}, "second")):
        job = batch.ask("line", **given)
        place.until(job.id.name, "Completed")
        assert place.files(f"azureml/{job.id.name}/out/") == {"said.txt": f"{word} a.txt b.txt c.txt\n"}


def test_jobs_are_found_by_their_endpoint_and_deployment(batch: Batch) -> None:
    for name in ("first", "second"):
        batch.deploy(name, NAMES)
    asked = {name: batch.ask(name, inputs=DATA).id.name for name in ("first", "second")}
    door = batch.place.platform.batch
    _, properties = door.marks(batch.id(), "second")
    assert dict(properties) == {"azureml.endpointname": batch.name, "azureml.deploymentname": "second"}
    for name in asked.values():
        batch.place.cancel(name)
        batch.place.until(name, "Canceled")
    with pytest.raises(NotFound, match="has no deployment 'third'"):
        door.marks(batch.id(), "third")


@pytest.mark.parametrize(
    ("said", "target", "message"),
    [
        ({}, "model", "needs a model"),
        ({"model": "azureml:none:1"}, "model", "does not exist"),
        ({"model": "azureml:greeting:1"}, "code_configuration", "Nothing says how the model is asked"),
        ({"model": "azureml:greeting:1", "compute": "azureml:nowhere"}, "compute", "does not exist"),
        ({"type": "pipeline", "component": "azureml:none:1"}, "component", "does not exist"),
    ],
)
def test_what_could_not_answer_is_refused(batch: Batch, said: dict[str, Any], target: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        batch.deploy("first", **said)
    assert caught.value.target == target


def test_what_cannot_be_asked_is_refused(batch: Batch) -> None:
    batch.deploy("first", NAMES)
    with pytest.raises(InvalidInput, match="no default deployment"):
        batch.ask(inputs=DATA)
    with pytest.raises(NotFound, match="It has: first"):
        batch.ask("second", inputs=DATA)
    with pytest.raises(InvalidInput, match="one input, and none is given"):
        batch.ask("first")
    elsewhere = BatchJob.from_rest({"compute": {"target": "nowhere", "instanceCount": 2}, "name": "x"})
    with pytest.raises(InvalidInput, match="compute 'nowhere' does not exist"):
        batch.ask("first", inputs=DATA, compute=elsewhere.dump()["compute"])
    with pytest.raises(InvalidInput, match="takes 999 nodes together"):
        batch.ask("first", inputs=DATA, compute={"instance_count": 999})
    with pytest.raises(InvalidInput, match="the name of a file"):
        BatchJob.from_rest({"outputFileName": "../up.csv"})
    with pytest.raises(InvalidInput, match="Nothing lies at"):
        batch.ask("first", inputs={"input": {"path": "azureml://datastores/workspaceblobstore/paths/nothing"}})


def test_the_default_is_there_and_stays_there(batch: Batch) -> None:
    with pytest.raises(InvalidInput, match="There is none at all"):
        batch.put(defaults={"deployment_name": "first"})
    for name in ("first", "second"):
        batch.deploy(name, NAMES)
    with pytest.raises(InvalidInput, match="Did you mean 'first'"):
        batch.put(defaults={"deployment_name": "frist"})
    batch.put(defaults={"deployment_name": "first"})
    with pytest.raises(InvalidInput, match="is the default of its endpoint"):
        batch.remove("first")
    assert batch.remove("second") and not batch.remove("second")
    assert batch.remove("first")  # the last one takes the default along
    shelf = batch.place.platform.shelves.batch_endpoint
    assert "defaults" not in shelf.get(batch.id()).body
    batch.deploy("third", NAMES)
    assert batch.remove()
    with pytest.raises(NotFound, match="does not exist"):
        batch.deploy("first", NAMES)
    assert noun("batch-endpoint").command
