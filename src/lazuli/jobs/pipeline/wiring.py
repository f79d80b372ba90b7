"""Wiring: a step of a pipeline, with what is bound to it, as a job of its own.

What a binding leads to is asked of a :class:`Sources`: the pipeline's inputs, the outputs of steps that completed. A
component's ports fill in what the step leaves unsaid: types, modes and defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lazuli.jobs.parallel import merged
from lazuli.resources.component import (
    CommandComponent,
    Component,
    ComponentInput,
    ComponentOutput,
    ParallelComponent,
    PortType,
)
from lazuli.resources.inout import AssetType, Input, Output
from lazuli.resources.job import Resources
from lazuli.resources.node import CommandNode, NodeBase, ParallelNode, SweepNode
from lazuli.resources.parallel import ParallelSettings
from lazuli.resources.pipeline import PipelineSettings
from lazuli.schema import bindings
from lazuli.schema.bindings import Binding, only_binding
from lazuli.schema.places import DEFAULT

__all__ = [
    "Sources",
    "command_of",
    "default_store",
    "inputs_of",
    "kept_by_default",
    "literal",
    "outputs_of",
    "parallel_of",
    "settled_words",
    "sweep_of",
]

Sources = Callable[[Binding], Input | None]
"""What a ``${{parent.…}}`` stands for; None for an input of the pipeline that is not given."""

_JOINED = ("inputs", "outputs", "compute", "run_after", "is_deterministic")
_NOT_OURS = ("type", "component", "trial", "comment", "task", "jobs", *_JOINED)


def literal(value: str) -> Input:
    """An input that is a value."""
    return Input.load({"type": AssetType.LITERAL.value, "value": value})


def settled_text(text: str, sources: Sources) -> str:
    """``text`` with every binding to the pipeline replaced; other bindings stay as they are."""

    def value_of(binding: Binding) -> str | None:
        if binding.group != "parent":
            return str(binding)
        found = sources(binding)
        return None if found is None else found.value if found.value is not None else found.path

    return bindings.render(text, value_of) if any(b.group == "parent" for b in bindings.bindings_in(text)) else text


def settled_words(said: Any, sources: Sources) -> Any:
    """A piece of a document with every binding to the pipeline in it replaced."""
    if isinstance(said, str):
        return settled_text(said, sources)
    if isinstance(said, dict):
        return {key: settled_words(value, sources) for key, value in said.items()}
    return [settled_words(value, sources) for value in said] if isinstance(said, list) else said


def inputs_of(node: NodeBase, component: Component | None, sources: Sources) -> dict[str, Input]:
    """The inputs that a step gives its job: bound ones joined, a component's defaults filled in."""
    ports = component.inputs if component else {}
    found = {name: wired for name, said in node.inputs.items() if (wired := _wired(said, ports.get(name), sources))}
    for name, port in ports.items():
        if name not in found and (default := _default(port)):
            found[name] = default
    return found


def _wired(said: Input, port: ComponentInput | None, sources: Sources) -> Input | None:
    """An input with what it is bound to; None where that is not given."""
    given = said
    if binding := only_binding(said.value if said.type is AssetType.LITERAL else said.path):
        if (source := sources(binding)) is None:
            return None
        explicit = {word: getattr(said, word) for word in ("type", "mode") if _says(said, word)}
        given = source.model_copy(update=explicit)
    elif said.type is AssetType.LITERAL:
        given = said.model_copy(update={"value": settled_text(said.value or "", sources)})
    elif said.path:
        given = said.model_copy(update={"path": settled_text(said.path, sources)})
    return _as_port(given, said, port)


def _says(said: Input, word: str) -> bool:
    """Whether an input says something itself; that it is a literal is only how a bare binding is read."""
    value = getattr(said, word)
    return word in said.model_fields_set and value is not None and value is not AssetType.LITERAL


def _as_port(given: Input, said: Input, port: ComponentInput | None) -> Input:
    """An input as the component's port takes it."""
    if port is None or port.type is PortType.PATH:
        return given
    if port.type.is_literal:
        return given if given.type is AssetType.LITERAL else literal(given.path or "")
    update: dict[str, Any] = {}
    if given.type is AssetType.LITERAL:  # a value that is a path: of a pipeline's parameter, for one
        update = {"path": given.value, "value": None, "type": AssetType(port.type.value)}
    elif not _says(said, "type"):
        update["type"] = AssetType(port.type.value)
    if port.mode and not given.mode:
        update["mode"] = port.mode.value
    return Input.load(given.model_copy(update=update).model_dump(mode="json", exclude_none=True))


def _default(port: ComponentInput) -> Input | None:
    if port.default is not None:
        return literal(port.default)
    if port.path is not None:
        return Input.load({"type": port.type.value, "path": port.path})
    return None


