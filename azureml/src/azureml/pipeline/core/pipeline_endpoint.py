"""Pipeline endpoints: one address for published pipelines that follow each other."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Iterator, Mapping

from azureml._lazuli.server import raised_as
from azureml.core.experiment import Experiment
from azureml.exceptions import UserErrorException
from azureml.pipeline.core import published_pipeline as _published
from azureml.pipeline.core.published_pipeline import PublishedPipeline

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace
    from azureml.pipeline.core.run import PipelineRun

__all__ = ["PipelineEndpoint", "PipelineVersion"]

_ID, _NAME, _DEFAULT = "azureml.endpointid", "azureml.endpointname", "default"


class PipelineVersion:
    """A version of an endpoint, and the published pipeline that it is."""

    def __init__(self, version: str, pipeline: PublishedPipeline) -> None:
        self.version = version
        self.pipeline = pipeline

    def __repr__(self) -> str:
        return f"PipelineVersion(Version: {self.version}, Pipeline: {self.pipeline.id})"


class PipelineEndpoint:
    """A name and an address whose versions are published pipelines, counted from "0"; one of them is the default."""

    def __init__(self, workspace: Workspace, said: Mapping[str, Any]) -> None:
        self._workspace = workspace
        self._said = said

    @staticmethod
    def publish(
        workspace: Workspace,
        name: str,
        description: str,
        pipeline: Any,
        _workflow_provider: Any = None,
        _service_endpoint: str | None = None,
    ) -> PipelineEndpoint:
        """Make an endpoint whose version "0" is a published pipeline, or a pipeline, which is then published.

        Raises ValueError where there is an endpoint of this name.
        """
        if any(each.name == name for each in PipelineEndpoint._all(workspace, "All")):
            raise ValueError(f"There is a pipeline endpoint '{name}'. Use PipelineEndpoint.get and add_default.")
        facts = {_ID: str(uuid.uuid4()), _NAME: name}
        asset = f"{_published.asset_name(name)}-{facts[_ID][:8]}{_published.ENDPOINT}"
        body = {"properties": {"description": description or "", "properties": facts}}
        with raised_as(UserErrorException):
            made = PipelineEndpoint(workspace, workspace._call("PUT", f"publishedPipelines/{asset}", body))
        made.add_default(pipeline)
        return made

    @staticmethod
    def get(
        workspace: Workspace,
        id: str | None = None,
        name: str | None = None,
        _workflow_provider: Any = None,
        _service_endpoint: str | None = None,
    ) -> PipelineEndpoint:
        """The endpoint of an id or a name. Raises :class:`UserErrorException` where there is none."""
        if not (id or name):
            raise ValueError("Give the id or the name of the endpoint.")
        for each in PipelineEndpoint._all(workspace, "All"):
            if each.id == id or (id is None and each.name == name):
                return each
        raise UserErrorException(f"There is no pipeline endpoint '{id or name}' in workspace '{workspace.name}'.")

    @staticmethod
    def list(
        workspace: Workspace,
        active_only: bool = True,
        max_results: int = 100,
        _workflow_provider: Any = None,
        _service_endpoint: str | None = None,
    ) -> list[PipelineEndpoint]:
        """The endpoints of a workspace, the newest first; without ``active_only`` those that are disabled as well."""
        return [*PipelineEndpoint._all(workspace, "ActiveOnly" if active_only else "All")][:max_results]

    @staticmethod
    def _all(workspace: Workspace, view: str) -> Iterator[PipelineEndpoint]:
        for said in workspace._pages("publishedPipelines", {"listViewType": view}):
            if _ID in (said["properties"].get("properties") or {}):
                yield PipelineEndpoint(workspace, said)

    # What it is.

    @property
    def id(self) -> str:
        """The id."""
        return self._facts[_ID]

    @property
    def name(self) -> str:
        """The name."""
        return self._facts[_NAME]

    @property
    def description(self) -> str:
        """What it is for."""
        return self._said["properties"].get("description") or ""

    @property
    def status(self) -> str:
        """``Active`` or ``Disabled``."""
        return "Disabled" if self._said["properties"].get("isArchived") else "Active"

    @property
    def default_version(self) -> str:
        """The version that runs where none is named."""
        return self.get_default_version()

    @property
    def endpoint(self) -> str:
        """The address that runs the default version; with ``/`` and a version behind it, that one.

        What is posted is the same as for :attr:`PublishedPipeline.endpoint`.
        """
        submit = "PipelineRuns/PipelineEndpointSubmit/Id"
        return f"{self._workspace._server.url}/pipelines/v1.0{self._workspace._scope.path}/{submit}/{self.id}"

    def get_default_version(self) -> str:
        """The version that runs where none is named."""
        return self._workspace._call("GET", f"{self._path}/labels/{_DEFAULT}")["name"]

    def list_versions(self) -> list[PipelineVersion]:
        """Its versions, the oldest first, with what each runs."""
        return [PipelineVersion(said["name"], self._original(said)) for said in self._versions()]

    def list_pipelines(self, active_only: bool = True) -> list[PublishedPipeline]:
        """The published pipelines that its versions are, the oldest version first."""
        pipelines = (each.pipeline for each in self.list_versions())
        return [each for each in pipelines if not active_only or each.status == "Active"]

    def get_pipeline(self, version: str | None = None) -> PublishedPipeline:
        """The published pipeline of a version, or of the default one. Raises ValueError for a version it has not."""
        return self._original(self._version(version))

    # What is done with it.

    def submit(
        self,
        experiment_name: str,
        pipeline_parameters: Mapping[str, Any] | None = None,
        parent_run_id: str | None = None,
        pipeline_version: str | None = None,
    ) -> PipelineRun:
        """Run a version, or the default one, with other values for its parameters; its run."""
        experiment = Experiment(self._workspace, experiment_name)
        return self._submit(experiment, None, pipeline_parameters, pipeline_version, parent_run_id)

    def add(self, pipeline: Any) -> None:
        """Add a published pipeline as the next version, or a pipeline, which is then published."""
        self._add(pipeline)

    def add_default(self, pipeline: Any) -> None:
        """Add a published pipeline as the next version, and let it be the default one."""
        self.set_default_version(self._add(pipeline))

    def set_default(self, pipeline: PublishedPipeline) -> None:
        """Let the version that is a published pipeline be the default one. Raises ValueError where none is."""
        for said in self._versions():
            if _facts(said)[_published.ORIGINAL] == pipeline.id:
                return self.set_default_version(said["name"])
        raise ValueError(f"The endpoint '{self.name}' has no version with the pipeline {pipeline.id}. Add it first.")

    def set_default_version(self, version: str) -> None:
        """Let a version be the default one. Raises ValueError for a version that it has not."""
        self._version(version)
        self._workspace._call("PUT", f"{self._path}/labels/{_DEFAULT}", {"properties": {"version": str(version)}})

    def set_name(self, name: str) -> None:
        """Call it otherwise; its id and address stay. Raises ValueError where another has the name."""
        if any(each.name == name and each.id != self.id for each in PipelineEndpoint._all(self._workspace, "All")):
            raise ValueError(f"There is another pipeline endpoint '{name}'.")
        self._say(properties={**self._facts, _NAME: name})

    def set_description(self, description: str) -> None:
        """Say what it is for."""
        self._say(description=description)

    def disable(self) -> None:
        """Let nobody run it any more, and hide it from lists."""
        self._say(isArchived=True)

    def enable(self) -> None:
        """Let it run again."""
        self._say(isArchived=False)

    def _submit(
        self,
        experiment: Experiment,
        tags: Mapping[str, str] | None = None,
        pipeline_parameters: Mapping[str, Any] | None = None,
        pipeline_version: str | None = None,
        parent_run_id: str | None = None,
        continue_on_step_failure: bool | None = None,
    ) -> PipelineRun:
        """What ``Experiment.submit`` does with an endpoint."""
        if self.status == "Disabled":
            raise UserErrorException(f"The pipeline endpoint '{self.name}' is disabled: call enable() first.")
        version = PublishedPipeline(self._workspace, self._version(pipeline_version))
        return version._submit(experiment, tags, pipeline_parameters, parent_run_id, continue_on_step_failure)

    def _add(self, pipeline: Any) -> str:
        if not isinstance(pipeline, PublishedPipeline):
            if not hasattr(pipeline, "publish"):
                raise ValueError(f"pipeline is a {type(pipeline).__name__}: give a Pipeline or a PublishedPipeline.")
            pipeline = pipeline.publish(self.name, self.description)
        facts = {**_facts(pipeline._said), _published.OF_ENDPOINT: self.id, _published.ORIGINAL: pipeline.id}
        next_version = str(len(self._versions()))
        with raised_as(UserErrorException):
            made = _published.put_new(
                self._workspace, self._asset, next_version, pipeline._pipeline, pipeline.description, facts
            )
        return made["name"]

    def _versions(self) -> list[dict[str, Any]]:
        found = self._workspace._pages(f"{self._path}/versions", {"listViewType": "All"})
        return sorted(found, key=lambda said: int(said["name"]))

    def _version(self, version: str | None) -> dict[str, Any]:
        wanted = f"labels/{_DEFAULT}" if version is None else f"versions/{version}"
        said = self._workspace._found(f"{self._path}/{wanted}")
        if said is None:
            known = ", ".join(each["name"] for each in self._versions())
            raise ValueError(f"The endpoint '{self.name}' has no version '{version}'; it has: {known}.")
        return said

    def _original(self, said: Mapping[str, Any]) -> PublishedPipeline:
        return PublishedPipeline.get(self._workspace, _facts(said)[_published.ORIGINAL])

    def _say(self, **said: Any) -> None:
        body = {"properties": {**self._said["properties"], **said}}
        self._said = self._workspace._call("PUT", self._path, body)

    @property
    def _asset(self) -> str:
        return self._said["name"]

    @property
    def _path(self) -> str:
        return f"publishedPipelines/{self._asset}"

    @property
    def _facts(self) -> Mapping[str, str]:
        return _facts(self._said)

    def __repr__(self) -> str:
        return (
            f"PipelineEndpoint(Name: {self.name},\nId: {self.id},\nStatus: {self.status},\nEndpoint: {self.endpoint})"
        )


def _facts(said: Mapping[str, Any]) -> Mapping[str, str]:
    return said["properties"]["properties"]
