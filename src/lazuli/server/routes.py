"""A route said once: method, path, permission, handler and what the API description tells of it.

Every door is a list of these. Handlers are plain functions from a :class:`Call` to a response; they run on a worker
thread, may block, and raise a :class:`~lazuli.schema.problems.Problem` for anything that is wrong.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response

from lazuli.schema.identity import REGISTRIES, WORKSPACES, Scope, check_name
from lazuli.schema.problems import InvalidInput, NotSignedIn, Problem, to_envelope
from lazuli.shelves.principal import Principal

__all__ = ["KEYED", "POLL", "PUBLIC", "REGISTER", "REGISTRY", "SIGNED", "WORKSPACE", "Call", "Route", "refuse", "reply"]

PUBLIC = "public"
"""The permission of the few routes that Microsoft's client calls before it has a token. They tell no secret."""
SIGNED = "signed"
"""The permission of routes whose URL carries its own signature, which the handler itself checks."""
KEYED = "keyed"
"""The permission of routes that lead to an online endpoint, whose front asks for the endpoint's own keys."""
REGISTER = "artifacts/register"
"""What a job may do with what it made; to rename or delete is for those who may write models and data."""
WORKSPACE = (
    "/subscriptions/{subscription}/resourceGroups/{group}"
    "/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"
)
"""The path of a workspace."""
REGISTRY = (
    "/subscriptions/{subscription}/resourceGroups/{group}"
    "/providers/Microsoft.MachineLearningServices/registries/{registry}"
)
"""The path of a registry."""
POLL = {"Retry-After": "1", "retry-after-ms": "100"}
"""The headers of an answer that says to ask again. Microsoft's client takes a 0 for half a minute, and no fractions."""
MAX_DEPTH = 100
"""How deep a body may be nested: far below where reading or writing it would fail."""


@dataclass(frozen=True)
class Call:
    """One request, read: what a handler needs and nothing of the web server."""

    method: str
    path: str
    params: Mapping[str, str]
    query: QueryParams
    headers: Headers
    principal: Principal
    base_url: str
    """The listener the caller came in on, ``http://127.0.0.1:8780``: links in answers start with it."""
    body: bytes = b""
    upload: Path | None = None
    """Where the body was spooled, for routes with ``upload=True``. The handler may move it; else it is removed."""
    upload_md5: bytes = b""
    """The MD5 digest of the spooled body."""

    @property
    def scope(self) -> Scope:
        """The workspace or registry that the path names."""
        root = REGISTRIES if "registry" in self.params else WORKSPACES
        word = "registry" if root == REGISTRIES else "workspace"
        return Scope(
            check_name(self.params["subscription"], target="subscription"),
            check_name(self.params["group"], target="resourceGroup"),
            check_name(self.params[word], target=word),
            root,
        )

    @property
    def is_inside(self) -> bool:
        """Whether the path names a workspace or a registry."""
        return not {"workspace", "registry"}.isdisjoint(self.params)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises :class:`InvalidInput` where it is none."""
        try:
            value = orjson.loads(self.body or b"{}")
        except orjson.JSONDecodeError as error:
            raise InvalidInput(f"The request body is not valid JSON: {error}.", target="body") from error
        if not isinstance(value, dict):
            raise InvalidInput("The request body is not a JSON object.", target="body")
        if _is_deep(value, MAX_DEPTH):
            raise InvalidInput(f"The request body is nested more than {MAX_DEPTH} levels deep.", target="body")
        return value


def _is_deep(value: Any, levels: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return bool(inside) and (levels == 0 or any(_is_deep(item, levels - 1) for item in inside))


def refuse(problem: Problem) -> Response:
    """A problem in Azure's error envelope."""
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(problem, NotSignedIn) else {}
    return reply(to_envelope(problem), problem.status, headers)


@dataclass(frozen=True)
class Route:
    """One route. Fixed words in ``path`` match in any case; names in braces keep theirs; ``{x:path}`` spans slashes."""

    method: str
    path: str
    handler: Callable[[Call], Response]
    permission: str
    summary: str
    upload: bool = False
    """Spool the body to a file instead of reading it into memory."""
    admit: Callable[[Call], None] | None = field(default=None, repr=False)
    """Asked before a body is spooled, where the token alone does not settle it: raises where it may not be sent."""
    soon: Callable[[Call], Awaitable[Response] | None] | None = None
    """A shorter way to the same answer, for calls that come by the thousand: it runs on the event loop, so it may not
    block, gives None where only ``handler`` can answer, and is not asked about a large body."""
    request: str = ""
    """The name of the request body's schema in the API description, where it has one."""
    response: str = ""
    """The name of the answer's schema."""
    query: Mapping[str, str] = field(default_factory=dict)
    """What may be asked behind the ``?``, with what each word means, for the API description."""
    forward: Callable[[Request, Mapping[str, str]], Awaitable[Response]] | None = None
    """In place of ``handler``: given a request whose body is not read yet, on the event loop, so it may not block."""
    most: int = 0
    """Bytes that a body may have at most, where it is less than everywhere: who is nobody yet may fill no memory."""
    sandboxed: bool = False
    """Also asked for by the pages that are shown in a sandbox: they have no origin, and their browser says so."""
    inline: bool = False
    """The handler neither waits nor reads anything: it is called on the event loop, however busy the threads are."""
    failure: Callable[[Problem], Response] = field(default=refuse, repr=False)
    """How this door tells a problem: Azure's envelope, unless its dialect has another shape."""
    tags: tuple[str, ...] = ("Azure ML",)
    """The door it belongs to, for the API description."""


def reply(value: Any = None, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; without a value an empty one."""
    if value is None:
        return Response(status_code=status, headers=dict(headers or {}))
    body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    return Response(body, status, dict(headers or {}), media_type="application/json")
