"""A platform with one workspace, opened once: assets need storage, workspaces and jobs beside them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from lazuli.assets.kinds import DataAssets, Environments, Models
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.places import DEFAULT
from lazuli.server.platform import Platform, open_platform
from lazuli.shelves.principal import Principal
from lazuli.store.documents import Record
from lazuli.store.settings import Settings

SCOPE = Scope("sub", "group", "ws")
ME = Principal("p", "me", "admin")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Room:
    """The assets of a workspace."""

    platform: Platform

    @property
    def data(self) -> DataAssets:
        return self.platform.shelves["data"]  # type: ignore[return-value]

    @property
    def models(self) -> Models:
        return self.platform.shelves["model"]  # type: ignore[return-value]

    @property
    def environments(self) -> Environments:
        return self.platform.shelves["environment"]  # type: ignore[return-value]

    def put(self, word: str, name: str, version: str, **said: Any) -> tuple[Record, bool]:
        """Create a version, or say it again."""
        row = noun(word)
        document = row.document.load({"name": name, "version": version, **said})
        return self.platform.shelves[word].put(ResourceId(SCOPE, row.collection, name, version), document, ME)

    def get(self, word: str, name: str, version: str = "") -> Record:
        return self.platform.shelves[word].get(ResourceId(SCOPE, noun(word).collection, name, version))

    def upload(self, path: str, data: bytes = b"x") -> str:
        """A file on the default datastore; its address."""
        container = self.platform.storage.container(SCOPE, DEFAULT)
        self.platform.store.blobs.put_bytes(container, path, data)
        return f"azureml://datastores/{DEFAULT}/paths/{path}"


@pytest.fixture(scope="package")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    platform = open_platform(Settings(data_dir=tmp_path_factory.mktemp("assets")))
    row = noun("workspace")
    platform.shelves["workspace"].put(ResourceId(SCOPE), row.document.load({"name": "ws"}), ME)
    yield Room(platform)
    platform.stop()


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"Thing-{next(_numbers)}"
