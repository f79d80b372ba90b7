"""Folders of datastores as one zip file, which is written while it is sent: nothing of it is kept."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from lazuli.assets.storage import Location
from lazuli.assets.stored import StoredFiles

__all__ = ["zipped"]

_PIECE = 1 << 20
_FIRST_YEAR = 1980  # before it no zip file has a date


def zipped(files: StoredFiles, place: Location) -> Iterator[bytes]:
    """The zip file, piece by piece, of all that lies below a place. As it is: models and images are dense already."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_STORED) as archive:
        for path, facts in files.below(place):
            entry = ZipInfo(_plain(path), _date(facts.modified_at))
            entry.external_attr = 0o644 << 16
            with files.opened(place / path) as source, archive.open(entry, "w", force_zip64=True) as target:
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
