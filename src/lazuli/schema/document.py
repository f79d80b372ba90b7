"""The base of every document: one class, two dialects.

The *field names* of a document are the YAML words (``experiment_name``), its *aliases* the words of Azure ML's REST
API (``experimentName``). A dotted alias (``properties.vmSize``) says that REST nests the value there. Reading YAML
tells every slip with its line, because a person wrote it; reading REST and the store is lenient, and what is not known
is kept and given back untouched.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from lazuli.schema.docstrings import field_docstrings
from lazuli.schema.identity import Scope
from lazuli.schema.json_schema import Dialect, as_said
from lazuli.schema.problems import InvalidInput, did_you_mean
from lazuli.schema.yaml import Place, Source, written

__all__ = ["READ_ONLY", "REST_ONLY", "Dialect", "Document", "Slip", "Text", "scope_of"]

READ_ONLY: dict[str, Any] = {"readOnly": True}
"""``json_schema_extra`` of a field that the platform fills; what a user sends for it is dropped."""

REST_ONLY: dict[str, Any] = {"restOnly": True}
"""``json_schema_extra`` of a field that only REST knows."""

_MOST_DEPTH = 150

Text = Annotated[
    str,
    BeforeValidator(lambda v: v if v is None or isinstance(v, str | dict | list) else written(v)),
    WithJsonSchema({"type": "string", "x-yaml-types": ["number", "boolean"]}),
]
"""A string that may be written as a number, date or boolean in YAML and is then taken as written."""


class Slip(ValueError):
    """What a validator of a whole document finds wrong at one place in it."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place = place


