"""Pipelines: steps whose outputs are the inputs of others, as a job or kept as a component."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, Self

from pydantic import (
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_validator,
)

from lazuli.resources.component import Component, ComponentType, component_type
from lazuli.resources.in_place import named_in_place
from lazuli.resources.inout import GivenLater
from lazuli.resources.job import Job, JobType, of_kind
from lazuli.resources.node import NODES, Node, NodeBase
from lazuli.resources.node_rest import node_from_rest, node_to_rest
from lazuli.schema.bindings import Binding, bindings_in
from lazuli.schema.document import Document, Slip, scope_of
from lazuli.schema.problems import did_you_mean
from lazuli.schema.reference import ComponentRef, ComputeRef, DatastoreRef, expand

__all__ = ["PipelineComponent", "PipelineJob", "PipelineSettings", "Steps", "bindings_of", "needed_by"]


class Steps(Document):
    """What has steps."""

    jobs: dict[str, Node] = Field(default_factory=dict)
    """The steps, by name. A step runs as soon as what it is bound to is there."""

    @field_validator("jobs", mode="before")
    @classmethod
    def _steps_from_rest(cls, value: Any, info: ValidationInfo) -> Any:
        context = info.context or {}
        if not context.get("rest") or not isinstance(value, Mapping):
            return value
        scope = {"scope": context.get("scope")}
        return {
            name: NODES.validate_python(node_from_rest(node), by_name=True, by_alias=False, context=scope)
            if isinstance(node, Mapping)
            else node
            for name, node in value.items()
        }

    @field_serializer("jobs", mode="wrap")
    def _steps_to_rest(
        self, value: dict[str, NodeBase], handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> Any:
        if not info.by_alias:
            return handler(value)
        scope = scope_of(info)
        context = {"scope": scope, "tidy": True}
        job = self.name if isinstance(self, Job) else ""
        told: dict[str, Any] = {}
        for name, node in value.items():
            known = named_in_place(job, name)
            said = node.model_dump(mode="json", by_alias=False, exclude_none=True, context=context)
            told[name] = node_to_rest(name, said, expand(known, "components", scope) if known and scope else known)
        return told


class PipelineSettings(Document):
    """What holds for all steps that say nothing else."""

    default_compute: ComputeRef | None = Field(default=None, alias="default_compute")
    """Where steps run that name no compute."""
    default_datastore: DatastoreRef | None = Field(default=None, alias="default_datastore")
    """Where outputs are kept that name no place."""
    continue_on_step_failure: bool | None = Field(default=None, alias="continue_on_step_failure")
    """Whether steps that do not need it go on after one has failed."""
    force_rerun: bool | None = Field(default=None, alias="force_rerun")
    """Whether steps run again that would give the same as before."""
    on_init: str | None = Field(default=None, alias="on_init")
    """The step that runs before all others."""
    on_finalize: str | None = Field(default=None, alias="on_finalize")
    """The step that runs after all others."""


class PipelineJob(Steps, Job):
    """A job of several steps, each of which starts when what it reads has been written."""

    type: JobType = of_kind(JobType.PIPELINE)
    """The kind of job: `pipeline`."""
    inputs: dict[str, GivenLater] = Field(default_factory=dict)  # pyright: ignore[reportIncompatibleVariableOverride]
    """What it reads."""
    component: ComponentRef | None = Field(default=None, alias="componentId")
    """A pipeline component that is run as it is, instead of `jobs`."""
    settings: PipelineSettings | None = None
    """What holds for all steps that say nothing else."""

    @model_validator(mode="before")
    @classmethod
    def _given(cls, data: Any, info: ValidationInfo) -> Any:
        """`x:` with nothing behind it is an input that may be bound and has no value: nor has what is bound to it.

        In REST such an input is left out, and what is bound to it is not. A pipeline component that is run is named
        there, and has its steps beside it.
        """
        if not isinstance(data, dict) or not isinstance(data.get("inputs") or {}, dict):
            return data
        is_rest = (info.context or {}).get("rest")
        if is_rest and data.get("componentId"):
            return {**data, "jobs": {}}
        inputs, steps = data.get("inputs") or {}, data.get("jobs")
        unset = {name for name, said in inputs.items() if said is None}
        if is_rest and isinstance(steps, dict):
            unset |= {name for step in steps.values() for name in _bound_inputs(step)} - inputs.keys()
        if not unset:
            return data
        if isinstance(steps, dict):
            data = {**data, "jobs": {name: _without(step, unset) for name, step in steps.items()}}
        return {**data, "inputs": {name: said for name, said in inputs.items() if name not in unset}}

    @model_validator(mode="after")
    def _wired(self) -> Self:
        if bool(self.jobs) == bool(self.component):
            raise ValueError("it needs one of 'jobs' (its steps) and 'component' (a pipeline component)")
        check_wiring(self.jobs, set(self.inputs), set(self.outputs))
        return self


def _without(step: Any, unset: set[str]) -> Any:
    """The step without the inputs that are bound to what is not given."""
    inputs = step.get("inputs") if isinstance(step, dict) else None
    if not isinstance(inputs, dict):
        return step
    return {**step, "inputs": {name: said for name, said in inputs.items() if unset.isdisjoint(_inputs_in(said))}}


def _bound_inputs(step: Any) -> Iterator[str]:
    """The pipeline's inputs that the inputs of a step are bound to, where a component takes them."""
    inputs = step.get("inputs") if isinstance(step, dict) else None
    if isinstance(inputs, dict) and (step.get("componentId") or step.get("trial")):
        for said in inputs.values():
            yield from _inputs_in(said)


