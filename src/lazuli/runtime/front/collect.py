"""Inputs and outputs of a deployment, kept as lines of JSON for monitoring."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import orjson

from lazuli.runtime.front.requests import Request
from lazuli.runtime.front.table import Collect
from lazuli.runtime.front.wire import Answer
from lazuli.runtime.inside.lazuli_score import pages

__all__ = ["Collector"]

AGENT = "lazuli-front/1.0"
_BARE = bytes.maketrans(b"\r\n", b"  ")
_TABLES = ("input_data", "dataframe_split", "dataframe_records", "instances", "inputs")


class Collector:
    """Writes what was asked and answered, before the caller is answered: that costs less than a thread would.

    ``request`` and ``response`` are the bodies as they are, ``model_inputs`` and ``model_outputs`` the rows in them, of
    what the model could answer. What a script keeps by itself is left to it.
    """

    def __init__(self, said: Collect) -> None:
        self.said = said
        self.missed = 0
        self._keeps = pages.Collect(said.model_dump(mode="json"))
        self._headers = {name.lower().encode() for name in said.headers}

    def add(self, request: Request, answer: Answer) -> None:
        """Keep an exchange, if it is one of the share that is kept."""
        name, own = request.name.decode("latin-1"), answer.collects.decode("latin-1").split(",")
        target = request.head.path + (b"?" + request.head.query if request.head.query else b"")
        asked: dict[str, Any] = {"path": target.decode("latin-1"), "method": request.head.method.decode()}
        if self._headers:
            pairs = request.head.headers
            asked["headers"] = {k.decode(): v.decode("latin-1") for k, v in pairs if k in self._headers}
        kept: list[tuple[str, bytes, bool, dict[str, Any]]] = [
            ("request", request.body, False, asked),
            ("response", answer.body, False, {"statuscode": answer.status}),
        ]
        if answer.status == 200:
            kept += [("model_inputs", request.body, True, {}), ("model_outputs", answer.body, True, {})]
        for collection, body, as_rows, more in kept:
            if collection in self._keeps.pages and collection not in own and self._keeps.is_due(collection, name):
                self._keep(collection, name, body, as_rows, more)

    def _keep(self, collection: str, name: str, body: bytes, as_rows: bool, more: dict[str, Any]) -> None:
        data, kind = _told(body, as_rows)
        more = {**more, "contentrange": f"bytes 0-{max(0, len(body) - 1)}/{len(body)}"}
        if kind == "text":
            more["datacontenttype"] = "text/plain"
        try:
            self._keeps.keep(collection, name, data, kind, AGENT, **more)
        except OSError as error:
            self.missed += 1
            print(f"{collection} of {name} is not kept: {error}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Let go of the files."""
        self._keeps.close()


def _told(body: bytes, as_rows: bool) -> tuple[bytes, str]:
    """A body as JSON without newlines, and whether that is what it was."""
    with contextlib.suppress(orjson.JSONDecodeError):
        if len(body) > pages.LARGEST_DATA and not as_rows:
            return body, "json"  # it goes to a file of its own as it is
        said = orjson.loads(body)
        return (orjson.dumps(_rows(said)) if as_rows else body.translate(_BARE)), "json"
    return orjson.dumps(body.decode("utf-8", "replace")), "text"


def _rows(said: Any) -> Any:
    """The table that a body holds, as a list of objects where its columns have names."""
    if isinstance(said, dict):
        said = next((said[word] for word in _TABLES if word in said), said)
    if isinstance(said, dict) and isinstance(said.get("columns"), list) and isinstance(said.get("data"), list):
        with contextlib.suppress(TypeError):  # rows that are no lists
            return [dict(zip(map(str, said["columns"]), row, strict=False)) for row in said["data"]]
    return said
