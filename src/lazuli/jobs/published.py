"""Published pipelines: kept as they were when they were published, and submitted with other parameters.

A version never changes; which one an address runs that names no version, the label ``default`` says, else it is the
newest. One that is disabled is archived in the table: lists leave it out alike.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from lazuli.assets.components import Components
from lazuli.assets.labels import LATEST
from lazuli.assets.versions import Versions
from lazuli.jobs.again import earlier_job, said_anew
from lazuli.jobs.kinds import kind_of
from lazuli.jobs.pipeline.submit import steps_of
from lazuli.jobs.submit import Jobs
from lazuli.resources.asset import Asset
from lazuli.resources.component import ComponentInput
from lazuli.resources.inout import AssetType, Input
from lazuli.resources.job import JobType
from lazuli.resources.pipeline import PipelineJob
from lazuli.resources.published import PublishedPipeline, PublishedStatus
from lazuli.resources.table import noun
from lazuli.schema.bindings import only_binding
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, InvalidInput, NotFound, did_you_mean
from lazuli.shelves.principal import Principal
from lazuli.store.documents import Record, Selection
from lazuli.store.facets import Facet
from lazuli.store.opened import Store

__all__ = ["DEFAULT_LABEL", "ENDPOINT_ID", "ENDPOINT_NAME", "Asked", "PublishedPipelines"]

DEFAULT_LABEL = "default"
"""The label of the version that runs where none is named."""
ENDPOINT_NAME, ENDPOINT_ID = "azureml.endpointname", "azureml.endpointid"
"""What Azure's first SDK says of the versions of a name together: its pipeline endpoint has this name and this id."""
_ID = "pipeline_id"
_COLLECTION = "publishedPipelines"
_RUN_SOURCE, _PIPELINE_ID = "azureml.PipelineRun", "azureml.pipelineid"


