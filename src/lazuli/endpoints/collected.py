"""What is kept of a deployment's requests: where it goes, and the way there.

The endpoint's front and the scoring scripts write files below the data folder, each at the place that it is to have in
a datastore: ``collected/<container>/<name of the blob>``. The server carries them there while they grow, and takes
them away when nobody writes to them any more. So nobody who answers waits for the server, and what was written while
it was down is there when it is back.

Scripts in container images have folders of their own, below ``collected/inside``: a link that one lays there leads
nobody astray who writes with more rights.
"""

from __future__ import annotations

import fcntl
import logging
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from lazuli.assets.kinds import DataAssets
from lazuli.assets.storage import Storage
from lazuli.resources.data import Data
from lazuli.resources.deployment import CollectedData, DataCollector, OnlineDeployment
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.places import COLLECTED, DEFAULT
from lazuli.schema.problems import Conflict, InvalidInput, Unsupported
from lazuli.schema.reference import parse_reference
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.paths import clean, inside

__all__ = ["CARRY_S", "Carrier", "Collections"]

log = logging.getLogger(__name__)

CARRY_S = 1.0
"""How often what was collected is carried."""
_INSIDE = "inside"
_MOUNTED = ".mounted"
"""The file in a folder that a container has, without which it would be removed when it is empty."""
_SHARE = 20
"""Carrying a file that grows may take this part of the time."""
_SECRET = frozenset({"authorization", "cookie", "proxy-authorization"})
_LONGEST, _LARGEST = 64 << 20, 1 << 30
"""Bytes that a file of lines, which is read as a whole, and one of data may have: far more than is ever written."""


class Collections:
    """The streams of deployments, and the data assets over them."""

    def __init__(self, store: Store, storage: Storage, data: DataAssets) -> None:
        self._root = store.settings.data_dir / "collected"
        self._storage = storage
        self._data = data

    def settled(self, id: ResourceId, collector: DataCollector) -> DataCollector:
        """A data collector whose streams tell the name, version and path of their data assets.

        Raises :class:`Unsupported` for a path outside this server, :class:`InvalidInput` for headers that hold keys.
        """
        asked = collector.request_logging.capture_headers if collector.request_logging else []
        if secret := next((header for header in asked if header.lower() in _SECRET), None):
            raise InvalidInput(
                f"'{secret}' holds the keys of callers, and is not kept.",
                target="data_collector.request_logging.capture_headers",
                mend="Leave it out.",
            )
        collections = {}
        for name, each in collector.collections.items():
            data = self._asset(id, name, each.data) if each.enabled else each.data
            share = collector.sampling_rate if each.sampling_rate is None else each.sampling_rate
            collections[name] = each.model_copy(update={"data": data, "sampling_rate": share})
        return collector.model_copy(update={"collections": collections})

    def register(self, id: ResourceId, collector: DataCollector, actor: Principal) -> None:
        """Make the data assets that are not there yet."""
        for each in self.settled(id, collector).collections.values():
            if each.enabled and isinstance(each.data, CollectedData):
                asset = ResourceId(id.scope, "data", str(each.data.name), str(each.data.version))
                self._data.expected.add(self._storage.locate(id.scope, str(each.data.path)))
                with suppress(Conflict):  # it is there
                    self._data.put(asset, Data.load({"path": each.data.path}), actor)

    def _asset(self, id: ResourceId, name: str, said: str | CollectedData | None) -> CollectedData:
        if isinstance(said, str):
            version = self._data.resolve(id.scope, said, target=f"data_collector.collections.{name}.data")
            place = str(version.body["path"])
            found = CollectedData(name=version.id.name, version=version.id.version, path=place)
        else:
            said = said or CollectedData()
            path = f"azureml://datastores/{DEFAULT}/paths/{COLLECTED}/{id.name}/{id.version}/{name}"
            found = CollectedData(
                name=said.name or f"{id.name}-{id.version}-{name}", version=said.version or "1", path=said.path or path
            )
        target = f"data_collector.collections.{name}.data.path"
        location = self._storage.locate(id.scope, str(found.path), target=target)
        if location.is_outside:
            raise Unsupported(
                f"'{found.path}' lies outside this server.", target=target, mend=f"Use a path in '{DEFAULT}'."
            )
        if ":" in clean(location.path, target=target):  # a folder of this machine, which a container may be given
            raise InvalidInput(f"'{location.path[:200]}' holds a ':'.", target=target, mend="Use a path without it.")
        return found

    def places(self, record: Record) -> list[str]:
        """The folders that a script in a container writes to, which are made, and stay for as long as it has them."""
        kept = self.of(record, in_container=True) or {"collections": {}}
        found = [str(each["folder"]) for each in kept["collections"].values()]
        for folder in found:
            inside(self._root, Path(folder).relative_to(self._root).as_posix(), target="data_collector.collections")
            Path(folder).mkdir(parents=True, exist_ok=True)
            (Path(folder) / _MOUNTED).touch()
        return found

    def of(self, record: Record, *, in_container: bool = False) -> dict[str, Any] | None:
        """What a front or a script is told to keep of a deployment's requests; None where that is nothing."""
        said: OnlineDeployment = document_of(noun("online-deployment"), record)
        if said.data_collector is None:
            return None
        kept = {}
        for name, each in self.settled(record.id, said.data_collector).collections.items():
            if each.enabled and isinstance(each.data, CollectedData):
                location = self._storage.locate(record.id.scope, str(each.data.path))
                root = self._root / _INSIDE if in_container else self._root
                folder = root / location.container / location.path
                kept[name] = {"folder": str(folder), "sampling": each.sampling_rate}
        logging_ = said.data_collector.request_logging
        model = parse_reference(said.model) if isinstance(said.model, str) else None
        return {
            "source": record.id.shown,
            "model_version": model.version if model else "default",
            "rolling": said.data_collector.rolling_rate.value,
            "headers": logging_.capture_headers if logging_ else [],
            "collections": kept,
        }


