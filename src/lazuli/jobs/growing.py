"""What a job writes is kept while it runs: its ``outputs/``, its ``logs/`` and what its command says.

Every file is looked at now and then, and copied where its size or time has changed. How often is measured by what it
costs, so that neither many files nor large ones slow anything down. A copy carries a mark: by it a server that starts
again knows what it has already, and the end of the job – which keeps everything anew, whole – what has gone since.
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from lazuli.assets.storage import Storage
from lazuli.jobs.leavings import LONGEST_NAME, is_odd
from lazuli.jobs.logs import Masks
from lazuli.jobs.masking import read_masked
from lazuli.jobs.ranks import ARTIFACT_FOLDERS, LOGS
from lazuli.schema.identity import ResourceId
from lazuli.schema.places import ARTIFACTS, artifact_folder
from lazuli.store.blobs import Blob
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["Growing", "folders_there"]

log = logging.getLogger(__name__)

MARK = "lazuli_growing"
"""The metadata of a copy of a file that may still change: its size and time when it was copied."""
BEAT_S = 1.0
QUIET_S = 1.0
"""A file that is written to is left alone until nothing has happened to it for so long …"""
LONGEST_WAIT_S = 5.0
"""… or until it has waited for so long."""
SHARE = 20
"""A look may take this part of the time; with the copies of small files that it makes, four times as much."""
LARGE = 32 << 20
LARGE_SHARE = 20
"""The copies of one large file may take this part of the time."""
GRACE_S = 120.0
"""How long an outdated copy stays for who has just asked where it lies."""
TROUBLE_S = 15.0
MOST_FILES = 20_000
"""Files of a job that are looked at while it runs; the others are kept when it ends."""
_BATCH = 50
_LONGEST = LONGEST_NAME - 300
"""Of a name below the folder of its run."""
_PIECE = 1 << 20
_THREADS = 2
_ROOM = 20
"""This part of the disk is left free."""


class _Over(Exception):
    """The job has ended: what is being copied is of no use any more."""


@dataclass(frozen=True)
class _File:
    name: str
    """Below the folder of the run."""
    path: str
    size: int
    mark: str
    is_log: bool


@dataclass
class _Seen:
    """A file that has changed since it was copied."""

    mark: str
    since: float
    changed: float
    not_before: float = 0.0


@dataclass
class _Watched:
    id: ResourceId
    container: str
    prefix: str
    folder: Path
    due: float
    is_busy: bool = False
    is_in_trouble: bool = False
    over: threading.Event = field(default_factory=threading.Event)
    kept: dict[str, str] | None = None
    """The marks of what is kept; None before it is known."""
    seen: dict[str, _Seen] = field(default_factory=dict)

    def go_on(self) -> None:
        if self.over.is_set():
            raise _Over


class Growing:
    """Keeps what running jobs write, in threads of its own."""

    def __init__(self, store: Store, storage: Storage, masks: Masks) -> None:
        self._store = store
        self._blobs = store.blobs
        self._storage = storage
        self._masks = masks
        self._watched: dict[str, _Watched] = {}
        self._outdated: deque[tuple[float, str]] = deque()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._is_closed = False

    def watch(self, record: Record, folder: Path) -> None:
        """Keep what the job writes into its work folder, until :meth:`settle`. May be said again and again."""
        key = record.id.key
        if key in self._watched:
            return
        container, prefix = self._place(record.id)
        with self._changed:
            # Jobs that are over in a moment are none of this.
            self._watched[key] = _Watched(record.id, container, prefix, folder, due=time.monotonic() + BEAT_S)
            if not self._threads and not self._is_closed:
                self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(_THREADS)]
                for thread in self._threads:
                    thread.start()
            self._changed.notify()

    def settle(self, record: Record) -> None:
        """Keep no more of a job; when this returns, nothing of it is being kept."""
        with self._changed:
            watched = self._watched.pop(record.id.key, None)
            if watched:
                watched.over.set()
                self._changed.wait_for(lambda: not watched.is_busy)

    def forget(self, record: Record, *, below: Sequence[str] = ("",)) -> None:
        """Remove the copies of a job's files that are still marked, below these folders of its run. Safe to repeat."""
        container, prefix = self._place(record.id)
        folders = tuple(f"{prefix}{folder}" for folder in below)
        for blob in self._marked(container, prefix) if folders else ():
            if blob.name.startswith(folders):
                self._remove(container, blob)

    def close(self) -> None:
        """End; a later server goes on."""
        with self._changed:
            self._is_closed = True
            for watched in self._watched.values():
                watched.over.set()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _place(self, id: ResourceId) -> tuple[str, str]:
        return self._storage.container(id.scope, ARTIFACTS), f"{artifact_folder(id.name)}/"

    # --- when --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while watched := self._next():
            try:
                watched.due = time.monotonic() + self._look(watched)
                watched.is_in_trouble = False
            except _Over:
                pass
            except Exception as error:  # a full disk, most often: the end of the job keeps everything anyway
                if not watched.is_in_trouble:
                    log.warning("What %s writes could not be kept for now: %s", watched.id, error)
                watched.is_in_trouble = True
                watched.due = time.monotonic() + TROUBLE_S
            finally:
                with self._changed:
                    watched.is_busy = False
                    self._changed.notify_all()
            self._drop_outdated()

    def _next(self) -> _Watched | None:
        """The job that is to be looked at next, once it is time; None at the end."""
        with self._changed:
            while not self._is_closed:
                free = [watched for watched in self._watched.values() if not watched.is_busy]
                first = min(free, key=lambda watched: watched.due, default=None)
                wait = None if first is None else first.due - time.monotonic()
                if first is not None and wait is not None and wait <= 0:
                    first.is_busy = True
                    return first
                self._changed.wait(wait)
        return None

    def _drop_outdated(self) -> None:
        """Remove what nobody asks for any more. What cannot be removed now is left to those who sweep the contents."""
        gone: list[str] = []
        with self._changed:  # several threads look at it
            while self._outdated and self._outdated[0][0] < time.monotonic() - GRACE_S:
                gone.append(self._outdated.popleft()[1])
        for sha256 in gone:
            with suppress(OSError, SQLAlchemyError):
                self._blobs.drop(sha256)

    # --- what --------------------------------------------------------------------------------------------------

    def _look(self, watched: _Watched) -> float:
        """Keep what has changed; in how many seconds to look again."""
        started = time.monotonic()
        if watched.kept is None:
            marked = self._marked(watched.container, watched.prefix)
            watched.kept = {blob.name.removeprefix(watched.prefix): blob.metadata[MARK] for blob in marked}
        found = {file.name: file for file in _files(watched.folder)}
        # Asked after the look, so that a folder that goes meanwhile is no folder whose files have gone.
        there = folders_there(watched.folder)
        self._drop_gone(watched, {name for name in watched.kept.keys() - found.keys() if name.startswith(there)})
        ready = sorted(self._ready(watched, found.values()), key=lambda file: file.size)
        looked = time.monotonic() - started
        small = [file for file in ready if file.size < LARGE]
        started = time.monotonic()
        for start in range(0, len(small), _BATCH):
            self._keep(watched, small[start : start + _BATCH])
        spent = time.monotonic() - started
        for file in ready[len(small) :]:
            started = time.monotonic()
            self._keep(watched, [file])
            now = time.monotonic()
            watched.seen[file.name] = _Seen(file.mark, now, now, now + LARGE_SHARE * (now - started))
        return max(BEAT_S, SHARE * looked + SHARE / 4 * spent)

    def _ready(self, watched: _Watched, files: Iterable[_File]) -> Iterator[_File]:
        """The files that have changed and are to be copied now."""
        now = time.monotonic()
        assert watched.kept is not None
        for file in files:
            if watched.kept.get(file.name) == file.mark:
                continue
            seen = watched.seen.get(file.name)
            if seen is None:
                seen = watched.seen[file.name] = _Seen(file.mark, now, now)
            if seen.mark != file.mark:
                seen.mark, seen.changed = file.mark, now
            if now >= seen.not_before and (now - seen.changed >= QUIET_S or now - seen.since >= LONGEST_WAIT_S):
                yield file

    def _keep(self, watched: _Watched, files: Sequence[_File]) -> None:
        """Copy files; their names appear together. Those that are gone or in the way of the disk are left out."""
        watched.go_on()
        room = _room(self._store.settings.data_dir)
        root = os.path.realpath(watched.folder)
        secrets = self._masks(watched.id) if any(file.is_log for file in files) else ()
        streams: dict[str, Iterator[bytes]] = {}
        marks: dict[str, dict[str, str]] = {}
        with ExitStack() as opened:
            for file in files:
                handle = _opened(file.path, root) if file.size <= room else None
                if handle is not None:
                    opened.callback(os.close, handle)
                    room -= file.size
                    hidden = secrets if file.is_log else ()
                    streams[watched.prefix + file.name] = _pieces(handle, file.size, hidden, watched)
                    marks[watched.prefix + file.name] = {MARK: file.mark}
            outdated = self._blobs.put_streams(watched.container, streams, marks)
        self._outdated += [(time.monotonic(), sha256) for sha256 in outdated]
        assert watched.kept is not None
        for file in files:
            if watched.prefix + file.name in streams:
                watched.kept[file.name] = file.mark
                watched.seen.pop(file.name, None)

    def _drop_gone(self, watched: _Watched, names: set[str]) -> None:
        """Remove the copies of files that the job has removed, where they are still ours."""
        assert watched.kept is not None
        for name in names:
            watched.go_on()
            blob = self._blobs.stat(watched.container, watched.prefix + name)
            if blob and MARK in blob.metadata:
                self._remove(watched.container, blob)
            watched.kept.pop(name)

    def _remove(self, container: str, blob: Blob) -> None:
        self._blobs.delete(container, blob.name, if_match=blob.etag)
        self._outdated.append((time.monotonic(), blob.sha256))

    def _marked(self, container: str, prefix: str) -> Iterator[Blob]:
        return (blob for blob in self._blobs.below(container, prefix) if MARK in blob.metadata)


