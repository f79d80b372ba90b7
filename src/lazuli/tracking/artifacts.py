"""Artifacts: the files of runs and logged models, kept as blobs in the workspace's artifact container."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lazuli.schema.identity import Scope
from lazuli.store.blobs import Blob, Blobs
from lazuli.store.paths import clean
from lazuli.tracking.rules import missing

__all__ = ["Artifact", "Artifacts"]


@dataclass(frozen=True)
class Artifact:
    """One entry of a listing: a file with its size, or a folder."""

    path: str
    size: int | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.size is None


class Artifacts:
    """The artifact files of every workspace, by paths like ``ExperimentRun/dcid.{run id}/model/MLmodel``."""

    def __init__(self, blobs: Blobs, container_of: Callable[[Scope], str]) -> None:
        self._blobs = blobs
        self._container_of = container_of

    def put(self, scope: Scope, path: str, source: Path, *, content_type: str = "") -> Blob:
        """Take the file ``source`` as the artifact at ``path``, replacing the one there. Safe to repeat."""
        name = clean(path)
        return self._blobs.put_file(self._container_of(scope), name, source, move=True, content_type=content_type)

    def put_bytes(self, scope: Scope, path: str, data: bytes, *, content_type: str = "") -> Blob:
        """The same for bytes in memory."""
        return self._blobs.put_bytes(self._container_of(scope), clean(path), data, content_type=content_type)

    def open(self, scope: Scope, path: str) -> tuple[Blob, Path]:
        """The artifact at ``path`` and the file that holds it, to be read only. Raises :class:`NotFound`."""
        blob = self._blobs.stat(self._container_of(scope), clean(path))
        if blob is None:
            raise missing("Artifact", path)
        return blob, self._blobs.file(blob)

    def list(self, scope: Scope, path: str) -> list[Artifact]:
        """The files and folders right in the folder ``path``, sorted; none where there is no such folder."""
        prefix = f"{clean(path)}/" if path.strip("/.") else ""
        container = self._container_of(scope)
        found: list[Artifact] = []
        after, more = "", True
        while more:
            page = self._blobs.list(container, prefix, delimiter="/", after=after)
            found += [Artifact(blob.name, blob.size) for blob in page.blobs]
            found += [Artifact(folder.rstrip("/")) for folder in page.prefixes]
            after, more = page.next_marker, bool(page.next_marker)
        return sorted(found, key=lambda one: one.path)

    def delete(self, scope: Scope, path: str) -> None:
        """Remove the file at ``path``, or the folder with all that is in it. Safe to repeat."""
        name, container = clean(path), self._container_of(scope)
        self._blobs.delete(container, name)
        page = self._blobs.list(container, f"{name}/")
        while page.blobs:
            for blob in page.blobs:
                self._blobs.delete(container, blob.name)
            page = self._blobs.list(container, f"{name}/")