class Carrier:
    """Carries what was collected to its datastores."""

    def __init__(self, store: Store, storage: Storage) -> None:
        self._root = store.settings.data_dir / "collected"
        self._blobs = store.blobs
        self._storage = storage
        self._seen: dict[Path, tuple[int, float]] = {}  # how much was carried, and when more may be

    def carry(self) -> None:
        """Carry all that has come, in one thread at a time; what a server leaves undone, the next one does.

        A script may have laid anything there, and may swap it while it is looked at.
        """
        self._root.mkdir(exist_ok=True)
        for place, folders, files, at in os.fwalk(self._root, topdown=False):
            for name in files:
                if not name.startswith("."):
                    self._take(Path(place, name), at)
            for name in folders:
                with suppress(OSError):  # somebody writes there
                    os.rmdir(name, dir_fd=at)

    def _take(self, file: Path, at: int) -> None:
        """Carry a file of the folder ``at``; what is none that was collected is removed."""
        try:
            descriptor = os.open(file.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
        except OSError:  # a link, or gone, or not ours to read
            if file.is_symlink():
                self._drop(file, at, "it is a link")
            return
        with os.fdopen(descriptor, "rb") as stream:
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
            is_done = is_file and _is_free(stream)  # if it is, this is its size
            size = os.fstat(descriptor).st_size
            if not is_file:
                self._drop(file, at, "it is no file")
            elif size > (_LONGEST if file.suffix == ".jsonl" else _LARGEST):
                self._drop(file, at, f"it has {size} bytes")
            else:
                try:
                    self._carry(file, at, stream, size, is_done)
                except InvalidInput as problem:  # its name is that of no blob
                    self._drop(file, at, str(problem))

    def _carry(self, file: Path, at: int, stream: IO[bytes], size: int, is_done: bool) -> None:
        """Carry a file; where nobody writes to it, take it away."""
        place = file.relative_to(self._root).as_posix().removeprefix(f"{_INSIDE}/")
        container, _, name = place.partition("/")
        carried, not_before = self._seen.get(file, (0, 0.0))
        if not is_done and (size == carried or time.monotonic() < not_before):
            return
        began = time.monotonic()
        if self._storage.key_of(container) is None:
            pass  # its workspace has gone
        elif file.suffix != ".jsonl":
            self._blobs.put_file(container, name, Path(f"/dev/fd/{stream.fileno()}"))
        elif size != carried:
            lines = stream.read(size)
            self._blobs.put_bytes(container, name, lines[: lines.rfind(b"\n") + 1])
        self._seen[file] = (size, began + _SHARE * (time.monotonic() - began))
        if is_done:
            os.unlink(file.name, dir_fd=at)
            del self._seen[file]

    def _drop(self, file: Path, at: int, why: str) -> None:
        log.warning("%r is not carried, and removed: %s.", str(file), why)
        self._seen.pop(file, None)
        with suppress(OSError):
            os.unlink(file.name, dir_fd=at)


def _is_free(stream: IO[bytes]) -> bool:
    """Whether nobody writes to a file; nobody will, then, until it is closed."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
