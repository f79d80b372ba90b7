"""What a run logs, as the server's tracking keeps it: points, texts, tables and files.

Points are metrics of MLflow. Texts lie in a tag of their name, tables and charts in a file below ``metrics/``.
"""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Mapping
from urllib.parse import quote

from azureml._lazuli.place import Scope
from azureml._lazuli.server import Server
from azureml.exceptions import ServiceException

FOLDER = "metrics"
TEXT = "lazuli.text."
NAME = "lazuli.name."
_LONGEST_TAG = 8000
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
"""How JSON of Protocol Buffers writes what JSON has no number for."""

Entry = Any
"""A point ``[name, value, milliseconds, step]``, or a mapping with ``text`` and ``value``, ``rows`` and ``data``,
``file`` and ``base64``, or ``name`` and ``said``: what a metric is called whose name the server does not take."""


class Record:
    """What the server keeps of one run."""

    def __init__(self, server: Server, scope: Scope, run_id: str) -> None:
        self._server = server
        self._api = f"{scope.mlflow}/api/2.0"
        self.run_id = run_id

    def log(self, points: list[Any], tags: Mapping[str, str]) -> None:
        """Keep points and tags."""
        metrics = [
            {
                "key": key,
                "value": value if math.isfinite(value) else _NOT_FINITE[str(value)],
                "timestamp": at,
                "step": step,
            }
            for key, value, at, step in points
        ]
        pairs = [{"key": key, "value": value} for key, value in tags.items()]
        body = {"run_id": self.run_id, "metrics": metrics, "tags": pairs}
        self._server.call("POST", f"{self._api}/mlflow/runs/log-batch", body)

    def history(self, key: str) -> Iterator[dict[str, Any]]:
        """Every point of a metric."""
        query = {"run_id": self.run_id, "metric_key": key, "max_results": 25000}
        return self._server.token_pages("GET", f"{self._api}/mlflow/metrics/get-history", query, "metrics")

    def tag(self, key: str) -> str | None:
        """What a tag says; None where there is none."""
        said = self._server.call("GET", f"{self._api}/mlflow/runs/get", query={"run_id": self.run_id})["run"]
        return next((each["value"] for each in said["data"].get("tags") or () if each["key"] == key), None)

    def put(self, name: str, content: Any) -> None:
        """Keep a file: its bytes, or a stream of them."""
        self._server.respond("PUT", self._at(name), data=content)

    def read(self, name: str) -> bytes:
        """What a file holds."""
        return self._server.respond("GET", self._at(name)).content

    def download(self, name: str, target: Path) -> None:
        """Write a file here, as it comes."""
        with self._server.respond("GET", self._at(name), stream=True) as response, target.open("wb") as stream:
            for piece in response.iter_content(1 << 20):
                stream.write(piece)

    def table(self, name: str) -> dict[str, Any] | None:
        """A kept table or chart; None where there is none."""
        try:
            return json.loads(self.read(f"{FOLDER}/{name}.json"))
        except ServiceException as refused:
            if refused.status_code == 404:
                return None
            raise

    def put_table(self, name: str, rows: Iterable[Mapping[str, Any]], **more: Any) -> None:
        """Keep rows as a table, which is how Studio shows them."""
        rows = list(rows)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        data = [[row.get(column) for column in columns] for row in rows]
        self.put(f"{FOLDER}/{name}.json", chart("table", data, columns=columns, **more))

    def _at(self, name: str) -> str:
        return f"{self._api}/mlflow-artifacts/artifacts/ExperimentRun/dcid.{self.run_id}/{quote(name)}"


class Delivery:
    """Entries on their way to the record of one run, in order.

    Rows and texts are added to those that were there before this process began. How many that were, ``note`` is told
    once before the first is sent, and ``before`` says it to who sends what a dead process has left.
    """

    def __init__(self, record: Record, note: Callable[[str, int], None], before: Mapping[str, int] | None = None):
        self._record = record
        self._note = note
        self._before = before or {}
        self._lists: dict[str, list[Any]] = {}

    def send(self, entries: list[Entry], unsure: bool) -> None:
        """Send entries. ``unsure``: an earlier try may have arrived, so points that are there are left out."""
        points = [each for each in entries if isinstance(each, list)]
        if unsure:
            points = list(self._missing(points))
        marked = [each for each in entries if not isinstance(each, list)]
        tags = {f"{NAME}{each['name']}": each["said"] for each in marked if "name" in each}
        lists: dict[str, list[Any]] = {}
        for each in marked:
            if "file" in each:
                self._record.put(each["file"], base64.b64decode(each["base64"]))
            elif "text" in each:
                self._add(lists, f"{TEXT}{each['text']}", [each["value"]])
            elif "rows" in each:
                self._add(lists, each["rows"], each["data"])
        for name, values in lists.items():
            if name.startswith(TEXT):
                tags.update(self._keep_texts(name, values))
            else:
                self._record.put_table(name, values)
        if points or tags:
            self._record.log(points, tags)
        self._lists.update(lists)

    def _add(self, lists: dict[str, list[Any]], name: str, values: list[Any]) -> None:
        if name not in lists:
            lists[name] = list(self._lists[name] if name in self._lists else self._kept_before(name))
        lists[name] += values

    def _kept_before(self, name: str) -> list[Any]:
        kept = _texts(self._record, name[len(TEXT) :]) if name.startswith(TEXT) else _rows(self._record.table(name))
        if name not in self._before:
            self._note(name, len(kept))
            return kept
        return kept[: self._before[name]]

    def _keep_texts(self, name: str, values: list[str]) -> dict[str, str]:
        """The tag that holds the texts; of more than a tag can hold, a table does."""
        said = json.dumps(values)
        if len(said) <= _LONGEST_TAG:
            return {name: said}
        plain = name[len(TEXT) :]
        self._record.put_table(plain, ({plain: value} for value in values), texts=True)
        return {}

    def _missing(self, points: list[Any]) -> Iterator[Any]:
        keys = {point[0] for point in points}
        there = Counter(
            (key, int(each["timestamp"]), int(each["step"])) for key in keys for each in self._record.history(key)
        )
        for point in points:
            mark = (point[0], point[2], point[3])
            if there[mark]:
                there[mark] -= 1
            else:
                yield point


def chart(kind: str, data: Any, **more: Any) -> bytes:
    """The file of a table or chart. JSON has no number that is not finite: it is null."""
    said = {"schema_type": kind, "schema_version": "1.0.0", **more, "data": data}
    try:
        return json.dumps(said, allow_nan=False).encode()
    except ValueError:
        return json.dumps(_finite(said)).encode()


def _finite(said: Any) -> Any:
    if isinstance(said, Mapping):
        return {key: _finite(value) for key, value in said.items()}
    if isinstance(said, (list, tuple)):
        return [_finite(each) for each in said]
    return None if isinstance(said, float) and not math.isfinite(said) else said


def _texts(record: Record, name: str) -> list[str]:
    """The texts that are kept under a name, the oldest first."""
    table = record.table(name)
    if table is not None and table.get("texts"):
        return [row[0] for row in table["data"]]
    return json.loads(record.tag(f"{TEXT}{name}") or "[]")


def _rows(table: Mapping[str, Any] | None) -> list[Any]:
    if table is None or table.get("schema_type") != "table":
        return []
    return [dict(zip(table["columns"], row)) for row in table["data"]]
