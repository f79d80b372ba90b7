"""Published pipelines: kept as they are, and run again by who sends parameters to their address."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, Iterator, Mapping
from urllib.parse import quote

from azureml._lazuli.server import raised_as
from azureml.core.experiment import Experiment
from azureml.exceptions import ExperimentExecutionException, ServiceException, UserErrorException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace
    from azureml.pipeline.core.run import PipelineRun

__all__ = ["PublishedPipeline"]

NAME, VERSION = "azureml.name", "azureml.version"
OF_ENDPOINT, ORIGINAL = "azureml.pipelineendpoint", "azureml.publishedpipeline"
"""What a version on the server says: what it was called here, and which published pipeline an endpoint's version is."""
ENDPOINT = ".endpoint"
"""How the names end that the server has for pipeline endpoints."""


class PublishedPipeline:
    """A pipeline behind an address: ``POST`` its parameters to :attr:`endpoint`, and it runs.

    ``Pipeline.publish`` and ``PipelineRun.publish_pipeline`` make them; :meth:`get` and :meth:`list` find them.
    """

    def __init__(self, workspace: Workspace, said: Mapping[str, Any]) -> None:
        self._workspace = workspace
        self._said = said

    @staticmethod
    def get(
        workspace: Workspace, id: str, _workflow_provider: Any = None, _service_endpoint: str | None = None
    ) -> PublishedPipeline:
        """The one with an id. Raises :class:`UserErrorException` where there is none."""
        said = workspace._server.found(f"{_address(workspace)}/{quote(id, '')}")
        if said is None:
            raise UserErrorException(f"There is no published pipeline '{id}' in workspace '{workspace.name}'.")
        return PublishedPipeline(workspace, said)

    @staticmethod
    def list(
        workspace: Workspace, active_only: bool = True, _service_endpoint: str | None = None
    ) -> list[PublishedPipeline]:
        """All of a workspace, the newest first; without ``active_only`` those that are disabled as well."""
        query = {"listViewType": "ActiveOnly" if active_only else "All"}
        found = workspace._server.pages(_address(workspace), query)
        return [PublishedPipeline(workspace, said) for said in found if OF_ENDPOINT not in _facts(said)]

    @property
    def id(self) -> str:
        """The id."""
        return self._properties["pipelineId"]

    @property
    def name(self) -> str:
        """The name, as it was given."""
        return _facts(self._said).get(NAME) or self._said["id"].split("/")[-3]

    @property
    def version(self) -> str | None:
        """The version, as it was given; None where none was."""
        facts = _facts(self._said)
        return facts.get(VERSION) if NAME in facts else self._said["name"]

    @property
    def description(self) -> str:
        """What it is for."""
        return self._properties.get("description") or ""

    @property
    def status(self) -> str:
        """``Active`` or ``Disabled``."""
        return self._properties["status"]

    @property
    def endpoint(self) -> str:
        """The address that runs it.

        It takes a ``POST`` with the header of ``get_authentication_header()`` and the JSON ``{"ExperimentName": …,
        "ParameterAssignments": {name: value}}``, and answers ``{"Id": <the run>}``.
        """
        return self._properties["endpoint"]

    @property
    def graph_id(self) -> str:
        """The id of what was published, which never changes."""
        return self.id

    @property
    def total_run_steps(self) -> int:
        """How many steps it has."""
        return len(self._pipeline.get("jobs") or {})

    @property
    def continue_on_step_failure(self) -> bool:
        """Whether other steps go on after one has failed, where nobody says otherwise."""
        return bool((self._pipeline.get("settings") or {}).get("continue_on_step_failure"))

    def submit(
        self,
        workspace: Workspace,
        experiment_name: str,
        pipeline_parameters: Mapping[str, Any] | None = None,
        _workflow_provider: Any = None,
        _service_endpoint: str | None = None,
        parent_run_id: str | None = None,
        continue_on_step_failure: bool | None = None,
    ) -> PipelineRun:
        """Run it with other values for its parameters; its run.

        Raises :class:`ExperimentExecutionException` for a parameter that it does not have or a value that does not fit,
        and where it is disabled.
        """
        experiment = Experiment(workspace, experiment_name)
        return self._submit(experiment, None, pipeline_parameters, parent_run_id, continue_on_step_failure)

    def disable(self) -> None:
        """Let nobody run it any more, and hide it from lists."""
        self._set_archived(True)

    def enable(self) -> None:
        """Let it run again."""
        self._set_archived(False)

    def _submit(
        self,
        experiment: Experiment,
        tags: Mapping[str, str] | None = None,
        pipeline_parameters: Mapping[str, Any] | None = None,
        parent_run_id: str | None = None,
        continue_on_step_failure: bool | None = None,
        regenerate_outputs: bool = False,
    ) -> PipelineRun:
        """What ``Experiment.submit`` does with a published pipeline."""
        if regenerate_outputs:
            raise UserErrorException(
                "A published pipeline is run as it is. Publish it with allow_reuse=False in its steps instead.",
                target="regenerate_outputs",
            )
        from azureml.pipeline.core.run import PipelineRun

        workspace = experiment.workspace
        body: dict[str, Any] = {
            "ExperimentName": experiment.name,
            "ParameterAssignments": assignments(workspace, pipeline_parameters),
            "RunSource": "SDK",
            "Tags": dict(tags or {}),
            "ContinueRunOnStepFailure": continue_on_step_failure,
        }
        with raised_as(ExperimentExecutionException):
            id = workspace._server.call("POST", self.endpoint, body)["Id"]
        run = PipelineRun(experiment, id)
        if parent_run_id:
            run._set({"mlflow.parentRunId": parent_run_id})
        return run

    def _set_archived(self, is_archived: bool) -> None:
        """Archive it, or not, with the versions of endpoints that are this one."""
        workspace = self._workspace
        query = {"listViewType": "All", "properties": f"{ORIGINAL}={self.id}"}
        for said in [self._said, *workspace._server.pages(_address(workspace), query)]:
            body = {"properties": {**said["properties"], "isArchived": is_archived}}
            made = workspace._server.call("PUT", said["id"], body)
            self._said = made if said is self._said else self._said

    @property
    def _properties(self) -> Mapping[str, Any]:
        return self._said["properties"]

    @property
    def _pipeline(self) -> Mapping[str, Any]:
        return self._properties["pipeline"]

    def __repr__(self) -> str:
        return (
            f"PublishedPipeline(Name: {self.name},\nId: {self.id},\nStatus: {self.status},\nEndpoint: {self.endpoint})"
        )


