"""Steps that say themselves what they run, as the components that clients take them for.

Microsoft's client knows only steps that name a component. So REST names one for these as well, after the job and the
step that say it: ``azureml:azureml_anonymous:<job>.<step>``. It is kept nowhere but in the job.
"""

from __future__ import annotations

import re
from typing import Any

from lazuli.resources.component import CommandComponent, Component, ParallelComponent, PortType
from lazuli.resources.inout import AssetType, Input
from lazuli.resources.node import CommandNode, NodeBase, ParallelNode, SweepNode
from lazuli.resources.parallel import ParallelSettings
from lazuli.schema import bindings
from lazuli.schema.reference import Reference, parse_reference

__all__ = ["ANONYMOUS", "component_in_place", "named_in_place", "step_of"]

ANONYMOUS = "azureml_anonymous"
"""The name that components without one share."""
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


def named_in_place(job: str, step: str) -> str | None:
    """The reference to what a step of a job says in place; None where no reference could say it."""
    if not (job and _PLAIN.fullmatch(job) and _PLAIN.fullmatch(step)):
        return None
    return str(Reference(ANONYMOUS, f"{job}.{step}"))


def step_of(text: str) -> tuple[str, str] | None:
    """The job and the step that a reference leads to, where it is one of :func:`named_in_place`."""
    found = parse_reference(text)
    if found is None or found.name.lower() != ANONYMOUS or "." not in found.version:
        return None
    job, _, step = found.version.partition(".")
    return job, step


def component_in_place(node: NodeBase) -> Component | None:
    """The component that a step says in place; None where it names one that is kept."""
    match node:
        case CommandNode(component=None):
            said = {"command": node.command, "code": node.code, "environment": node.environment}
            return CommandComponent.load({**_ports(node), **said})
        case ParallelNode(component=None):
            own = {name: getattr(node, name) for name in ParallelSettings.model_fields if getattr(node, name)}
            return ParallelComponent.load({**_ports(node), **own, "type": "parallel"})
        case CommandNode(component=said) | ParallelNode(component=said) | SweepNode(trial=said):
            return said if isinstance(said, Component) else None
        case _:
            return None


def _ports(node: NodeBase) -> dict[str, Any]:
    return {
        "inputs": {name: {"type": _type_of(said).value} for name, said in node.inputs.items()},
        "outputs": {name: {"type": said.type.value} for name, said in node.outputs.items()},
    }


def _type_of(said: Input) -> PortType:
    """What a step gives tells what it takes; whatever it is bound to, it takes as it is."""
    if any(bindings.bindings_in(said.value or said.path or "")):
        return PortType.PATH
    return PortType.STRING if said.type is AssetType.LITERAL else PortType(said.type.value)
