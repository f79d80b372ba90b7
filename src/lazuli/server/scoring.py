"""The way to online endpoints through this server's own listeners, for callers on other machines.

An endpoint's front listens on this machine alone. What is asked at ``/endpoints/…`` is passed on to it as it comes, and
what it answers is passed back: status, headers and body are the front's own, but for what would touch the sessions of
this address. It asks for the endpoint's keys; the token of this server opens nothing here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress

import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lazuli.endpoints.online import OnlineEndpoints
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import NotFound, Problem
from lazuli.server.cookies import PROOF
from lazuli.server.routes import KEYED, Call, Route

__all__ = ["scoring_address", "scoring_routes"]

_HOME = "/endpoints/{subscription}/{group}/{workspace}/{name}"
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
_STAYS = {
    b"connection", b"expect", b"keep-alive", b"proxy-authorization", b"proxy-connection", b"te", b"trailer",
    b"transfer-encoding", b"upgrade",
}  # fmt: skip
"""Headers that are for one connection alone."""
_OURS = {b"cookie", PROOF.encode()}
"""What signs a browser in here: Studio asks at this address too, and no program behind an endpoint is to see it."""
_NOT_THEIRS = {
    b"clear-site-data", b"content-security-policy", b"content-security-policy-report-only", b"service-worker-allowed",
    b"set-cookie", b"strict-transport-security", b"x-content-type-options",
}  # fmt: skip
"""What an answer may not say for the whole of this address, which it shares with Studio."""
_PIECE = 1 << 16


def scoring_address(base_url: str, id: ResourceId) -> str:
    """Where this server's listeners pass requests on to an endpoint."""
    scope = id.scope
    return f"{base_url}/endpoints/{scope.subscription}/{scope.resource_group}/{scope.workspace}/{id.name}"


def scoring_routes(endpoints: OnlineEndpoints) -> list[Route]:
    """The routes of endpoints' callers."""
    door = _Door(endpoints)
    return [
        Route(
            method,
            f"{_HOME}/{{rest:path}}",
            door.refuse,
            KEYED,
            "Ask an online endpoint, with its own key",
            forward=door.forward,
            failure=_told,
            tags=("Scoring",),
        )
        for method in _METHODS
    ]


class _Door:
    def __init__(self, endpoints: OnlineEndpoints) -> None:
        self._endpoints = endpoints

    def refuse(self, call: Call) -> Response:
        """Never asked: requests are passed on before they are read."""
        raise NotImplementedError(call.path)

    async def forward(self, request: Request, params: Mapping[str, str]) -> Response:
        """The front's answer. Raises :class:`Problem` where there is no such endpoint."""
        target = _target(request)
        scope = Scope(params["subscription"], params["group"], params["workspace"])
        record = await to_thread.run_sync(self._endpoints.get, ResourceId(scope, "onlineEndpoints", params["name"]))
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(record.state.get("port") or 0))
        except OSError:
            return _answer(503, "The endpoint does not answer. Try again in a moment.")
        try:
            said = await _send(request, target, reader, writer)
            return await _answered(said, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.close()
            return _answer(502, "The endpoint hung up before it answered.")
        except BaseException:
            writer.close()
            raise


async def _send(request: Request, target: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Pass a request on; the part of the answer that was read meanwhile.

    A large body is sent only once the front has said that it takes it.
    """
    length = request.headers.get("content-length")
    is_chunked = length is None and "transfer-encoding" in request.headers
    lines = [b"%b: %b" % pair for pair in request.scope["headers"] if pair[0].lower() not in _STAYS | _OURS]
    lines += [b"transfer-encoding: chunked"] if is_chunked else []
    asks = is_chunked or int(length or 0) > _PIECE
    lines += [b"expect: 100-continue"] if asks else []
    head = b"%b %b HTTP/1.1" % (request.method.encode(), target)
    writer.write(b"\r\n".join([head, *lines, b"connection: close", b"", b""]))
    if asks:
        line = await reader.readuntil(b"\r\n")
        if not line.startswith(b"HTTP/1.1 100"):
            return line
        await reader.readuntil(b"\r\n")
    with suppress(ConnectionError):  # it may have said all before it has read all
        async for piece in request.stream():
            if piece:
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
                await writer.drain()
        writer.write(b"0\r\n\r\n" if is_chunked else b"")
        await writer.drain()
    return b""


def _target(request: Request) -> bytes:
    """What stands behind the endpoint's name, as it came. Raises :class:`NotFound` where the name itself is encoded."""
    path, query = b"/" + request.scope["raw_path"].split(b"/", 6)[-1], request.scope["query_string"]
    if b"%2f" in request.scope["raw_path"].removesuffix(path).lower():
        raise NotFound("There is no such endpoint.", target="path")
    return path + b"?" + query if query else path


async def _answered(said: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Response:
    """The front's answer, of which ``said`` was read before. Its body is passed on as it comes."""
    head = said + await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    headers = list(_headers(lines))
    left = int(dict(headers).get(b"content-length", b"0"))

    async def body() -> AsyncIterator[bytes]:
        rest = left
        try:
            while rest and (piece := await reader.read(min(rest, _PIECE))):
                rest -= len(piece)
                yield piece
        finally:
            writer.close()

    response = StreamingResponse(body(), int(first.split(b" ", 2)[1]))
    response.raw_headers = headers
    return response


def _headers(lines: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for line in lines:
        name, _, value = line.partition(b":")
        if name.lower() not in _STAYS | _NOT_THEIRS:
            yield name.lower(), value.strip()


def _answer(status: int, message: str) -> Response:
    """An answer in the shape that endpoints' own have."""
    return Response(orjson.dumps({"message": message}), status, media_type="application/json")


def _told(problem: Problem) -> Response:
    return _answer(problem.status, str(problem.message))
