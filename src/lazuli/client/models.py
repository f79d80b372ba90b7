"""Models and data from Python: their files."""

from __future__ import annotations

from pathlib import Path

from lazuli.client.collection import Collection
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import parse_datastore_path
from lazuli.store.paths import inside

__all__ = ["Files"]


class Files(Collection):
    """Assets that are files in storage."""

    def download(self, name: str, target: Path, version: str = "") -> int:
        """Write the files of a version to ``target/<name>``; how many there are."""
        path = self.get(name, version)["path"]
        place = parse_datastore_path(path)
        if place is None:
            raise InvalidInput(f"The {self.noun.word} '{name}' lies at '{path}', which is no datastore.", target="path")
        return self._client.storage.download(place, inside(target, name))
