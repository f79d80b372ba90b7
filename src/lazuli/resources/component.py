"""Components: programs with typed inputs and outputs, kept under a name and version for pipelines to use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Discriminator, Field, Tag, field_validator, model_validator
from pydantic.alias_generators import to_camel

from lazuli.resources import refused
from lazuli.resources.asset import Asset
from lazuli.resources.job import EnvironmentChoice, Resources
from lazuli.resources.parallel import ParallelSettings, as_in_yaml
from lazuli.schema import bindings
from lazuli.schema.document import Document, Slip, Text
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import CodeRef
from lazuli.schema.words import Word

__all__ = [
    "CommandComponent",
    "Component",
    "ComponentInput",
    "ComponentOutput",
    "ComponentType",
    "InlineComponent",
    "ParallelComponent",
    "PortMode",
    "PortType",
    "component_type",
]


def _in_spec(name: str) -> str:
    """Where REST has a field of a component: what is not every asset's stands in ``componentSpec``, as in YAML."""
    return to_camel(name) if name in Asset.model_fields else f"componentSpec.{name}"


class ComponentType(Word):
    """The kinds of component."""

    COMMAND = "command"
    PARALLEL = "parallel"
    PIPELINE = "pipeline"

    @classmethod
    def read(cls, value: Any) -> ComponentType:
        """The kind that ``value`` spells. Raises ValueError with what to use, where there is none."""
        try:
            return super().read(value)
        except ValueError:
            known = {**refused.JOBS, "sweep": "a sweep is a step. Write 'type: command', and 'type: sweep' in the step"}
            raise ValueError(refused.reason(known, str(value), "a kind of component", list(cls))) from None


def component_type(kind: ComponentType) -> Any:
    """The ``type`` of the components of one kind; only that of a command may be left out."""
    only: dict[str, Any] = {"enum": [kind.value], "x-rest": {"enum": [kind.rest]}}
    return Field(kind if kind is ComponentType.COMMAND else ..., json_schema_extra=only)


class PortType(Word):
    """What an input or output takes."""

    URI_FILE = "uri_file"
    URI_FOLDER = "uri_folder"
    MLTABLE = "mltable"
    CUSTOM_MODEL = "custom_model"
    MLFLOW_MODEL = "mlflow_model"
    TRITON_MODEL = "triton_model"
    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    PATH = "path"

    @property
    def is_literal(self) -> bool:
        """Whether it is a value rather than files."""
        return self in _LITERALS


_LITERALS = frozenset({PortType.STRING, PortType.INTEGER, PortType.NUMBER, PortType.BOOLEAN})


class PortMode(Word):
    """How files reach a job or leave it: as YAML spells it, in REST as well."""

    RO_MOUNT = "ro_mount"
    RW_MOUNT = "rw_mount"
    DOWNLOAD = "download"
    UPLOAD = "upload"
    DIRECT = "direct"
    EVAL_MOUNT = "eval_mount"
    EVAL_DOWNLOAD = "eval_download"


class ComponentInput(Document):
    """An input by its type: files that a pipeline binds, or a literal with a default and bounds."""

    model_config = ConfigDict(alias_generator=as_in_yaml)

    type: PortType
    """`string`, `integer`, `number`, `boolean`, or what files it takes: `uri_file`, `uri_folder`, `mltable`, …"""
    description: str | None = None
    """What it is for."""
    optional: bool = False
    """Whether it may be left out; `$[[ … ]]` in the command is then left out as well."""
    default: Text | None = None
    """The value that it has when none is given."""
    min: int | float | None = None
    """The least number that is taken."""
    max: int | float | None = None
    """The greatest."""
    enum: list[Text] | None = None
    """The values to choose from. Another is worth a warning: Azure takes it, and published pipelines give some."""
    mode: PortMode | None = None
    """How files reach the job: `ro_mount` (the default), `download` or `direct`."""
    path: str | None = None
    """Files it reads unless others are bound."""

    @model_validator(mode="after")
    def _fitting(self) -> ComponentInput:
        if self.default is not None and not self.type.is_literal:
            raise ValueError(f"an input of type '{self.type.value}' has no default; remove it, or make it optional")
        for each in self.enum or ():
            if why := self.unfit(each):
                raise ValueError(f"its enum '{each}' {why}")
        if self.default is not None and (why := self.unfit(self.default) or self.unlisted(self.default)):
            raise ValueError(f"its default '{self.default}' {why}")
        return self

    def unfit(self, value: str) -> str:
        """Why it does not take a value, to be said after that: "is no integer"; '' where it does."""
        if self.type is PortType.BOOLEAN:
            return "" if value.lower() in ("true", "false") else "is neither true nor false"
        if self.type not in (PortType.INTEGER, PortType.NUMBER):
            return ""
        try:
            number = int(value) if self.type is PortType.INTEGER else float(value)
        except ValueError:
            return f"is {'no integer' if self.type is PortType.INTEGER else 'no number'}"
        if self.min is not None and number < self.min:
            return f"is less than {self.min}, the least that it takes"
        if self.max is not None and number > self.max:
            return f"is more than {self.max}, the most that it takes"
        return ""

    def unlisted(self, value: str) -> str:
        """That a value which it takes is none of those to choose from, said as in :meth:`unfit`; '' where it is one."""
        if not self.enum or value in self.enum or self._is_one_of(value):
            return ""
        return f"is none of its values ({', '.join(self.enum)})"

    def _is_one_of(self, value: str) -> bool:
        """Whether a number is among the values, however it is written."""
        is_number = self.type in (PortType.INTEGER, PortType.NUMBER)
        return is_number and float(value) in [float(each) for each in self.enum or ()]


