"""JSON Schema of a document in either dialect: for editors that complete YAML, and for the description of the REST API.

pydantic describes a document under its field names or its aliases. What differs further is marked where it is said,
and put right here:

================  ============================================================
``x-yaml-types``  further JSON types that may be written for it in YAML
``x-rest``        how REST spells it, instead of how YAML does
``restOnly``      YAML does not know it
================  ============================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

__all__ = ["Dialect", "as_said", "by_type"]

Dialect = Literal["yaml", "rest"]

_MAPS = ("properties", "$defs")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties")


def as_said(schema: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """The schema that pydantic made of a document, as ``dialect`` says it."""
    node = dict(schema)
    for key in _MAPS:
        if key in node:
            kept = {name: part for name, part in node[key].items() if dialect == "rest" or not part.get("restOnly")}
            node[key] = {name: as_said(part, dialect) for name, part in kept.items()}
    for key in _LISTS:
        if key in node:
            node[key] = [as_said(part, dialect) for part in node[key]]
    for key in _SINGLE:
        if isinstance(node.get(key), Mapping):
            node[key] = as_said(node[key], dialect)
    node.pop("restOnly", None)
    if "properties" not in node:
        node.pop("title", None)  # the name over again
    further, spelling = node.pop("x-yaml-types", []), node.pop("x-rest", None)
    return _rest(node, spelling) if dialect == "rest" else _yaml(node, further)


def by_type(kinds: Mapping[str, Mapping[str, Any]], dialect: Dialect, word: str) -> dict[str, Any]:
    """One schema of several, told apart by the property ``word``; the first is meant where it is left out.

    For YAML it is a chain of ``if``, which lets an editor say what is wrong with the kind that is meant; for REST it
    is ``oneOf``, which generators of clients understand.
    """
    defs: dict[str, Any] = {}
    refs: dict[str, Any] = {}
    for value, described in kinds.items():
        schema = dict(described)
        defs |= schema.pop("$defs", {})
        defs[schema["title"]] = schema
        refs[value] = {"$ref": f"#/$defs/{schema['title']}"}
    if dialect == "rest":
        mapping = {value: ref["$ref"] for value, ref in refs.items()}
        told = {} if "." in word else {"discriminator": {"propertyName": word, "mapping": mapping}}
        return {"oneOf": list(refs.values()), **told, "$defs": defs}
    first, *others = refs
    chain: dict[str, Any] = dict(refs[first])
    for value in others:
        condition = {"properties": {word: {"const": value}}, "required": [word]}
        chain = {"if": condition, "then": refs[value], "else": chain}
    told = "The kind: " + ", ".join(f"`{value}`" for value in refs) + f". `{first}` when left out."
    return {"properties": {word: {"enum": list(refs), "description": told}}, **chain, "$defs": defs}


def _yaml(node: dict[str, Any], further: list[str]) -> dict[str, Any]:
    """Strict: a document has the keys it describes and no others."""
    if "properties" not in node:
        return {**node, "type": [node["type"], *further]} if further else node
    node["additionalProperties"] = False
    return {"anyOf": [node, {"type": further}]} if further else node


def _rest(node: dict[str, Any], spelling: Mapping[str, Any] | None) -> dict[str, Any]:
    """Dotted names become objects in objects; words and durations get their other spelling."""
    if "properties" in node:
        flat, node["properties"] = node["properties"], {}
        for name, part in flat.items():
            _place(node, name.split("."), part)
    if spelling is None:
        return node
    if isinstance(node.get("default"), int):
        node["default"] = f"PT{node['default']}S"
    constraints = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    return {key: value for key, value in node.items() if key not in constraints} | dict(spelling)


def _place(node: dict[str, Any], names: list[str], part: dict[str, Any]) -> None:
    for name in names[:-1]:
        node = node["properties"].setdefault(name, {"type": "object"})
        node.setdefault("properties", {})
    node["properties"][names[-1]] = part
