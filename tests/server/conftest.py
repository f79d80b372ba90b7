"""The whole platform behind its real doors, on a loopback port: opened once for all tests of the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.server.listening import listening
from tests.workspaces.leases import leased

from lazuli.schema.identity import Scope
from lazuli.server.app import App
from lazuli.server.platform import Platform, open_platform
from lazuli.store.settings import Settings

SCOPE = Scope("00000000-0000-0000-0000-000000000001", "rg1", "ws1")
WS = SCOPE.path


@dataclass(frozen=True)
class Served:
    """A server that runs, and the two who ask it."""

    platform: Platform
    app: App
    folder: Path
    url: str
    token: str
    admin: httpx.Client
    """Sends the first token."""
    nobody: httpx.Client
    """Sends none."""

    @property
    def spool(self) -> Path:
        """Where uploads lie while they come in."""
        return self.folder / "uploads"


def eventually(holds: Callable[[], bool], seconds: float = 400) -> None:
    """Wait until something holds that happens beside the test: building an environment, where the index is slow."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it never came"
        time.sleep(0.01)


def on_its_way(served: Served, name: str) -> int:
    """When the job ``name`` was born; it is made, if need be, as one that another server looks after."""
    return leased(served.platform.store, SCOPE, name)


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(Settings(data_dir=tmp_path_factory.mktemp("served"))) as served:
        yield served


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    """A server with one workspace, for as long as it is asked."""
    folder, platform = settings.data_dir, open_platform(settings)
    app = App(
        platform.routes(),
        platform.access,
        hosts=["127.0.0.1", "localhost"],
        spool=folder / "uploads",
        insights=platform.insights,
    )
    platform.start()
    token = (folder / "token").read_text().strip()
    bearer = {"Authorization": f"Bearer {token}"}
    with (
        listening(app) as url,
        httpx.Client(base_url=url, headers=bearer, timeout=60) as admin,
        httpx.Client(base_url=url, timeout=60) as nobody,
    ):
        assert admin.put(WS, json={"location": "here", "properties": {}}).status_code == 201
        yield Served(platform, app, folder, url, token, admin, nobody)
    platform.stop()


@pytest.fixture(scope="package")
def admin(served: Served) -> httpx.Client:
    return served.admin
