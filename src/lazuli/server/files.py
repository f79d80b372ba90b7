"""The door to the files of jobs and of code: folders level by level, and texts in windows and by search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from lazuli.jobs.files import Entry, Files
from lazuli.jobs.texts import LONGEST_WINDOW, Text, find, window
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput
from lazuli.server.job_table import number_in
from lazuli.server.routes import WORKSPACE, Call, Route, reply

__all__ = ["file_tree_routes"]

_LENGTH = 1 << 16
_TREE = {"path": "The folder; its root if nothing is said."}
_WINDOW = {
    "offset": "The byte to begin at; a negative one counts from the end.",
    "length": f"About how many bytes: {_LENGTH} if nothing is said, {LONGEST_WINDOW} at most.",
}
_SEARCH = {
    "text": "What to look for, in any case.",
    "regex": "With 'true' it is a regular expression.",
    "from": "The byte to begin at: 'next' of the answer before.",
    "limit": "How many lines at most: 100 if nothing is said.",
}


def file_tree_routes(files: Files) -> list[Route]:
    """The routes for the files of jobs and of code snapshots."""
    job, code = f"{WORKSPACE}/jobs/{{name}}", f"{WORKSPACE}/codes/{{name}}/versions/{{version}}"
    of_job, of_code = (files.of_job, files.text_of_job), (files.of_code, files.text_of_code)
    return [
        *_routes(job, "jobs", *of_job, "jobs/read", "a job"),
        *_routes(code, "codes", *of_code, "codes/read", "a code snapshot"),
    ]


def _routes(
    path: str,
    kind: str,
    folder: Callable[[ResourceId, str], list[Entry]],
    text: Callable[[ResourceId, str], Text],
    permission: str,
    what: str,
) -> list[Route]:
    def named(call: Call) -> ResourceId:
        return ResourceId(call.scope, kind, call.params["name"], call.params.get("version", ""))

    def listed(call: Call) -> Response:
        found = folder(named(call), call.query.get("path", ""))
        return reply({"value": [_entry(entry) for entry in found]})

    def read(call: Call) -> Response:
        offset, length = _offset(call), number_in(call, "length", _LENGTH)
        name = call.params["path"]
        return reply({"path": name, **asdict(window(text(named(call), name), offset, length))})

    def searched(call: Call) -> Response:
        name = call.params["path"]
        said = call.query.get("text", "")
        is_regex = call.query.get("regex", "").lower() == "true"
        start, limit = number_in(call, "from", 0), number_in(call, "limit", 100)
        return reply(
            {"path": name, **asdict(find(text(named(call), name), said, regex=is_regex, start=start, limit=limit))}
        )

    def route(word: str, handler: Callable[[Call], Response], summary: str, shape: str, query: dict[str, str]) -> Route:
        return Route(
            "GET",
            f"{path}/{word}",
            handler,
            permission,
            f"{summary} {what}",
            response=shape,
            query=query,
            tags=("Lazuli",),
        )

    return [
        route("files", listed, "What is in a folder of", "FileTree", _TREE),
        route("text/{path:path}", read, "A part of a text file of", "TextWindow", _WINDOW),
        route("find/{path:path}", searched, "Search a text file of", "TextMatches", _SEARCH),
    ]


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "path": entry.path,
        "isFolder": entry.is_folder,
        "size": entry.size,
        "modified": entry.modified,
    }


def _offset(call: Call) -> int:
    text = call.query.get("offset", "") or "0"
    if not text.removeprefix("-").isdecimal() or len(text) > 16:
        raise InvalidInput(f"'{text[:40]}' is not a whole number.", target="offset")
    return int(text)