def _inputs_in(said: Any) -> Iterator[str]:
    """The pipeline's inputs that an input of a step is bound to, in either dialect."""
    text = (said.get("path") or said.get("value")) if isinstance(said, dict) else said
    for binding in bindings_in(text) if isinstance(text, str) else ():
        group, _, name = binding.name.partition(".")
        if binding.group == "parent" and group == "inputs":
            yield name


class PipelineComponent(Steps, Component):
    """Several steps, kept under a name so that pipelines are made of them."""

    type: ComponentType = component_type(ComponentType.PIPELINE)
    """The kind of component: `pipeline`."""
    source_job_id: str | None = Field(default=None, alias="componentSpec.sourceJobId")
    """The job whose steps these are, instead of `jobs`: `azureml:name`."""

    @model_validator(mode="after")
    def _wired(self) -> Self:
        if not self.jobs and not self.source_job_id:
            raise ValueError("'jobs' is required: the steps")
        check_wiring(self.jobs, set(self.inputs), set(self.outputs))
        return self


def bindings_of(node: NodeBase) -> Iterator[tuple[str, Binding]]:
    """Every binding of a step to its pipeline, with the field that says it."""
    said = node.model_dump(mode="json", by_alias=False, exclude_none=True, exclude_unset=True)
    for field, text in _texts(said):
        for binding in bindings_in(text):
            if binding.group == "parent":
                yield field, binding


def _texts(said: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """The texts of a step that may hold a binding, each with its field: of a port that is the port."""
    if isinstance(said, str):
        if "${{" in said:
            yield ".".join(place[:2] if place[:1] in (("inputs",), ("outputs",)) else place), said
        return
    items = said.items() if isinstance(said, Mapping) else enumerate(said) if isinstance(said, list) else ()
    for key, value in items:
        yield from _texts(value, (*place, str(key)))


def check_wiring(steps: Mapping[str, NodeBase], inputs: set[str], outputs: set[str]) -> None:
    """Raise ValueError for a binding to what is not there, and for steps that wait for each other."""
    for name, node in steps.items():
        for field, binding in bindings_of(node):
            if wrong := _wrong(binding, steps, inputs, outputs):
                raise Slip(f"'{field}' of '{name}' uses {binding}, {wrong}", "jobs", name, *field.split("."))
        for other in node.run_after:
            if other not in steps or other == name:
                mend = did_you_mean(other, [each for each in steps if each != name])
                raise Slip(
                    f"'run_after' of '{name}' names '{other}', which is no other step. {mend}",
                    "jobs",
                    name,
                    "run_after",
                )
    _check_order(steps)


def _wrong(binding: Binding, steps: Mapping[str, NodeBase], inputs: set[str], outputs: set[str]) -> str:
    """What is wrong with a binding to the pipeline; '' where it leads somewhere."""
    group, _, rest = binding.name.partition(".")
    if group == "jobs":
        step = rest.partition(".")[0]
        return "" if step in steps else f"but there is no step '{step}'. {did_you_mean(step, [*steps])}"
    known = {"inputs": inputs, "outputs": outputs}.get(group)
    if known is None:
        return "which is nothing of a pipeline; bind parent.inputs, parent.outputs or parent.jobs"
    # A group of inputs has a name of its own: ${{parent.inputs.group.x}}.
    if rest in known or rest.partition(".")[0] in known:
        return ""
    return f"but the pipeline has no {group[:-1]} '{rest}'. {did_you_mean(rest, sorted(known)) or 'Add it there.'}"


def _check_order(steps: Mapping[str, NodeBase]) -> None:
    """Raise ValueError where steps wait for each other."""
    try:
        TopologicalSorter({name: needed_by(node) & steps.keys() for name, node in steps.items()}).prepare()
    except CycleError as error:
        circle = [name for name in steps if name in error.args[1]]
        raise Slip(f"the steps {', '.join(circle)} wait for each other; break the circle", "jobs", circle[0]) from None


def needed_by(node: NodeBase) -> set[str]:
    """The steps that a step waits for: those whose outputs it reads, and those it says."""
    names = [binding.name.split(".") for _, binding in bindings_of(node)]
    return {*node.run_after, *(parts[1] for parts in names if parts[0] == "jobs" and len(parts) > 1)}
