"""What a job reads from users' own datastores and writes to them: brought before it starts, sent when it has ended.

Transfers run in threads of their own, so that a slow network holds up nothing else. They are safe to repeat: a
server that starts again begins them anew, and what has come already is not fetched twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from lazuli.assets.cache import Cache
from lazuli.assets.storage import Location, Storage
from lazuli.jobs.leavings import leavings, within
from lazuli.jobs.pinning import Pinning
from lazuli.jobs.plan import file_name, output_folder
from lazuli.resources.inout import AssetType, Mode
from lazuli.resources.job import CommandJob
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Unavailable
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record

__all__ = ["Transfers"]

_AT_ONCE = 8


@dataclass
class _Transfer:
    stop: threading.Event = field(default_factory=threading.Event)
    future: Future[None] | None = None

    def go_on(self) -> None:
        """Raise where nobody waits for it any more."""
        if self.stop.is_set():
            raise Unavailable("The transfer was stopped.", code="TransferStopped")


class Transfers:
    """The transfers of the jobs of this server."""

    def __init__(self, storage: Storage, cache: Cache, pinning: Pinning, on_done: Callable[[ResourceId], None]) -> None:
        """``on_done`` is told, on any thread, that a transfer of a job is over."""
        self._storage = storage
        self.cache = cache
        self._pinning = pinning
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="transfer")
        self._transfers: dict[str, _Transfer] = {}
        self._on_done = on_done

    def fetched(self, record: Record) -> bool:
        """Whether everything is here that the job reads; where not, it is on its way. Raises what went wrong."""
        sources = dict(self._sources(record))
        if not sources:
            return True
        return self._done("fetch", record, lambda go_on: [self.cache.bring(each, go_on) for each in sources.values()])

    def sent(self, record: Record, folder: Path) -> bool:
        """Whether everything is sent that the job wrote for elsewhere; where not, it is on its way."""
        targets = list(self._targets(record, folder))
        if not targets:
            return True
        return self._done("send", record, lambda go_on: [self._send(*each, go_on) for each in targets])

    def forget(self, record: Record) -> None:
        """End what is still on its way for a job."""
        for kind in ("fetch", "send"):
            if transfer := self._transfers.pop(f"{kind} {record.id.key}", None):
                transfer.stop.set()

    def close(self) -> None:
        """End all of it; a later server begins anew."""
        for transfer in list(self._transfers.values()):
            transfer.stop.set()
        self._pool.shutdown(cancel_futures=True)

    def _done(self, kind: str, record: Record, work: Callable[[Callable[[], None]], object]) -> bool:
        key = f"{kind} {record.id.key}"
        transfer = self._transfers.get(key)
        if transfer is None:
            transfer = self._transfers[key] = _Transfer()
            transfer.future = self._pool.submit(lambda: _run(work, transfer.go_on))
            transfer.future.add_done_callback(lambda _: self._on_done(record.id))
        assert transfer.future is not None
        if not transfer.future.done():
            return False
        try:
            transfer.future.result()
        except BaseException:
            self._transfers.pop(key, None)
            raise
        return True

    def _sources(self, record: Record) -> Iterator[tuple[str, Location]]:
        """What the job reads from over a network, by the name of the input."""
        job: CommandJob = document_of(noun("job"), record)
        for name, given in job.inputs.items():
            if given.type is AssetType.LITERAL or given.mode is Mode.DIRECT:
                continue
            location = self._storage.locate(record.id.scope, self._pinning.address(record.id.scope, given))
            if location.datastore and self._storage.folder(location) is None:
                yield name, location

    def _targets(self, record: Record, folder: Path) -> Iterator[tuple[Location, Path]]:
        """What the job wrote for elsewhere: where each file goes, and the file."""
        job: CommandJob = document_of(noun("job"), record)
        for name, output in job.outputs.items():
            if not output.path:
                continue
            location = self._storage.locate(record.id.scope, output.path)
            tree = folder / output_folder(name)
            if location.datastore is None or not tree.is_dir() or not within(tree, folder):
                continue
            for relative, file in leavings(tree).files.items():
                if output.type is not AssetType.URI_FILE:
                    yield location / relative, file
                elif relative == file_name(output, name):
                    yield location, file

    def _send(self, location: Location, file: Path, go_on: Callable[[], None]) -> None:
        go_on()
        self._storage.outside(location).send(file, location.path)


def _run(work: Callable[[Callable[[], None]], object], go_on: Callable[[], None]) -> None:
    work(go_on)
