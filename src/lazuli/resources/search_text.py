"""Search spaces as AutoML's REST writes them: each hyperparameter as text, ``uniform(0.1,0.2)``."""

from __future__ import annotations

import ast
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, SerializationInfo, ValidationInfo
from pydantic.alias_generators import to_camel, to_snake

from lazuli.resources.search import Expression, SearchSpace

__all__ = ["SpaceList"]

_CALL = re.compile(r"^(?P<kind>[a-z]+)\((?P<values>.*)\)$", re.DOTALL)


def _read(value: Any, info: ValidationInfo) -> Any:
    if not (info.context or {}).get("rest") or not isinstance(value, list):
        return value
    return [
        {to_snake(name): _expression(said) for name, said in space.items()} if isinstance(space, dict) else space
        for space in value
    ]


def _expression(said: Any) -> Any:
    """``uniform(0.1,0.2)`` as REST's list of it; a plain value as it is."""
    match = _CALL.fullmatch(said) if isinstance(said, str) else None
    if match is None:
        return said
    try:
        values = list(ast.literal_eval(f"({match['values']},)"))
    except (SyntaxError, ValueError):
        return said
    return [match["kind"], [values] if match["kind"] == "choice" else values]


def _write(spaces: list[dict[str, Any]], info: SerializationInfo) -> Any:
    said = [{name: _said(each, info) for name, each in space.items()} for space in spaces]
    if not info.by_alias:
        return said
    return [{to_camel(name): _text(each) for name, each in space.items()} for space in said]


def _said(each: Expression, info: SerializationInfo) -> Any:
    return each.model_dump(mode="json", by_alias=info.by_alias) if hasattr(each, "model_dump") else each  # type: ignore[union-attr]


def _text(listed: Any) -> Any:
    if not isinstance(listed, list):
        return listed
    kind, values = listed
    return f"{kind}({','.join(repr(value) for value in (values[0] if kind == 'choice' else values))})"


SpaceList = Annotated[list[SearchSpace], BeforeValidator(_read), PlainSerializer(_write)]
"""Several spaces, each searched by itself."""
