"""The steps of a pipeline. A step is a component with its inputs and outputs joined to those of others, or written in
place.

What may be given when the pipeline is submitted may be a binding here: ``compute: ${{parent.inputs.compute}}``.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    Tag,
    TypeAdapter,
    field_validator,
    model_serializer,
    model_validator,
)

from lazuli.resources import legacy, refused
from lazuli.resources.automl import AutoMLSettings
from lazuli.resources.component import InlineComponent
from lazuli.resources.distribution import Distribution
from lazuli.resources.inout import Input, Output
from lazuli.resources.job import EnvironmentChoice, JobIdentity, QueueSettings
from lazuli.resources.parallel import BoundInt, ParallelSettings
from lazuli.resources.search import EarlyTermination, Objective, Sampling, SearchSpace, SweepLimits, check_search
from lazuli.resources.service import JobService
from lazuli.schema import bindings
from lazuli.schema.document import Document, Slip, Text
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import CodeRef, ComponentRef, ComputeRef
from lazuli.schema.words import Word

__all__ = [
    "NODES",
    "AutoMLNode",
    "CommandNode",
    "ComponentChoice",
    "Node",
    "NodeBase",
    "NodeOutput",
    "NodeType",
    "ParallelNode",
    "PipelineNode",
    "SweepNode",
]


class NodeType(Word):
    """The kinds of step."""

    COMMAND = "command"
    SWEEP = "sweep"
    PARALLEL = "parallel"
    PIPELINE = "pipeline"
    AUTOML = "automl"

    @classmethod
    def read(cls, value: Any) -> NodeType:
        """The kind that ``value`` spells. Raises ValueError with what to use, where there is none."""
        try:
            return super().read(str(value).removesuffix("_component"))
        except ValueError:
            raise ValueError(refused.reason(refused.NODES, str(value), "a kind of step", list(cls))) from None


def _of(kind: NodeType) -> Any:
    only: dict[str, Any] = {"enum": [kind.value], "x-rest": {"enum": [kind.rest]}}
    return Field(kind if kind is NodeType.COMMAND else ..., json_schema_extra=only)


ComponentChoice = Annotated[
    Annotated[ComponentRef, Tag("reference")] | Annotated[InlineComponent, Tag("inline")],
    Discriminator(lambda value: "reference" if isinstance(value, str) else "inline"),
]
"""A component: `azureml:name:version`, one of a registry, a file, or one written in place."""


class NodeOutput(Output):
    """One output of a step: `${{parent.outputs.x}}` makes it the pipeline's own, nothing gives it every default."""

    model_config = ConfigDict(json_schema_extra={"x-yaml-types": ["null", "string"]})

    @model_validator(mode="before")
    @classmethod
    def _binding(cls, data: Any) -> Any:
        return {"path": data} if isinstance(data, str) else data

    @model_serializer(mode="wrap")
    def _plain(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        said = handler(self)
        is_bound = self.path is not None and any(bindings.bindings_in(self.path))
        return self.path if is_bound and self.model_fields_set == {"path"} and not info.by_alias else said


class NodeResources(Document):
    """What a step takes of its compute."""

    instance_count: BoundInt = 1
    """How many nodes."""
    instance_type: str | None = None
    """The size of a node."""
    shm_size: str | None = None
    """Shared memory of the container."""
    docker_args: str | list[str] | None = None
    """More arguments for the container."""
    properties: dict[str, Any] = Field(default_factory=dict)
    """Kept as said."""


class NodeLimits(Document):
    """When a step is stopped."""

    timeout: BoundInt | None = None
    """Seconds after which it is canceled."""


class NodeBase(Document):
    """What every kind of step says."""

    type: NodeType
    """The kind of step."""
    display_name: str | None = None
    """A name to show."""
    description: str | None = None
    """What it is for."""
    comment: str | None = None
    """A remark for readers."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Words to find it by."""
    properties: dict[str, Text] = Field(default_factory=dict)
    """Facts recorded with it."""
    compute: ComputeRef | None = None
    """Where it runs; the pipeline's compute when left out."""
    inputs: dict[str, Input] = Field(default_factory=dict)
    """What it reads: values, paths, `${{parent.inputs.x}}` or `${{parent.jobs.step.outputs.x}}`."""
    outputs: dict[str, NodeOutput] = Field(default_factory=dict)
    """What it writes: `${{parent.outputs.x}}`, or how and where it is kept."""
    run_after: list[str] = Field(default_factory=list)
    """Steps that must complete before it begins, though it reads nothing of theirs. Not in Azure's YAML."""
    is_deterministic: bool | None = None
    """`false`: it runs even where an earlier step did the same, as where its component says so. Not in Azure's YAML."""
    identity: JobIdentity | None = None
    """Whose identity it uses; kept as said."""
    services: dict[str, JobService] = Field(default_factory=dict)
    """Programs beside it, through which a person looks at it or works in it."""
    queue_settings: QueueSettings | None = None
    """How urgent it is; kept as said."""

    @field_validator("inputs", mode="before")
    @classmethod
    def _given(cls, value: Any) -> Any:
        """`x:` with nothing behind it is an input that is not given."""
        if value is None:
            return {}
        return {name: said for name, said in value.items() if said is not None} if isinstance(value, dict) else value

    @field_validator("outputs", mode="before")
    @classmethod
    def _kept(cls, value: Any) -> Any:
        """`x:` with nothing behind it is an output with every default."""
        if value is None:
            return {}
        return (
            {name: {} if said is None else said for name, said in value.items()} if isinstance(value, dict) else value
        )


class CommandNode(NodeBase):
    """A command: a component, or the command itself with its code and environment."""

    type: NodeType = _of(NodeType.COMMAND)
    """The kind of step: `command`."""
    component: ComponentChoice | None = None
    """The component it runs."""
    command: str | None = Field(default=None, min_length=1)
    """Or the shell command itself; `${{inputs.x}}` and `${{outputs.y}}` stand for values and paths."""
    code: CodeRef | None = None
    """The folder the command runs in."""
    environment: EnvironmentChoice | None = None
    """The environment, by name or in place."""
    environment_variables: dict[str, Text] = Field(default_factory=dict)
    """Variables for the process."""
    distribution: Distribution | None = None
    """How several processes share the work."""
    resources: NodeResources | None = None
    """How many nodes, of which size."""
    limits: NodeLimits | None = None
    """When it is stopped."""

    _earlier = model_validator(mode="before")(legacy.job)
    _earlier_code = field_validator("code", mode="before")(legacy.code)

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if (self.component is None) == (self.command is None):
            raise ValueError("it needs one of 'component' and 'command'")
        if self.command:
            known = {"inputs": set(self.inputs), "outputs": set(self.outputs)}
            try:
                bindings.check(self.command, known, target="command")
            except InvalidInput as problem:
                raise Slip(str(problem), *problem.target.split(".")) from None
        return self


class SweepNode(NodeBase):
    """A search: one component, tried with other values for some of its inputs."""

    type: NodeType = _of(NodeType.SWEEP)
    """The kind of step: `sweep`."""
    trial: ComponentChoice
    """The component that each trial runs."""
    search_space: SearchSpace = Field(min_length=1)
    """The inputs that are searched, and how each is drawn."""
    sampling_algorithm: Sampling
    """In which order the space is tried: `random`, `grid` or `bayesian`."""
    objective: Objective
    """What counts as better."""
    early_termination: EarlyTermination | None = None
    """When a trial that does badly is given up."""
    limits: SweepLimits | None = None
    """How many trials, and for how long."""
    resources: NodeResources | None = None
    """How many nodes each trial has, of which size."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_search(self.search_space, self.sampling_algorithm, self.early_termination)
        if both := sorted(self.search_space.keys() & self.inputs.keys()):
            raise ValueError(f"'{both[0]}' is searched and given as an input; keep one of them")
        return self


class ParallelNode(ParallelSettings, NodeBase):
    """A script that is given a large input in small batches, on several processes at once."""

    type: NodeType = _of(NodeType.PARALLEL)
    """The kind of step: `parallel`."""
    component: ComponentChoice | None = None
    """The component it runs; without one, `task` says the script."""
    resources: NodeResources | None = None
    """How many nodes, of which size."""

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if self.component is None and self.task is None:
            raise ValueError("it needs one of 'component' and 'task'")
        if self.task and self.component is None and not self.input_data:
            raise ValueError("it needs 'input_data': '${{inputs.x}}', the input that is cut into batches")
        return self


class PipelineNode(NodeBase):
    """A pipeline inside a pipeline."""

    type: NodeType = _of(NodeType.PIPELINE)
    """The kind of step: `pipeline`."""
    component: ComponentRef
    """The component it runs: `azureml:name:version`, one of a registry, or a file."""
    settings: dict[str, Any] | None = None
    """Kept as said."""
    limits: NodeLimits | None = None
    """When it is stopped."""


class AutoMLNode(AutoMLSettings, NodeBase):
    """A search for the best model of a table."""

    type: NodeType = _of(NodeType.AUTOML)
    """The kind of step: `automl`."""


def _tag(value: Any) -> str:
    if isinstance(value, NodeBase):
        return value.type.value
    kind = value.get("type") if isinstance(value, dict) else None
    try:
        return NodeType.read(kind or "command").value
    except ValueError:
        return "command"  # whose `type` says what is wrong with it


Node = Annotated[
    Annotated[CommandNode, Tag("command")]
    | Annotated[SweepNode, Tag("sweep")]
    | Annotated[ParallelNode, Tag("parallel")]
    | Annotated[PipelineNode, Tag("pipeline")]
    | Annotated[AutoMLNode, Tag("automl")],
    Discriminator(_tag),
]
"""A step of any kind, told by its ``type``; without one it is a command."""

NODES: TypeAdapter[Any] = TypeAdapter(Node)
"""Reads one step."""
