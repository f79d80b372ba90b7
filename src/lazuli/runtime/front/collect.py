"""Inputs and outputs of a deployment, kept as lines of JSON for monitoring."""

from __future__ import annotations

import contextlib
import queue
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

import orjson

from lazuli.runtime.front.requests import Request
from lazuli.runtime.front.split import Share
from lazuli.runtime.front.table import Collect
from lazuli.runtime.front.wire import Answer

__all__ = ["Collector"]

MOST = 10_000
"""How many requests may wait to be written; more are not collected."""
AGENT = "lazuli-front/1.0"


class Collector:
    """Writes what was asked and answered, in a thread of its own: no caller waits for a disk."""

    def __init__(self, said: Collect, deployment: str) -> None:
        self.said, self.deployment = said, deployment
        self.missed = 0
        self._share = Share(100 * said.sampling)
        self._queue: queue.Queue[tuple[datetime, Request, Answer] | None] = queue.Queue(MOST)
        self._file_name = f"{uuid.uuid4()}.jsonl"
        self._is_ending = False
        self._thread = threading.Thread(target=self._write, name=f"collect {deployment}", daemon=True)
        self._thread.start()

    def add(self, request: Request, answer: Answer) -> None:
        """Keep an exchange, if it is one of the share that is kept."""
        if self._share.is_due():
            try:
                self._queue.put_nowait((datetime.now(UTC), request, answer))
            except queue.Full:
                self.missed += 1

    def close(self) -> None:
        """Write what waits, and then end."""
        self._is_ending = True
        with contextlib.suppress(queue.Full):  # else the writer wakes up by what is there
            self._queue.put_nowait(None)

    def join(self) -> None:
        """Wait until all is written."""
        self._thread.join()

    def _write(self) -> None:
        while not (self._is_ending and self._queue.empty()):
            item = self._queue.get()
            if item is None:
                continue
            try:
                self._keep(*item)
            except OSError:
                self.missed += 1

    def _keep(self, at: datetime, request: Request, answer: Answer) -> None:
        kept = ((self.said.inputs, request.body), (self.said.outputs, answer.body))
        for collection, body in kept:
            if collection is None:
                continue
            folder = self.said.folder / self.deployment / collection / at.strftime("%Y/%m/%d/%H")
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / self._file_name).open("ab") as file:
                file.write(orjson.dumps(self._event(at, collection, request, body), option=orjson.OPT_APPEND_NEWLINE))

    def _event(self, at: datetime, collection: str, request: Request, body: bytes) -> dict[str, Any]:
        name = request.name.decode("latin-1")
        data: Any = body.decode("utf-8", "replace")
        kind = "text"
        with contextlib.suppress(orjson.JSONDecodeError):
            data, kind = orjson.loads(body), "json"
        return {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": f"{self.said.folder.name}/{self.deployment}",
            "type": f"azureml.inference.{collection}",
            "time": at.isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json" if kind == "json" else "text/plain",
            "data": data,
            "correlationid": name,
            "xrequestid": name,
            "modelversion": self.said.model_version,
            "collectdatatype": kind,
            "agent": AGENT,
            "contentrange": f"bytes 0-{max(0, len(body) - 1)}/{len(body)}",
        }
