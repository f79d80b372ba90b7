"""Components as assets: what they run with is settled when they are made, so that a version always means the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from lazuli.assets.kinds import Codes, Environments
from lazuli.assets.runnable import code_of, environment_of, spelt
from lazuli.assets.versions import Versions
from lazuli.resources.asset import Asset
from lazuli.resources.component import (
    CommandComponent,
    Component,
    ComponentInput,
    ComponentOutput,
    ComponentType,
    ParallelComponent,
)
from lazuli.resources.in_place import component_in_place, step_of
from lazuli.resources.inout import AssetType, Input
from lazuli.resources.node import AutoMLNode, CommandNode, NodeBase, ParallelNode, SweepNode
from lazuli.resources.parallel import ParallelTask
from lazuli.resources.pipeline import PipelineComponent, PipelineJob
from lazuli.resources.ports import RUNS, unfit
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.problems import InvalidInput, Unsupported
from lazuli.schema.reference import Reference, parse_reference
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["Components", "check_ports"]

_DEFAULT = "azureml_default"
"""The version that Microsoft's client asks for when it was told none."""


class Components(Versions):
    """Components, by what they run."""

    def __init__(self, store: Store, environments: Environments, codes: Codes) -> None:
        super().__init__(noun("component"), store)
        self._environments = environments
        self._codes = codes

    def get(self, id: ResourceId) -> Record:
        """The version; what a step of a job says in place as well."""
        with self.store.state.read() as tx:
            found = self._in_place(tx, super().place(tx, id))
        return found or super().get(id)

    def _one(self, tx: Connection, id: ResourceId, reference: Reference, target: str) -> Record:
        return self._in_place(tx, replace(id, version=reference.version)) or super()._one(tx, id, reference, target)

    def _in_place(self, tx: Connection, id: ResourceId) -> Record | None:
        """The component that a step of a job says in place, where ``id`` is what it is known by."""
        if (place := step_of(str(Reference(id.name, id.version)))) is None:
            return None
        record = self.store.documents.find(tx, ResourceId(id.scope, "jobs", place[0]))
        node = document_of(noun("job"), record).jobs.get(place[1]) if record and "jobs" in record.body else None
        component = component_in_place(node) if node else None
        if record is None or component is None:
            return None
        body = {**component.dump(), "is_anonymous": True}
        return replace(record, id=id, body=body, state={}, status="", parent="", hash="")

    def place(self, tx: Connection, id: ResourceId) -> ResourceId:
        """``id`` as it was created; the default version is the newest that is not archived."""
        id = super().place(tx, id)
        if id.version.lower() != _DEFAULT:
            return id
        newest = next((r for r in self._versions(tx, id) if not r.archived), None)
        return newest.id if newest else id

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new version whose code, environment and steps are there."""
        assert isinstance(document, Component)
        if id.version.lower() == _DEFAULT:
            raise InvalidInput(f"'{_DEFAULT}' is no version of its own.", target="version", mend="Name another.")
        for word in ("inputs", "outputs"):
            for name in getattr(document, word):
                check_name(name, target=f"{word}.{name}", what=f"{word[:-1]} name")
        return super().prepare(id, self.pinned(id.scope, document), actor)

    def settled(self, old: Record, document: Asset) -> dict[str, Any]:
        """References are compared by the versions that they name."""
        assert isinstance(document, Component)
        return self.pinned(old.id.scope, document).dump()

    def pinned(self, scope: Scope, component: Component) -> Component:
        """A component with every reference settled to one version."""
        if isinstance(component, PipelineComponent):
            if component.source_job_id and not component.jobs:
                return self._of_job(scope, component)
            steps = {name: self.pinned_step(scope, name, node) for name, node in component.jobs.items()}
            return component.model_copy(update={"jobs": steps})
        if isinstance(component, ParallelComponent):
            return component.model_copy(update={"task": self._pinned_task(scope, component.task, "task")})
        assert isinstance(component, CommandComponent)
        environment = environment_of(self._environments, scope, component.environment, self.noun.word)
        code = code_of(self._codes, scope, component.code, self.noun.word)
        return component.model_copy(update={"environment": environment, "code": code})

    def _of_job(self, scope: Scope, component: PipelineComponent) -> PipelineComponent:
        """A component with the steps of a job; what that was given is given where nothing else is."""
        assert component.source_job_id is not None
        found = parse_reference(component.source_job_id)
        with self.store.state.read() as tx:
            id = ResourceId(scope, "jobs", found.inside(scope, target="source_job_id").name if found else "")
            record = self.store.documents.find(tx, id) if found else None
        if record is None or record.body.get("type") != ComponentType.PIPELINE.value:
            raise InvalidInput(
                f"'{component.source_job_id}' is no pipeline job of this workspace.",
                target="source_job_id",
                mend="Name one of 'lazuli job list' whose type is pipeline: azureml:<name>.",
                code="ReferenceNotFound",
            )
        job: PipelineJob = document_of(noun("job"), record)
        steps: Any = self.named(scope, job.component, target="component") if job.component else job
        ports = steps.inputs if isinstance(steps, PipelineComponent) else {}
        inputs = {**ports, **{name: _port_of(given, ports.get(name)) for name, given in job.inputs.items()}}
        outputs = {name: ComponentOutput.load({"type": said.type.value}) for name, said in job.outputs.items()}
        if isinstance(steps, PipelineComponent):
            outputs = {**outputs, **steps.outputs}
        return component.model_copy(update={"jobs": steps.jobs, "inputs": inputs, "outputs": outputs})

    def pinned_step(self, scope: Scope, name: str, node: NodeBase) -> NodeBase:
        """A step of a pipeline with its component, or its own code and environment, settled to one version.

        What it gives its component is checked against the component's ports.
        """
        with _within(f"jobs.{name}"):
            if isinstance(node, AutoMLNode):
                raise Unsupported(
                    "An AutoML step is understood, but this version does not run it yet. Nothing was made.",
                    target="type",
                    mend="Train in a command or a sweep step until then.",
                )
            word = "trial" if isinstance(node, SweepNode) else "component"
            if (said := getattr(node, word, None)) is None:
                return self._pinned_own(scope, node)
            return node.model_copy(update={word: self._pinned_component(scope, said, word, node)})

    def of_step(self, scope: Scope, node: NodeBase) -> Component | None:
        """The component that a settled step runs; None where the step says itself what it runs."""
        said = node.trial if isinstance(node, SweepNode) else getattr(node, "component", None)
        return self.named(scope, said, target="component") if isinstance(said, str) else said

    def named(self, scope: Scope, reference: str, *, target: str) -> Component:
        """The component that a reference names."""
        return document_of(self.noun, self.resolve(scope, reference, target=target))

    def reference(self, scope: Scope, text: str, *, target: str) -> str:
        """The reference to the one version that ``text`` leads to now."""
        return spelt(self.resolve(scope, text, target=target))

    def _pinned_component(self, scope: Scope, said: str | Component, word: str, node: NodeBase) -> str | Component:
        if isinstance(said, str):
            record = self.resolve(scope, said, target=word)
            component = document_of(self.noun, record)
            settled = component if step_of(spelt(record)) else spelt(record)
        else:
            with _within(word):
                component = settled = self.pinned(scope, said)
        check_ports(component, node)
        return settled

    def _pinned_own(self, scope: Scope, node: NodeBase) -> NodeBase:
        if isinstance(node, ParallelNode):
            return node.model_copy(update={"task": self._pinned_task(scope, node.task, "task")})
        assert isinstance(node, CommandNode)
        environment = environment_of(self._environments, scope, node.environment, "job")
        return node.model_copy(
            update={"environment": environment, "code": code_of(self._codes, scope, node.code, "job")}
        )

    def _pinned_task(self, scope: Scope, task: ParallelTask | None, target: str) -> ParallelTask | None:
        if task is None:
            return None
        with _within(target):
            environment = environment_of(self._environments, scope, task.environment, "job")
            code = code_of(self._codes, scope, task.code, "job")
        return task.model_copy(update={"environment": environment, "code": code})


def check_ports(component: Component, node: NodeBase) -> None:
    """Raise :class:`InvalidInput` where a step does not give its component what it takes, or is of another kind.

    What a component does not know is no mistake, nor a value outside its enum: published pipelines do so, and clients
    warn of it.
    """
    kind = RUNS[type(node)]
    if component.type is not kind:
        raise InvalidInput(
            f"The component '{component.name}' is of type '{component.type}'.",
            target="component",
            mend=f"A step of 'type: {component.type}' runs it.",
        )
    given = {*node.inputs, *(node.search_space if isinstance(node, SweepNode) else ())}
    for word, port in component.inputs.items():
        is_given = word in given or any(each.startswith(f"{word}.") for each in given)
        if not (is_given or port.optional or port.default is not None or port.path is not None):
            raise InvalidInput(
                f"The component '{component.name}' needs the input '{word}'.", target=f"inputs.{word}", mend="Give it."
            )
    for each in unfit(component, node, {}):
        if each.is_mistake:
            raise each.problem()


def _port_of(given: Input, port: ComponentInput | None) -> ComponentInput:
    """What takes what a job was given, and has it where nothing else is: ``port``, where a component has one."""
    is_value = given.type is AssetType.LITERAL
    told = {"default": given.value} if is_value else {"path": given.path}
    if port is not None:
        return port.model_copy(update=told) if port.type.is_literal == is_value else port
    mode = given.mode.value if given.mode else None
    return ComponentInput.load({"type": "string" if is_value else given.type.value, "mode": mode, **told})


@contextmanager
def _within(field: str) -> Iterator[None]:
    """Problems of a part tell the field of the whole."""
    try:
        yield
    except (InvalidInput, Unsupported) as problem:
        problem.target = f"{field}.{problem.target}" if problem.target else field
        raise
