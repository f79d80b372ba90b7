"""The Blob door, driven over a socket by Microsoft's own client."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import uvicorn
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobBlock, BlobClient, BlobPrefix, ContainerClient, ContentSettings

from lazuli.server.app import App
from lazuli.server.blobs import HOST, blob_routes
from lazuli.store.blobs import Blobs
from lazuli.store.clock import system_clock
from lazuli.store.opened import open_store
from lazuli.store.sas import sign_blob, sign_container
from lazuli.store.settings import Settings
from lazuli.workspaces.access import Access

KEYS = {name: base64.b64encode(name.encode() * 8).decode() for name in ("first", "second")}
HOUR = 3_600_000
MIB = 1 << 20


@dataclass(frozen=True)
class Served:
    url: str
    port: int
    blobs: Blobs
    root: Path

    def container(self, name: str = "first", **options: Any) -> ContainerClient:
        """A client with a SAS that allows everything."""
        sas = sign_container(KEYS[name], "lazuli", name, "racwdl", system_clock() + HOUR)
        return self.client(name, sas, **options)

    def client(self, name: str, credential: Any, **options: Any) -> ContainerClient:
        return ContainerClient(self.url, name, credential=credential, retry_total=0, **options)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("blobs")
    store = open_store(Settings(data_dir=root))
    routes = blob_routes(store.blobs, KEYS.get)
    app = App(routes, Access(store), hosts=["127.0.0.1"], spool=root / "spool")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield Served(f"http://127.0.0.1:{port}/{HOST}", port, store.blobs, root)
    server.should_exit = True
    thread.join()
    store.close()


@pytest.fixture(autouse=True)
def emptied(served: Served) -> None:
    for name in KEYS:
        served.blobs.delete_container(name)


def code_of(error: pytest.ExceptionInfo[HttpResponseError]) -> str:
    response: Any = error.value.response
    return response.headers["x-ms-error-code"]


# --- uploads and downloads -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["small.txt", "sub dir/ü #1.txt", "100% (sure)+&=?.txt", "日本/~x", "two\nlines"])
def test_small_files_go_there_and_back(served: Served, name: str) -> None:
    container = served.container()
    settings = ContentSettings(content_type="text/plain")
    put = container.upload_blob(name, b"hello", metadata={"upload_status": "x"}, content_settings=settings)
    downloaded = container.download_blob(name)
    assert downloaded.readall() == b"hello"
    properties = put.get_blob_properties()
    assert (properties.name, properties.size, properties.metadata) == (name, 5, {"upload_status": "x"})
    assert properties.content_settings.content_type == "text/plain"
    assert properties.content_settings.content_md5 == hashlib.md5(b"hello").digest()
    assert properties.etag == downloaded.properties.etag
    assert properties.last_modified and properties.creation_time
    assert str(properties.blob_type) == "BlobType.BLOCKBLOB"
    assert [blob.name for blob in container.list_blobs()] == [name]


def test_an_empty_file_goes_there_and_back(served: Served) -> None:
    container = served.container()
    container.upload_blob("empty", b"")
    assert container.download_blob("empty").readall() == b""
    assert container.get_blob_client("empty").get_blob_properties().size == 0


def test_a_large_file_goes_in_parallel_blocks(served: Served, tmp_path: Path) -> None:
    size = 70 * MIB + 12_345
    source, back = tmp_path / "source", tmp_path / "back"
    with source.open("wb") as stream:
        for _ in range(71):
            stream.write(os.urandom(MIB))
        stream.truncate(size)
    container = served.container()
    with source.open("rb") as stream:
        container.upload_blob("dir/large.bin", stream, length=size, max_concurrency=8, metadata={"k": "v"})
    with back.open("wb") as stream:
        container.download_blob("dir/large.bin", max_concurrency=8).readinto(stream)

    def digest(file: Path) -> str:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    stored = served.blobs.stat("first", "dir/large.bin")
    assert stored is not None
    assert digest(source) == digest(back) == stored.sha256
    assert (stored.size, stored.metadata, stored.content_type) == (size, {"k": "v"}, "application/octet-stream")


def test_blocks_are_joined_in_the_order_of_the_list(served: Served) -> None:
    blob = served.container().get_blob_client("blocks")
    for name in ("3+/", "1", "2"):
        blob.stage_block(name, name.encode(), validate_content=True)
    with pytest.raises(ResourceNotFoundError):
        blob.get_blob_properties()
    blob.commit_block_list([BlobBlock(name) for name in ("1", "2", "3+/")], metadata={"a": "b"})
    assert blob.download_blob().readall() == b"123+/"
    with pytest.raises(HttpResponseError) as raised:
        blob.commit_block_list([BlobBlock("9")])
    assert (raised.value.status_code, code_of(raised)) == (400, "InvalidBlockList")


def test_an_upload_that_was_cut_short_goes_on_where_it_was(served: Served) -> None:
    blob = served.container().get_blob_client("resumed")
    blob.stage_block("1+/", b"one", validate_content=True)
    committed, staged = blob.get_block_list("all")
    assert (committed, [(block.id, block.size) for block in staged]) == ([], [("1+/", 3)])
    blob.stage_block("2", b"four")
    blob.commit_block_list([BlobBlock("1+/"), BlobBlock("2")])
    committed, staged = blob.get_block_list("all")
    assert ([(block.id, block.size) for block in committed], staged) == ([("1+/", 3), ("2", 4)], [])
    blob.upload_blob(b"whole", overwrite=True)
    assert blob.get_block_list("committed") == ([], [])
    with pytest.raises(ResourceNotFoundError):
        served.container().get_blob_client("nothing").get_block_list("all")


def test_ranges(served: Served) -> None:
    container = served.container(max_single_get_size=1000, max_chunk_get_size=300)
    data = bytes(range(256)) * 20
    container.upload_blob("a", data)
    assert container.download_blob("a", offset=10, length=5).readall() == data[10:15]
    assert container.download_blob("a", offset=5000).readall() == data[5000:]
    assert container.download_blob("a", offset=5000, length=9999).readall() == data[5000:]
    assert container.download_blob("a", max_concurrency=4).readall() == data
    assert container.download_blob("a", validate_content=True).readall() == data
    with pytest.raises(HttpResponseError) as raised:
        container.download_blob("a", offset=len(data))
    assert (raised.value.status_code, code_of(raised)) == (416, "InvalidRange")


@pytest.mark.parametrize(
    ("headers", "status", "content_range", "body"),
    [
        ({}, 200, None, b"0123456789"),
        ({"Range": "bytes=2-4"}, 206, "bytes 2-4/10", b"234"),
        ({"Range": "bytes=0-0"}, 206, "bytes 0-0/10", b"0"),
        ({"Range": "bytes=7-"}, 206, "bytes 7-9/10", b"789"),
        ({"Range": "bytes=-3"}, 206, "bytes 7-9/10", b"789"),
        ({"Range": "bytes=-99"}, 206, "bytes 0-9/10", b"0123456789"),
        ({"Range": "bytes=2-99", "x-ms-range": "bytes=0-1"}, 206, "bytes 0-1/10", b"01"),
        ({"Range": "bytes=5-2"}, 200, None, b"0123456789"),
        ({"Range": "bytes=0-1,3-4"}, 200, None, b"0123456789"),
        ({"Range": "bytes=-"}, 200, None, b"0123456789"),
        ({"Range": "bytes=10-"}, 416, "bytes */10", None),
        ({"Range": "bytes=-0"}, 416, "bytes */10", None),
    ],
)
def test_range_headers(
    served: Served, headers: dict[str, str], status: int, content_range: str | None, body: bytes | None
) -> None:
    served.blobs.put_bytes("first", "a", b"0123456789")
    answer, got = raw(served, "GET", "/first/a", headers=headers)
    assert (answer.status, answer.getheader("content-range")) == (status, content_range)
    if body is not None:
        assert got == body
        assert answer.getheader("content-length") == str(len(body))


# --- overwriting and conditions ------------------------------------------------------------------------------------


def test_overwriting_must_be_asked_for(served: Served) -> None:
    container = served.container()
    container.upload_blob("a", b"1")
    with pytest.raises(ResourceExistsError) as raised:
        container.upload_blob("a", b"2")
    assert code_of(raised) == "BlobAlreadyExists"
    assert container.download_blob("a").readall() == b"1"
    container.upload_blob("a", b"2", overwrite=True)
    assert container.download_blob("a").readall() == b"2"


def test_conditions_are_held(served: Served) -> None:
    blob = served.container().get_blob_client("a")
    old = blob.upload_blob(b"1")["etag"]
    new = blob.upload_blob(b"2", etag=old, match_condition=MatchConditions.IfNotModified, overwrite=True)["etag"]
    for late in (blob.get_blob_properties, blob.download_blob, blob.delete_blob):
        with pytest.raises(ResourceModifiedError) as raised:
            late(etag=old, match_condition=MatchConditions.IfNotModified)
        assert raised.value.status_code == 412
    with pytest.raises(ResourceModifiedError):
        blob.set_blob_metadata({"a": "b"}, etag=old, match_condition=MatchConditions.IfNotModified)
    with pytest.raises(HttpResponseError) as unchanged:
        blob.download_blob(etag=new, match_condition=MatchConditions.IfModified)
    assert unchanged.value.status_code == 304
    assert blob.download_blob(etag=new, match_condition=MatchConditions.IfNotModified).readall() == b"2"


def test_metadata_marks_an_upload_as_complete(served: Served) -> None:
    blob = served.container().get_blob_client("LocalUpload/x/indicator")
    before = blob.upload_blob(b"1")["etag"]
    after = blob.set_blob_metadata({"upload_status": "completed", "name": "n", "version": "1"})["etag"]
    properties = blob.get_blob_properties()
    assert properties.metadata == {"upload_status": "completed", "name": "n", "version": "1"}
    assert properties.etag == after != before
    with pytest.raises(HttpResponseError) as raised:
        blob.set_blob_metadata({"not-a-name": "1"})
    assert code_of(raised) == "InvalidMetadata"
    with pytest.raises(ResourceNotFoundError) as missing:
        served.container().get_blob_client("none").set_blob_metadata({"a": "b"})
    assert code_of(missing) == "BlobNotFound"


def test_deleting(served: Served) -> None:
    container = served.container()
    container.upload_blob("a", b"1")
    container.delete_blob("a")
    assert not container.get_blob_client("a").exists()
    with pytest.raises(ResourceNotFoundError):
        container.delete_blob("a")


@pytest.mark.parametrize("header", ["Content-MD5", "x-ms-blob-content-md5"])
def test_a_body_damaged_on_the_way_is_refused(served: Served, header: str) -> None:
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    for digest, code in ((wrong, "Md5Mismatch"), ("???", "InvalidMd5")):
        answer, _ = raw(
            served, "PUT", "/first/a", headers={header: digest, "x-ms-blob-type": "BlockBlob"}, body=b"data"
        )
        assert (answer.status, answer.getheader("x-ms-error-code")) == (400, code)
    assert served.blobs.stat("first", "a") is None


def test_an_upload_that_is_cut_leaves_nothing(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as plain:
        path = f"/{HOST}/first/cut?{sign_container(KEYS['first'], 'lazuli', 'first', 'cw', system_clock() + HOUR)}"
        plain.sendall(
            f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
            "x-ms-blob-type: BlockBlob\r\n\r\nonly this".encode()
        )
        until(lambda: spooled(served) == 1)
    until(lambda: spooled(served) == 0)
    assert served.blobs.stat("first", "cut") is None


def spooled(served: Served) -> int:
    return len(list((served.root / "spool").iterdir()))


def until(happened: Callable[[], bool]) -> None:
    """Return as soon as the server has done it; fail where it never does."""
    for _ in range(3000):
        if happened():
            return
        time.sleep(0.01)
    raise AssertionError("it never happened")


# --- listing -------------------------------------------------------------------------------------------------------


def test_lists_come_in_pages_and_in_order(served: Served) -> None:
    names = [f"d/{n:03}" for n in range(25)] + ["ü/a b#", "x<&>\"'", "odd\rname\x01"]
    for name in names:
        served.blobs.put_bytes("first", name, b"12", metadata={"k": "<v>"})
    listed = list(served.container().list_blobs(include=["metadata"], results_per_page=4))
    assert [blob.name for blob in listed] == sorted(names, key=lambda name: name.encode())
    assert {blob.size for blob in listed} == {2}
    assert [blob.metadata for blob in listed] == [{"k": "<v>"}] * len(names)
    assert not next(iter(served.container().list_blobs())).metadata
    assert [blob.name for blob in served.container().list_blobs("d/02")] == [f"d/{n:03}" for n in range(20, 25)]
    pages = served.container().list_blobs("d/", results_per_page=10).by_page()
    assert [len(list(page)) for page in pages] == [10, 10, 5]
    properties = served.container().get_blob_client("d/000").get_blob_properties()
    assert listed[0].etag == properties.etag.strip('"')
    assert listed[0].last_modified == properties.last_modified


def test_folders_are_listed_as_prefixes(served: Served) -> None:
    for name in ("a/1", "a/2/x", "a/3", "b/1", "c", "ü d/1"):
        served.blobs.put_bytes("first", name, b"")

    def walk(**options: Any) -> list[tuple[str, bool]]:
        found = served.container().walk_blobs(delimiter="/", **options)
        return sorted((item.name, isinstance(item, BlobPrefix)) for item in found)

    assert walk() == [("a/", True), ("b/", True), ("c", False), ("ü d/", True)]
    assert walk(results_per_page=1) == walk()
    assert walk(name_starts_with="a/") == [("a/1", False), ("a/2/", True), ("a/3", False)]
    assert walk(name_starts_with="none/") == []


@pytest.mark.parametrize("query", ["maxresults=0", "maxresults=x", "marker=%C3%BC", "marker=abc"])
def test_a_list_that_cannot_be_is_refused(served: Served, query: str) -> None:
    answer, body = raw(served, "GET", f"/first?restype=container&comp=list&{query}")
    assert answer.status == 400
    assert answer.getheader("content-type") == "application/xml"
    assert b"<Code>" in body


# --- who may -------------------------------------------------------------------------------------------------------


def test_containers_are_known_or_not(served: Served) -> None:
    assert served.container().exists()
    assert served.container().get_container_properties().etag
    unknown = served.client("third", sign_container(KEYS["first"], "lazuli", "third", "rl", system_clock() + HOUR))
    assert not unknown.exists()
    with pytest.raises(ResourceNotFoundError) as raised:
        list(unknown.list_blobs())
    assert code_of(raised) == "ContainerNotFound"


def test_shared_key_opens_what_its_key_is_for(served: Served) -> None:
    container = served.client("first", KEYS["first"], max_single_put_size=100, max_block_size=64)
    assert container.exists()
    for name, data in (("sub dir/ü #1.txt", b"small"), ("(in) blocks+", os.urandom(1000)), ("empty", b"")):
        blob = container.upload_blob(name, data, metadata={"a_b": "1", "ab": "2"}, max_concurrency=2)
        assert blob.download_blob().readall() == data
        blob.set_blob_metadata({"upload_status": "completed"})
        assert blob.get_blob_properties().metadata == {"upload_status": "completed"}
    assert len(list(container.list_blobs(include=["metadata"], results_per_page=2))) == 3
    assert [item.name for item in container.walk_blobs("sub", delimiter="/")] == ["sub dir/"]
    container.delete_blob("empty")
    for name, key in (("first", KEYS["second"]), ("second", KEYS["first"])):
        with pytest.raises(ClientAuthenticationError) as raised:
            list(served.client(name, key).list_blobs())
        assert (raised.value.status_code, code_of(raised)) == (403, "AuthenticationFailed")


def refusals(served: Served, sas: str) -> dict[str, str]:
    """What each request is answered with this SAS: a status, with the code of the error."""
    served.blobs.put_bytes("first", "a", b"1")
    block_list = b"<BlockList></BlockList>"
    asked = {
        "list": ("GET", "/first?restype=container&comp=list", b""),
        "read": ("GET", "/first/a?", b""),
        "head": ("HEAD", "/first/a?", b""),
        "create": ("PUT", "/first/new?", b""),
        "overwrite": ("PUT", "/first/a?", b""),
        "block": ("PUT", "/first/a?comp=block&blockid=1", b"x"),
        "commit": ("PUT", "/first/a?comp=blocklist", block_list),
        "mark": ("PUT", "/first/a?comp=metadata", b""),
        "delete": ("DELETE", "/first/a?", b""),
    }
    answers = {}
    for what, (method, path, body) in asked.items():
        answer, _ = raw(served, method, path, body=body, sas=sas)
        answers[what] = f"{answer.status} {answer.getheader('x-ms-error-code') or ''}".strip()
    return answers


MISMATCH = "403 AuthorizationPermissionMismatch"


def test_a_sas_allows_what_it_names(served: Served) -> None:
    def with_permissions(permissions: str) -> dict[str, str]:
        return refusals(served, sign_container(KEYS["first"], "lazuli", "first", permissions, system_clock() + HOUR))

    reading = with_permissions("r")
    assert {what for what, answer in reading.items() if answer == "200"} == {"read", "head"}
    assert {answer for what, answer in reading.items() if what not in ("read", "head")} == {MISMATCH}
    creating = with_permissions("c")
    assert {what for what, answer in creating.items() if answer == "201"} == {"create", "block"}
    assert {creating[what] for what in ("overwrite", "commit", "mark", "delete", "read", "list")} == {MISMATCH}
    writing = with_permissions("w")
    assert {writing[what] for what in ("overwrite", "block", "commit")} == {"201"}
    assert writing["mark"] == "200"
    assert with_permissions("d")["delete"] == "202"
    assert with_permissions("l")["list"] == "200"


@pytest.mark.parametrize("kind", ["wrong key", "expired", "another container", "another blob", "garbage", "none"])
def test_without_a_valid_sas_nothing_is_answered(served: Served, kind: str) -> None:
    soon = system_clock() + HOUR
    sas = {
        "wrong key": sign_container(KEYS["second"], "lazuli", "first", "racwdl", soon),
        "expired": sign_container(KEYS["first"], "lazuli", "first", "racwdl", system_clock() - 1),
        "another container": sign_container(KEYS["second"], "lazuli", "second", "racwdl", soon),
        "another blob": sign_blob(KEYS["first"], "lazuli", "first", "b", "racwd", soon),
        "garbage": "sv=2021-08-06&sr=c&sp=racwdl&se=2100-01-01&sig=AAAA",
        "none": "x=y",
    }[kind]
    expected = "401 NoAuthenticationInformation" if kind == "none" else "403 AuthenticationFailed"
    assert set(refusals(served, sas).values()) == {expected}
    assert served.blobs.read_bytes("first", "a") == b"1"
    assert len(served.blobs.list("first").blobs) == 1


def test_a_blobs_own_sas_opens_that_blob(served: Served) -> None:
    served.blobs.put_bytes("first", "dir/ü #1", b"data")
    sas = sign_blob(KEYS["first"], "lazuli", "first", "dir/ü #1", "r", system_clock() + HOUR)
    client = BlobClient(served.url, "first", "dir/ü #1", credential=sas, retry_total=0)
    assert client.download_blob().readall() == b"data"


# --- the wire ------------------------------------------------------------------------------------------------------


def raw(
    served: Served,
    method: str,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    sas: str = "",
) -> tuple[http.client.HTTPResponse, bytes]:
    """A request exactly as it is written here."""
    sas = sas or sign_container(KEYS["first"], "lazuli", "first", "racwdl", system_clock() + HOUR)
    connection = http.client.HTTPConnection("127.0.0.1", served.port)
    try:
        target = f"/{HOST}{path}{'&' if '?' in path else '?'}{sas}"
        connection.request(method, target, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_every_answer_has_the_headers_of_the_service(served: Served) -> None:
    served.blobs.put_bytes("first", "a", b"<html>", content_type="text/html")
    for path, status in (("/first/a", 200), ("/first/none", 404)):
        answer, _ = raw(served, "GET", path, headers={"x-ms-client-request-id": "mine"})
        assert answer.status == status
        assert answer.getheader("x-ms-version") and answer.getheader("x-ms-request-id")
        assert answer.getheader("x-ms-client-request-id") == "mine"
    answer, _ = raw(served, "GET", "/first/a")
    assert answer.getheader("etag", "").startswith('"0x')
    assert answer.getheader("last-modified", "").endswith(" GMT")
    # A page that somebody uploaded must not run with our own pages' rights.
    assert "sandbox" in answer.getheader("content-security-policy", "")
    assert answer.getheader("x-content-type-options") == "nosniff"


def test_head_tells_a_missing_blob_by_header(served: Served) -> None:
    answer, body = raw(served, "HEAD", "/first/none")
    assert (answer.status, answer.getheader("x-ms-error-code"), body) == (404, "BlobNotFound", b"")


@pytest.mark.parametrize("name", ["%2e%2e/x", "a/%2E%2E/%2E%2E/x", "a%5Cb", "%2Fetc/passwd", "a%00b"])
def test_names_that_lead_away_are_refused(served: Served, name: str) -> None:
    for method in ("PUT", "GET", "DELETE"):
        answer, body = raw(served, method, f"/first/{name}", body=b"evil" if method == "PUT" else None)
        assert answer.status == 400
        assert str(served.root).encode() not in body
    assert served.blobs.list("first").blobs == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no xml",
        b"<BlockList><Latest>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><BlockList><Latest>&a;</Latest></BlockList>',
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><BlockList><Latest>&a;</Latest></BlockList>'.encode("utf-16"),
    ],
)
def test_a_block_list_that_is_none_is_refused(served: Served, body: bytes) -> None:
    answer, _ = raw(served, "PUT", "/first/a?comp=blocklist", body=body)
    assert (answer.status, answer.getheader("x-ms-error-code")) == (400, "InvalidXmlDocument")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("PUT", "/first/a?comp=lease", {}),
        ("PUT", "/first/a?comp=appendblock", {}),
        ("PUT", "/first/a", {"x-ms-copy-source": "http://127.0.0.1/x"}),
        ("PUT", "/first/a", {"x-ms-blob-type": "PageBlob"}),
        ("GET", "/first/a?comp=tags", {}),
        ("GET", "/first?comp=acl&restype=container", {}),
    ],
)
def test_what_this_storage_does_not_know_is_said(
    served: Served, method: str, path: str, headers: dict[str, str]
) -> None:
    answer, _ = raw(served, method, path, headers=headers, body=b"" if method == "PUT" else None)
    assert (answer.status, answer.getheader("x-ms-error-code")) == (501, "NotSupported")
    assert served.blobs.stat("first", "a") is None


def test_names_arrive_decoded_once(served: Served) -> None:
    raw(served, "PUT", "/first/" + quote("a%20b"), body=b"x", headers={"x-ms-blob-type": "BlockBlob"})
    assert [blob.name for blob in served.blobs.list("first").blobs] == ["a%20b"]
