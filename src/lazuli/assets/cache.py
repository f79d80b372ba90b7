"""What was fetched from storage outside this server: kept by the etag it had there, so that it comes once."""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lazuli.assets.remote import Outside, OutsideFile
from lazuli.assets.storage import Location, Storage
from lazuli.schema.problems import InvalidInput, Unavailable
from lazuli.store.blobs import Blobs

__all__ = ["Cache"]

_ETAG = "source_etag"
_AT_ONCE = 4
_ATTEMPTS = 3


class Cache:
    """Copies of files on users' own datastores: blobs of this server, each proven when it came."""

    def __init__(self, storage: Storage, blobs: Blobs, incoming: Path) -> None:
        self._storage = storage
        self._blobs = blobs
        self._incoming = incoming
        shutil.rmtree(incoming, ignore_errors=True)  # what an earlier server was fetching when it ended
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._guard = threading.Lock()

    def bring(self, location: Location, go_on: Callable[[], None]) -> None:
        """Make what the cache holds for ``location`` what lies there now; only what is new or changed is fetched.

        Safe to repeat, and to do at once for the same location: the second then waits, and finds it done. ``go_on``
        is asked again and again; what it raises ends it. Raises :class:`InvalidInput` where nothing lies there.
        """
        with self._lock(location):
            outside = self._storage.outside(location)
            file = outside.stat(location.path) if location.path else None
            wanted = [file] if file else list(outside.files(location.path))
            if not wanted:
                assert location.datastore is not None
                raise InvalidInput(
                    f"Nothing lies at 'azureml://datastores/{location.datastore.name}/paths/{location.path}'.",
                    target="path",
                    mend="Correct the path.",
                    code="ReferenceNotFound",
                )
            self._drop_others(location, wanted)
            self._incoming.mkdir(exist_ok=True)
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                fetching = [pool.submit(self._fetch, location.container, outside, each, go_on) for each in wanted]
                try:
                    for future in fetching:
                        future.result()
                finally:
                    pool.shutdown(wait=False, cancel_futures=True)

    def _fetch(self, container: str, outside: Outside, file: OutsideFile, go_on: Callable[[], None]) -> None:
        go_on()
        for attempt in range(_ATTEMPTS):
            kept = self._blobs.stat(container, file.path)
            if kept and kept.metadata.get(_ETAG) == file.etag and kept.size == file.size:
                return
            copy = self._incoming / uuid.uuid4().hex
            try:
                outside.fetch(file, copy, go_on)
                metadata = {_ETAG: file.etag}
                self._blobs.put_file(container, file.path, copy, move=True, md5=file.md5, metadata=metadata)
            except (Unavailable, InvalidInput):  # it changed on the way, or came damaged
                now = outside.stat(file.path) if attempt + 1 < _ATTEMPTS else None
                if now is None:
                    raise
                file = now
            finally:
                copy.unlink(missing_ok=True)

    def _drop_others(self, location: Location, wanted: Sequence[OutsideFile]) -> None:
        """Forget what no longer lies there."""
        there = {file.path for file in wanted}
        for blob in self._blobs.below(location.container, location.prefix):
            if blob.name not in there and blob.name != location.path:
                self._blobs.delete(location.container, blob.name)
        if location.path and location.path not in there:
            self._blobs.delete(location.container, location.path)

    def _lock(self, location: Location) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault((location.container, location.path), threading.Lock())