def publish(
    workspace: Workspace,
    pipeline: Any,
    name: str | None = None,
    description: str | None = None,
    version: str | None = None,
) -> PublishedPipeline:
    """Publish the definition of a pipeline's job, or the job of an id. Each call makes a new one, whatever the name."""
    name = name or "Pipeline"
    facts = {NAME: name, **({VERSION: str(version)} if version else {})}
    asset = re.sub(re.escape(ENDPOINT) + "$", "-endpoint", asset_name(name))
    with raised_as(UserErrorException):
        return PublishedPipeline(workspace, put_new(workspace, asset, version, pipeline, description, facts))


def put_new(
    workspace: Workspace,
    asset: str,
    version: str | None,
    pipeline: Any,
    description: str | None,
    facts: Mapping[str, str],
) -> dict[str, Any]:
    """Make a version of a name on the server: the one that is asked for where it is free, else the next one."""
    properties = {"pipeline": pipeline, "description": description or "", "properties": dict(facts)}
    for chosen in _free(workspace, asset, version):
        path = workspace._path(f"publishedPipelines/{asset}/versions/{chosen}")
        try:
            return workspace._server.call("PUT", path, {"properties": properties}, headers={"If-None-Match": "*"})
        except ServiceException as refused:
            if refused.status_code != 412:  # somebody has it
                raise
    raise AssertionError("there is always a next version")


def asset_name(name: str) -> str:
    """How the server calls what is called so here. Raises :class:`UserErrorException` where no letter is left of it."""
    found = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-._")[:200]
    if not found:
        raise UserErrorException(f"'{name}' is no name for a pipeline: use letters and digits.", target="name")
    return found


def assignments(workspace: Workspace, parameters: Mapping[str, Any] | None) -> dict[str, str]:
    """Values for parameters, as texts: what they are, or where the files lie that they are."""
    from azureml.pipeline.core.graph import PipelineParameter

    said = {name: PipelineParameter(name, value)._input(workspace) for name, value in (parameters or {}).items()}
    return {name: str(each.get("value", each.get("uri"))) for name, each in said.items()}


def _free(workspace: Workspace, asset: str, version: str | None) -> Iterator[str]:
    if version and re.fullmatch(r"[A-Za-z0-9][\w.-]*", str(version)):
        yield str(version)
    for _ in itertools.count():
        there = workspace._found(f"publishedPipelines/{asset}")
        yield there["properties"]["nextVersion"] if there else "1"


def _address(workspace: Workspace) -> str:
    return f"/pipelines/v1.0{workspace._scope.path}/Pipelines"


def _facts(said: Mapping[str, Any]) -> Mapping[str, str]:
    return said["properties"].get("properties") or {}
