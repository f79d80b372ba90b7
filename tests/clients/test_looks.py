"""Previews, profiles and folders of files on real storage servers."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.clients import storage_servers
from tests.clients.test_datastores import SERVERS, put
from tests.jobs.place import Place, opened

from lazuli.assets.remote import Outside
from lazuli.schema.problems import Unavailable

CSV = "name,petals\n" + "".join(f"rose {n},{n}\n" for n in range(3000))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened(tmp_path_factory.mktemp("platform")) as found:
        yield found


class Shelf:
    """A datastore that is looked into as Studio does."""

    def __init__(self, place: Place, name: str, outside: Outside) -> None:
        settings = place.platform.store.settings
        self.outside = outside
        self._store = f"{place.scope.path}/datastores/{name}"
        token = (settings.data_dir / "token").read_text().strip()
        self._client = httpx.Client(base_url=settings.plain_url, headers={"Authorization": f"Bearer {token}"})

    def ask(self, what: str, path: str = "", **query: Any) -> httpx.Response:
        return self._client.get(f"{self._store}/{what}", params={"path": path, **query}, timeout=60)

    def look(self, what: str, path: str = "", **query: Any) -> dict[str, Any]:
        answer = self.ask(what, path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module", params=SERVERS)
def shelf(request: pytest.FixtureRequest, place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("files")
    with getattr(storage_servers, request.param)() as said:
        record = place.put("datastore", request.param, **said)
        outside = place.platform.storage.open(record)
        put(outside, folder, "tables/roses.csv", CSV.encode())
        put(outside, folder, "tables/roses.csv.gz", gzip.compress(CSV.encode()))
        put(outside, folder, "tables/deep/ü #1?.txt", "tëxt\n".encode() * 40_000)
        put(outside, folder, "tables/empty.csv", b"")
        put(outside, folder, "tables/picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100))
        yield Shelf(place, request.param, outside)


def test_a_folder_is_listed_level_by_level_and_page_by_page(shelf: Shelf, tmp_path: Path) -> None:
    assert shelf.look("files")["folders"] == ["tables"]
    told = shelf.look("files", "tables")
    assert told["folders"] == ["deep"]
    assert [each["name"] for each in told["files"]] == ["empty.csv", "picture.png", "roses.csv", "roses.csv.gz"]
    sizes = {each["name"]: each["size"] for each in told["files"]}
    assert sizes["roses.csv"] == len(CSV) and sizes["empty.csv"] == 0
    assert all(each["modifiedAt"] > 1_500_000_000_000 for each in told["files"])
    found, marker = [], ""
    for _ in range(5):
        page = shelf.look("files", "tables", limit=1, marker=marker)
        found += page["folders"] + [each["name"] for each in page["files"]]
        marker = page["next"]
    assert found == ["deep", *sizes] and not marker
    put(shelf.outside, tmp_path, "tables/new.txt", b"made meanwhile")
    assert "new.txt" in [each["name"] for each in shelf.look("files", "tables")["files"]]
    assert shelf.look("preview", "tables/new.txt")["text"] == "made meanwhile"
    put(shelf.outside, tmp_path, "tables/new.txt", b"and said anew")
    assert shelf.look("preview", "tables/new.txt")["text"] == "and said anew"


def test_tables_are_shown_and_profiled(shelf: Shelf, tmp_path: Path) -> None:
    for name in ("roses.csv", "roses.csv.gz"):
        told = shelf.look("preview", f"tables/{name}", rows=5)
        assert (told["kind"], [each["name"] for each in told["columns"]]) == ("table", ["name", "petals"])
        assert told["rows"][4] == ["rose 4", "4"]
        petals = shelf.look("profile", f"tables/{name}")["columns"][1]
        assert (petals["count"], petals["spread"]["max"]) == (3000, 2999)
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    data = io.BytesIO()
    parquet.write_table(pa.table({"n": list(range(100_000))}), data, row_group_size=10_000)
    put(shelf.outside, tmp_path, "tables/numbers.parquet", data.getvalue())
    told = shelf.look("preview", "tables/numbers.parquet", rows=3)
    assert (told["rows"], told["totalRows"]) == ([[0], [1], [2]], 100_000)


def test_texts_and_other_files_say_what_they_are(shelf: Shelf) -> None:
    path = "tables/deep/ü #1?.txt"
    told = shelf.look("preview", path)
    assert told["kind"] == "text" and told["text"].startswith("tëxt\n")
    more = shelf.look("preview", path, offset=told["nextOffset"])
    assert "tëxt\n" in more["text"] and more["offset"] == told["nextOffset"]
    assert shelf.look("preview", "tables/picture.png")["contentType"] == "image/png"
    assert shelf.look("preview", "tables/empty.csv")["kind"] == "text"
    assert shelf.look("preview", "tables")["folders"] == ["deep"]


@pytest.mark.parametrize("path", ["tables/none.csv", "none", "tables/roses.csv/below"])
def test_what_is_not_there_is_told(shelf: Shelf, path: str) -> None:
    assert shelf.ask("preview", path).status_code == 404


@pytest.mark.needs("node", "npm")
def test_a_wrong_key_is_told_without_it(place: Place) -> None:
    with storage_servers.azurite() as said:
        record = place.put("datastore", "wrongkey", **{**said, "credentials": {"account_key": "d3Jvbmc="}})
        shelf = Shelf(place, "wrongkey", place.platform.storage.open(record))
        for what in ("files", "preview", "profile"):
            answer = shelf.ask(what, "roses.csv")
            assert answer.status_code == 400 and answer.json()["error"]["code"] == "DatastoreRefused", answer.text
            assert "d3Jvbmc" not in answer.text


def test_a_server_that_went_is_told(place: Place, tmp_path: Path) -> None:
    with storage_servers.moto() as said:
        record = place.put("datastore", "gone", **said)
        outside = place.platform.storage.open(record)
        put(outside, tmp_path, "roses.csv", CSV.encode())
        shelf = Shelf(place, "gone", outside)
        assert shelf.look("preview", "roses.csv")["kind"] == "table"
    for what in ("files", "preview", "profile"):
        answer = shelf.ask(what, "" if what == "files" else "roses.csv")
        assert answer.status_code == 503 and answer.json()["error"]["code"] == "DatastoreUnreachable", answer.text


def test_a_server_that_goes_while_it_is_read_is_told(place: Place, tmp_path: Path) -> None:
    with storage_servers.moto() as said:
        outside = place.platform.storage.open(place.put("datastore", "going", **said))
        put(outside, tmp_path, "long.csv", CSV.encode() * 500)
        file = outside.stat("long.csv")
        assert file
        source = outside.open(file)
        assert source.read(4) == b"name" and source.seek(2) == source.tell() == 2
    with source, pytest.raises(Unavailable, match="'going' cannot be reached"):
        source.seek(file.size - 10)
        source.read(10)
