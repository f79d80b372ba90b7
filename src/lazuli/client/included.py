"""The files that a pipeline's steps are made of: read and checked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator

from lazuli.client.located_files import existing, including, wrong
from lazuli.resources import refused
from lazuli.resources.component import Component
from lazuli.resources.files import schema_name
from lazuli.resources.kinds import AnyComponent
from lazuli.resources.node import CommandNode, NodeBase, ParallelNode, SweepNode
from lazuli.resources.pipeline import PipelineComponent, PipelineJob
from lazuli.resources.ports import RUNS, unfit
from lazuli.schema.problems import InvalidInput, did_you_mean
from lazuli.schema.reference import is_remote
from lazuli.schema.yaml import Place, Source

__all__ = ["check_component", "check_steps", "is_file"]


def check_steps(steps: PipelineJob | PipelineComponent, source: Source) -> None:
    """Raise :class:`InvalidInput` for a step whose component is not there, is wrong, or does not take what it gets."""
    for name, node in steps.jobs.items():
        place: Place = ("jobs", name)
        field = "trial" if isinstance(node, SweepNode) else "component"
        given = steps.inputs if isinstance(steps, PipelineJob) else {}
        for component, file in _component_of(node, source, (*place, field)):
            _check_ports(component, node, source, place)
            for each in unfit(component, node, given):
                where = ("inputs", each.source) if each.source else (*place, *each.field.split(".", 1))
                _tell(source, wrong(source, where, each.what, each.mend), is_mistake=each.is_mistake)
            check_component(component, file)
        if isinstance(node, CommandNode | ParallelNode):
            code = node.code if isinstance(node, CommandNode) else node.task.code if node.task else None
            where = (*place, "code") if isinstance(node, CommandNode) else (*place, "task", "code")
            if code and not is_remote(code):
                existing(source, where, code)
    if isinstance(steps, PipelineJob) and steps.component and is_file(steps.component):
        including(source, ("component",), steps.component)


def check_component(component: Component, source: Source) -> None:
    """Raise :class:`InvalidInput` for what a component names and is not there."""
    if isinstance(component, PipelineComponent):
        check_steps(component, source)
    code = getattr(component, "code", None)
    if code and not is_remote(code) and source.data.get("code"):
        existing(source, ("code",), code)
    for index, path in enumerate(component.additional_includes or []):
        if not is_remote(path):
            existing(source, ("additional_includes", index), path)


def _component_of(node: NodeBase, source: Source, place: Place) -> Iterator[tuple[Component, Source]]:
    """The component of a step with the file that says it; nothing where it is kept elsewhere."""
    said = getattr(node, str(place[-1]), None)
    if not isinstance(said, str) or not is_file(said):
        return
    file = including(source, place, said)
    name = schema_name(str(file.data.get("$schema") or "")) if isinstance(file.data, dict) else ""
    if why := refused.FILES.get(name):
        raise wrong(source, place, f"'{said}' is none of a pipeline's components", f"{why}.")
    component = AnyComponent.from_yaml(file)
    kind = RUNS[type(node)]
    if component.type is not kind:
        raise wrong(
            source, place, f"'{said}' is a {component.type} component", f"A step of 'type: {component.type}' runs it."
        )
    yield component, file


def _tell(source: Source, problem: InvalidInput, *, is_mistake: bool) -> None:
    """Raise a mistake; what is none stands in the file's warnings, where it is not read strictly."""
    if is_mistake or source.strict:
        raise problem
    source.warnings.append(problem)


def is_file(said: str) -> bool:
    """Whether what stands for a component, or a job, names a YAML file of this machine."""
    return said.startswith("file:") or (not is_remote(said) and said.endswith((".yml", ".yaml")))


def _check_ports(component: Component, node: NodeBase, source: Source, place: Place) -> None:
    """A step gives its component the inputs it needs; what its component does not take is worth a warning."""
    searched = set(node.search_space) if isinstance(node, SweepNode) else set[str]()
    for group, given in (("inputs", set(node.inputs)), ("outputs", set(node.outputs))):
        known = getattr(component, group)
        for word in sorted(given - set(known)):
            if word.partition(".")[0] in known:
                continue
            what = f"the component '{component.name}' has no {group[:-1]} '{word}'"
            mend = did_you_mean(word, list(known)) or "Remove it."
            _tell(source, wrong(source, (*place, group, word), what, mend), is_mistake=False)
    said = source.data["jobs"][place[1]].get("inputs") or {} if isinstance(source.data, dict) else {}
    for word, port in component.inputs.items():
        if port.optional or port.default is not None or word in searched or word in said:
            continue
        if not any(each.startswith(f"{word}.") for each in said):
            what = f"the component '{component.name}' needs the input '{word}'"
            raise wrong(source, (*place, "inputs"), what, f"Add '{word}' to the inputs of '{place[1]}'.")
