"""A full disk is told as what it is, in the words of each door, and takes nothing along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from starlette.responses import Response
from tests.server.listening import listening

from lazuli.server.app import App
from lazuli.server.mlflow.door import refuse_as_mlflow
from lazuli.server.platform import Platform, open_platform
from lazuli.server.routes import Call, Route, reply
from lazuli.store.database import Database
from lazuli.store.room import is_full
from lazuli.store.settings import Settings


def full_file(call: Call) -> Response:
    Path("/dev/full").write_text("x")
    return reply({})


def full_database(call: Call) -> Response:
    database = Database("sqlite://", migrations="state")
    with database.write() as tx:
        pages = tx.execute(text("PRAGMA page_count")).scalar()
        tx.execute(text(f"PRAGMA max_page_count = {pages}"))
        tx.execute(text("INSERT INTO migration SELECT hex(randomblob(1000000)), 1"))
    return reply({})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("full")
    platform: Platform = open_platform(Settings(data_dir=folder))
    route = Route("PUT", "/file", full_file, "public", "Write to a full disk")
    routes = [
        route,
        replace(route, path="/upload", upload=True),
        replace(route, path="/database", handler=full_database),
        replace(route, path="/mlflow", failure=refuse_as_mlflow),
    ]
    app = App(routes, platform.access, hosts=["127.0.0.1"], spool=folder / "uploads")
    with listening(app) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client
    platform.stop()


@pytest.mark.parametrize("path", ["/file", "/upload", "/database"])
def test_it_is_told_with_its_mend(client: httpx.Client, path: str) -> None:
    answer = client.put(path, content=b"x")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (503, "DiskFull")
    assert "disk is full" in error["message"] and "Make room" in error["message"]
    assert "/dev" not in answer.text


def test_it_is_told_to_mlflow_in_its_own_words(client: httpx.Client) -> None:
    answer = client.put("/mlflow", content=b"x")
    assert (answer.status_code, answer.json()["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")


def test_other_errors_are_not_taken_for_it() -> None:
    assert not is_full(OSError(5, "Input/output error")) and not is_full(None)
    assert is_full(OSError(28, "No space left on device"))
