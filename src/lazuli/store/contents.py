"""Contents: files named by their SHA-256, written whole, read-only, each kept once."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lazuli.schema.problems import InvalidInput
from lazuli.store.clock import Clock

__all__ = ["Content", "Contents", "pieces_of"]

_DAY = 24 * 3_600_000
_PIECE = 1 << 20


@dataclass(frozen=True)
class Content:
    """What a content is known by. ``md5`` is base64, empty where it was not computed."""

    sha256: str
    size: int
    md5: str


class Contents:
    """Files named by their SHA-256: each kept once, read-only, whole or not at all."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self._clock = clock
        self._content = root / "content"
        self._incoming = root / "incoming"
        for folder in (self._content, self._incoming):
            folder.mkdir(parents=True, exist_ok=True)
        self._device = self._content.stat().st_dev
        # Held where a file gets its name or loses it, so that the sweep never takes one that has just been stored.
        self._naming = threading.Lock()
        self._held: Counter[str] = Counter()

    def file(self, sha256: str) -> Path:
        """Where a content lies."""
        return self._content / sha256[:2] / sha256[2:]

    def keep(self, pieces: Iterable[bytes], *, md5: bytes = b"") -> Content:
        """Store the content that ``pieces`` make."""
        ready = self._incoming / uuid.uuid4().hex
        try:
            with ready.open("xb") as sink:
                content = _digest(pieces, md5, sink)
                sink.flush()
                os.fsync(sink.fileno())
            self._adopt(ready, content)
        finally:
            ready.unlink(missing_ok=True)
        return content

    def keep_file(self, source: Path, *, move: bool = False, md5: bytes = b"") -> Content:
        """Store the content of a file; with ``move``, the file itself where nobody else holds it."""
        if not (move and self._may_move(source)):
            content = self.keep(pieces_of(source), md5=md5)
        else:
            content = _digest(pieces_of(source), md5)
            _sync(source)
            self._adopt(source, content)
        if move:
            source.unlink(missing_ok=True)
        return content

    def place(self, source: Path, target: Path, *, move: bool = False, md5: bytes = b"") -> None:
        """Copy or move a file that is no content yet; ``target`` appears whole."""
        ready = self._incoming / uuid.uuid4().hex
        try:
            if move and self._may_move(source):
                _digest(pieces_of(source) if md5 else (), md5)
                source.replace(ready)
            else:
                with ready.open("xb") as sink:
                    _digest(pieces_of(source), md5, sink)
            _sync(ready)
            ready.replace(target)
        finally:
            ready.unlink(missing_ok=True)

    def hold(self, sha256: str) -> None:
        """Have :meth:`drop` leave a content alone until :meth:`release`: it is about to get a name.

        What :meth:`keep` and :meth:`keep_file` store is held. Held for ever, it is left to :meth:`sweep`.
        """
        with self._naming:
            self._held[sha256] += 1

    def release(self, contents: Iterable[str]) -> None:
        """They have their names, or will get none."""
        with self._naming:
            self._held.subtract(contents)
            self._held += Counter()  # leaves out what nobody holds any more

    def drop(self, sha256: str, is_used: Callable[[], bool]) -> bool:
        """Remove a content now, unless it is held or ``is_used``; whether it is gone."""
        with self._naming:
            if self._held[sha256] or is_used():
                return False
            self.file(sha256).unlink(missing_ok=True)
        return True

    def touch(self, sha256: str) -> None:
        """Begin the time anew after which a content without a name is swept away."""
        with self._naming:
            if self.file(sha256).exists():
                self._stamp(self.file(sha256))

    def sweep(self, used: set[str], before: int) -> int:
        """Remove the contents that are not in ``used`` and were stored or last used ``before`` then."""
        removed = 0
        for file in self._content.glob("??/*"):
            if file.parent.name + file.name in used:
                continue
            with self._naming, suppress(FileNotFoundError):  # another sweep was faster
                if file.stat().st_mtime * 1000 < before:
                    file.unlink()
                    removed += 1
        for file in self._incoming.iterdir():
            # Written to by a put that may take long; a day without a byte means that its process is gone.
            with suppress(FileNotFoundError):  # that put is done
                if file.stat().st_mtime * 1000 < self._clock() - _DAY:
                    file.unlink()
        return removed

    def recover(self) -> None:
        """Remove what a former process was writing when it ended. Nobody else may be writing."""
        for file in self._incoming.iterdir():
            file.unlink(missing_ok=True)

    def _adopt(self, ready: Path, content: Content) -> None:
        target = self.file(content.sha256)
        target.parent.mkdir(exist_ok=True)
        ready.chmod(0o444)
        with self._naming:
            # Also where it is there already: equal content, and one that a bad disk damaged is healed.
            self._stamp(ready)
            ready.replace(target)
            self._held[content.sha256] += 1
        _sync(target.parent)

    def _stamp(self, file: Path) -> None:
        now = self._clock() * 1_000_000
        os.utime(file, ns=(now, now))

    def _may_move(self, source: Path) -> bool:
        """A link, or a file that has another name as well, could still be changed by somebody: it is copied."""
        info = source.lstat()
        return stat.S_ISREG(info.st_mode) and info.st_nlink == 1 and info.st_dev == self._device


def _digest(pieces: Iterable[bytes], expected_md5: bytes, sink: BinaryIO | None = None) -> Content:
    """The hashes and size of a content, copied to ``sink`` in passing; MD5 only where one is expected."""
    sha256, size = hashlib.sha256(), 0
    md5 = hashlib.md5(usedforsecurity=False) if expected_md5 else None
    for piece in pieces:
        size += len(piece)
        sha256.update(piece)
        if md5:
            md5.update(piece)
        if sink:
            sink.write(piece)
    if md5 and md5.digest() != expected_md5:
        raise InvalidInput(
            "The content does not have the MD5 digest that was sent with it.",
            target="Content-MD5",
            mend="It was damaged on the way: send it again.",
            code="Md5Mismatch",
        )
    return Content(sha256.hexdigest(), size, base64.b64encode(expected_md5).decode())


def pieces_of(file: Path) -> Iterator[bytes]:
    """A file's bytes, a piece at a time."""
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _sync(path: Path) -> None:
    """Return when what was written to a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