def folders_there(folder: Path) -> tuple[str, ...]:
    """The folders of a run that its job still has. Where one itself is gone, the copies are all there is of it."""
    return tuple(f"{target}/" for source, target in ARTIFACT_FOLDERS if (folder / source).is_dir())


def _files(folder: Path) -> Iterator[_File]:
    """The files of a job that runs. Links are left to its end, when nobody can change where they lead."""
    count = 0
    for source, target in ARTIFACT_FOLDERS:
        todo = [(str(folder / source), f"{target}/")]
        while todo:
            path, start = todo.pop()
            try:
                entries = list(os.scandir(path)) if not Path(path).is_symlink() else []
            except OSError:  # gone meanwhile, or the job locked itself out
                continue
            for entry in entries:
                try:
                    info = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                name = start + entry.name
                if stat.S_ISDIR(info.st_mode):
                    todo.append((entry.path, f"{name}/"))
                elif stat.S_ISREG(info.st_mode) and len(name) <= _LONGEST and not is_odd(name):
                    mark = f"{info.st_size:x}-{info.st_mtime_ns:x}"
                    yield _File(name, entry.path, info.st_size, mark, target == LOGS)
                    count += 1
                    if count >= MOST_FILES:
                        return


def _opened(path: str, root: str) -> int | None:
    """The descriptor of a file below ``root``; None where it is none any more, or the job has put a link in its way."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(handle).st_mode) and str(Path(f"/proc/self/fd/{handle}").readlink()).startswith(
        f"{root}/"
    ):
        return handle
    os.close(handle)
    return None


def _pieces(handle: int, size: int, secrets: Sequence[bytes], watched: _Watched) -> Iterator[bytes]:
    """The first ``size`` bytes of a file, without the secrets."""

    def read(offset: int, limit: int) -> bytes:
        return os.pread(handle, max(0, min(limit, size - offset)), offset)

    offset = 0
    while piece := read_masked(read, secrets, offset, _PIECE, grows=True):
        watched.go_on()
        yield piece
        offset += len(piece)


def _room(folder: Path) -> int:
    """The bytes that may still be written."""
    usage = shutil.disk_usage(folder)
    return usage.free - usage.total // _ROOM
