"""The charts that a job left: tables, images, figures, pages, and what Azure ML's SDK v1 knows as charts.

Nothing is recorded for them: MLflow notes its tables in a tag, v1's charts say in their files what they are, and an
image, a figure or a page is one by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

import orjson

from lazuli.assets.storage import Storage
from lazuli.jobs.submit import Jobs
from lazuli.schema.identity import ResourceId
from lazuli.schema.places import ARTIFACTS, artifact_folder
from lazuli.store.blobs import Blob
from lazuli.tracking.runs import Runs

__all__ = ["Chart", "Charts", "Shot"]

MOST_FILES = 20_000
"""Files of a job that are looked at."""
MOST_OPENED = 500
"""JSON files of a job that are opened to see what they are."""
LARGEST = 8 << 20
"""Bytes of a JSON file that may be a chart."""
_HEAD = 4096
_BY_NAME = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"), "image"),
    **dict.fromkeys((".svg", ".pdf"), "figure"),
    **dict.fromkeys((".html", ".htm"), "html"),
}
_V1 = ("confusion_matrix", "accuracy_table", "residuals", "predictions", "table")
_SCHEMA = re.compile(rb'"schema_type"\s*:\s*"(\w+)"')
_SHOT = re.compile(r"^images/(?P<key>.+?)[%+]step[%+](?P<step>\d+)[%+]timestamp[%+](?P<at>\d+)[%+](?P<id>[^/.%+]+)")
"""How MLflow calls an image that was logged under a key at a step."""


@dataclass(frozen=True)
class Shot:
    """One of the images that were logged under one key."""

    path: str
    step: int
    time: int
    """In milliseconds since 1970."""
    thumbnail: str | None = None


@dataclass(frozen=True)
class Chart:
    """Something to look at; its contents are in the file at ``path``, among the job's files."""

    kind: str
    name: str
    path: str
    shots: list[Shot] = field(default_factory=list)
    """Of an image that was logged step by step all of them, in their order; the last is at ``path``."""


class Charts:
    """The charts of the jobs of every workspace."""

    def __init__(self, jobs: Jobs, runs: Runs, storage: Storage) -> None:
        self._jobs = jobs
        self._runs = runs
        self._storage = storage

    def of(self, id: ResourceId) -> list[Chart]:
        """The charts of a job by their names. Raises :class:`NotFound` where there is no such job."""
        record = self._jobs.get(id)
        container = self._storage.container(record.id.scope, ARTIFACTS)
        prefix = f"{artifact_folder(record.id.name)}/"
        below = islice(self._jobs.store.blobs.below(container, prefix), MOST_FILES)
        files = {blob.name.removeprefix(prefix): blob for blob in below}
        tables = _noted(self._runs.get(record.id.scope, record.id.name).tags)
        charts = [*_shots(files), *self._others(files, tables)]
        return sorted(charts, key=lambda chart: (chart.kind, chart.name))

    def _others(self, files: Mapping[str, Blob], tables: set[str]) -> Iterator[Chart]:
        opened = 0
        for path, blob in files.items():
            kind = _BY_NAME.get(PurePosixPath(path).suffix.lower(), "")
            if path in tables:
                kind = "table"
            elif path.endswith(".json") and blob.size <= LARGEST and opened < MOST_OPENED:
                opened, kind = opened + 1, self._kind_of(blob)
            if kind and not _SHOT.match(path):
                yield Chart(kind, str(PurePosixPath(path).with_suffix("")), path)

    def _kind_of(self, blob: Blob) -> str:
        """What a JSON file says it is; '' for no chart."""
        with self._jobs.store.blobs.file(blob).open("rb") as stream:
            found = _SCHEMA.search(stream.read(_HEAD))
        kind = found[1].decode() if found else ""
        return kind if kind in _V1 else ""


def _noted(tags: Mapping[str, str]) -> set[str]:
    """The paths of the tables that MLflow's ``log_table`` has noted."""
    try:
        noted: Any = orjson.loads(tags.get("mlflow.loggedArtifacts") or "[]")
    except orjson.JSONDecodeError:
        return set()
    entries = noted if isinstance(noted, list) else []
    return {str(each.get("path")) for each in entries if isinstance(each, Mapping) and each.get("type") == "table"}


def _shots(files: Iterable[str]) -> Iterator[Chart]:
    """The images that were logged step by step, by their keys. MLflow keeps each in full, and compressed."""
    found: dict[str, dict[tuple[int, int, str], dict[bool, str]]] = {}
    for path in files:
        if match := _SHOT.match(path):
            place = (int(match["step"]), int(match["at"]), match["id"])
            found.setdefault(match["key"], {}).setdefault(place, {})["compressed" in path] = path
    for key, places in found.items():
        shots = [
            Shot(paths.get(False) or paths[True], step, at, paths.get(True))
            for (step, at, _), paths in sorted(places.items())
        ]
        yield Chart("image", key.replace("#", "/"), shots[-1].path, shots)