class ComponentOutput(Document):
    """An output by its type."""

    model_config = ConfigDict(alias_generator=as_in_yaml)

    type: PortType
    """What it is: `uri_file`, `uri_folder`, `mltable`, `mlflow_model`, `custom_model` or `triton_model`."""
    description: str | None = None
    """What it is."""
    mode: PortMode | None = None
    """How files leave the job: `rw_mount` (the default) or `upload`."""
    early_available: bool | None = None
    """Kept as said."""
    is_control: bool | None = None
    """Kept as said."""


class ComponentResources(Resources):
    """What one run of it takes of a compute target."""

    model_config = ConfigDict(alias_generator=as_in_yaml)


_BESIDE = ("description", "tags")
"""What REST says both beside the specification and in it."""
_NAMES = ("name", "version", *_BESIDE)
_UNSAID = (*_NAMES, "_source", "$schema")
"""What of a specification is not the component: its names, and where a client happened to find it."""


class Component(Asset):
    """What every kind of component says."""

    model_config = ConfigDict(alias_generator=_in_spec)

    type: ComponentType
    """The kind of component."""
    display_name: str | None = None
    """A name to show."""
    inputs: dict[str, ComponentInput] = Field(default_factory=dict)
    """What it takes."""
    outputs: dict[str, ComponentOutput] = Field(default_factory=dict)
    """What it makes."""
    is_deterministic: bool = True
    """Whether the same inputs always give the same outputs, so that a pipeline may use an earlier run's."""
    additional_includes: list[str] | None = None
    """Further files and folders that belong to its code."""

    @classmethod
    def from_rest(cls, properties: Mapping[str, Any], scope: Scope | None = None) -> Self:
        """The component that a REST body says; what its specification says again of name and tags is left out."""
        spec = properties.get("componentSpec")
        if not isinstance(spec, Mapping):
            raise InvalidInput("'componentSpec' is required.", target="componentSpec", mend="Send the component in it.")
        said = {word: spec[word] for word in _BESIDE if spec.get(word) is not None}
        inside = {word: value for word, value in spec.items() if word not in _UNSAID}
        beside = {word: value for word, value in properties.items() if value is not None}
        return super().from_rest({**said, **beside, "componentSpec": inside}, scope)

    def to_rest(self, scope: Scope | None = None) -> dict[str, Any]:
        """The component as REST says it: its YAML in ``componentSpec``, where references keep their ``azureml:``."""
        said = super().to_rest(scope)
        spec = said["componentSpec"]
        spec.update({word: value for word in _NAMES if (value := getattr(self, word))})
        _prefixed(spec)
        return said

    @field_validator("inputs", "outputs", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        """`inputs:` with nothing behind it."""
        return {} if value is None else value


def _prefixed(said: dict[str, Any]) -> None:
    """Have the references of a part of a specification spelt as REST spells them there."""
    for word in ("code", "environment"):
        if str(said.get(word, "")).startswith("/subscriptions/"):
            said[word] = f"azureml:{said[word]}"


class CommandComponent(Component):
    """A program with typed inputs and outputs, for pipelines to use: a command with its code and environment."""

    type: ComponentType = component_type(ComponentType.COMMAND)
    """The kind of component: `command`."""
    command: str = Field(min_length=1)
    """What is run, with `${{inputs.x}}`, `${{outputs.x}}`, and `$[[--x ${{inputs.x}}]]` for an optional input."""
    code: CodeRef | None = None
    """The folder with the code."""
    environment: EnvironmentChoice
    """The environment: `azureml:name:version`, `azureml:name@latest`, or its definition."""
    environment_variables: dict[str, Text] = Field(default_factory=dict)
    """Variables for the process."""
    resources: ComponentResources | None = None
    """How many nodes, of which size."""
    distribution: dict[str, Any] | None = None
    """How several processes share the work."""
    limits: dict[str, Any] | None = None
    """When it is stopped; kept as said."""

    @model_validator(mode="after")
    def _bound(self) -> Self:
        known = {"inputs": set(self.inputs), "outputs": set(self.outputs)}
        try:
            bindings.check(self.command, known, target="command")
        except InvalidInput as problem:
            raise Slip(str(problem), *problem.target.split(".")) from None
        return self


class ParallelComponent(ParallelSettings, Component):
    """A script that is given a large input in small batches, on several processes at once."""

    model_config = ConfigDict(alias_generator=_in_spec)

    type: ComponentType = component_type(ComponentType.PARALLEL)
    """The kind of component: `parallel`."""
    resources: ComponentResources | None = None
    """How many nodes, of which size."""

    def to_rest(self, scope: Scope | None = None) -> dict[str, Any]:
        """The component as REST says it, where the keys are JSON in a text."""
        said = super().to_rest(scope)
        spec = said["componentSpec"]
        _prefixed(spec.get("task") or {})
        if self.partition_keys:
            spec["partition_keys"] = json.dumps(self.partition_keys)
        return said


def _kind(value: Any) -> str:
    said = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return str(said or "command").lower()


InlineComponent = Annotated[
    Annotated[CommandComponent, Tag("command")] | Annotated[ParallelComponent, Tag("parallel")],
    Discriminator(
        _kind,
        "component",
        "a component written in place is 'type: command' or 'type: parallel'; write another to a file of its own",
    ),
]
"""A component that is written where it is used."""