class Document(BaseModel):
    """Something a user says or is told, in either dialect."""

    model_config = ConfigDict(alias_generator=to_camel, extra="allow")

    outside_properties: ClassVar[frozenset[str]] = frozenset({"name", "version"})
    """Fields that REST's envelope carries itself, outside ``properties``."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Fields are described by what is written below them."""
        said = handler(schema)
        properties = handler.resolve_ref_schema(said).get("properties", {})
        for name, text in field_docstrings(cls).items():
            field = cls.model_fields.get(name)
            for word in {name, field.alias or name} if field else ():
                if word in properties:
                    properties[word].setdefault("description", text)
        return said

    @classmethod
    def from_yaml(cls, source: Source) -> Self:
        """The document that a YAML file says.

        Raises :class:`InvalidInput` that tells every slip with its line, what was found, and the mend. Keys that are
        not known are left out and told in the source's warnings, where nothing else is wrong and it is not strict.
        """
        if not isinstance(source.data, dict):
            found = "nothing" if source.data is None else f"a {type(source.data).__name__}"
            raise InvalidInput(f"{source.name} holds {found} where a mapping is expected.", target=source.name)
        data = {key: value for key, value in source.data.items() if key != "$schema"}
        try:
            return cls._read_yaml(data, "forbid")
        except ValidationError as error:
            problem = _problem(error, cls, source)
            if source.strict or any(item["type"] != "extra_forbidden" for item in error.errors(include_url=False)):
                raise problem from None
        try:
            document = cls._read_yaml(data, "ignore")
        except ValidationError as error:  # a check of the whole, which an unknown key had kept from being made
            more = _problem(error, cls, source)
            raise _together([*_each(problem), *_each(more)]) from None
        source.warnings.extend(_each(problem))
        return document

    @classmethod
    def _read_yaml(cls, data: Any, unknown: Literal["forbid", "ignore"]) -> Self:
        return cls.model_validate(data, by_name=True, by_alias=False, extra=unknown, context={"yaml": True})

    @classmethod
    def from_rest(cls, properties: Mapping[str, Any], scope: Scope | None = None) -> Self:
        """The document that a REST body's ``properties`` say; lenient, and nulls count as absent."""
        try:
            return cls.model_validate(
                _without_nulls(properties), by_name=False, by_alias=True, context={"scope": scope, "rest": True}
            )
        except ValidationError as error:
            raise _problem(error, cls, None) from None

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Self:
        """The document as the store kept it (see :meth:`dump`); lenient."""
        return cls.model_validate(stored, by_name=True, by_alias=False)

    @classmethod
    def settled(cls, said: Mapping[str, Any]) -> Self:
        """The document as :meth:`load` reads it, where values of a user were filled in since it was checked.

        Raises :class:`InvalidInput` for one that its field does not take.
        """
        try:
            return cls.load(said)
        except ValidationError as error:
            raise _problem(error, cls.for_type(said.get("type")), None) from None

    def dump(self) -> dict[str, Any]:
        """What the store keeps: JSON values under the field names, without what is unset or read-only."""
        return self.model_dump(
            mode="json", by_alias=False, exclude_none=True, exclude_defaults=True, exclude=self.read_only_fields()
        )

    def to_yaml(self) -> dict[str, Any]:
        """The document in the YAML dialect, as plain values, without fields that are empty."""
        return self.model_dump(mode="json", by_alias=False, exclude_none=True, context={"tidy": True})

    def to_rest(self, scope: Scope | None = None) -> dict[str, Any]:
        """The document as REST's ``properties``; with a scope, references are spelt as resource ids."""
        return self.model_dump(
            mode="json",
            by_alias=True,
            exclude_none=True,
            exclude=set(self.outside_properties),
            context={"scope": scope, "rest": True},
        )

    @classmethod
    def read_only_fields(cls) -> set[str]:
        """The names of the fields that only the platform fills."""
        return {n for n, f in cls.model_fields.items() if (f.json_schema_extra or {}) == READ_ONLY}

    @classmethod
    def for_type(cls, said: object) -> type[Document]:
        """The class for a ``type``: itself, where there is but one kind."""
        return cls

    @classmethod
    def known_fields(cls) -> set[str]:
        """The words that a file of this kind may use."""
        return set(cls.model_fields)

    @classmethod
    def json_schema(cls, dialect: Dialect) -> dict[str, Any]:
        """The JSON Schema of the document: a whole YAML file, or REST's ``properties``."""
        schema = as_said(cls.model_json_schema(by_alias=dialect == "rest"), dialect)
        if dialect == "yaml":
            schema["properties"] = {"$schema": {"type": "string"}, **schema["properties"]}
        else:
            aliases = {cls.model_fields[name].alias for name in cls.outside_properties}
            schema["properties"] = {k: v for k, v in schema["properties"].items() if k not in aliases}
        return schema

    @model_validator(mode="before")
    @classmethod
    def _lift_nested(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, Mapping) or not (info.context or {}).get("rest"):
            return data
        # A word of YAML means nothing in REST: kept as an unknown property it would later be read as the field.
        data = {key: _copied(value) for key, value in data.items() if key not in _yaml_only(cls)}
        for alias in _dotted(cls):
            value = _take(data, alias.split("."))
            if value is not None:
                data[alias] = value
        return data

    @model_serializer(mode="wrap")
    def _sink_nested(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if not info.by_alias:
            tidy = (info.context or {}).get("tidy")
            hidden = _rest_only(type(self))
            return {k: v for k, v in data.items() if k not in hidden and not (tidy and self._is_empty(k, v))}
        for alias in _dotted(type(self)):
            if alias in data:
                _place(data, alias.split("."), data.pop(alias))
        return data

    @classmethod
    def _is_empty(cls, name: str, value: Any) -> bool:
        return name in cls.model_fields and value in ("", {}, [])


def scope_of(info: ValidationInfo | SerializationInfo) -> Scope | None:
    """The workspace whose REST dialect is being read or written, or None."""
    return (info.context or {}).get("scope")


@cache
def _dotted(cls: type[Document]) -> tuple[str, ...]:
    return tuple(f.alias for f in cls.model_fields.values() if f.alias and "." in f.alias)


@cache
def _rest_only(cls: type[Document]) -> frozenset[str]:
    return frozenset(n for n, f in cls.model_fields.items() if (f.json_schema_extra or {}) == REST_ONLY)


@cache
def _yaml_only(cls: type[Document]) -> frozenset[str]:
    aliases = {field.alias or name for name, field in cls.model_fields.items()}
    return frozenset(cls.model_fields.keys() - aliases)


def _copied(data: Any) -> Any:
    return {key: _copied(value) for key, value in data.items()} if isinstance(data, Mapping) else data


def _take(data: dict[str, Any], keys: list[str]) -> Any:
    """Remove and return the value at ``keys``, and the maps that become empty by it."""
    inner = data.get(keys[0])
    if len(keys) == 1:
        return data.pop(keys[0], None)
    if inner is None:
        return None
    if not isinstance(inner, dict):  # kept as an unknown word it would stand where the fields below it belong
        raise ValueError(f"'{keys[0]}' holds a {type(inner).__name__} where a mapping is expected")
    value = _take(inner, keys[1:])
    if not inner:
        data.pop(keys[0])
    return value


def _place(data: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        data = data.setdefault(key, {})
    data[keys[-1]] = value


def _without_nulls(value: Any, depth: int = 0) -> Any:
    if depth > _MOST_DEPTH:
        raise InvalidInput("The body is nested too deeply.", mend=f"Nest {_MOST_DEPTH} levels at most.")
    if isinstance(value, Mapping):
        return {key: _without_nulls(item, depth + 1) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item, depth + 1) for item in value]
    return value


def _problem(error: ValidationError, cls: type[BaseModel], source: Source | None) -> InvalidInput:
    """Every slip of a document as one problem; the first is its message, all of them its details."""
    items = error.errors(include_url=False)
    # What is taken for another kind is told that, and not key by key what the other kind lacks.
    mistaken = [item["loc"] for item in items if item["type"] == "value_error" and item["loc"][-1:] == ("type",)]
    items = [item for item in items if item["loc"] in mistaken or not any(_is_below(item["loc"], m) for m in mistaken)]
    if source:
        items.sort(key=lambda item: source.line(_walk(cls, item["loc"], keep_last=True)[0]))
    return _together([_slip(item, cls, source) for item in items])


def _is_below(loc: Place, kind: Place) -> bool:
    return loc[: len(kind) - 1] == kind[:-1]


def _together(slips: Sequence[InvalidInput]) -> InvalidInput:
    if len(slips) == 1:
        return slips[0]
    first = slips[0]
    return InvalidInput(
        "\n".join(str(slip) for slip in slips), target=first.target, code="ValidationError", details=slips
    )


def _each(problem: InvalidInput) -> list[InvalidInput]:
    return [each for each in problem.details if isinstance(each, InvalidInput)] or [problem]


def _slip(item: Mapping[str, Any], cls: type[BaseModel], source: Source | None) -> InvalidInput:
    kind = item["type"]
    place, owner = _walk(cls, item["loc"], keep_last=kind == "extra_forbidden")
    error = (item.get("ctx") or {}).get("error")
    if isinstance(error, Slip):
        place = (*place, *error.place)
    field = ".".join(map(str, place)) or "document"
    mend = ""
    if kind == "extra_forbidden":
        message = f"'{field}' is not a known key."
        mend = did_you_mean(str(place[-1]), _writable(owner)) if owner else ""
    elif kind == "missing":
        message = f"'{field}' is required."
        mend = f"Add '{place[-1] if place else field}'."
    else:
        reason = _plainly(kind, item.get("ctx") or {}) or str((item.get("ctx") or {}).get("error") or item["msg"])
        stop = "" if reason.endswith((".", "?")) else "."
        about = f"'{field}' is {_shown(item.get('input'))}: "
        if kind == "value_error" and isinstance(item.get("input"), Mapping):  # what is in it is wrong, not what it is
            about = f"'{field}': " if place and not isinstance(error, Slip) else ""
        message = f"{about}{reason[:1].lower()}{reason[1:]}{stop}"
    if source:
        message = f"{source.where(place)}: {message}"
    return InvalidInput(message, target=field, mend=mend, code="ValidationError")


_EXPECTED = {
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "list_type": "a list",
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
_BOUNDS = {"greater_than_equal": ("at least", "ge"), "less_than_equal": ("at most", "le")}


def _plainly(kind: str, context: Mapping[str, Any]) -> str:
    """What pydantic means by a kind of error, in words for who wrote the file; empty for its own words."""
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]} is expected"
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"it must be {words} {context[bound]}"
    return "it may not be empty" if kind == "string_too_short" and context.get("min_length") == 1 else ""


