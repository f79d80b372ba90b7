"""REST's envelope, from the client's side: a body to send, and an answer turned into the YAML dialect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lazuli.resources.asset import Container
from lazuli.resources.table import Noun
from lazuli.schema.document import Document
from lazuli.schema.identity import Scope, parse_resource_id

__all__ = ["Shown", "body_of", "document_of", "shown", "shown_container"]

Shown = dict[str, Any]
"""A resource in the YAML dialect, with its ``id`` and ``creation_context``."""


def body_of(noun: Noun, document: Document, scope: Scope) -> dict[str, Any]:
    """What to PUT for ``document``."""
    properties = document.to_rest(scope)
    hoisted = {word: properties.pop(word) for word in noun.hoisted if word in properties}
    return {**hoisted, "properties": properties}


def document_of(noun: Noun, body: Mapping[str, Any], scope: Scope) -> Document:
    """The document that an answer holds."""
    return _named(noun.document, body, scope, noun.hoisted)


def shown(noun: Noun, body: Mapping[str, Any], scope: Scope) -> Shown:
    """An answer in the YAML dialect."""
    return _with_context(document_of(noun, body, scope), body)


def shown_container(body: Mapping[str, Any], scope: Scope) -> Shown:
    """An answer about all versions of an asset together, in the YAML dialect."""
    return _with_context(_named(Container, body, scope, ()), body)


def _named(kind: type[Document], body: Mapping[str, Any], scope: Scope, hoisted: tuple[str, ...]) -> Document:
    beside = {word: body[word] for word in hoisted if word in body}
    document = kind.from_rest({**(body.get("properties") or {}), **beside}, scope)
    resource = parse_resource_id(body.get("id", ""))
    said = {"name": resource.name if resource and resource.name else body.get("name", "")}
    if resource and not resource.kind:
        said = {
            "name": resource.scope.workspace,
            "resource_group": resource.scope.resource_group,
            "subscription_id": resource.scope.subscription,
        }
    elif resource and resource.version:
        said = resource.names
    return document.model_copy(update={key: value for key, value in said.items() if key in kind.model_fields})


def _with_context(document: Document, body: Mapping[str, Any]) -> Shown:
    told = {_snake(key): value for key, value in (body.get("systemData") or {}).items() if value is not None}
    context = {"creation_context": told} if told else {}
    # What only the server knows of comes in REST's spelling; all is shown in one dialect.
    said = {_snake(key): value for key, value in document.to_yaml().items()}
    return {**said, "id": body.get("id", ""), **context}


def _snake(word: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", word).lower()
