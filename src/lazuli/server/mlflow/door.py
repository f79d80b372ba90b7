"""What every part of the MLflow door shares: addresses, bodies read, pages and problems told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
from starlette.responses import Response

from lazuli.schema.problems import InvalidInput, Problem
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.tracking.rules import invalid, whole, wrong

__all__ = [
    "API",
    "NO_ENDPOINT",
    "PREFIX",
    "Row",
    "body_of",
    "done",
    "page_of",
    "refuse_as_mlflow",
    "routes_of",
    "run_id_of",
    "sent",
    "text_list",
    "text_of",
    "whole_or_none",
]

PREFIX = f"/mlflow/v2.0{WORKSPACE}"
"""The path of a workspace's tracking server."""
API = f"{PREFIX}/api/2.0/mlflow"
"""The path of its calls."""
NO_ENDPOINT = "ENDPOINT_NOT_FOUND"
"""By this code a client knows a server without a part of the API, and does without."""

Row = tuple[str, str, Callable[[Call], Response], str, str]
"""A route: method, path below :data:`API`, handler, permission, summary."""

_CODES = {
    400: "INVALID_PARAMETER_VALUE",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    409: "RESOURCE_ALREADY_EXISTS",
    412: "INVALID_STATE",
    413: "INVALID_PARAMETER_VALUE",
    501: "NOT_IMPLEMENTED",
    503: "TEMPORARILY_UNAVAILABLE",
}


def routes_of(rows: Iterable[Row]) -> list[Route]:
    """The rows as routes of this door."""
    return [
        Route(method, f"{API}/{path}", handler, permission, summary)
        for method, path, handler, permission, summary in rows
    ]


def refuse_as_mlflow(problem: Problem) -> Response:
    """A problem in MLflow's shape, so that its client raises the error class that it would have raised anyway."""
    code = problem.code if problem.code == NO_ENDPOINT else _CODES.get(problem.status, "INTERNAL_ERROR")
    status = 400 if problem.status == 409 else problem.status  # MLflow answers 400 to what exists already
    return reply({"error_code": code, "message": str(problem)}, status)


def body_of(call: Call) -> dict[str, Any]:
    """The JSON object that was sent. Bare NaN and Infinity are read as well, as Python writes them."""
    try:
        value = orjson.loads(call.body or b"{}")
    except orjson.JSONDecodeError as error:
        value = _lenient(call.body, error)
    if not isinstance(value, dict):
        raise InvalidInput("The request body is not a JSON object.", target="body")
    return value


def _lenient(body: bytes, error: orjson.JSONDecodeError) -> Any:
    try:
        value = json.loads(body)
        orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)  # refuses half characters, which no database takes
    except (ValueError, TypeError, RecursionError):
        raise InvalidInput(f"The request body is not valid JSON: {error}.", target="body") from None
    return value


def sent(call: Call) -> dict[str, Any]:
    """What was sent, in the body or, as some clients do where a body is unusual, in the address."""
    return {**call.query, **body_of(call)}


def text_of(values: Mapping[str, Any], name: str, *, required: bool = False, default: str = "") -> str:
    """A field that is text. Raises :class:`InvalidInput` for anything else."""
    value = values.get(name)
    if value is None:
        value = default
    if not isinstance(value, str) or "\0" in value:
        raise wrong(value, name, mend="It must be a text, without a NUL character.")
    if required and not value:
        raise invalid(f"Missing value for required parameter '{name}'.", target=name)
    return value


def text_list(values: Mapping[str, Any], name: str) -> list[str]:
    """A field that is a list of texts; nothing is an empty list."""
    value = values.get(name) or []
    if not isinstance(value, list):
        raise wrong(value, name, mend="It must be a list.")
    return [text_of({name: one}, name) for one in value]


def whole_or_none(values: Mapping[str, Any], name: str) -> int | None:
    """A field that is a whole number, or None where it is absent."""
    return None if values.get(name) is None else whole(values[name], name)


def run_id_of(values: Mapping[str, Any]) -> str:
    """The run that is meant, by either of its names."""
    return text_of(values, "run_id") or text_of(values, "run_uuid") or text_of(values, "run_id", required=True)


def done() -> Response:
    """The answer of a call that answers nothing."""
    return reply({})


def page_of(word: str, found: list[dict[str, Any]], token: str) -> Response:
    """A page of what was found, and the token of the next one where there is one."""
    return reply({word: found, "next_page_token": token} if token else {word: found})
