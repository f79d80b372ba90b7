"""Applications on a free loopback port, and one of a single door to test it by itself."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp

from lazuli.schema.problems import Problem
from lazuli.server.routes import Call, Route
from lazuli.shelves.principal import Principal

ADMIN = Principal("p1", "admin", "admin")


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """The address of a server that runs ``app``."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.005)
        assert thread.is_alive(), "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def door(routes: Sequence[Route]) -> ASGIApp:
    """An application of these routes alone, which asks nobody for a token."""
    return Starlette(routes=[StarletteRoute(one.path, _endpoint(one), methods=[one.method]) for one in routes])


def _endpoint(route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        with tempfile.TemporaryDirectory() as folder:
            spool = Path(folder) / "body" if route.upload else None
            body, digest = b"", hashlib.md5()
            if spool is None:
                body = await request.body()
            else:
                with spool.open("wb") as file:
                    async for chunk in request.stream():
                        file.write(chunk)
                        digest.update(chunk)
            call = Call(
                request.method, request.url.path, request.path_params, request.query_params, request.headers,
                ADMIN, str(request.base_url).rstrip("/"), body, spool, digest.digest() if spool else b"",
            )  # fmt: skip
            try:
                return await run_in_threadpool(route.handler, call)
            except Problem as problem:
                return route.failure(problem)

    return answer
