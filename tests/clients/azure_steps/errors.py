"""What goes wrong, and how the client says it."""

# pyright: reportMissingImports=false
from __future__ import annotations

from azure.ai.ml import command, load_job
from azure.ai.ml.entities import Data, Environment, Model
from azure.ai.ml.exceptions import MlException
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from marshmallow import ValidationError

from azure_steps.tour import PLAIN, Tour, expected


def miss_a_resource(tour: Tour) -> None:
    """what does not exist raises ResourceNotFoundError"""
    with expected(ResourceNotFoundError):
        tour.client.compute.get("nobody")
    with expected(ResourceNotFoundError):
        tour.client.jobs.get("nobody")


def be_told_what_is_wrong(tour: Tour) -> None:
    """what is refused raises HttpResponseError with our message and its mend"""
    client = tour.client
    with expected(HttpResponseError, "'nowhere' does not exist"):
        client.jobs.create_or_update(command(command="true", environment="azureml:nowhere:1", compute="crew"))
    with expected(HttpResponseError, "A version never changes"):
        client.environments.create_or_update(Environment(name="fixed", version="1", image="python:3.11"))
        client.environments.create_or_update(Environment(name="fixed", version="1", image="python:3.12"))
    with expected(HttpResponseError, "Nothing lies at"):
        path = "azureml://datastores/workspaceblobstore/paths/nothing/here"
        client.models.create_or_update(Model(name="none", version="1", path=path))


def be_told_by_the_client(tour: Tour) -> None:
    """what the client itself refuses raises MlException"""
    with expected(MlException):
        tour.client.data.create_or_update(
            Data(name="no", version="1", path=str(tour.here / "nothing"), type="uri_file")
        )
    with expected(HttpResponseError, "'nobody' does not exist"):
        tour.client.jobs.create_or_update(command(command="true", environment=PLAIN, compute="nobody"))


def be_told_of_a_wrong_file(tour: Tour) -> None:
    """a YAML file that the client cannot read raises its validation error"""
    file = tour.here / "wrong.yml"
    schema = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
    file.write_text(
        f"{schema}type: command\ncommand: 'true'\nenvironment: azureml:e:1\nresources: {{instance_count: many}}\n"
    )
    with expected((MlException, ValidationError), "instance_count"):
        tour.client.jobs.create_or_update(load_job(file))
