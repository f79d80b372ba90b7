"""Batch endpoints: a model with its script, a pipeline, a job that was deployed; asked, listed, downloaded."""

# pyright: reportMissingImports=false
from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

from azure.ai.ml import Input, Output, load_component
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.constants._endpoint import EndpointInvokeFields
from azure.ai.ml.entities import (
    BatchEndpoint,
    BatchRetrySettings,
    CodeConfiguration,
    Model,
    ModelBatchDeployment,
    ModelBatchDeploymentSettings,
    PipelineComponentBatchDeployment,
)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from azure_steps.tour import PLAIN, Tour, expected

SCRIPT = """
import os
def init():
    global word
    word = open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model", "word.txt")).read()
def run(mini_batch):
    return [word + " " + os.path.basename(path) for path in mini_batch]
"""
TELLING = """
type: pipeline
name: telling
version: "1"
inputs:
  files: {type: uri_folder}
  word: {type: string, default: hello}
outputs:
  told: {type: uri_folder}
jobs:
  tell:
    type: command
    component:
      type: command
      inputs:
        files: {type: uri_folder}
        word: {type: string}
      outputs:
        told: {type: uri_folder}
      command: echo ${{inputs.word}} $(ls ${{inputs.files}}) > ${{outputs.told}}/told.txt
      environment: {image: "python:3.11"}
    inputs:
      files: ${{parent.inputs.files}}
      word: ${{parent.inputs.word}}
    outputs:
      told: ${{parent.outputs.told}}
"""


def _files(tour: Tour) -> Path:
    """A folder to be asked about."""
    folder = tour.here / "batch-files"
    folder.mkdir(exist_ok=True)
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(name)
    return folder


def _left(tour: Tour, job: str, output: str) -> dict[str, str]:
    """What a job left in an output, once it has ended."""
    with contextlib.redirect_stdout(io.StringIO()):
        tour.client.jobs.stream(job)
    assert tour.client.jobs.get(job).status == "Completed"
    tour.client.jobs.download(job, output_name=output, download_path=tour.here / job)
    folder = tour.here / job / "named-outputs" / output
    return {file.name: file.read_text() for file in folder.rglob("*") if file.is_file()}


def _default(tour: Tour, deployment: str) -> Any:
    endpoint = tour.client.batch_endpoints.get("batches")
    endpoint.defaults = {"deployment_name": deployment}
    return tour.client.batch_endpoints.begin_create_or_update(endpoint).result()


def make_batch_endpoints(tour: Tour) -> None:
    """batch_endpoints.begin_create_or_update, get, list"""
    said = BatchEndpoint(name="batches", description="says names", tags={"kind": "test"})
    made = tour.client.batch_endpoints.begin_create_or_update(said).result()
    assert (made.name, made.auth_mode, made.provisioning_state) == ("batches", "aad_token", "Succeeded"), made
    found = tour.client.batch_endpoints.get("batches")
    assert found.scoring_uri.endswith("/batches/jobs") and found.tags == {"kind": "test"}
    assert "batches" in [each.name for each in tour.client.batch_endpoints.list()]


def deploy_a_model(tour: Tour) -> None:
    """batch_deployments.begin_create_or_update of a model, get, list; the endpoint's default"""
    source, model = tour.here / "batch-src", tour.here / "batch-model" / "model"
    source.mkdir()
    (source / "batch_driver.py").write_text(SCRIPT)
    model.mkdir(parents=True)
    (model / "word.txt").write_text("here is")
    said = ModelBatchDeployment(
        name="names",
        endpoint_name="batches",
        model=Model(path=str(model)),
        environment=PLAIN,
        code_configuration=CodeConfiguration(code=str(source), scoring_script="batch_driver.py"),
        compute="crew",
        settings=ModelBatchDeploymentSettings(
            mini_batch_size=1,
            max_concurrency_per_instance=2,
            output_action="append_row",
            output_file_name="names.csv",
            retry_settings=BatchRetrySettings(max_retries=1, timeout=60),
            logging_level="info",
        ),
    )
    made = tour.client.batch_deployments.begin_create_or_update(said).result()
    assert (made.name, made.provisioning_state, made.mini_batch_size) == ("names", "Succeeded", 1), made
    found = tour.client.batch_deployments.get("names", "batches")
    assert (found.output_file_name, found.retry_settings.timeout, found.compute.rpartition("/")[2]) == (
        "names.csv",
        60,
        "crew",
    )
    assert [each.name for each in tour.client.batch_deployments.list("batches")] == ["names"]
    assert _default(tour, "names").provisioning_state == "Succeeded"


