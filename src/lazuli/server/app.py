"""The web application: finds the route, checks who is asking, reads the request, calls the handler."""

from __future__ import annotations

import hashlib
import logging
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from lazuli.schema.identity import Scope as Workspace
from lazuli.schema.problems import (
    InvalidInput,
    MethodNotAllowed,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Problem,
    TooLarge,
    Unexpected,
)
from lazuli.server.cookies import PROOF, check_origin, cookie_of
from lazuli.server.routes import KEYED, PUBLIC, SIGNED, Call, Route, refuse
from lazuli.shelves.principal import ANONYMOUS, Principal
from lazuli.store.room import is_full, no_room
from lazuli.workspaces.access import Access
from lazuli.workspaces.insights import Insights

__all__ = ["App"]

log = logging.getLogger(__name__)

MAX_BODY = 32 << 20
"""Bytes of a request body that is read into memory; larger ones are for routes that spool."""
MAX_UPLOAD = 5 << 30
MAX_SOON = 64 << 10
"""Bytes of a body that may be read on the event loop."""
_PIECE = 1 << 20
_NOTHING = QueryParams()
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL as JSON spells it, which PostgreSQL takes into no text; not a backslash before 'u0000'."""
_WRITERS = 24
"""Requests that change something, at once; reads have threads of their own."""


class App:
    """An ASGI application over a list of routes.

    ``hosts`` are the names under which this server may be addressed: a request for another Host, or from a page of
    another Origin, is refused, so that no website can reach a server on its visitor's machine. Every request is noted
    in the ``insights``, where there are some.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        access: Access,
        *,
        hosts: Iterable[str],
        spool: Path,
        insights: Insights | None = None,
    ) -> None:
        self.routes = tuple(routes)
        self._access = access
        self._insights = insights
        self._hosts = frozenset(host.lower() for host in hosts)
        self._spool = spool
        self._spool.mkdir(parents=True, exist_ok=True)
        for leftover in self._spool.iterdir():
            leftover.unlink(missing_ok=True)
        self._table = _Table(self.routes)
        self._writers = CapacityLimiter(_WRITERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"no door for {scope['type']}")
        seen = _Seen()
        response = await self._answer(Request(scope, receive), seen)
        _confine(response)
        if self._insights is not None:
            seen.note(self._insights, response.status_code)
        await response(scope, receive, send)

    async def _answer(self, request: Request, seen: _Seen) -> Response:
        route: Route | None = None
        # Not request.url.path, which leaves '#', '?' and backslashes encoded and all else decoded.
        path = request.scope["path"]
        try:
            self._check_host(request)
            route, params = seen.route, seen.params = self._table.find(request.method, path)
            _check_page(request, route)
            if "\0" in path or b"%00" in request.scope["query_string"]:
                raise InvalidInput("An address holds no NUL.", target="path")
            principal = seen.principal = self._principal(request, route, params)
            if route.forward:
                return await route.forward(request, params)
            if route.upload:
                return await self._spooled(request, route, params, principal)
            call = self._call(request, params, principal, body=await _body(request.receive, route.most or MAX_BODY))
            if b"\\u0000" in call.body and _NUL.search(call.body):
                raise InvalidInput("A text in the body holds a NUL character.", target="body", mend="Leave it out.")
            if route.soon and len(call.body) <= MAX_SOON and (answer := route.soon(call)):
                return await answer
            if route.inline:
                return route.handler(call)
            # Writers queue for one lock: in a pool of their own, so that they never keep readers from a thread.
            limiter = None if request.method in ("GET", "HEAD") else self._writers
            response = await to_thread.run_sync(route.handler, call, limiter=limiter)
            if isinstance(response, StreamingResponse):
                response.body_iterator = self._while_let_in(response.body_iterator, request, route, params, principal)
            return response
        except Problem as problem:
            seen.problem = problem
            return (route.failure if route else refuse)(problem)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:
            if is_full(error):
                log.warning("%s %r found the disk full.", request.method, path)
                seen.problem = no_room()
            else:
                log.exception("%s %r failed", request.method, path, extra={"noted": True})
                seen.problem = Unexpected(
                    "Something went wrong in the server; its log says what.", mend="Please report it."
                )
            return (route.failure if route else refuse)(seen.problem)

    def _check_host(self, request: Request) -> None:
        host = request.headers.get("host", "")
        if _host_name(host) not in self._hosts:
            raise NotAllowed(f"This server is not called '{host[:100]}'.", target="Host", code="HostNotAllowed")

    def _principal(self, request: Request, route: Route, params: Mapping[str, str]) -> Principal:
        if route.permission in (PUBLIC, SIGNED, KEYED):
            return ANONYMOUS
        principal = self._who(request)
        self._access.check(principal, route.permission, _scope(params))
        return principal

    def _who(self, request: Request) -> Principal:
        """Who shows a token, or else the two halves of a session. Raises :class:`NotSignedIn`."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            return self._access.principal_of(token.strip())
        if not scheme and (proof := request.headers.get(PROOF)):
            check_origin(request)
            return self._access.sessions.of(cookie_of(request), proof).principal
        raise NotSignedIn(
            "This needs a token.",
            mend="Send 'Authorization: Bearer <token>'; the token lies in the file 'token' of the data folder.",
        )

    async def _while_let_in(
        self,
        pieces: AsyncIterable[Any],
        request: Request,
        route: Route,
        params: Mapping[str, str],
        principal: Principal,
    ) -> AsyncIterator[Any]:
        """What is told as it comes, until whoever listens has signed out or what they came in with was withdrawn."""
        async for piece in pieces:
            try:
                if principal.session:  # asked by its id: a page that only listens does not keep a session alive
                    self._access.sessions.get(principal.session)
                else:
                    self._principal(request, route, params)
            except (NotSignedIn, NotAllowed):
                return
            yield piece

    def _call(
        self,
        request: Request,
        params: Mapping[str, str],
        principal: Principal,
        *,
        body: bytes = b"",
        upload: Path | None = None,
        md5: bytes = b"",
    ) -> Call:
        return Call(
            method=request.method,
            path=request.scope["path"],
            params=params,
            query=request.query_params if request.scope["query_string"] else _NOTHING,
            headers=request.headers,
            principal=principal,
            base_url=f"{request.scope['scheme']}://{request.headers['host']}",
            body=body,
            upload=upload,
            upload_md5=md5,
        )

    async def _spooled(
        self, request: Request, route: Route, params: Mapping[str, str], principal: Principal
    ) -> Response:
        """Spool the body to a file, then call the handler. Half a body leaves nothing behind."""
        if route.admit:
            await run_in_threadpool(route.admit, self._call(request, params, principal))
        with tempfile.NamedTemporaryFile(dir=self._spool, delete=False) as file:
            upload = Path(file.name)
            md5 = hashlib.md5(usedforsecurity=False)
            try:
                size = 0
                waiting = bytearray()
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > MAX_UPLOAD:
                        raise TooLarge(f"More than {MAX_UPLOAD >> 30} GiB in one request.", mend="Upload in blocks.")
                    waiting += chunk
                    if len(waiting) >= _PIECE:
                        await run_in_threadpool(_write, file, md5, bytes(waiting))
                        waiting.clear()
                await run_in_threadpool(_write, file, md5, bytes(waiting))
                file.flush()
                call = self._call(request, params, principal, upload=upload, md5=md5.digest())
                return await run_in_threadpool(route.handler, call)
            finally:
                upload.unlink(missing_ok=True)


@dataclass
class _Seen:
    """What became known of a request while it was answered: what insights are told of it, and no more."""

    started: float = field(default_factory=time.perf_counter)
    route: Route | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    principal: Principal = ANONYMOUS
    problem: Problem | None = None

    def note(self, insights: Insights, status: int) -> None:
        """Note the request, and an error of its own where the fault is the server's."""
        scope = _scope(self.params)
        note = partial(
            insights.note,
            operation=self.route.summary if self.route else "No such address",
            principal=self.principal.name,
            workspace=scope.key if scope else "",
            message=f"{self.problem.code}: {self.problem.message}" if self.problem else "",
        )
        note("request", status=str(status), duration_ms=(time.perf_counter() - self.started) * 1000)
        if isinstance(self.problem, Unexpected):
            note("error", status=self.problem.code)


