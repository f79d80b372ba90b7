"""Datastores: what may be one, what is kept of its secrets, and what a place on one leads to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.assets.conftest import ME, SCOPE, Room

from lazuli.assets.storage import Location
from lazuli.resources.datastore import Datastore
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.places import DEFAULT
from lazuli.schema.problems import InvalidInput, NotFound, Unsupported
from lazuli.server.present import present
from lazuli.store.documents import Record

KEY = "c2VjcmV0LWtleQ=="
BLOB = {"type": "azure_blob", "account_name": "myaccount", "container_name": "data"}


@pytest.fixture
def folder(room: Room, tmp_path: Path) -> Iterator[Path]:
    """A folder that the settings allow, and nothing else."""
    object.__setattr__(room.platform.store.settings, "local_roots", str(tmp_path))
    yield tmp_path
    object.__setattr__(room.platform.store.settings, "local_roots", "")


def put(room: Room, name: str, **said: Any) -> Record:
    id = ResourceId(SCOPE, "datastores", name)
    return room.platform.shelves["datastore"].put(id, Datastore.load({"name": name, **said}), ME)[0]


def secrets(room: Room, record: Record) -> dict[str, str]:
    return room.platform.storage.secrets_of(record)


# --- secrets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "sealed", "shown"),
    [
        ({**BLOB, "credentials": {"account_key": KEY}}, {"account_key": KEY}, {"credentialsType": "AccountKey"}),
        ({**BLOB, "credentials": {"sas_token": "sv=1&sig=x"}}, {"sas_token": "sv=1&sig=x"}, {"credentialsType": "Sas"}),
        (BLOB, {}, {"credentialsType": "None"}),
        (
            {
                **{"type": "azure_data_lake_gen2", "account_name": "myaccount", "filesystem": "data"},
                "credentials": {"tenant_id": "t", "client_id": "c", "client_secret": "s3cret"},
            },
            {"client_secret": "s3cret"},
            {"credentialsType": "ServicePrincipal", "tenantId": "t", "clientId": "c"},
        ),
        (
            {
                **{"type": "s3", "bucket_name": "data"},
                "credentials": {"access_key_id": "id", "secret_access_key": "s3cret", "session_token": "t0ken"},
            },
            {"secret_access_key": "s3cret", "session_token": "t0ken"},
            {"credentialsType": "AccessKey", "accessKeyId": "id"},
        ),
    ],
)
def test_secrets_are_sealed_and_never_shown(
    room: Room, name: str, said: dict[str, Any], sealed: dict[str, str], shown: dict[str, str]
) -> None:
    record = put(room, name.replace("-", "_"), **said)
    assert secrets(room, record) == sealed
    told = present(noun("datastore"), record, "http://127.0.0.1")
    assert told["properties"]["credentials"] == shown
    for secret in sealed.values():
        assert secret not in f"{record.body}{record.state}{told}"


def test_what_was_shown_may_be_sent_back(room: Room) -> None:
    record = put(room, "sent_back", **BLOB, credentials={"account_key": KEY})
    told = present(noun("datastore"), record, "http://127.0.0.1")
    again = put(room, "sent_back", **Datastore.from_rest(told["properties"]).dump())
    assert (again.etag, secrets(room, again)) == (record.etag, {"account_key": KEY})
    ours = put(room, "sent_back", **BLOB, endpoint="core.lazuli.local", credentials={"account_key": KEY})
    assert ours.body["endpoint"] == "core.windows.net"
    words = put(room, "sent_back", **{**Datastore.from_rest(told["properties"]).dump(), "description": "mine"})
    assert words.body["description"] == "mine"
    assert secrets(room, words) == {"account_key": KEY}


def test_a_secret_does_not_follow_to_another_place(room: Room) -> None:
    put(room, "stays", **BLOB, credentials={"account_key": KEY})
    for change in ({"account_name": "theirs"}, {"endpoint": "http://10.0.0.1:1"}, {"container_name": "more"}):
        bent = {**BLOB, **change, "credentials": {"credentials_type": "AccountKey"}}
        with pytest.raises(InvalidInput, match="its secret was not said again"):
            put(room, "stays", **bent)
    moved = put(room, "stays", **{**BLOB, "container_name": "more"}, credentials={"account_key": "bmV3"})
    assert secrets(room, moved) == {"account_key": "bmV3"}


def test_a_secret_goes_with_what_it_opened(room: Room) -> None:
    record = put(room, "goes", **BLOB, credentials={"account_key": KEY})
    replaced = put(room, "goes", **BLOB, credentials={"account_key": "bmV3"})
    assert secrets(room, record) == {}
    shelf = room.platform.shelves["datastore"]
    assert shelf.delete(replaced.id, ME)
    assert secrets(room, replaced) == {}
    with pytest.raises(NotFound):
        shelf.get(replaced.id)


def test_one_way_in_is_enough() -> None:
    with pytest.raises(ValueError, match=r"more than one way in \(AccountKey, Sas\)"):
        Datastore.load({**BLOB, "credentials": {"account_key": KEY, "sas_token": "x"}})


# --- dialects ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "protocol"),
    [
        ({"type": "s3", "bucket_name": "b", "endpoint": "http://127.0.0.1:9000"}, "s3"),
        ({"type": "gcs", "bucket_name": "b"}, "gs"),
        ({"type": "local", "path": "/data"}, "file"),
    ],
)
def test_kinds_that_azure_has_not_are_told_by_their_protocol(said: dict[str, str], protocol: str) -> None:
    """Microsoft's client fails to list a workspace's datastores where it does not know the kind of one."""
    rest = Datastore.load(said).to_rest()
    assert (rest["datastoreType"], rest["protocol"]) == ("AzureBlob", protocol)
    assert Datastore.from_rest(rest) == Datastore.load(said)


# --- where one may lead --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"type": "azure_blob", "account_name": "myaccount"}, "needs 'container_name'"),
        ({**BLOB, "bucket_name": "x1x"}, "has no 'bucket_name'"),
        ({**BLOB, "account_name": "a;b"}, "cannot be the account name"),
        ({**BLOB, "container_name": "../up"}, "cannot be the container name"),
        ({**BLOB, "protocol": "ftp"}, "is not a protocol"),
        ({**BLOB, "endpoint": "host/../x"}, "is not the name of a server"),
        ({**BLOB, "endpoint": "http://user@host"}, "is not the URL of a server"),
        ({**BLOB, "endpoint": "http://169.254.169.254"}, "only the machine itself may ask"),
        ({**BLOB, "endpoint": "http://[fe80::1]:80"}, "only the machine itself may ask"),
        ({**BLOB, "endpoint": "http://[::ffff:169.254.169.254]"}, "only the machine itself may ask"),
        (
            {"type": "s3", "bucket_name": "data", "endpoint": "http://[fd00:ec2::254]"},
            "only the machine itself may ask",
        ),
        ({"type": "s3", "bucket_name": "data", "endpoint": "169.254.169.254"}, "is not the URL of a server"),
        ({"type": "local", "path": "/etc"}, "opens no folder of its machine"),
    ],
)
def test_where_a_datastore_may_not_lead(room: Room, said: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        put(room, "nowhere", **said)
    with pytest.raises(NotFound):
        room.platform.shelves["datastore"].get(ResourceId(SCOPE, "datastores", "nowhere"))


def test_a_name_that_stands_for_a_forbidden_address(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    record = put(room, "rebound", type="s3", bucket_name="data", endpoint="http://metadata.example")
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("169.254.169.254", 0))])
    with pytest.raises(InvalidInput, match="only the machine itself may ask"):
        room.platform.storage.exists(Location("x", "", record.id))


def test_kinds_that_cannot_be_reached_are_told_what_to_do() -> None:
    with pytest.raises(ValueError, match="Mount it on the server, and use 'type: local'"):
        Datastore.load({"type": "azure_file", "account_name": "a"})


def test_a_folder_must_be_allowed(room: Room, folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "out").symlink_to("/etc")
    put(room, "allowed", type="local", path=str(folder / "data"))
    for path in ("/etc", str(folder / "out"), str(folder / "data" / ".." / ".."), "data"):
        with pytest.raises(InvalidInput, match="does not lie below a folder"):
            put(room, "not_allowed", type="local", path=path)
    with pytest.raises(InvalidInput, match="There is no folder"):
        put(room, "not_there", type="local", path=str(folder / "nothing"))


def test_the_servers_own_folder_is_never_one(room: Room) -> None:
    own = room.platform.store.settings.data_dir
    object.__setattr__(room.platform.store.settings, "local_roots", "/")
    try:
        for path in (own, own / "keys", own.parent):
            with pytest.raises(InvalidInput, match="does not lie below a folder"):
                put(room, "own", type="local", path=str(path))
    finally:
        object.__setattr__(room.platform.store.settings, "local_roots", "")


# --- what lies on one ----------------------------------------------------------------------------------------------


def test_data_on_a_folder_has_a_name_and_a_size(room: Room, folder: Path, name: str) -> None:
    (folder / "set").mkdir()
    (folder / "set" / "a.csv").write_bytes(b"12345")
    (folder / "set" / "secret").symlink_to("/etc/hostname")
    put(room, "here", type="local", path=str(folder))
    record, _ = room.put("data", name, "1", type="uri_folder", path="azureml://datastores/here/paths/set")
    assert record.state == {"file_count": 1, "size": 5}
    record, _ = room.put("data", name, "2", type="uri_file", path="azureml://datastores/here/paths/set/a.csv")
    assert record.state == {"file_count": 1, "size": 5}
    for bad in ("set/secret", "../x"):
        with pytest.raises(InvalidInput):
            room.put("data", name, "3", type="uri_file", path=f"azureml://datastores/here/paths/{bad}")


def test_urls_of_a_known_place_lead_to_its_datastore(room: Room) -> None:
    put(room, "lake", type="azure_data_lake_gen2", account_name="myaccount", filesystem="lake")
    put(room, "blob", **BLOB)
    put(room, "bucket", type="s3", bucket_name="my-bucket")
    storage = room.platform.storage
    own = storage.container(SCOPE, DEFAULT)
    account = "lazuli.blob.core.lazuli.local"
    for url, place in {
        "wasbs://data@myaccount.blob.core.windows.net/a/b.csv": "blob/paths/a/b.csv",
        "https://myaccount.blob.core.windows.net/data/a%20b.csv": "blob/paths/a b.csv",
        "abfss://lake@myaccount.dfs.core.windows.net/x/": "lake/paths/x",
        "s3://my-bucket/x/y": "bucket/paths/x/y",
        f"https://127.0.0.1:8443/{account}/{own}/LocalUpload/1/c/": f"{DEFAULT}/paths/LocalUpload/1/c",
        f"https://127.0.0.1:8443/{own}/LocalUpload/1/c/": f"{DEFAULT}/paths/LocalUpload/1/c",
    }.items():
        assert storage.resolve(SCOPE, url) == f"azureml://datastores/{place}"
    for url in ("https://myaccount.blob.core.windows.net/other/a", "s3://another/x", "https://example.org/x.csv"):
        assert storage.resolve(SCOPE, url) == url


def test_a_url_is_kept_as_an_address(room: Room, name: str) -> None:
    record, _ = room.put("data", name, "1", type="uri_file", path="https://example.org/x.csv")
    assert (record.body["path"], record.state) == ("https://example.org/x.csv", {})
    with pytest.raises(Unsupported, match="outside this server"):
        room.put("model", name, "1", path="https://example.org/x")


# --- tables --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (None, "There is no file 'MLTable'"),
        ("paths: [", r"is not YAML \(line 1\)"),
        ("paths:\n- " + "[" * 500_000, r"is not YAML \(line 2\)"),
        ("a: b", "lists no 'paths'"),
        ("paths: [{file: ./other.csv}]", "'./other.csv', is not in the folder"),
        ("paths: [./data.csv]", "none of 'file', 'folder' and 'pattern'"),
        ("paths: [{file: ../x.csv}]", "not a path inside its folder"),
    ],
)
def test_what_is_no_table_is_said(room: Room, name: str, table: str | None, problem: str) -> None:
    path = room.upload(f"{name}/data.csv").rpartition("/")[0]
    if table is not None:
        room.upload(f"{name}/MLTable", table.encode())
    with pytest.raises(InvalidInput, match=problem):
        room.put("data", name, "1", type="mltable", path=path)


def test_a_table_lists_files_folders_patterns_and_urls(room: Room, name: str) -> None:
    path = room.upload(f"{name}/sub/data.csv", b"a,b\n").rpartition("/")[0].rpartition("/")[0]
    table = (
        "paths:\n- file: ./sub/data.csv\n- folder: ./sub\n- folder: .\n- pattern: ./*.csv\n"
        "- file: azureml://datastores/x/paths/y\n- file: https://example.org/x.csv\ntransformations:\n- take: 1\n"
    )
    room.upload(f"{name}/MLTable", table.encode())
    record, is_new = room.put("data", name, "1", type="mltable", path=path)
    assert is_new
    assert record.state["file_count"] == 2
