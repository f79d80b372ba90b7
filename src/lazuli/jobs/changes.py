"""Changes on datastores: which files below a path are new, or were changed, since somebody looked last.

What was seen is kept as a digest of eight bytes for each file, of its path and its etag, so that a folder of many
files is remembered in little room, wherever its bytes lie.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from lazuli.assets.storage import Location, Storage
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import DatastorePath, parse_datastore_path
from lazuli.store.blobs import Blobs

__all__ = ["Changes", "Look"]

_MOST = 100_000
_LENGTH = 8


@dataclass(frozen=True)
class Look:
    """What somebody saw who looked."""

    seen: str
    """All that is there, to be compared with the next time."""
    changed: tuple[DatastorePath, ...] = ()
    """The files that are new or were changed; none where nobody had looked before."""

    @property
    def place(self) -> tuple[DatastorePath, bool]:
        """The file that changed, or of several the deepest folder that holds them; and whether it is a file."""
        if len(self.changed) == 1:
            return self.changed[0], True
        folders = [posixpath.dirname(each.path) for each in self.changed]
        return DatastorePath(self.changed[0].datastore, posixpath.commonpath(folders)), False


class Changes:
    """Looks at paths of datastores, this server's own and those outside it."""

    def __init__(self, storage: Storage, blobs: Blobs) -> None:
        self._storage = storage
        self._blobs = blobs

    def check(self, scope: Scope, path: str) -> None:
        """Raise :class:`InvalidInput` where ``path`` is none on a datastore of the workspace."""
        self._located(scope, path)

    def look(self, scope: Scope, path: str, seen: str | None, *, recursive: bool = True) -> Look:
        """What lies at ``path`` now, and what of it is new to who has ``seen`` that; None is who sees it first.

        Without ``recursive`` the folders in it are not looked at. Raises :class:`InvalidInput` and :class:`Unavailable`
        where it cannot be looked at.
        """
        place, location = self._located(scope, path)
        files = self._etags(location).items()
        begin = len(location.prefix)
        there = {_mark(name, etag): name for name, etag in files if recursive or "/" not in name[begin:]}
        if len(there) > _MOST:
            raise InvalidInput(
                f"{len(there)} files lie at '{path}', and {_MOST} at most can be watched.",
                target="trigger.path",
                mend="Name a folder with fewer.",
            )
        known = there.keys() if seen is None else _unpacked(seen)
        names = sorted(name for mark, name in there.items() if mark not in known)
        changed = tuple(DatastorePath(place.datastore, name) for name in names)
        return Look(base64.b64encode(b"".join(sorted(there))).decode(), changed)

    def _located(self, scope: Scope, path: str) -> tuple[DatastorePath, Location]:
        place = parse_datastore_path(path)
        if place is None:
            raise InvalidInput(
                f"'{path[:200]}' is not a path of a datastore.",
                target="trigger.path",
                mend="Write azureml://datastores/<name>/paths/<path>.",
            )
        return place, self._storage.locate(scope, path.rstrip("/"), target="trigger.path")

    def _etags(self, location: Location) -> Mapping[str, str]:
        """The files at a location, each with its etag."""
        if not location.is_outside:
            found = self._blobs.etags(location.container, location.path)
            return {n: e for n, e in found.items() if n == location.path or n.startswith(location.prefix)}
        outside = self._storage.outside(location)
        file = outside.stat(location.path) if location.path else None
        return {each.path: each.etag for each in ([file] if file else outside.files(location.path))}


def _mark(name: str, etag: str) -> bytes:
    return hashlib.blake2b(f"{name}\n{etag}".encode(), digest_size=_LENGTH).digest()


def _unpacked(seen: str) -> set[bytes]:
    packed = base64.b64decode(seen)
    return {packed[start : start + _LENGTH] for start in range(0, len(packed), _LENGTH)}