def _write(file: object, md5: object, data: bytes) -> None:
    file.write(data)  # type: ignore[attr-defined]
    md5.update(data)  # type: ignore[attr-defined]


def _check_page(request: Request, route: Route) -> None:
    """Raise :class:`NotAllowed` for what a page that is not ours asks, but for what pages of no origin may load."""
    origin = request.headers.get("origin")
    if origin is None or (origin == "null" and route.sandboxed):
        return
    if origin.lower() != f"{request.url.scheme}://{request.headers['host']}".lower():
        raise NotAllowed(f"Requests from '{origin[:100]}' are refused.", target="Origin", code="OriginNotAllowed")


def _confine(response: Response) -> None:
    """Let no answer act as a page of this server or be kept by a browser, unless it says itself what it may.

    Much of it others have written.
    """
    said = {name for name, _ in response.raw_headers}
    response.raw_headers.extend(header for header in _CONFINED if header[0] not in said)


_CONFINED = (
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),  # keys and secrets are among what is answered
)


async def _body(receive: Receive, most: int) -> bytes:
    """The whole body; by hand, because nearly every request has a small one that is there at once."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece = message.get("body", b"")
        size += len(piece)
        if size > most:
            raise TooLarge(f"The request body is larger than {most >> 20 or most} {'MiB' if most >> 20 else 'bytes'}.")
        if not message.get("more_body", False):
            return piece if not pieces else b"".join((*pieces, piece))
        pieces.append(piece)


def _scope(params: Mapping[str, str]) -> Workspace | None:
    """The workspace that a path names, whether or not it may be called so."""
    if "workspace" not in params:
        return None
    return Workspace(params["subscription"], params["group"], params["workspace"])


@lru_cache(maxsize=256)
def _host_name(host: str) -> str:
    """The name in a Host header, in lower case; '' for one that is more than a name and a port."""
    match = _HOST.fullmatch(host)
    return match[1].strip("[]").lower() if match else ""


_HOST = re.compile(r"([\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?", re.ASCII | re.IGNORECASE)


class _Table:
    """Routes by method and number of path segments, so that few patterns are tried for a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._fixed: dict[tuple[str, str, int], list[tuple[re.Pattern[str], Route]]] = defaultdict(list)
        self._open: dict[tuple[str, str], list[tuple[re.Pattern[str], Route]]] = defaultdict(list)
        self._methods: dict[str, list[re.Pattern[str]]] = defaultdict(list)
        for route in routes:
            pattern = _pattern(route.path)
            first = _first(route.path)
            self._methods[route.method].append(pattern)
            if ":path}" in route.path:
                self._open[route.method, first].append((pattern, route))
            else:
                self._fixed[route.method, first, route.path.count("/")].append((pattern, route))
        self.find = lru_cache(maxsize=1024)(self._find)  # the same few addresses are asked for again and again

    def _find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """The route for a request, and what its braces hold. Raises :class:`NotFound` or :class:`MethodNotAllowed`."""
        first = _first(path)
        for pattern, route in (
            *self._fixed.get((method, first, path.count("/")), ()),
            *self._open.get((method, first), ()),
        ):
            if match := pattern.fullmatch(path):
                return route, match.groupdict()
        others = [m for m, patterns in self._methods.items() if any(p.fullmatch(path) for p in patterns)]
        if others:
            raise MethodNotAllowed(f"{method} is not possible here.", mend=f"Use {', '.join(sorted(others))}.")
        raise NotFound("There is nothing at this address.", target=path[:200], code="NotFound")


_BRACE = re.compile(r"\{(\w+)(:path)?\}")


def _pattern(path: str) -> re.Pattern[str]:
    """Fixed words match in any case, names keep theirs."""
    parts: list[str] = []
    end = 0
    for brace in _BRACE.finditer(path):
        parts.append(re.escape(path[end : brace.start()]))
        parts.append(f"(?P<{brace[1]}>{'.+' if brace[2] else '[^/]+'})")
        end = brace.end()
    parts.append(re.escape(path[end:]))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _first(path: str) -> str:
    return path.split("/", 2)[1].lower() if path.startswith("/") else ""