@dataclass(frozen=True)
class Asked:
    """What somebody asks for who submits a published pipeline."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Values for its inputs: a text, number or truth value, or for files their path."""
    experiment: str = ""
    display_name: str = ""
    description: str = ""
    source: str = "Rest"
    """From where it was submitted, as its run tells."""
    continue_on_step_failure: bool | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class PublishedPipelines(Versions):
    """The published pipelines of workspaces."""

    def __init__(self, store: Store, jobs: Jobs, components: Components) -> None:
        super().__init__(noun("published-pipeline"), store)
        self._jobs = jobs
        self._components = components
        store.documents.facets[_COLLECTION] = _facets

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new version whose pipeline could be submitted now, with everything that it names settled."""
        record = super().prepare(id, document, actor)
        assert isinstance(document, PublishedPipeline)
        definition = self._definition(id.scope, document, actor)
        return replace(record, body={**record.body, "pipeline": definition}, state={_ID: str(uuid.uuid4())})

    def settled(self, old: Record, document: Asset) -> dict[str, Any]:
        """What putting ``document`` over ``old`` says: said again, what was published is what it became."""
        assert isinstance(document, PublishedPipeline)
        said, kept = document.dump(), old.body["pipeline"]
        if said["pipeline"] == kept:
            return said
        if isinstance(document.pipeline, PipelineJob):  # what was told of it, and is sent back, is itself
            told = document.pipeline.model_copy(update={"name": ""}).to_rest(old.id.scope)
            if told == PipelineJob.load(kept).to_rest(old.id.scope):
                return {**said, "pipeline": kept}
        return {**said, "pipeline": self._definition(old.id.scope, document, Principal("", old.created_by, "none"))}

    def shown(self, tx: Connection, record: Record) -> Record:
        """The version with its status; a container with its latest version."""
        record = super().shown(tx, record)
        if not record.id.version:
            return record
        status = PublishedStatus.DISABLED if record.archived else PublishedStatus.ACTIVE
        return replace(record, state={**record.state, "status": status.value})

    def by_id(self, scope: Scope, pipeline_id: str) -> Record:
        """The version with an id. Raises :class:`NotFound`."""
        wanted = Selection(scope, _COLLECTION, versions=True, facets=((_ID, pipeline_id.lower()),), limit=1)
        if found := self.select(wanted):
            return found[0]
        raise NotFound(
            f"There is no published pipeline '{pipeline_id[:80]}' in this workspace.",
            target="id",
            mend="Look for its id with 'lazuli published-pipeline show'.",
        )

    def by_name(self, scope: Scope, name: str, version: str = "") -> Record:
        """A version of a name; without one that which runs where none is named.

        Raises :class:`NotFound`, and :class:`Conflict` where the whole name is disabled.
        """
        id = ResourceId(scope, _COLLECTION, name)
        if self.get(id).archived:
            raise Conflict(f"'{name[:80]}' is disabled.", target="status", code="PipelineDisabled")
        if version:
            return self.get(replace(id, version=version))
        try:
            return self.by_label(id, DEFAULT_LABEL)
        except NotFound:
            return self.by_label(id, LATEST)

    def called(self, scope: Scope, fact: str, value: str) -> str:
        """The name of which all versions together say a fact: :data:`ENDPOINT_NAME` or :data:`ENDPOINT_ID`.

        Raises :class:`NotFound`.
        """
        wanted = Selection(scope, _COLLECTION, versions=False, properties=((fact, value),), limit=1)
        if found := self.select(wanted):
            return found[0].id.name
        raise NotFound(f"There is no pipeline endpoint '{value[:80]}' in this workspace.", target="name")

    def said_by(self, id: ResourceId) -> dict[str, Any]:
        """The pipeline of a version, or of a name's version that runs, as a job that is to be submitted says it.

        Raises :class:`Conflict` where it is disabled, :class:`NotFound` where there is none.
        """
        record = self.get(id) if id.version else self.by_name(id.scope, id.name)
        _check_active(record)
        said = dict(record.body["pipeline"])
        of_it = {"azureml.runsource": _RUN_SOURCE, _PIPELINE_ID: str(record.state[_ID])}
        return {**said, "properties": {**(said.get("properties") or {}), **of_it}}

    def submit(self, record: Record, asked: Asked, actor: Principal) -> str:
        """Submit a version with parameters; the name of the job.

        Raises :class:`Conflict` where it is disabled, and :class:`InvalidInput` for what is no parameter of it, or not
        of its type.
        """
        _check_active(record)
        said: dict[str, Any] = dict(record.body["pipeline"])
        pipeline = PipelineJob.load(said)
        inputs = self._given(record.id.scope, pipeline, asked.parameters)
        name = f"{record.id.name.replace('.', '_')[:200]}-{uuid.uuid4().hex[:12]}"
        said |= {
            "inputs": {word: given.model_dump(mode="json", exclude_none=True) for word, given in inputs.items()},
            "display_name": asked.display_name or said.get("display_name") or record.id.name,
            "experiment_name": asked.experiment or said.get("experiment_name") or record.id.name,
            "tags": {**(said.get("tags") or {}), **asked.tags},
            "properties": {**(said.get("properties") or {}), **_facts(record, asked)},
        }
        if asked.description:
            said["description"] = asked.description
        if asked.continue_on_step_failure is not None:
            goes_on = {"continue_on_step_failure": asked.continue_on_step_failure}
            said["settings"] = {**(said.get("settings") or {}), **goes_on}
        self._jobs.put(ResourceId(record.id.scope, "jobs", name), PipelineJob.load(said), actor)
        return name

    def _definition(self, scope: Scope, document: PublishedPipeline, actor: Principal) -> dict[str, Any]:
        """The pipeline as it is kept: everything that it names settled to one version, but no name of a job in it."""
        pipeline = document.pipeline
        if isinstance(pipeline, str):
            job = earlier_job(self.store, scope, pipeline, target="pipeline")
            if kind_of(job) is not JobType.PIPELINE:
                raise InvalidInput(
                    f"The job '{job.id.name}' is no pipeline.",
                    target="pipeline",
                    mend="Name one of 'lazuli job list' whose type is pipeline.",
                )
            pipeline = PipelineJob.load({**said_anew(job), "properties": {}})
        trial = ResourceId(scope, "jobs", f"published-{uuid.uuid4().hex}")
        said = said_anew(self._jobs.prepare(trial, pipeline.model_copy(update={"name": trial.name}), actor))
        if said.get("display_name") == trial.name:
            del said["display_name"]
        return PipelineJob.load(said).dump()

    def _given(self, scope: Scope, pipeline: PipelineJob, parameters: Mapping[str, Any]) -> dict[str, Input]:
        """The inputs of a pipeline with the parameters in their places."""
        inputs: dict[str, Input] = dict(pipeline.inputs)
        for name, value in parameters.items():
            if name not in inputs:
                raise InvalidInput(
                    f"The pipeline has no parameter '{name[:80]}'.",
                    target=f"ParameterAssignments.{name[:80]}",
                    mend=did_you_mean(name, sorted(inputs)) if inputs else "It has none.",
                )
            inputs[name] = _assigned(name, inputs[name], value)
        for name, given in inputs.items():
            if given.type is not AssetType.LITERAL and not given.path:
                raise InvalidInput(
                    f"The parameter '{name}' is needed: it is not said which files to read.",
                    target=f"ParameterAssignments.{name}",
                    mend="Give the path of files: azureml:<data>:<version> or azureml://datastores/….",
                )
        for name, port in self._ports(scope, pipeline):
            given = inputs.get(name)
            value = given.value if given and given.type is AssetType.LITERAL and port.type.is_literal else None
            if value is not None and (why := port.unfit(value) or port.unlisted(value)):
                raise InvalidInput(
                    f"The parameter '{name}' does not fit: '{value}' {why}.",
                    target=f"ParameterAssignments.{name}",
                    mend=f"Give what is of type '{port.type.value}'.",
                )
        return inputs

    def _ports(self, scope: Scope, pipeline: PipelineJob) -> Iterator[tuple[str, ComponentInput]]:
        """Each parameter with the typed inputs of components that it goes into."""
        steps = steps_of(pipeline, self._components, scope)
        for name, port in getattr(steps, "inputs", {}).items():
            if isinstance(port, ComponentInput):
                yield name, port
        for node in steps.jobs.values():
            component = self._components.of_step(scope, node)
            for word, said in node.inputs.items():
                binding = only_binding(said.value if said.type is AssetType.LITERAL else said.path)
                port = component.inputs.get(word) if component else None
                if port and binding and binding.group == "parent" and binding.name.startswith("inputs."):
                    yield binding.name.removeprefix("inputs."), port


def _check_active(record: Record) -> None:
    if record.archived:
        raise Conflict(
            f"'{record.id.name}:{record.id.version}' is disabled.",
            target="status",
            mend=f"lazuli published-pipeline enable -n {record.id.name} -v {record.id.version}",
            code="PipelineDisabled",
        )


def _assigned(name: str, now: Input, value: Any) -> Input:
    """A parameter with a value."""
    if isinstance(value, bool | int | float | str):
        text = str(value)
        word = "value" if now.type is AssetType.LITERAL else "path"
        return now.model_copy(update={word: text})
    what = "a value" if now.type is AssetType.LITERAL else "the path of files, as text"
    raise InvalidInput(
        f"The parameter '{name}' is given a {'list' if isinstance(value, list) else 'mapping'}.",
        target=f"ParameterAssignments.{name}",
        mend=f"Give {what}.",
    )


def _facts(record: Record, asked: Asked) -> dict[str, str]:
    """What a run says of where it comes from, in the words of Azure's first SDK."""
    return {
        "azureml.runsource": _RUN_SOURCE,
        "runSource": asked.source,
        "runType": "HTTP",
        "azureml.parameters": json.dumps(dict(asked.parameters)),
        _PIPELINE_ID: str(record.state[_ID]),
    }


def _facets(record: Record) -> set[Facet]:
    """A version is found by its id."""
    return {(_ID, str(record.state[_ID]))} if record.id.version else set()
