"""Many files as one zip file, which is written while it is sent: nothing of it is kept."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from lazuli.assets.storage import Location
from lazuli.assets.stored import StoredFiles

__all__ = ["Packed", "stored", "zipped"]

_PIECE = 1 << 20
_FIRST_YEAR = 1980  # before it no zip file has a date


@dataclass(frozen=True)
class Packed:
    """One file of an archive."""

    path: str
    modified_at: int
    open: Callable[[], AbstractContextManager[BinaryIO]]


def stored(files: StoredFiles, place: Location) -> Iterator[Packed]:
    """All that lies below a place of a datastore."""
    for path, facts in files.below(place):
        yield Packed(path, facts.modified_at, partial(files.opened, place / path))


def zipped(files: Iterable[Packed]) -> Iterator[bytes]:
    """The zip file, piece by piece. Nothing in it is packed closer: models and images are dense already."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_STORED) as archive:
        for file in files:
            entry = ZipInfo(_plain(file.path), _date(file.modified_at))
            entry.external_attr = 0o644 << 16
            with file.open() as source, archive.open(entry, "w", force_zip64=True) as target:
                while piece := source.read(_PIECE):
                    target.write(piece)
                    yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken. It cannot be sought in, so that an archive is written in one go."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self._held += memoryview(data).cast("B")  # type: ignore[arg-type]
        return len(memoryview(data).cast("B"))  # type: ignore[arg-type]

    def taken(self) -> bytes:
        """What was written since this was asked last."""
        taken = bytes(self._held)
        self._held.clear()
        return taken


def _plain(path: str) -> str:
    """A name that leads nowhere else than below the folder into which the archive is unpacked."""
    parts = path.replace("\\", "_").split("/")
    return "/".join(part for part in parts if part not in ("", ".", ".."))


def _date(moment: int) -> tuple[int, int, int, int, int, int]:
    year, month, day, hour, minute, second = time.gmtime(moment / 1000)[:6]
    return (year, month, day, hour, minute, second) if year >= _FIRST_YEAR else (_FIRST_YEAR, 1, 1, 0, 0, 0)
