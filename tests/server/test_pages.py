"""Studio's files as they are served: what is kept, what is packed, and that nothing else can be had."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.server.listening import listening

from lazuli.server.app import App
from lazuli.server.pages import page_routes
from lazuli.server.welcome import not_built
from lazuli.store.opened import open_store
from lazuli.store.settings import Settings
from lazuli.workspaces.access import Access

INDEX = "<!doctype html><title>Studio</title>"
SCRIPT = "export const lapis = 'lazuli';\n" * 100


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def client(root: Path) -> Iterator[httpx.Client]:
    folder = root / "studio"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "mark.svg").write_text("<svg/>")
    (folder / "assets" / "index-a1b2.js").write_text(SCRIPT)
    (folder / "assets" / "index-a1b2.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (root / "secret").write_text("secret")
    (folder / "linked").symlink_to(root / "secret")
    (folder / "assets" / "linked.js").symlink_to(root / "secret")
    store = open_store(Settings(data_dir=root / "data"))
    app = App(page_routes(not_built, folder), Access(store), hosts=["127.0.0.1"], spool=root / "spool")
    with listening(app) as url, httpx.Client(base_url=url) as client:
        yield client
    store.close()


@pytest.mark.parametrize(
    "path", ["/studio/", "/studio/sub/rg/ws/jobs/a_job", "/studio/sign-in", "/studio/jobs/a.b?x=1"]
)
def test_every_address_of_studio_is_its_page(client: httpx.Client, path: str) -> None:
    page = client.get(path)
    assert (page.status_code, page.text) == (200, INDEX)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
    assert page.headers["cross-origin-opener-policy"] == "same-origin"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert client.get(path, headers={"If-None-Match": page.headers["etag"]}).status_code == 304
    head = client.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (
        200,
        b"",
        page.headers["content-length"],
    )


def test_without_its_slash_it_leads_there(client: httpx.Client) -> None:
    answer = client.get("/studio")
    assert (answer.status_code, answer.headers["location"]) == (307, "/studio/")


def test_what_is_named_by_its_content_is_kept_for_ever_and_comes_packed(client: httpx.Client) -> None:
    path = "/studio/assets/index-a1b2.js"
    packed = client.get(path, headers={"Accept-Encoding": "br;q=1, gzip;q=0.8"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    refused = client.get(path, headers={"Accept-Encoding": "gzip;q=0"})
    for answer in (packed, plain, refused):
        assert answer.text == SCRIPT
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "immutable" in answer.headers["cache-control"] and answer.headers["vary"] == "Accept-Encoding"
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert "content-encoding" not in plain.headers and "content-encoding" not in refused.headers


def test_a_file_beside_the_page_is_asked_for_again(client: httpx.Client) -> None:
    mark = client.get("/studio/mark.svg")
    assert (mark.text, mark.headers["content-type"]) == ("<svg/>", "image/svg+xml")
    assert mark.headers["cache-control"] == "no-cache"


def test_a_script_that_is_gone_is_not_the_page(client: httpx.Client) -> None:
    assert client.get("/studio/assets/index-old.js").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/studio/../secret",
        "/studio/%2e%2e/secret",
        "/studio/assets/..%2f..%2f..%2fsecret",
        "/studio/..%5csecret",
        "/studio/%252e%252e/secret",
        "/studio//etc/passwd",
        "/studio/%2fetc/passwd",
        "/studio/file:%2f%2f/etc/passwd",
        "/studio/linked",
        "/studio/assets/linked.js",
        "/studio/secret%00.html",
        "/studio/assets",
        "/studio/.",
        "/studio/mark.svg/",
        f"/studio/{'a' * 3000}",
    ],
)
def test_nothing_else_can_be_had(client: httpx.Client, path: str) -> None:
    """As raw requests: a client would tidy the path up before it sends it."""
    address = urlsplit(str(client.base_url))
    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n".encode())
        said = b"".join(iter(lambda: line.recv(1 << 16), b"")).decode()
    assert said.startswith(("HTTP/1.1 200", "HTTP/1.1 400", "HTTP/1.1 404"))
    body = said.partition("\r\n\r\n")[2]
    assert body == INDEX or body == "<svg/>" or '"error"' in body


def test_what_was_not_built_says_how_it_is(root: Path) -> None:
    store = open_store(Settings(data_dir=root / "bare"))
    app = App(page_routes(not_built, root / "nothing"), Access(store), hosts=["127.0.0.1"], spool=root / "spool2")
    with listening(app) as url:
        for path in ("/studio", "/studio/", "/studio/x/jobs/y"):
            page = httpx.get(url + path)
            assert page.status_code == 200 and "make studio" in page.text
            assert page.headers["content-security-policy"].startswith("default-src 'none'")
    store.close()
