"""The YAML of the preview of 2021: each field of then is the field of today, and only where a person wrote it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lazuli.resources.data import Data
from lazuli.resources.environment import Environment
from lazuli.resources.job import CommandJob
from lazuli.resources.model import Model
from lazuli.schema.document import Document
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput
from lazuli.schema.yaml import dump, parse

SCOPE = Scope("s", "g", "w")
URL = "https://example.org/iris.csv"
STORE = "azureml://datastores/workspaceblobstore/paths/"


def read(cls: type[Document], text: str) -> dict[str, Any]:
    return cls.from_yaml(replace(parse(text, name="job.yml"), strict=True)).to_yaml()


@pytest.mark.parametrize(
    ("then", "today"),
    [
        ("code: {local_path: src}", "code: ./src"),
        ("type: command_job", "type: command"),
        ("timeout: 60", "limits: {timeout: 60}"),
        ("compute: {target: azureml:c}", "compute: azureml:c"),
        ("compute: {target: azureml:local}", "compute: azureml:local"),
        (
            "compute: {target: azureml:c, instance_count: 2, instance_type: small}",
            "{compute: azureml:c, resources: {instance_count: 2, instance_type: small}}",
        ),
        (
            "{compute: {target: azureml:c, instance_count: 2}, distribution: {type: mpi, process_count: 4}}",
            "{compute: azureml:c, resources: {instance_count: 2}, distribution: "
            "{type: mpi, process_count_per_instance: 2}}",
        ),
        (
            "distribution: {type: pytorch, process_count: 3}",
            "distribution: {type: pytorch, process_count_per_instance: 3}",
        ),
        ("environment: {docker: {image: i}}", "environment: {image: i}"),
        (
            "environment: {docker: {image: i}, conda_file: file:e.yml}",
            "environment: {image: i, conda_file: file:e.yml}",
        ),
        (
            "environment: {docker: {build: {dockerfile: file:Dockerfile}}}",
            "environment: {build: {path: ., dockerfile_path: Dockerfile}}",
        ),
        (
            "environment: {docker: {build: {dockerfile: file:./docker/DOCKERFILE}}}",
            "environment: {build: {path: docker, dockerfile_path: DOCKERFILE}}",
        ),
        ("environment: {build: {local_path: context}}", "environment: {build: {path: ./context}}"),
        ("inputs: {x: {data: {local_path: p}, mode: mount}}", "inputs: {x: {path: ./p, mode: ro_mount}}"),
        ("inputs: {x: {data: file:./p}}", "inputs: {x: {path: file:./p}}"),
        ("inputs: {x: {data: azureml:d:1, mode: download}}", "inputs: {x: {path: azureml:d:1, mode: download}}"),
        (f"inputs: {{x: {{data: {{path: {URL}}}}}}}", f"inputs: {{x: {{type: uri_file, path: {URL}}}}}"),
        (
            "inputs: {x: {data: {datastore: azureml:workspaceblobstore, path: a/b}}}",
            f"inputs: {{x: {{type: uri_folder, path: {STORE}a/b}}}}",
        ),
        (f"inputs: {{x: {{file: {URL}}}}}", f"inputs: {{x: {{type: uri_file, path: {URL}}}}}"),
        (f"inputs: {{x: {{folder: {STORE}a.d/}}}}", f"inputs: {{x: {{type: uri_folder, path: {STORE}a.d/}}}}"),
        ("inputs: {x: {dataset: azureml:d:1}}", "inputs: {x: {path: azureml:d:1}}"),
        ("inputs: {x: {path: ./p, mode: mount}}", "inputs: {x: {path: ./p, mode: ro_mount}}"),
        (
            "outputs: {y: {data: {datastore: azureml:workspaceblobstore, path: o}, mode: mount}}",
            f"outputs: {{y: {{type: uri_folder, path: {STORE}o, mode: rw_mount}}}}",
        ),
        (
            "outputs: {y: {datastore_id: azureml:workspaceblobstore, path: o, mode: upload}}",
            f"outputs: {{y: {{path: {STORE}o, mode: upload}}}}",
        ),
    ],
)
def test_what_was_said_then_is_what_is_said_today(then: str, today: str) -> None:
    said, wanted = (dump({"command": "x", **parse(text).data}) for text in (then, today))
    assert read(CommandJob, said) == read(CommandJob, wanted)
    document = CommandJob.from_yaml(parse(said))
    back = CommandJob.from_rest(document.to_rest(SCOPE), SCOPE)
    assert back.to_yaml() == document.to_yaml()


def test_single_braces_bind_what_the_job_has_and_nothing_else() -> None:
    command = "a {inputs.x} {inputs.none} ${inputs.x} ${{inputs.x}} {outputs.y} awk '{print}'"
    said = read(CommandJob, dump({"command": command, "inputs": {"x": 1}, "outputs": {"y": None}}))
    assert said["command"] == ("a ${{inputs.x}} {inputs.none} ${inputs.x} ${{inputs.x}} ${{outputs.y}} awk '{print}'")


@pytest.mark.parametrize(
    ("cls", "then", "path"),
    [
        (Data, "local_path: p", "./p"),
        (Data, "{datastore: azureml:workspaceblobstore, path: p}", f"{STORE}p"),
        (Model, "local_path: p/q", "p/q"),
    ],
)
def test_assets(cls: type[Document], then: str, path: str) -> None:
    assert read(cls, then)["path"] == path


def test_rest_and_the_store_mean_what_they_say() -> None:
    body = {
        "jobType": "Command",
        "command": "echo {inputs.x}",
        "inputs": {"x": {"jobInputType": "literal", "value": "1"}},
    }
    job = CommandJob.from_rest(body, SCOPE)
    assert job.command == CommandJob.load(job.dump()).command == "echo {inputs.x}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("compute: {target: c, location: eu}", "'compute' has no 'location'"),
        ("environment: {docker: {image: i, os: x}}", "'environment.docker' is not a known key"),
        ("environment: {docker: {build: {dockerfile: 'FROM python'}}}", "Write it to a file"),
        ("{resources: {instance_count: 2}, distribution: {process_count: 3}}", "cannot share evenly"),
        ("{timeout: 1, limits: {timeout: 2}}", "'timeout' is not a known key"),
        ("inputs: {x: {file: a, folder: b}}", "'inputs.x.file' is not a known key"),
        ("inputs: {x: {data: {local_path: a, other: b}}}", "'inputs.x.path'"),
        ("code: {local_path: a, other: b}", "'code'"),
        ("type: spark_job", "Write 'type: command'"),
    ],
)
def test_slips_in_the_form_of_then_are_told(text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(CommandJob, dump({"command": "x", **parse(text).data}))
    assert told in str(caught.value)


def test_an_environment_of_its_own() -> None:
    assert read(Environment, "{name: e, docker: {image: i}}")["image"] == "i"
