"""Datastores on real storage servers: what jobs read is fetched from there, what they write is sent there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients import storage_servers
from tests.jobs.place import Place, opened

from lazuli.assets.remote import Outside
from lazuli.assets.storage import Location
from lazuli.schema.problems import InvalidInput
from lazuli.store.documents import Record

SERVERS = [
    pytest.param("azurite", marks=pytest.mark.needs("node", "npm")),
    "moto",
    "gcs",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened(tmp_path_factory.mktemp("platform")) as found:
        yield found


@pytest.fixture(scope="module", params=SERVERS)
def store(request: pytest.FixtureRequest, place: Place) -> Iterator[Record]:
    with getattr(storage_servers, request.param)() as said:
        yield place.put("datastore", request.param, **said)


@pytest.fixture
def outside(place: Place, store: Record) -> Outside:
    return place.platform.storage.open(store)


def put(outside: Outside, folder: Path, path: str, content: bytes) -> None:
    file = folder / "file"
    file.write_bytes(content)
    outside.send(file, path)


def got(outside: Outside, folder: Path, path: str) -> bytes:
    file = outside.stat(path)
    assert file, path
    outside.fetch(file, folder / "got", lambda: None)
    return (folder / "got").read_bytes()


def test_a_job_reads_there_and_writes_there(place: Place, store: Record, outside: Outside, tmp_path: Path) -> None:
    at = f"azureml://datastores/{store.id.name}/paths"
    put(outside, tmp_path, "in/a.txt", b"one\n")
    put(outside, tmp_path, "in/sub dir/ü #1.txt", b"two\n")
    put(outside, tmp_path, "in/empty", b"")
    put(outside, tmp_path, "inside.txt", b"not this one")
    record = place.run(
        f"{store.id.name}-job",
        "cd ${{inputs.all}} && find . -type f | sort"
        " && cat a.txt 'sub dir/ü #1.txt' ${{inputs.one}} > ${{outputs.out}}/x"
        " && mkdir ${{outputs.out}}/deep && cp a.txt ${{outputs.out}}/deep/ && cp a.txt ${{outputs.single}}",
        inputs={
            "all": {"type": "uri_folder", "path": f"{at}/in"},
            "one": {"type": "uri_file", "path": f"{at}/in/a.txt", "mode": "download"},
        },
        outputs={
            "out": {"type": "uri_folder", "path": f"{at}/out/${{{{name}}}}", "name": f"{store.id.name}-made"},
            "single": {"type": "uri_file", "path": f"{at}/out/single.txt"},
        },
    )
    assert place.log(record.id.name).split() == ["./a.txt", "./empty", "./sub", "dir/ü", "#1.txt"]
    assert got(outside, tmp_path, f"out/{record.id.name}/x") == b"one\ntwo\none\n"
    assert got(outside, tmp_path, f"out/{record.id.name}/deep/a.txt") == b"one\n"
    assert got(outside, tmp_path, "out/single.txt") == b"one\n"
    assert record.state["status_reason"] is None
    again = place.run(
        f"{store.id.name}-next",
        "cat ${{inputs.made}}/x",
        inputs={"made": {"type": "uri_folder", "path": f"azureml:{store.id.name}-made@latest"}},
    )
    assert place.log(again.id.name) == "one\ntwo\none\n"


def test_only_what_changed_is_fetched_again(place: Place, store: Record, outside: Outside, tmp_path: Path) -> None:
    put(outside, tmp_path, "changing/a", b"a1")
    put(outside, tmp_path, "changing/b", b"b1")
    put(outside, tmp_path, "changing/c", b"c1")
    storage, blobs = place.platform.storage, place.platform.store.blobs
    location = storage.locate(place.scope, f"azureml://datastores/{store.id.name}/paths/changing")
    cache = place.platform.transfers.cache
    cache.bring(location, lambda: None)
    before = {blob.name: blob for blob in blobs.list(location.container, location.prefix).blobs}
    put(outside, tmp_path, "changing/a", b"a2 is longer")
    outside._fs.rm_file(outside._full("changing/c"))  # type: ignore[attr-defined]
    cache.bring(location, lambda: None)
    after = {blob.name: blob for blob in blobs.list(location.container, location.prefix).blobs}
    assert {name: blobs.file(blob).read_bytes() for name, blob in after.items()} == {
        "changing/a": b"a2 is longer",
        "changing/b": b"b1",
    }
    assert after["changing/b"].etag == before["changing/b"].etag


def test_what_is_not_there_fails_the_job_and_says_so(place: Place, store: Record) -> None:
    address = f"azureml://datastores/{store.id.name}/paths/nothing/here"
    name = f"{store.id.name}-lost"
    place.submit(name, inputs={"x": {"type": "uri_folder", "path": address}})
    record = place.until(name, "Failed")
    assert record.state["error"]["code"] == "ReferenceNotFound"
    assert f"Nothing lies at '{address}'" in record.state["error"]["message"]


def test_a_wrong_key_is_said_without_telling_any(place: Place, store: Record) -> None:
    if store.id.name != "azurite":
        return  # the others let everybody in
    said = {key: value for key, value in store.body.items() if key != "credentials"}
    wrong = place.put("datastore", "wrong", **said, credentials={"account_key": "bm90IHRoZSBrZXk="})
    location = Location("x", "", wrong.id)
    with pytest.raises(InvalidInput, match="lets nobody in") as told:
        place.platform.storage.exists(location)
    assert "bm90" not in str(told.value)


def test_data_there_has_a_name_and_a_size(place: Place, store: Record, outside: Outside, tmp_path: Path) -> None:
    put(outside, tmp_path, "set/one.csv", b"12345")
    put(outside, tmp_path, "set/two.csv", b"123")
    at = f"azureml://datastores/{store.id.name}/paths/set"
    record = place.put("data", f"{store.id.name}-set", "1", type="uri_folder", path=at)
    assert (record.state["file_count"], record.state["size"]) == (2, 8)
    with pytest.raises(InvalidInput, match="is a folder"):
        place.put("data", f"{store.id.name}-set", "2", type="uri_file", path=at)