def ask_a_model(tour: Tour) -> None:
    """batch_endpoints.invoke with a local folder, jobs.stream, download of the output 'score'"""
    # Who was named in an earlier call of the process, the client asks for again: it keeps one map of headers for all.
    EndpointInvokeFields.DEFAULT_HEADER.pop(EndpointInvokeFields.MODEL_DEPLOYMENT, None)
    job = tour.client.batch_endpoints.invoke("batches", input=Input(type="uri_folder", path=str(_files(tour))))
    assert _left(tour, job.name, "score") == {"names.csv": "here is a.txt\nhere is b.txt\n"}


def ask_a_model_for_once(tour: Tour) -> None:
    """batch_endpoints.invoke with a deployment's name, other settings, and a place for the output"""
    place = "azureml://datastores/workspaceblobstore/paths/asked-for"
    job = tour.client.batch_endpoints.invoke(
        "batches",
        deployment_name="names",
        inputs={"files": Input(type=AssetTypes.URI_FILE, path=str(_files(tour) / "a.txt"))},
        outputs={"score": Output(type=AssetTypes.URI_FILE, path=f"{place}/rows.csv")},
        params_override=[{"mini_batch_size": 3}, {"compute.instance_count": 1}],
    )
    assert _left(tour, job.name, "score") == {"rows.csv": "here is a.txt\n"}


def list_what_was_asked(tour: Tour) -> None:
    """batch_endpoints.list_jobs, batch_deployments.list_jobs"""
    of_endpoint = [job.name for job in tour.client.batch_endpoints.list_jobs("batches")]
    of_deployment = [job.name for job in tour.client.batch_deployments.list_jobs("batches", name="names")]
    assert len(of_endpoint) == 2 and of_endpoint == of_deployment


def deploy_a_pipeline(tour: Tour) -> None:
    """A pipeline component as a deployment, invoke with inputs; then that job as another deployment"""
    file = tour.here / "telling.yml"
    file.write_text(TELLING)
    settings = {"default_compute": "crew", "continue_on_step_failure": False}
    said = PipelineComponentBatchDeployment(
        name="telling", endpoint_name="batches", component=load_component(file), settings=settings
    )
    tour.client.batch_deployments.begin_create_or_update(said).result()
    job = tour.client.batch_endpoints.invoke(
        "batches",
        deployment_name="telling",
        inputs={
            "files": Input(type="uri_folder", path=str(_files(tour))),
            "word": Input(type="string", default="these"),
        },
    )
    assert _left(tour, job.name, "told") == {"told.txt": "these a.txt b.txt\n"}
    again = PipelineComponentBatchDeployment(
        name="again", endpoint_name="batches", job_definition=job.name, settings=settings
    )
    tour.client.batch_deployments.begin_create_or_update(again).result()
    job = tour.client.batch_endpoints.invoke("batches", deployment_name="again")
    assert _left(tour, job.name, "told") == {"told.txt": "these a.txt b.txt\n"}


def refuse_what_cannot_be_asked(tour: Tour) -> None:
    """A default that is not there, an input that a pipeline does not take: the reason reaches the user"""
    with expected(HttpResponseError, "There is no deployment 'nobody' behind this endpoint"):
        _default(tour, "nobody")
    with expected(Exception, "has no input 'fils'"):
        tour.client.batch_endpoints.invoke(
            "batches", deployment_name="telling", inputs={"fils": Input(type="string", default="x")}
        )


def delete_batch_endpoints(tour: Tour) -> None:
    """batch_deployments.begin_delete, batch_endpoints.begin_delete"""
    tour.client.batch_deployments.begin_delete("telling", "batches").result()
    assert "telling" not in [each.name for each in tour.client.batch_deployments.list("batches")]
    tour.client.batch_endpoints.begin_delete("batches").result()
    with expected(ResourceNotFoundError, "batches"):
        tour.client.batch_endpoints.get("batches")
