"""What a batch endpoint is asked becomes a job: a pipeline of one parallel step, or the pipeline that is deployed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from lazuli.assets.components import Components
from lazuli.compute.targets import Targets
from lazuli.endpoints.batch import BatchDeployments, BatchEndpoints
from lazuli.jobs.commands import nodes_on
from lazuli.jobs.family import ROOT
from lazuli.jobs.submit import Jobs
from lazuli.resources.batch import BatchDeployment, BatchJob, BatchType, OutputAction
from lazuli.resources.inout import AssetType, Output
from lazuli.resources.pipeline import PipelineJob
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.places import DEFAULT
from lazuli.schema.problems import InvalidInput, did_you_mean
from lazuli.schema.reference import parse_datastore_path
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import Expected, document_of
from lazuli.store.documents import Record
from lazuli.store.facets import TAG, Facet

__all__ = ["SCORE", "BatchJobs"]

SCORE = "score"
"""The output of a job that asks a model."""
_STEP, _INPUT = "batchscoring", "input"
_ENDPOINT, _DEPLOYMENT, _MARK = "azureml.endpointname", "azureml.deploymentname", "azureml.batchrun"


class BatchJobs:
    """The jobs that batch endpoints are asked for."""

    def __init__(
        self,
        endpoints: BatchEndpoints,
        deployments: BatchDeployments,
        jobs: Jobs,
        components: Components,
        targets: Targets,
    ) -> None:
        self._endpoints = endpoints
        self._deployments = deployments
        self._jobs = jobs
        self._components = components
        self._targets = targets

    def submit(self, endpoint: ResourceId, asked: BatchJob, deployment: str, actor: Principal) -> Record:
        """The job that answers; of the deployment that is named, or the endpoint's default.

        Raises :class:`InvalidInput` for what the deployment does not take, and where none is named and none is default.
        """
        found = self._chosen(endpoint, deployment)
        said: BatchDeployment = document_of(noun("batch-deployment"), found)
        is_model = said.type is BatchType.MODEL
        own = _of_model(said, asked) if is_model else self._of_pipeline(found, said, asked)
        if is_model:
            self._check_nodes(found.id.scope, own)
        name = asked.job_name or f"{'batch' if is_model else 'pipeline'}job-{uuid.uuid4()}"
        tags = {_MARK: "true", _DEPLOYMENT: found.id.version, "azureml.jobtype": "azureml.pipelinejob"}
        job = PipelineJob.settled(
            {
                "type": "pipeline",
                "display_name": f"{found.id.name}-{found.id.version}",
                "experiment_name": asked.experiment_name or found.id.name,
                "tags": tags,
                "properties": {
                    _ENDPOINT: found.id.name,
                    _DEPLOYMENT: found.id.version,
                    "azureml.runLineageType": "batchDeployment",
                    "runSource": "BatchDeployment",
                    "runType": "HTTP",
                },
                **own,
            }
        )
        id = ResourceId(found.id.scope, "jobs", name)
        return self._jobs.put(id, job, actor, Expected(nothing=True))[0]

    def marks(self, endpoint: ResourceId, deployment: str = "") -> tuple[list[Facet], list[tuple[str, str]]]:
        """By which facets and properties the jobs are found that an endpoint, or a deployment of it, was asked for.

        Raises :class:`NotFound` where that is not there.
        """
        found = self._endpoints.get(endpoint)
        properties = [(_ENDPOINT, found.id.name)]
        if deployment:
            behind = self._deployments.get(_behind(found.id, deployment))
            properties.append((_DEPLOYMENT, behind.id.version))
        return [ROOT, (f"{TAG}:{_MARK}", "true")], properties

    def _check_nodes(self, scope: Scope, own: Mapping[str, Any]) -> None:
        """Raise :class:`InvalidInput` where the compute never has as many nodes as are asked for."""
        target = self._targets.named(scope, own["compute"] or "serverless")
        wanted = own["jobs"][_STEP]["resources"].get("instance_count", 1)
        nodes_on(self._jobs.store, self._targets, scope, target, wanted)

    def _chosen(self, endpoint: ResourceId, named: str) -> Record:
        found = self._endpoints.get(endpoint)
        name = named or (found.body.get("defaults") or {}).get("deployment_name")
        if not name:
            raise InvalidInput(
                f"The endpoint '{found.id.name}' has no default deployment, and none is named.",
                target="defaults.deployment_name",
                mend=f"Name one (--deployment-name), or make one the default: 'lazuli batch-endpoint update "
                f"-n {found.id.name} --set defaults.deployment_name=NAME'.",
            )
        return self._deployments.get(_behind(found.id, name))

    def _of_pipeline(self, record: Record, said: BatchDeployment, asked: BatchJob) -> dict[str, Any]:
        assert said.component is not None
        component = self._components.named(record.id.scope, said.component, target="component")
        for word, given, known in (
            ("inputs", asked.inputs, component.inputs),
            ("outputs", asked.outputs, component.outputs),
        ):
            if other := next((name for name in given if name not in known), None):
                raise InvalidInput(
                    f"The deployment '{record.id.version}' has no {word[:-1]} '{other[:80]}'.",
                    target=f"{word}.{other[:80]}",
                    mend=did_you_mean(other, sorted(known)) or "It has none.",
                )
        for word in ("mini_batch_size", "output_file_name", "error_threshold", "retry_settings"):
            if getattr(asked, word) is not None:
                raise InvalidInput(
                    f"'{word}' is for deployments of models, and '{record.id.version}' is a pipeline.",
                    target=word,
                    mend="Leave it out.",
                )
        settings = said.settings.dump() if said.settings else {}
        return {
            "component": said.component,
            "compute": asked.compute.target if asked.compute else None,
            "inputs": {name: _dumped(given) for name, given in asked.inputs.items()},
            "outputs": {name: _dumped(given) for name, given in asked.outputs.items()},
            "settings": settings,
        }


def _behind(endpoint: ResourceId, deployment: str) -> ResourceId:
    return ResourceId(endpoint.scope, "batchDeployments", endpoint.name, deployment)


def _dumped(said: Any) -> Any:
    return said.model_dump(mode="json", exclude_none=True, exclude_unset=True)


def _of_model(said: BatchDeployment, asked: BatchJob) -> dict[str, Any]:
    """The job that asks a model: its one step hands the files of its input to the processes of a script."""
    score, file = _kept(asked)
    settings = said.settings
    assert settings is not None
    configured, is_bare = said.code_configuration, said.code_configuration is None
    task: dict[str, Any] = {
        "type": "model" if is_bare else "run_function",
        "code": configured.code if configured else None,
        "entry_script": configured.scoring_script if configured else None,
        "environment": said.environment,
        "model": said.model,
    }
    if settings.output_action is OutputAction.APPEND_ROW:
        task["append_row_to"] = f"${{{{outputs.{SCORE}}}}}/{file or settings.output_file_name}"
    retry = settings.retry_settings.dump() if settings.retry_settings else {}
    step = {
        "type": "parallel",
        "inputs": {_INPUT: f"${{{{parent.inputs.{_INPUT}}}}}"},
        "outputs": {SCORE: f"${{{{parent.outputs.{SCORE}}}}}"},
        "input_data": f"${{{{inputs.{_INPUT}}}}}",
        "mini_batch_size": str(asked.mini_batch_size or settings.mini_batch_size),
        "max_concurrency_per_instance": settings.max_concurrency_per_instance,
        "error_threshold": settings.error_threshold if asked.error_threshold is None else asked.error_threshold,
        "retry_settings": {**retry, **(asked.retry_settings.dump() if asked.retry_settings else {})},
        "logging_level": settings.logging_level.value.upper() if settings.logging_level else None,
        "environment_variables": settings.environment_variables,
        "resources": _resources(said, asked),
        "task": {word: value for word, value in task.items() if value is not None},
    }
    return {
        "compute": (asked.compute.target if asked.compute else None) or said.compute,
        "inputs": {_INPUT: _the_input(asked)},
        "outputs": {SCORE: _dumped(score)},
        "settings": {"force_rerun": True},
        "jobs": {_STEP: {word: value for word, value in step.items() if value is not None}},
    }


def _resources(said: BatchDeployment, asked: BatchJob) -> dict[str, Any]:
    resources = said.resources.dump() if said.resources else {}
    count = asked.compute.instance_count if asked.compute else None
    return {**resources, **({"instance_count": count} if count else {})}


def _the_input(asked: BatchJob) -> Any:
    """The one input that a model is given, by whatever name."""
    if len(asked.inputs) != 1:
        raise InvalidInput(
            f"A model takes one input, and {len(asked.inputs) or 'none'} is given."
            if len(asked.inputs) < 2
            else f"A model takes one input, and {len(asked.inputs)} are given.",
            target="inputs",
            mend="Name the files: --input azureml:<data>@latest, or a path.",
        )
    ((name, given),) = asked.inputs.items()
    if given.type is AssetType.LITERAL or not given.path:
        raise InvalidInput(
            f"The input '{name[:80]}' names no files.", target=f"inputs.{name[:80]}.path", mend="Give it a path."
        )
    return _dumped(given)


def _kept(asked: BatchJob) -> tuple[Output, str]:
    """Where the output of a model is kept, and the name of the file of rows; '' where that is the deployment's own."""
    if len(asked.outputs) > 1:
        raise InvalidInput("A model has one output.", target="outputs", mend=f"Name '{SCORE}' alone.")
    said = next(iter(asked.outputs.values()), Output())
    path = said.path or _dataset(asked)
    if not path:
        return said.model_copy(update={"type": AssetType.URI_FOLDER}), asked.output_file_name or ""
    file = asked.output_file_name or ""
    if said.type is AssetType.URI_FILE and (last := PurePosixPath(path)).suffix and not file:
        path, file = path[: -len(last.name)].rstrip("/"), last.name
    return Output.load({"type": "uri_folder", "path": _place(path), **_mode(said)}), file


def _mode(said: Output) -> Mapping[str, Any]:
    return {"mode": said.mode.value} if said.mode else {}


def _dataset(asked: BatchJob) -> str:
    """The place that clients before outputs had names tell."""
    if asked.output_dataset is None:
        return ""
    store = (asked.output_dataset.datastore_id or DEFAULT).removeprefix("azureml:").rpartition("/")[2]
    return f"azureml://datastores/{store}/paths/{(asked.output_dataset.path or '').lstrip('/')}"


def _place(path: str) -> str:
    """A place on a datastore; clients may write it with the datastore's reference in the middle."""
    place = parse_datastore_path(path.replace("/datastores/azureml:", "/datastores/"))
    return str(place) if place else path
