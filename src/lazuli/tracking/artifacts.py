"""Artifacts: the files of runs and logged models, kept as blobs in the workspace's artifact container."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lazuli.schema.identity import Scope
from lazuli.schema.problems import NotAllowed
from lazuli.store.blobs import Blob, Blobs
from lazuli.store.paths import clean
from lazuli.tracking.rules import missing

__all__ = ["DATASTORES", "Artifact", "Artifacts"]


@dataclass(frozen=True)
class Artifact:
    """One entry of a listing: a file with its size, or a folder."""

    path: str
    size: int | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.size is None


DATASTORES = "Datastores"
"""The folder below which the other datastores are read, ``Datastores/{name}/…``: registered models may lie there."""


class Artifacts:
    """The artifact files of every workspace, by paths like ``ExperimentRun/dcid.{run id}/model/MLmodel``."""

    def __init__(
        self, blobs: Blobs, container_of: Callable[[Scope], str], datastore: Callable[[Scope, str], str] | None = None
    ) -> None:
        """``datastore`` names the container of another datastore, where there are any."""
        self._blobs = blobs
        self._container_of = container_of
        self._datastore = datastore

    def put(self, scope: Scope, path: str, source: Path, *, content_type: str = "") -> Blob:
        """Take the file ``source`` as the artifact at ``path``, replacing the one there. Safe to repeat."""
        container, name = self._to_write(scope, path)
        return self._blobs.put_file(container, name, source, move=True, content_type=content_type)

    def open(self, scope: Scope, path: str) -> tuple[Blob, Path]:
        """The artifact at ``path`` and the file that holds it, to be read only. Raises :class:`NotFound`."""
        container, _, name = self._to_read(scope, clean(path))
        blob = self._blobs.stat(container, name) if name else None
        if blob is None:
            raise missing("Artifact", path)
        return blob, self._blobs.file(blob)

    def list(self, scope: Scope, path: str) -> list[Artifact]:
        """The files and folders right in the folder ``path``, sorted; none where there is no such folder."""
        container, root, name = self._to_read(scope, clean(path) if path.strip("/.") else "")
        prefix = f"{name}/" if name else ""
        found: list[Artifact] = []
        after, more = "", True
        while more:
            page = self._blobs.list(container, prefix, delimiter="/", after=after)
            found += [Artifact(root + blob.name, blob.size) for blob in page.blobs]
            found += [Artifact(root + folder.rstrip("/")) for folder in page.prefixes]
            after, more = page.next_marker, bool(page.next_marker)
        return sorted(found, key=lambda one: one.path)

    def delete(self, scope: Scope, path: str) -> None:
        """Remove the file at ``path``, or the folder with all that is in it. Safe to repeat."""
        container, name = self._to_write(scope, path)
        self._blobs.delete(container, name)
        page = self._blobs.list(container, f"{name}/")
        while page.blobs:
            for blob in page.blobs:
                self._blobs.delete(container, blob.name)
            page = self._blobs.list(container, f"{name}/")

    def _to_write(self, scope: Scope, path: str) -> tuple[str, str]:
        name = clean(path)
        if self._mounted(name):
            raise NotAllowed(f"'{path[:200]}' can only be read here.", mend="Write to the datastore itself.")
        return self._container_of(scope), name

    def _to_read(self, scope: Scope, name: str) -> tuple[str, str, str]:
        """The container a path leads into, what stands before the names of that container, and the name there."""
        if self._datastore is None or not self._mounted(name):
            return self._container_of(scope), "", name
        datastore, _, name = name.removeprefix(f"{DATASTORES}/").partition("/")
        return self._datastore(scope, datastore), f"{DATASTORES}/{datastore}/", name

    def _mounted(self, name: str) -> bool:
        return self._datastore is not None and name.startswith(f"{DATASTORES}/")
