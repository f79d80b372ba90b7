"""The files of a job – its logs, what it left and what it wrote so far – and those of the code it was run from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lazuli.assets.kinds import Codes
from lazuli.assets.storage import Storage
from lazuli.jobs.logs import Logs
from lazuli.jobs.outputs import KEPT, Outputs
from lazuli.jobs.submit import Jobs
from lazuli.jobs.texts import Text
from lazuli.jobs.transitions import TERMINAL
from lazuli.schema.identity import ResourceId
from lazuli.schema.places import ARTIFACTS, artifact_folder
from lazuli.schema.problems import NotFound
from lazuli.store.blobs import Blob, Blobs
from lazuli.store.documents import Record
from lazuli.store.paths import clean

__all__ = ["OUTPUTS", "Entry", "Files"]

OUTPUTS = "named-outputs"
"""The folder under which the outputs of a job are shown that have a name, wherever they lie."""
MOST = 5000
"""Entries of one folder that are told."""


@dataclass(frozen=True)
class Entry:
    """A file or a folder."""

    path: str
    is_folder: bool
    size: int | None = None
    modified: int | None = None
    """When it was written last, in milliseconds since 1970."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


class Files:
    """The files of the jobs and code snapshots of every workspace."""

    def __init__(self, jobs: Jobs, codes: Codes, storage: Storage, logs: Logs, outputs: Outputs) -> None:
        self._jobs = jobs
        self._codes = codes
        self._storage = storage
        self._logs = logs
        self._outputs = outputs
        self._blobs = jobs.store.blobs

    def of_job(self, id: ResourceId, path: str) -> list[Entry]:
        """The files and folders right in a folder of a job's. Raises :class:`NotFound` where there is none."""
        record, folder = self._jobs.get(id), _cleaned(path)
        container, prefix = self._place(record, folder)
        found = {entry.path: entry for entry in _level(self._blobs, container, prefix, folder)}
        found |= {entry.path: entry for entry in self._live(record, folder)}
        if not folder and record.status in KEPT and record.body.get("outputs"):
            found[OUTPUTS] = Entry(OUTPUTS, True)
        if folder == OUTPUTS:
            found = {path: Entry(path, True) for name in _outputs(record) if (path := f"{OUTPUTS}/{name}")}
        return _told(found.values(), folder)

    def text_of_job(self, id: ResourceId, path: str) -> Text:
        """A text file of a job; of a running one as it grows. Raises :class:`NotFound` where there is none."""
        record, name = self._jobs.get(id), clean(path)
        if record.status not in TERMINAL and (size := self._logs.size(record, name)) is not None:
            return _Log(self._logs, record, name, size)
        container, prefix = self._place(record, name)
        return self._blob(container, prefix, name)

    def of_code(self, id: ResourceId, path: str) -> list[Entry]:
        """The files and folders right in a folder of a code snapshot."""
        folder = _cleaned(path)
        container, prefix = self._of_code(id, folder)
        return _told(list(_level(self._blobs, container, prefix, folder)), folder)

    def text_of_code(self, id: ResourceId, path: str) -> Text:
        """A text file of a code snapshot. Raises :class:`NotFound` where there is none."""
        container, name = self._of_code(id, clean(path))
        return self._blob(container, name, path)

    def _blob(self, container: str, name: str, path: str) -> Text:
        blob = self._blobs.stat(container, name) if name else None
        if blob is None:
            raise NotFound(f"There is no file '{path[:200]}'.", target="path", code="FileNotFound")
        return _Kept(self._blobs, blob)

    def _of_code(self, id: ResourceId, path: str) -> tuple[str, str]:
        container, _, folder = str(self._codes.get(id).body["path"]).partition("/")
        return container, "/".join(filter(None, (folder.strip("/"), path)))

    def _place(self, record: Record, path: str) -> tuple[str, str]:
        """The container and the name there of a path among a job's files."""
        first, _, rest = path.partition("/")
        if first == OUTPUTS and rest and record.status in KEPT:
            output, _, below = rest.partition("/")
            location = self._storage.locate(record.id.scope, self._outputs.path_in(record, output))
            if location.is_outside:
                raise NotFound(
                    f"The output '{output}' lies outside this server.", target="path", mend="Look at its datastore."
                )
            return location.container, (location / below).path
        container = self._storage.container(record.id.scope, ARTIFACTS)
        return container, f"{artifact_folder(record.id.name)}/{path}".rstrip("/")

    def _live(self, record: Record, folder: str) -> Iterator[Entry]:
        """The logs of a job on its way that lie in a folder, or below it."""
        if record.status in TERMINAL:
            return
        above = f"{folder}/" if folder else ""
        for name in self._logs.names(record):
            if name.startswith(above):
                first, _, rest = name.removeprefix(above).partition("/")
                yield Entry(f"{above}{first}", bool(rest), None if rest else self._logs.size(record, name))


@dataclass(frozen=True)
class _Kept:
    """A text that is kept."""

    blobs: Blobs
    blob: Blob

    @property
    def size(self) -> int:
        return self.blob.size

    @property
    def file(self) -> Path | None:
        return self.blobs.file(self.blob)

    def read(self, offset: int, limit: int) -> bytes:
        with self.blobs.file(self.blob).open("rb") as stream:
            stream.seek(offset)
            return stream.read(limit)


@dataclass(frozen=True)
class _Log:
    """A log that grows; its secrets are hidden as it is read."""

    logs: Logs
    record: Record
    name: str
    size: int
    file: Path | None = None

    def read(self, offset: int, limit: int) -> bytes:
        return self.logs.read(self.record, self.name, offset, limit)


def _cleaned(path: str) -> str:
    return clean(path) if path.strip("/.") else ""


def _outputs(record: Record) -> list[str]:
    return sorted(record.body.get("outputs") or {})


def _level(blobs: Blobs, container: str, prefix: str, folder: str) -> Iterator[Entry]:
    """What is right in the folder ``prefix`` of a container, told by its paths from ``folder`` on."""
    above, shown = f"{prefix}/" if prefix else "", f"{folder}/" if folder else ""
    page = blobs.list(container, above, delimiter="/", limit=MOST)
    for each in page.prefixes:
        yield Entry(shown + each.removeprefix(above).rstrip("/"), True)
    for blob in page.blobs:
        yield Entry(shown + blob.name.removeprefix(above), False, blob.size, blob.modified_at)


def _told(found: Iterable[Entry], folder: str) -> list[Entry]:
    """Folders first, each by its name. Raises :class:`NotFound` where nothing is in a folder."""
    entries = sorted(found, key=lambda entry: (not entry.is_folder, entry.path))
    if folder and not entries:
        raise NotFound(f"There is no folder '{folder[:200]}'.", target="path", code="FolderNotFound")
    return entries