def _shown(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, Mapping | list):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    return f"'{str(value)[:80]}'"


def _writable(owner: type[BaseModel]) -> list[str]:
    hidden = (READ_ONLY, REST_ONLY)
    return [name for name, field in owner.model_fields.items() if (field.json_schema_extra or {}) not in hidden]


def _walk(cls: type[BaseModel], loc: Place, *, keep_last: bool) -> tuple[Place, type[BaseModel] | None]:
    """The place a user would name for pydantic's location, and the document class that owns its last key.

    pydantic's location also holds the tags of unions and the names of validators; those are left out. With
    ``keep_last`` the last step is a key in any case: one that the document does not know.
    """
    place: list[str | int] = []
    annotation: Any = cls
    owner: type[BaseModel] | None = None
    for index, step in enumerate(loc):
        if step in (tags := _tags(annotation)):  # which member of a union it was taken for
            annotation = tags[step]
            continue
        model = _model_in(annotation)
        last = keep_last and index == len(loc) - 1
        if isinstance(step, int):
            place.append(step)
        elif model is not None:
            field = model.model_fields.get(step) or next(
                (f for f in model.model_fields.values() if f.alias == step), None
            )
            if field or last:
                place.append(step)
                owner, annotation = model, field.annotation if field else Any
        elif _is_mapping(annotation):
            place.append(step)
            owner, annotation = None, _values_of(annotation)
    return tuple(place), owner


def _tags(annotation: Any) -> dict[Any, Any]:
    """The members of a union by their tags."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    found = {}
    for part in get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else ():
        inner = get_args(part) if get_origin(part) is Annotated else ()
        found |= {mark.tag: part for mark in inner if isinstance(mark, Tag)} or _tags(part)
    return found


def _members(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [member for part in get_args(annotation) for member in _members(part)]
    return [annotation]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    return next((m for m in _members(annotation) if isinstance(m, type) and issubclass(m, BaseModel)), None)


def _is_mapping(annotation: Any) -> bool:
    return any(get_origin(member) is dict for member in _members(annotation))


def _values_of(annotation: Any) -> Any:
    return next(get_args(member)[1] for member in _members(annotation) if get_origin(member) is dict)
