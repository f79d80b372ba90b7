"""A job's log files: in its work folder while it is on its way, in the artifact store afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lazuli.assets.storage import Storage
from lazuli.compute.engine import Engine
from lazuli.jobs.kinds import kind_of
from lazuli.jobs.masking import read_masked
from lazuli.jobs.parallel import alone
from lazuli.jobs.ranks import LOGS, main_log, rank_logs
from lazuli.jobs.transitions import TERMINAL
from lazuli.resources.job import CommandJob, JobType
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.places import ARTIFACTS, artifact_folder
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.store.paths import clean, inside

__all__ = ["Account", "Logs", "Masks"]

Masks = Callable[[ResourceId], Sequence[bytes]]
"""What the logs of a job may not tell."""


@dataclass(frozen=True)
class Account:
    """The log of a job that is made of others: nothing of it runs itself, so the platform writes it."""

    name: str
    """The name of the file."""
    text: Callable[[Record], bytes]
    """All of it up to now; it only grows. Asked often while anybody listens."""


class Logs:
    """The log files of jobs, without the secrets that a job has read: ``masks`` knows them."""

    def __init__(self, store: Store, storage: Storage, engine: Engine, masks: Masks) -> None:
        self._store = store
        self._storage = storage
        self._engine = engine
        self._masks = masks
        self.accounts: dict[JobType, Account] = {}
        """What jobs that are made of others say of themselves; the platform fills it."""

    def names(self, record: Record) -> list[str]:
        """The log files a job has now, the one that stands for it first."""
        if account := self.accounts.get(kind_of(record)):
            return [account.name]
        if record.state.get("key") is None:
            return []
        job = _job(record)
        if record.status not in TERMINAL:
            return [name for name in rank_logs(job) if self.read(record, name, 0, 1)]
        first, prefix = main_log(job), f"{artifact_folder(record.id.name)}/"
        found = self._store.blobs.list(self._storage.container(record.id.scope, ARTIFACTS), f"{prefix}{LOGS}/").blobs
        return [first, *(name for blob in found if (name := blob.name.removeprefix(prefix)) != first)]

    def main(self, record: Record) -> str:
        """The name of the log that stands for a job, whether it is there yet or not."""
        account = self.accounts.get(kind_of(record))
        return account.name if account else main_log(_job(record))

    def read(self, record: Record, file: str, offset: int = 0, limit: int = 1 << 20) -> bytes:
        """At most ``limit`` bytes of a log from ``offset``, which is not negative; empty where there is none (yet)."""
        name = clean(file)
        account = self.accounts.get(kind_of(record))
        if account and record.status not in TERMINAL:
            return account.text(record)[offset : offset + limit] if name == account.name else b""
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

    def size(self, record: Record, file: str) -> int | None:
        """How many bytes a log that still grows has by now; None where there is none of that name (yet)."""
        name = clean(file)
        if account := self.accounts.get(kind_of(record)):
            return len(account.text(record)) if name == account.name else None
        key = record.state.get("key")
        if not key or name not in rank_logs(_job(record)):
            return None
        path = inside(self._engine.folder(str(key)), name, target="file")
        return path.stat().st_size if path.is_file() else None

    def has_more(self, record: Record, file: str, offset: int) -> bool:
        """Whether a log that still grows has anything from ``offset`` on: one look at a file, and at nothing else."""
        if account := self.accounts.get(kind_of(record)):
            return len(account.text(record)) > offset
        key = record.state.get("key")
        return bool(key) and bool(self._engine.tail(str(key), clean(file), offset, 1))

    def _growing(self, record: Record, key: str, name: str, offset: int, limit: int) -> bytes:
        def read(start: int, most: int) -> bytes:
            return self._engine.tail(key, name, start, most)

        return read_masked(read, self._masks(record.id), offset, limit, grows=True)


def _job(record: Record) -> CommandJob:
    return alone(record, document_of(noun("job"), record))
