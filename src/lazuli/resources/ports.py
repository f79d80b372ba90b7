"""Whether what a step of a pipeline gives fits the ports of its component, as far as the documents alone tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lazuli.resources.component import Component, ComponentInput, ComponentType, PortType
from lazuli.resources.inout import AssetType, Input
from lazuli.resources.node import CommandNode, NodeBase, ParallelNode, PipelineNode, SweepNode
from lazuli.resources.search import Choice
from lazuli.schema.bindings import Binding, only_binding
from lazuli.schema.document import Document
from lazuli.schema.problems import InvalidInput, did_you_mean
from lazuli.schema.reference import is_remote
from lazuli.schema.yaml import written

__all__ = ["RUNS", "Unfit", "literal_of", "unfit"]

RUNS: dict[type[NodeBase], ComponentType] = {
    SweepNode: ComponentType.COMMAND,
    CommandNode: ComponentType.COMMAND,
    ParallelNode: ComponentType.PARALLEL,
    PipelineNode: ComponentType.PIPELINE,
}
"""The kind of component that each kind of step runs."""
_NUMBERS = {PortType.INTEGER: "a whole number", PortType.NUMBER: "a number", PortType.BOOLEAN: "true or false"}


@dataclass(frozen=True)
class Unfit:
    """Something that a step gives and its component does not take."""

    field: str
    """Where the step says it: `inputs.x`, or `search_space.x`."""
    what: str
    """What is wrong, without a full stop."""
    mend: str
    source: str = ""
    """The pipeline's input that the value comes from, where it comes from one."""
    is_mistake: bool = True
    """Whether it is refused; else it is worth a warning."""

    def problem(self, step: str = "") -> InvalidInput:
        """The problem, told with the field of the step, or of the pipeline that has the step."""
        field = f"jobs.{step}.{self.field}" if step else self.field
        return InvalidInput(f"{self.what[:1].upper()}{self.what[1:]}.", target=field, mend=self.mend)


def unfit(component: Component, node: NodeBase, given: Mapping[str, Input]) -> Iterator[Unfit]:
    """What does not fit; ``given`` are the inputs of the pipeline, as far as they are known."""
    for word, said in node.inputs.items():
        if port := component.inputs.get(word):
            yield from _unfit_input(component.name, word, port, said, given)
    if isinstance(node, SweepNode):
        yield from _unfit_search(component, node)


def literal_of(said: Input, given: Mapping[str, Input]) -> tuple[str | None, str]:
    """The value that an input of a step has, where it is one and known, and the pipeline's input that it is."""
    text = said.value if said.type is AssetType.LITERAL else None
    binding = only_binding(text or said.path)
    if binding is None:
        return (text if text is not None and "${{" not in text else None), ""
    source = _source(binding)
    found = given.get(source)
    return (found.value if found and found.type is AssetType.LITERAL else None), source


def _source(binding: Binding) -> str:
    """The pipeline's input that a binding leads to; '' where it leads elsewhere."""
    is_input = binding.group == "parent" and binding.name.startswith("inputs.")
    return binding.name.removeprefix("inputs.") if is_input else ""


def _unfit_input(
    component: str, word: str, port: ComponentInput, said: Input, given: Mapping[str, Input]
) -> Iterator[Unfit]:
    value, source = literal_of(said, given)
    bound = f" (${{{{parent.inputs.{source}}}}})" if source else ""
    if value is not None:
        if port.type.is_literal:
            what, is_mistake = _misfit(component, word, port, value, bound)
            if what:
                yield Unfit(f"inputs.{word}", what, "Give another value.", source, is_mistake)
        elif port.type is not PortType.PATH and not is_remote(value):
            what = f"the component '{component}' takes files as '{word}', and is given the value '{value[:80]}'{bound}"
            mend = f"Write it as {{type: {port.type.value}, path: …}}."
            yield Unfit(f"inputs.{word}", what, mend, source)
        return
    if (wanted := _NUMBERS.get(port.type)) and _is_files(said, given):
        what = f"the component '{component}' takes {wanted} as '{word}', and is given files{bound}"
        yield Unfit(f"inputs.{word}", what, "Give it a value.", source)


def _misfit(component: str, word: str, port: ComponentInput, value: str, bound: str = "") -> tuple[str, bool]:
    """What is wrong with a value, '' where nothing is, and whether it is a mistake."""
    if why := port.unfit(value):
        return f"the component '{component}' does not take '{value[:80]}'{bound} as '{word}': it {why}", True
    if why := port.unlisted(value):
        return f"the component '{component}' does not expect '{value[:80]}'{bound} as '{word}': it {why}", False
    return "", False


def _is_files(said: Input, given: Mapping[str, Input]) -> bool:
    """Whether an input of a step is files for certain."""
    binding = only_binding(said.value if said.type is AssetType.LITERAL else said.path)
    if binding is None:
        return said.type is not AssetType.LITERAL and "${{" not in (said.path or "")
    found = given.get(_source(binding))
    is_output = binding.name.startswith("jobs.") and ".outputs." in binding.name
    return binding.group == "parent" and (is_output or (found is not None and found.type is not AssetType.LITERAL))


def _unfit_search(component: Component, node: SweepNode) -> Iterator[Unfit]:
    for word, space in node.search_space.items():
        port = component.inputs.get(word)
        if port is None:
            what = f"the component '{component.name}' has no input '{word}' that could be searched"
            yield Unfit(f"search_space.{word}", what, did_you_mean(word, list(component.inputs)) or "Remove it.")
            continue
        fixed = [] if isinstance(space, Document) else [space]
        values = space.values if isinstance(space, Choice) else fixed
        for value in values:
            if isinstance(value, dict) or not port.type.is_literal:
                continue
            what, is_mistake = _misfit(component.name, word, port, written(value))
            if what:
                yield Unfit(f"search_space.{word}", what, "Search other values.", is_mistake=is_mistake)
