"""Files shown to people: addresses that need no header, for pictures, frames and downloads, and that act as no page.

A ticket opens one file, or a folder as a zip file, for an hour. Where the file is an HTML page it opens what lies in
the page's folder and below as well, so that the pictures of a report are seen. What is sent runs, if at all, as a page
of no origin: without cookies, without a way to this server's other addresses, and unable to send anything.
"""

from __future__ import annotations

import mimetypes
import re
import uuid
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response, StreamingResponse

from lazuli.assets.archive import stored, zipped
from lazuli.assets.storage import Storage
from lazuli.assets.stored import StoredFiles
from lazuli.schema.identity import Scope, parse_resource_id
from lazuli.schema.places import ARTIFACTS
from lazuli.schema.problems import InvalidInput, NotAllowed, NotFound, TooLarge
from lazuli.schema.reference import DatastorePath
from lazuli.server.routes import SIGNED, WORKSPACE, Call, Route, reply
from lazuli.server.tickets import Tickets
from lazuli.store.blobs import Blobs
from lazuli.store.paths import clean
from lazuli.tracking.runs import Runs
from lazuli.workspaces.sessions import Sessions

__all__ = ["ZIP", "disposition", "shown_routes"]

_SECONDS = 3600
_MOST_FETCHED = 1 << 30
"""Bytes of a file on storage elsewhere, which is brought here to be shown."""
_LONGEST = 2048
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]*(; ?charset=[a-zA-Z0-9-]+)?")
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_PDF = "application/pdf"
_UNKNOWN = frozenset({"", "application/octet-stream", "binary/octet-stream"})
"""What clients say of a file where they do not know; its name then says more."""
ZIP = "application/zip"
_SAFE = {"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
_SCHEME = "mlflow-artifacts:/"


@dataclass(frozen=True)
class _Found:
    file: Path
    kind: str
    is_copy: bool = False


def shown_routes(
    storage: Storage, files: StoredFiles, blobs: Blobs, runs: Runs, sessions: Sessions, tickets: Tickets, spool: Path
) -> list[Route]:
    """Get a ticket for a file, and the file by its ticket."""
    door = _Shown(storage, files, blobs, runs, sessions, tickets, spool)
    summary = "Make an address under which a file can be shown for an hour"
    return [
        Route("POST", f"{WORKSPACE}/fileTickets", door.ticket, "artifacts/read", summary, tags=("Studio",)),
        Route(
            "GET",
            "/shown/{ticket}/{file:path}",
            door.show,
            SIGNED,
            "A file, by its ticket",
            sandboxed=True,
            tags=("Studio",),
        ),
    ]


class _Shown:
    def __init__(
        self,
        storage: Storage,
        files: StoredFiles,
        blobs: Blobs,
        runs: Runs,
        sessions: Sessions,
        tickets: Tickets,
        spool: Path,
    ) -> None:
        self._storage = storage
        self._files = files
        self._blobs = blobs
        self._runs = runs
        self._sessions = sessions
        self._tickets = tickets
        self._spool = spool

    # --- a ticket -------------------------------------------------------------------------------------------------

    def ticket(self, call: Call) -> Response:
        """For ``run`` and ``path``, or ``uri``; with ``"folder": true`` for all that lies there, as a zip file.

        Raises :class:`NotFound` where nothing does.
        """
        uri = self._asked(call)
        if call.json().get("folder") is True:
            return self._folder_ticket(call, uri)
        folder, _, name = uri.rpartition("/")
        kind = self._found(call.scope, uri, look_only=True).kind
        claims: dict[str, Any] = {"shown": call.scope.path, "in": folder, "session": call.principal.session}
        if kind.partition(";")[0] not in _PAGES:
            claims["file"] = name
        return self._issued(claims, name, kind)

    def _folder_ticket(self, call: Call, uri: str) -> Response:
        if not self._files.is_folder(self._storage.locate(call.scope, uri, target="uri")):
            raise NotFound(f"No folder lies at '{uri[:200]}'.", target="path", mend="A file needs no 'folder'.")
        name = f"{PurePosixPath(uri.rstrip('/')).name or 'files'}.zip"
        claims = {"shown": call.scope.path, "folder": uri, "file": name, "session": call.principal.session}
        return self._issued(claims, name, ZIP)

    def _issued(self, claims: dict[str, Any], name: str, kind: str) -> Response:
        ticket = self._tickets.issue(claims, _SECONDS)
        said = {
            "url": f"/shown/{ticket}/{quote(name, safe='')}",
            "mediaType": kind,
            "expires": self._tickets.now() + _SECONDS * 1000,
        }
        return reply(said, 201, {"Cache-Control": "no-store"})

    def _asked(self, call: Call) -> str:
        said = {word: value for word in ("run", "path", "uri") if (value := call.json().get(word)) is not None}
        for word, value in said.items():
            if not isinstance(value, str) or not value or len(value) > _LONGEST:
                raise InvalidInput(f"'{word}' is no text of 1 to {_LONGEST} characters.", target=word)
        if set(said) == {"uri"}:
            return self._storage.resolve(call.scope, str(said["uri"]))
        if set(said) != {"run", "path"}:
            raise InvalidInput("Say either 'run' and 'path', or 'uri'.", target="body")
        root = self._runs.get(call.scope, str(said["run"])).artifact_uri
        if not root.startswith(_SCHEME):
            raise InvalidInput(f"The files of this run are kept elsewhere: {root}.", target="run")
        return str(DatastorePath(ARTIFACTS, f"{root.removeprefix(_SCHEME)}/{clean(str(said['path']))}"))

    # --- a file ---------------------------------------------------------------------------------------------------

    def show(self, call: Call) -> Response:
        """The file, or the part that a Range asks for; with ``?download`` to be kept rather than shown."""
        claims = self._tickets.open(call.params["ticket"])
        id = parse_resource_id(str(claims.get("shown")))
        name = clean(call.params["file"])
        if id is None or claims.get("file", name) != name:
            raise NotAllowed("The ticket is not for this file.", target="path", mend="Ask for one that is.")
        if session := claims.get("session"):
            self._sessions.get(str(session))
        if folder := claims.get("folder"):
            place = self._storage.locate(id.scope, str(folder), target="uri")
            kept = {**_SAFE, "Content-Disposition": disposition(name, download=True)}
            return StreamingResponse(zipped(stored(self._files, place)), media_type=ZIP, headers=kept)
        found = self._found(id.scope, f"{claims['in']}/{name}")
        beside = f"{call.base_url}/shown/{call.params['ticket']}/"
        headers = {
            "Content-Security-Policy": _policy(beside, found.kind),
            "Cache-Control": "private, max-age=600",
            **_SAFE,
            "Content-Disposition": disposition(PurePosixPath(name).name, download="download" in call.query),
        }
        after = BackgroundTask(found.file.unlink, missing_ok=True) if found.is_copy else None
        return FileResponse(found.file, headers=headers, media_type=found.kind, background=after)

    def _found(self, scope: Scope, uri: str, *, look_only: bool = False) -> _Found:
        """The file at an address. Raises :class:`NotFound` where there is none."""
        location = self._storage.locate(scope, uri, target="uri")
        name = PurePosixPath(location.path).name
        if not location.is_outside:
            if blob := self._storage.blob(location):
                return _Found(self._blobs.file(blob), _kind(name, blob.content_type))
            raise _nothing(uri)
        kind = _kind(name)
        if file := self._storage.folder(location):
            if file.is_file():
                return _Found(file, kind)
            raise _nothing(uri)
        outside = self._storage.outside(location)
        there = outside.stat(location.path) if location.path else None
        if there is None:
            raise _nothing(uri)
        if there.size > _MOST_FETCHED:
            raise TooLarge(
                "The file lies on storage elsewhere and is too large to be shown.", mend="Download it there."
            )
        copy = self._spool / f"shown-{uuid.uuid4().hex}"
        if not look_only:
            outside.fetch(there, copy, _go_on)
        return _Found(copy, kind, is_copy=True)


def _go_on() -> None:
    """Nobody says to end it."""


def _nothing(uri: str) -> NotFound:
    return NotFound(f"No file lies at '{uri[:200]}'.", target="path")


def _kind(name: str, said: str = "") -> str:
    """The media type of a file: what its writer said, if that is one, else what its name says."""
    said = said.strip().lower()
    if said in _UNKNOWN or not _MEDIA_TYPE.fullmatch(said):
        said = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{said}; charset=utf-8" if said.startswith("text/") and "charset" not in said else said


def _policy(beside: str, kind: str) -> str:
    """What a shown page may: run and look at what lies beside it, and nothing else.

    Browsers show a PDF with a program of their own, which no page reaches and which they start in no sandbox.
    """
    if kind == _PDF:
        return "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    return (
        f"sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' {beside}; "
        f"style-src 'unsafe-inline' {beside}; img-src data: blob: {beside}; media-src data: blob: {beside}; "
        "font-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )


def disposition(name: str, *, download: bool) -> str:
    """With a name that no character of it can break out of; browsers take the second, which has all letters."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name) or "file"
    way = "attachment" if download else "inline"
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