def outputs_of(
    node: NodeBase, component: Component | None, promoted: Callable[[str], Output | None], sources: Sources
) -> dict[str, Output]:
    """The outputs of a step's job. One bound to an output of the pipeline is that output: ``promoted`` gives it."""
    ports = component.outputs if component else {}
    found: dict[str, Output] = {}
    for name in [*ports, *(name for name in node.outputs if name not in ports)]:
        said, port = node.outputs.get(name), ports.get(name)
        found[name] = _output(said, port, promoted, sources)
    return found


def _output(
    said: Output | None, port: ComponentOutput | None, promoted: Callable[[str], Output | None], sources: Sources
) -> Output:
    own: dict[str, Any] = {"type": port.type.value} if port else {}
    if port and port.mode:
        own["mode"] = port.mode.value
    if said is None:
        return Output.load(own)
    explicit = {word: value for word in said.model_fields_set if (value := getattr(said, word)) is not None}
    binding = only_binding(said.path)
    if binding and binding.group == "parent" and (output := promoted(binding.name.removeprefix("outputs."))):
        explicit.pop("path", None)
        above = output.model_dump(mode="json", exclude_none=True)
        return Output.load({**own, **explicit, **above})
    if said.path:
        explicit["path"] = settled_text(said.path, sources)
    return Output.load({**own, **explicit})


def default_store(settings: PipelineSettings | None) -> str:
    """The name of the datastore on which a pipeline keeps what names no place."""
    said = (settings.default_datastore if settings else None) or DEFAULT
    return said.removeprefix("azureml:").rpartition("/")[2]


def kept_by_default(output: Output, settings: PipelineSettings | None) -> Output:
    """An output with its place: on the pipeline's default datastore, where it names no other."""
    store = default_store(settings)
    if store == DEFAULT:
        return output
    path = output.path or "azureml://datastores/${{default_datastore}}/paths/azureml/${{name}}/${{output_name}}"
    placed = bindings.render(path, lambda binding: store if binding.group == "default_datastore" else str(binding))
    return output.model_copy(update={"path": placed})


def optional_blocks_settled(command: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """A component's command without the ``$[[ … ]]`` blocks, and the bindings, of inputs that are not given."""

    def value_of(binding: Binding) -> str | None:
        is_missing = binding.group == "inputs" and binding.name not in given and binding.name in known
        return None if is_missing else str(binding)

    return bindings.render(command, value_of)


def command_of(node: CommandNode, component: CommandComponent | None, inputs: Mapping[str, Input]) -> dict[str, Any]:
    """What a command step runs, as a command job says it; inputs, outputs and names are the caller's."""
    said = node.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    own = {key: value for key, value in said.items() if key not in _NOT_OURS}
    if component is None:
        command = optional_blocks_settled(node.command or "", inputs, node.inputs)
        return {**own, "command": command}
    kept = _of_component(component, inputs)
    for word in ("environment_variables", "resources", "limits"):
        if own.get(word) and kept.get(word):
            own[word] = {**kept[word], **own[word]}
    return {**kept, **own}


def _of_component(component: CommandComponent, inputs: Mapping[str, Any]) -> dict[str, Any]:
    said = component.dump()
    words = ("code", "environment", "environment_variables", "resources", "distribution", "limits")
    kept = {word: said[word] for word in words if said.get(word) is not None}
    return {**kept, "command": optional_blocks_settled(component.command, inputs, component.inputs)}


def sweep_of(node: SweepNode, component: CommandComponent, inputs: Mapping[str, Input]) -> dict[str, Any]:
    """What a sweep step searches, as a sweep job says it: the inputs that are searched become hyperparameters."""
    said = node.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    own = {key: value for key, value in said.items() if key not in _NOT_OURS}
    trial = _of_component(component, {**inputs, **node.search_space})
    for name in node.search_space:
        trial["command"] = bindings.rename(trial["command"], Binding("inputs", name), Binding("search_space", name))
    trial.pop("limits", None)
    return {**own, "trial": trial}


def parallel_of(
    node: ParallelNode, component: ParallelComponent | None, sources: Sources
) -> tuple[ParallelSettings, Resources | None]:
    """How a parallel step shares its work, with what it is bound to, and what it takes of its compute."""
    settings = merged(component, node) if component else node
    said = {name: value for name, value in settings.dump().items() if name in ParallelSettings.model_fields}
    taken = {**_resources(component), **_resources(node)}
    resources = Resources.settled(settled_words(taken, sources)) if taken else None
    return ParallelSettings.settled(settled_words(said, sources)), resources


def _resources(said: ParallelNode | ParallelComponent | None) -> dict[str, Any]:
    resources = said.resources if said else None
    return resources.model_dump(mode="json", exclude_none=True, exclude_unset=True) if resources else {}
