"""The files of datastores, wherever they lie: a folder at a time, and each opened to be read in pieces."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from lazuli.assets.remote import OutsideFile
from lazuli.assets.storage import Location, Storage
from lazuli.schema.problems import NotFound
from lazuli.store.opened import Store

__all__ = ["MOST_LISTED", "FileFacts", "Level", "StoredFiles"]

MOST_LISTED = 1000


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file without opening it."""

    name: str
    size: int
    modified_at: int


@dataclass(frozen=True)
class Level:
    """Some of the folders and files right below a folder, in byte order of their names."""

    folders: list[str]
    files: list[FileFacts]
    next: str
    """The marker that leads to the rest; '' where this is the last of it."""


class StoredFiles:
    """The files of every datastore."""

    def __init__(self, store: Store, storage: Storage) -> None:
        self._blobs = store.blobs
        self._storage = storage

    def level(self, place: Location, marker: str = "", limit: int = MOST_LISTED) -> Level:
        """What lies right below a folder, from behind ``marker`` on; nothing where nothing lies there."""
        limit = max(1, min(limit, MOST_LISTED))
        if not place.is_outside:
            page = self._blobs.list(place.container, place.prefix, delimiter="/", after=marker, limit=limit)
            cut = len(place.prefix)
            files = [FileFacts(blob.name[cut:], blob.size, blob.modified_at) for blob in page.blobs]
            return Level([name[cut:].rstrip("/") for name in page.prefixes], files, page.next_marker)
        folders, files = self._storage.outside(place).level(place.path)
        every = [(f"{name}/", None) for name in folders] + [(_name(file), file) for file in files]
        behind = [each for each in every if each[0] > marker]
        shown = heapq.nsmallest(limit, behind, key=lambda each: each[0])
        return Level(
            [name.rstrip("/") for name, file in shown if file is None],
            [FileFacts(name, file.size, file.modified_at) for name, file in shown if file is not None],
            shown[-1][0] if len(behind) > len(shown) else "",
        )

    def below(self, place: Location) -> Iterator[tuple[str, FileFacts]]:
        """Every file below a folder, by its path there."""
        cut = len(place.prefix)
        if not place.is_outside:
            for blob in self._blobs.below(place.container, place.prefix):
                yield blob.name[cut:], FileFacts(blob.name.rpartition("/")[2], blob.size, blob.modified_at)
            return
        for file in self._storage.outside(place).files(place.path):
            yield file.path[cut:], FileFacts(_name(file), file.size, file.modified_at)

    def stat(self, place: Location) -> FileFacts | None:
        """The file at a place, or None where it is a folder or nothing."""
        if place.is_outside:
            found = self._storage.outside(place).stat(place.path) if place.path else None
            return FileFacts(_name(found), found.size, found.modified_at) if found else None
        blob = self._storage.blob(place)
        return FileFacts(blob.name.rpartition("/")[2], blob.size, blob.modified_at) if blob else None

    def is_folder(self, place: Location) -> bool:
        """Whether a folder with something in it lies there."""
        level = self.level(place, limit=1)
        return bool(level.folders or level.files)

    @contextmanager
    def opened(self, place: Location) -> Iterator[BinaryIO]:
        """The file at a place, to be read from anywhere in it. Raises :class:`NotFound`."""
        if place.is_outside:
            outside = self._storage.outside(place)
            file = outside.stat(place.path)
            if file is None:
                raise _nothing(place)
            with outside.open(file) as source:
                yield source
            return
        blob = self._storage.blob(place)
        if blob is None:
            raise _nothing(place)
        with self._blobs.file(blob).open("rb") as source:
            yield source


def _name(file: OutsideFile) -> str:
    return file.path.rpartition("/")[2]


def _nothing(place: Location) -> NotFound:
    return NotFound(f"There is no file '{place.path[:200]}'.", target="path", mend="Correct the path.")
