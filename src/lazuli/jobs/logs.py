"""A job's log files: in its work folder while it is on its way, in the artifact store afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lazuli.assets.storage import Storage
from lazuli.compute.engine import Engine
from lazuli.jobs.masking import read_masked
from lazuli.jobs.plan import LOGS
from lazuli.jobs.transitions import TERMINAL
from lazuli.schema.identity import ResourceId
from lazuli.schema.places import ARTIFACTS, artifact_folder
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.paths import clean

__all__ = ["STD_LOG", "Logs", "Masks"]

Masks = Callable[[ResourceId], Sequence[bytes]]
"""What the logs of a job may not tell."""

STD_LOG = f"{LOGS}/std_log.txt"
"""What the command wrote to stdout and stderr."""


class Logs:
    """The log files of jobs, without the secrets that a job has read: ``masks`` knows them."""

    def __init__(self, store: Store, storage: Storage, engine: Engine, masks: Masks) -> None:
        self._store = store
        self._storage = storage
        self._engine = engine
        self._masks = masks

    def names(self, record: Record) -> list[str]:
        """The log files a job has now."""
        key = record.state.get("key")
        if key is None:
            return []
        return [STD_LOG] if self.read(record, STD_LOG, 0, 1) or record.status in TERMINAL else []

    def read(self, record: Record, file: str, offset: int = 0, limit: int = 1 << 20) -> bytes:
        """At most ``limit`` bytes of a log from ``offset``, which is not negative; empty where there is none (yet)."""
        name = clean(file)
        if record.status not in TERMINAL:
            key = record.state.get("key")
            found = self._growing(record, str(key), name, offset, limit) if key else b""
            if found:
                return found
        # What is kept was masked when the job ended.
        container = self._storage.container(record.id.scope, ARTIFACTS)
        blob = self._store.blobs.stat(container, f"{artifact_folder(record.id.name)}/{name}")
        if blob is None:
            return b""
        with self._store.blobs.file(blob).open("rb") as stream:
            stream.seek(offset)
            return stream.read(limit)

    def _growing(self, record: Record, key: str, name: str, offset: int, limit: int) -> bytes:
        def read(start: int, most: int) -> bytes:
            return self._engine.tail(key, name, start, most)

        return read_masked(read, self._masks(record.id), offset, limit, grows=True)
