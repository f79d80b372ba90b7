"""Where an address leads, and what may be registered from there."""

from __future__ import annotations

import pytest
from tests.assets.conftest import ME, SCOPE, Room

from lazuli.assets.storage import Location
from lazuli.resources.job import CommandJob
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.places import ARTIFACTS, DEFAULT
from lazuli.schema.problems import Conflict, InvalidInput, Unsupported
from lazuli.store.documents import Record

LONG = "azureml://subscriptions/{0.subscription}/resourcegroups/{0.resource_group}/workspaces/{0.workspace}/datastores"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (f"azureml://datastores/{DEFAULT}/paths/a/b.csv", "a/b.csv"),
        (f"azureml://datastores/{DEFAULT}/paths/a/", "a"),
        (f"azureml://datastores/{DEFAULT}", ""),
        (f"{LONG.format(SCOPE)}/{DEFAULT}/paths/a/b.csv", "a/b.csv"),
        (f"{LONG.format(SCOPE).upper().replace('AZUREML', 'azureml')}/{DEFAULT}/paths/a", "a"),
    ],
)
def test_datastore_paths_lead_into_a_container(room: Room, address: str, path: str) -> None:
    found = room.platform.storage.locate(SCOPE, address)
    assert found == Location(room.platform.storage.container(SCOPE, DEFAULT), path)


def test_runs_lead_to_their_artifacts(room: Room) -> None:
    found = room.platform.storage.locate(SCOPE, "runs:/run1/model")
    assert found == Location(room.platform.storage.container(SCOPE, ARTIFACTS), "ExperimentRun/dcid.run1/model")


@pytest.mark.parametrize(
    ("address", "problem", "said"),
    [
        ("https://example.org/x.csv", Unsupported, "outside this server"),
        ("./data/x.csv", InvalidInput, "local path"),
        ("azureml://datastores/nowhere/paths/x", InvalidInput, f"Here are: .*{ARTIFACTS}, {DEFAULT}"),
        (f"{LONG.format(Scope('sub', 'group', 'other'))}/{DEFAULT}/paths/x", InvalidInput, "in another workspace"),
        ("azureml://jobs/nobody/outputs/model", InvalidInput, "does not exist"),
    ],
)
def test_other_addresses_lead_nowhere(room: Room, address: str, problem: type[Exception], said: str) -> None:
    with pytest.raises(problem, match=said):
        room.platform.storage.locate(SCOPE, address)


def test_data_is_what_it_says(room: Room, name: str) -> None:
    file = room.upload(f"{name}/x.csv")
    folder = file.rpartition("/")[0]
    for kind, path, wanted in (
        ("uri_folder", file, "uri_file"),
        ("mltable", file, "uri_file"),
        ("uri_file", folder, "uri_folder"),
    ):
        with pytest.raises(InvalidInput, match=f"Use 'type: {wanted}'"):
            room.put("data", name, "1", type=kind, path=path)
    with pytest.raises(InvalidInput, match="Nothing lies at"):
        room.put("data", name, "1", type="uri_file", path=f"{folder}/y.csv")
    assert room.put("data", name, "1", type="uri_file", path=file)[1]
    assert room.put("data", name, "2", type="uri_folder", path=folder)[1]


def job_with_output(room: Room, name: str, status: str) -> None:
    """A job's record as it is once the job has that status, and the file its output holds."""
    job = CommandJob.load({"command": "x", "outputs": {"model": {"type": "uri_folder"}}})
    record = Record(ResourceId(SCOPE, "jobs", name), job.dump(), {}, status=status)
    with room.platform.store.state.write() as tx:
        room.platform.store.documents.add(tx, record, ME.name)
    room.upload(f"azureml/{name}/model/weights")


def test_a_model_of_a_jobs_output_remembers_the_job(room: Room, name: str) -> None:
    job_with_output(room, f"job-{name}", "Completed")
    origin = f"azureml://jobs/job-{name}/outputs/model"
    record, _ = room.put("model", name, "1", path=origin)
    assert record.state["job_name"] == f"job-{name}"
    assert record.body["path"] == f"azureml://datastores/{DEFAULT}/paths/azureml/job-{name}/model"
    assert room.put("model", name, "1", path=origin)[1] is False
    data, _ = room.put("data", name, "1", type="uri_folder", path=origin)
    assert room.put("data", name, "1", type="uri_folder", path=origin) == (data, False)


def test_outputs_that_are_not_there_are_said(room: Room, name: str) -> None:
    job_with_output(room, f"job-{name}", "Completed")
    with pytest.raises(InvalidInput, match=r"has no output 'net'\. It has: model, artifacts"):
        room.put("model", name, "1", path=f"azureml://jobs/job-{name}/outputs/net")
    job_with_output(room, f"job-{name}-2", "Running")
    with pytest.raises(Conflict, match="is Running; its outputs are there when it has ended"):
        room.put("model", name, "1", path=f"azureml://jobs/job-{name}-2/outputs/model")
