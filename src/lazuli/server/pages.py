"""Studio's files: what `make studio` has built into the folder beside this module, and the page where it has not."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable
from pathlib import Path

from starlette.responses import FileResponse, Response

from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.server.routes import PUBLIC, Call, Route
from lazuli.store.paths import inside

__all__ = ["FOLDER", "is_built", "page_routes"]

FOLDER = Path(__file__).parent / "built"
_ASSETS = "assets/"
"""The files whose names say their content: a browser keeps them for ever."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "frame-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_TYPES = {
    ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".html": "text/html",
    ".svg": "image/svg+xml", ".json": "application/json", ".map": "application/json",
    ".woff2": "font/woff2", ".ttf": "font/ttf",
    ".wasm": "application/wasm", ".webmanifest": "application/manifest+json", ".ico": "image/x-icon",
}  # fmt: skip
"""Said here, since what the machine's own tables say differs from one to the next."""


def page_routes(missing: Callable[[], Response], folder: Path = FOLDER) -> list[Route]:
    """Studio at ``/studio/``: its files, and its one page at every other address below; ``missing`` where it is not."""
    pages = _Pages(folder, missing)
    return [
        Route(method, path, pages.get, PUBLIC, summary, tags=("Studio",))
        for method in ("GET", "HEAD")
        for path, summary in (
            ("/studio", "The way to Studio"),
            ("/studio/", "Studio"),
            ("/studio/{file:path}", "A file of Studio, or its page"),
        )
    ]


def is_built(folder: Path = FOLDER) -> bool:
    """Whether there is a Studio to be shown."""
    return (folder / "index.html").is_file()


class _Pages:
    def __init__(self, folder: Path, missing: Callable[[], Response]) -> None:
        self._folder = folder
        self._missing = missing

    def get(self, call: Call) -> Response:
        if not is_built(self._folder):
            return self._missing()
        if "file" not in call.params and not call.path.endswith("/"):
            return Response(status_code=307, headers={"Location": "/studio/", **_HEADERS})
        name = call.params.get("file", "")
        file = self._file(name)
        if file is None and name.startswith(_ASSETS):  # of a build that is gone: a page would be taken for a script
            raise NotFound("There is no such file.", target="path")
        return self._sent(call, file or self._folder / "index.html", keeps=name.startswith(_ASSETS))

    def _file(self, name: str) -> Path | None:
        """The file of that name, where there is one. Nothing that lies elsewhere is."""
        try:
            file = inside(self._folder, name) if name else None
            return file if file and file.is_file() else None
        except (InvalidInput, OSError):  # a name may be longer than any file's
            return None

    def _sent(self, call: Call, file: Path, *, keeps: bool) -> Response:
        headers = {**_HEADERS, "Cache-Control": "public, max-age=31536000, immutable" if keeps else "no-cache"}
        kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        packed = file.with_name(f"{file.name}.gz")
        if packed.is_file():
            headers["Vary"] = "Accept-Encoding"
            if _takes_gzip(call.headers.get("accept-encoding", "")):
                headers["Content-Encoding"] = "gzip"
                file = packed
        if keeps:
            return FileResponse(file, headers=headers, media_type=kind)
        content = file.read_bytes()
        headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if headers["ETag"] in call.headers.get("if-none-match", "").replace("W/", "").split(", "):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=kind)


def _takes_gzip(said: str) -> bool:
    for each in said.lower().split(","):
        name, _, weight = each.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
