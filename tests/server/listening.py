"""Routes served on a free loopback port: just enough of a web server to test one door by itself."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from lazuli.server.routes import Call, Route, reply
from lazuli.workspaces.identity import Principal

ADMIN = Principal("p1", "admin", "admin")


@contextmanager
def listening(routes: Sequence[Route], token: str = "") -> Iterator[str]:
    """The address of a server that answers these routes, to bearers of ``token`` where there is one."""
    app = Starlette(routes=[StarletteRoute(one.path, _endpoint(one, token), methods=[one.method]) for one in routes])
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


def _endpoint(route: Route, token: str):
    async def answer(request: Request) -> Response:
        if token and request.headers.get("authorization") != f"Bearer {token}":
            return reply({"error": {"code": "Unauthorized", "message": "No valid token."}}, 401)
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
            return await run_in_threadpool(route.handler, call)

    return answer
