"""Pipelines as they are submitted: every step settled and checked, so that what can be wrong is found at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lazuli.assets.components import Components
from lazuli.compute.targets import Targets
from lazuli.jobs.kinds import Kind
from lazuli.jobs.parallel import check_step, merged
from lazuli.jobs.pinning import Pinning
from lazuli.jobs.pipeline.wiring import default_store, kept_by_default, literal
from lazuli.resources.component import Component, ParallelComponent
from lazuli.resources.inout import AssetType, Input, Output
from lazuli.resources.node import NodeBase, ParallelNode
from lazuli.resources.pipeline import PipelineComponent, PipelineJob, PipelineSettings, Steps
from lazuli.resources.ports import literal_of, unfit
from lazuli.schema import bindings
from lazuli.schema.bindings import only_binding
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import InvalidInput, did_you_mean

__all__ = ["Pipelines", "steps_of"]


def steps_of(job: PipelineJob, components: Components, scope: Scope) -> Steps:
    """What has the steps of a settled pipeline: the job itself, or the component that it runs."""
    if job.component is None:
        return job
    found = components.named(scope, job.component, target="component")
    if not isinstance(found, PipelineComponent):
        raise InvalidInput(
            f"The component '{found.name}' is of type '{found.type}'.",
            target="component",
            mend="A pipeline job runs a component of 'type: pipeline'.",
        )
    return found


class Pipelines(Kind):
    """The kind of job that runs steps."""

    work: Sequence[str] = ("jobs", "component", "inputs", "outputs", "settings")

    def __init__(self, components: Components, pinning: Pinning, targets: Targets) -> None:
        self._components = components
        self._pinning = pinning
        self._targets = targets

    def prepared(self, id: ResourceId, job: PipelineJob) -> tuple[PipelineJob, dict[str, Any]]:
        """The pipeline with every reference settled, and all its steps checked."""
        settled = self.settled(id, job)
        self._check_values(id.scope, steps_of(settled, self._components, id.scope), settled.inputs)
        self._check_settings(id.scope, settled)
        self._pinning.check_outputs(id.scope, settled)
        return settled, {}

    def settled(self, id: ResourceId, job: PipelineJob) -> PipelineJob:
        """The pipeline with its components, code, environments and data settled to one version."""
        component = job.component and self._components.reference(id.scope, job.component, target="component")
        job = job.model_copy(update={"component": component, "display_name": job.display_name or id.name})
        steps = steps_of(job, self._components, id.scope)
        given = dict(job.inputs)
        if isinstance(steps, PipelineComponent):
            given = _with_defaults(steps, given)
        pinned = {name: self._step(id.scope, name, node) for name, node in job.jobs.items()}
        outputs = {**{name: Output() for name in _promised(steps)}, **job.outputs}
        return job.model_copy(
            update={
                "jobs": pinned,
                "inputs": {name: self._pinning.input(id.scope, name, said) for name, said in given.items()},
                "outputs": {
                    name: self._output(id, name, kept_by_default(said, job.settings), {**steps.jobs, **pinned})
                    for name, said in outputs.items()
                },
            }
        )

    def _check_values(self, scope: Scope, steps: Steps, given: Mapping[str, Input], within: str = "") -> None:
        """Raise :class:`InvalidInput` where what a pipeline is given does not fit a step that it reaches."""
        for name, node in steps.jobs.items():
            component = self._components.of_step(scope, node)
            if component is None:
                continue
            for each in unfit(component, node, given):
                if each.is_mistake:
                    raise each.problem(f"{within}{name}")
            if isinstance(component, PipelineComponent):
                values = {word: literal_of(said, given)[0] for word, said in node.inputs.items()}
                inner = {word: literal(value) for word, value in values.items() if value is not None}
                self._check_values(
                    scope, component, _with_defaults(component, inner, {*values}), f"{within}{name}.jobs."
                )

    def _step(self, scope: Scope, name: str, node: NodeBase) -> NodeBase:
        node = self._components.pinned_step(scope, name, node)
        inputs = {}
        for word, said in node.inputs.items():
            bound = said.value if said.type is AssetType.LITERAL else said.path
            is_settled = any(bindings.bindings_in(bound or ""))
            inputs[word] = said if is_settled else self._pinning.input(scope, word, said, f"jobs.{name}.inputs.{word}")
        if node.compute and not any(bindings.bindings_in(node.compute)):
            self._check_compute(scope, node.compute, f"jobs.{name}.compute")
        if isinstance(node, ParallelNode):
            self._check_parallel(scope, name, node)
        return node.model_copy(update={"inputs": inputs})

    def _check_parallel(self, scope: Scope, name: str, node: ParallelNode) -> None:
        component = self._components.of_step(scope, node)
        assert component is None or isinstance(component, ParallelComponent)
        ports: tuple[Any, Any] = (component.inputs, component.outputs) if component else ((), ())
        try:
            check_step(
                merged(component, node) if component else node, {*node.inputs, *ports[0]}, {*node.outputs, *ports[1]}
            )
        except InvalidInput as problem:
            problem.target = f"jobs.{name}.{problem.target}"
            raise

    def _output(self, id: ResourceId, name: str, said: Output, steps: Mapping[str, NodeBase]) -> Output:
        """An output of the pipeline with its place, and with the type of the step's output that it is."""
        placed = self._pinning.placed(id.name, name, said)
        if "type" in said.model_fields_set:
            return placed
        for node in steps.values():
            for word, bound in node.outputs.items():
                binding = only_binding(bound.path)
                if binding and binding.name == f"outputs.{name}":
                    return placed.model_copy(update={"type": self._type_of(id.scope, node, word, bound)})
        return placed

    def _type_of(self, scope: Scope, node: NodeBase, word: str, said: Output) -> AssetType:
        component: Component | None = self._components.of_step(scope, node)
        port = component.outputs.get(word) if component else None
        return AssetType(port.type.value) if port and "type" not in said.model_fields_set else said.type

    def _check_settings(self, scope: Scope, job: PipelineJob) -> None:
        settings = job.settings or PipelineSettings()
        for said, field in ((job.compute, "compute"), (settings.default_compute, "settings.default_compute")):
            if said and not any(bindings.bindings_in(said)):
                self._check_compute(scope, said, field)
        self._pinning.check_datastore(scope, default_store(settings), "settings.default_datastore")
        steps = steps_of(job, self._components, scope).jobs
        for word in ("on_init", "on_finalize"):
            if (step := getattr(settings, word)) and step not in steps:
                raise InvalidInput(
                    f"'{word}' names '{step}', which is no step.",
                    target=f"settings.{word}",
                    mend=did_you_mean(step, [*steps]) or "Name one of 'jobs'.",
                )

    def _check_compute(self, scope: Scope, said: str, field: str) -> None:
        try:
            self._targets.named(scope, said)
        except InvalidInput as problem:
            problem.target = field
            raise


def _promised(steps: Steps) -> Mapping[str, Any]:
    return steps.outputs if isinstance(steps, PipelineComponent) else {}


def _with_defaults(
    component: PipelineComponent, given: Mapping[str, Input], bound: Collection[str] = ()
) -> dict[str, Input]:
    """What a pipeline component is given, with its defaults; what is ``bound`` is given later.

    Raises :class:`InvalidInput` for what is missing, and for what it does not take.
    """
    found = dict(given)
    for name, port in component.inputs.items():
        if (said := found.get(name)) and said.value is not None and (why := port.unfit(said.value)):
            raise InvalidInput(
                f"The component '{component.name}' does not take '{said.value[:80]}' as '{name}': it {why}.",
                target=f"inputs.{name}",
                mend="Give another value.",
            )
        if name in found or name in bound:
            continue
        if port.default is not None:
            found[name] = literal(port.default)
        elif port.path is not None:
            found[name] = Input.load({"type": port.type.value, "path": port.path})
        elif not port.optional and not any(each.startswith(f"{name}.") for each in given):
            raise InvalidInput(
                f"The component '{component.name}' needs the input '{name}'.", target=f"inputs.{name}", mend="Give it."
            )
    return found
