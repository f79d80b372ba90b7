"""The description of the API (OpenAPI 3.1), made of the routes themselves and of the documents of the table."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from starlette.responses import Response

from lazuli import __version__
from lazuli.resources.asset import Container
from lazuli.resources.table import NOUNS
from lazuli.schema.document import Document
from lazuli.server.blobs import HOST
from lazuli.server.routes import KEYED, PUBLIC, SIGNED, Call, Route, refuse, reply
from lazuli.server.shapes import SHAPES

__all__ = ["description", "with_description"]

Schema = dict[str, Any]

_BRACE = re.compile(r"\{(\w+)(?::path)?\}")
_PLACE = ("subscription", "group", "workspace")
_SAID_BY_ALL = {"subscriptions", "resourcegroups", "providers", "microsoft.machinelearningservices", "api", HOST}
_SECURITY: dict[str, list[Schema]] = {PUBLIC: [], SIGNED: [{"signature": []}], KEYED: [{"endpointKey": []}]}
"""What opens the routes that a token of this server does not."""
_VERBS = {"GET": "Get", "HEAD": "Head", "PUT": "Put", "PATCH": "Patch", "POST": "Post", "DELETE": "Delete"}


def with_description(routes: Sequence[Route]) -> list[Route]:
    """The routes, and the one that describes them all."""
    every: list[Route] = []

    def describe(call: Call) -> Response:
        return reply(description(every))

    every += [*routes, Route("GET", "/openapi.json", describe, "api/read", "Describe every route", tags=("Lazuli",))]
    return every


def description(routes: Sequence[Route]) -> Schema:
    """The OpenAPI document of these routes."""
    paths: dict[str, Schema] = {}
    for route, name in zip(routes, _operation_ids(routes), strict=True):
        paths.setdefault(_BRACE.sub(r"{\1}", route.path), {})[route.method.lower()] = _operation(route, name)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lazuli",
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Fixed words of a path match in any case. 'api-version' is taken and ignored.",
        },
        "paths": paths,
        "tags": [{"name": name} for name in sorted({tag for route in routes for tag in route.tags})],
        "components": {
            "schemas": _schemas(),
            "parameters": _LIST_PARAMETERS,
            "responses": {"Problem": _content("What is wrong, where, and how to put it right", "Problem")},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "endpointKey": {"type": "http", "scheme": "bearer"},
                "signature": {"type": "apiKey", "in": "query", "name": "sig"},
            },
        },
        "security": [{"token": []}],
    }


def _operation(route: Route, name: str) -> Schema:
    failure = {"$ref": "#/components/responses/Problem"}
    operation: Schema = {
        "operationId": name,
        "summary": route.summary,
        "tags": list(route.tags),
        "x-permission": route.permission,
        "parameters": [*_path_parameters(route), *_list_parameters(route), *_queried(route)],
        "responses": {
            **_answers(route),
            "default": failure if route.failure is refuse else {"description": "A problem, in this door's own shape"},
        },
    }
    if route.request:
        operation["requestBody"] = _content("What it shall be", route.request) | {"required": True}
    elif route.upload:
        operation["requestBody"] = {"content": {"application/octet-stream": {}}}
    if route.permission in _SECURITY:
        operation["security"] = _SECURITY[route.permission]
    return operation


def _answers(route: Route) -> Schema:
    if not route.response:
        return {"2XX": {"description": "Done"}}
    answers = {"200": _content("As it is now", route.response)}
    if route.method == "PUT":
        answers["201"] = _content("As it was created", route.response)
    return answers


def _content(told: str, schema: str) -> Schema:
    return {"description": told, "content": {"application/json": {"schema": _ref(schema)}}}


def _ref(schema: str) -> Schema:
    return {"$ref": f"#/components/schemas/{schema}"}


# --- names and parameters ------------------------------------------------------------------------------------------


def _operation_ids(routes: Sequence[Route]) -> list[str]:
    """A name for each: its words and its verb, and what its braces hold where that alone tells two apart."""
    short = [_short_id(route) for route in routes]
    shared = Counter(short)
    return [
        f"{name}By{_braces(route)}" if shared[name] > 1 else name for name, route in zip(short, routes, strict=True)
    ]


def _short_id(route: Route) -> str:
    segments = [_BRACE.sub("", segment) for segment in route.path.split("/")]
    words = [_pascal(s) for s in segments if s.lower() not in _SAID_BY_ALL and not re.fullmatch(r"v?[\d.]*", s)]
    if len(words) > 1 and "Workspaces" in words:
        words.remove("Workspaces")
    words = [word for word, _ in groupby(words)]
    if words and route.path.endswith("/"):
        words.append("Index")
    verb = "List" if route.response.endswith("List") else _VERBS[route.method]
    return f"{''.join(words) or _pascal(route.tags[0])}_{verb}"


def _braces(route: Route) -> str:
    names = _BRACE.findall(route.path)
    return "".join(_pascal(name) for name in names if name not in _PLACE) or "".join(map(_pascal, names))


def _pascal(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", text))


def _path_parameters(route: Route) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _BRACE.findall(route.path)
    ]


def _queried(route: Route) -> list[Schema]:
    return [
        {"name": name, "in": "query", "description": told, "schema": {"type": "string"}}
        for name, told in route.query.items()
    ]


_LIST_PARAMETERS: dict[str, Schema] = {
    "MaxPageSize": {"name": "$maxpagesize", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200}},
    "SkipToken": {"name": "$skipToken", "in": "query", "schema": {"type": "string"}},
    "OrderBy": {
        "name": "$orderBy",
        "in": "query",
        "schema": {"type": "string", "enum": ["createdtime desc", "createdtime asc"], "default": "createdtime desc"},
    },
    "Tag": {
        "name": "tag",
        "in": "query",
        "description": "Only with this tag: its name, or name=value. May be said several times.",
        "schema": {"type": "array", "items": {"type": "string"}},
    },
    "Properties": {
        "name": "properties",
        "in": "query",
        "description": "Only with these properties: names, or name=value, with commas between them.",
        "schema": {"type": "string"},
    },
    "Skip": {"name": "$skip", "in": "query", "schema": {"type": "integer", "minimum": 0}},
    "Top": {"name": "$top", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200}},
    "View": {
        "name": "listViewType",
        "in": "query",
        "schema": {"type": "string", "enum": ["ActiveOnly", "ArchivedOnly", "All"], "default": "ActiveOnly"},
    },
}


_JOB_PARAMETERS = {
    "jobType": "Only of this type.",
    "experimentName": "Only of this experiment.",
    "parentJobName": "Only the children of this job.",
    "includeChildren": "With 'true' also the children of other jobs.",
    "status": "Only with one of these statuses, with commas between them.",
}


def _list_parameters(route: Route) -> list[Schema]:
    if not route.response.endswith("List"):
        return []
    common: list[Schema] = [{"$ref": f"#/components/parameters/{name}"} for name in _LIST_PARAMETERS]
    if not route.path.endswith("/jobs"):
        return common
    return common + [
        {"name": name, "in": "query", "description": told, "schema": {"type": "string"}}
        for name, told in _JOB_PARAMETERS.items()
    ]


# --- documents -----------------------------------------------------------------------------------------------------

_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}


def _schemas() -> dict[str, Schema]:
    """The documents, the envelopes around them, and lists of those."""
    times = dict.fromkeys(("createdAt", "lastModifiedAt"), _TIME)
    names = dict.fromkeys(("createdBy", "createdByType", "lastModifiedBy", "lastModifiedByType"), _TEXT)
    details = {"type": "array", "items": _ref("ProblemDetail")}
    more = {"type": "array", "items": {"type": "object"}}
    schemas = {
        "SystemData": _mapping(**times, **names),
        "Problem": _mapping(error=_ref("ProblemDetail")),
        "ProblemDetail": _mapping(code=_TEXT, message=_TEXT, target=_TEXT, details=details, additionalInfo=more),
    }
    schemas |= SHAPES
    for document, hoisted in (*((noun.document, noun.hoisted) for noun in NOUNS), (Container, ())):
        schemas |= _of_resource(document, hoisted)
    return schemas


def _of_resource(document: type[Document], hoisted: Sequence[str]) -> dict[str, Schema]:
    """A document, its envelope and a list of it, with the documents inside it."""
    name = document.__name__
    said = json.dumps(document.json_schema("rest")).replace('"#/$defs/', '"#/components/schemas/')
    schema: Schema = json.loads(said)
    inside = schema.pop("$defs", {})
    fields = schema.get("properties", {})
    beside = {word: fields.pop(word) for word in hoisted if word in fields}
    envelope = _mapping(id=_TEXT, name=_TEXT, type=_TEXT, systemData=_ref("SystemData"), etag=_TEXT)
    envelope["properties"] |= beside | {"properties": _ref(name)}
    return inside | {
        name: schema,
        f"{name}Resource": {**envelope, "required": ["properties"]},
        f"{name}List": _mapping(value={"type": "array", "items": _ref(f"{name}Resource")}, nextLink=_TEXT),
    }


def _mapping(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}
