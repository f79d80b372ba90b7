"""Files shown to people: what a ticket opens, and what a shown page cannot do."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote
from zipfile import ZipFile

import httpx
import jwt
import pytest
from tests.server.conftest import SCOPE, WS, Served
from tests.server.listening import listening
from tests.server.test_sessions import Browser, client, signed_in  # noqa: F401 - the fixture of that name

from lazuli.schema.places import artifact_path
from lazuli.server.app import App
from lazuli.server.cookies import cookie_name
from lazuli.server.platform import open_platform
from lazuli.store.settings import Settings

API = f"/mlflow/v2.0{WS}/api/2.0"
HTML = "<!doctype html><script>document.title = 'ran'</script><img src='plots/x.png'>"
SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@pytest.fixture(scope="module")
def run(served: Served) -> str:
    admin = served.admin
    experiment = admin.post(f"{API}/mlflow/experiments/create", json={"name": "shown"}).json()["experiment_id"]
    said = admin.post(f"{API}/mlflow/runs/create", json={"experiment_id": experiment}).json()["run"]["info"]
    root = said["artifact_uri"].removeprefix("mlflow-artifacts:/").strip("/")
    for path, content, kind in (
        ("report.html", HTML.encode(), "text/html"),
        ("deep/report.html", HTML.encode(), "text/html"),
        ("deep/plots/x.png", PNG, ""),
        ("plots/x.png", PNG, ""),
        ("plots/y.png", b"other", ""),
        ("drawing.svg", SVG.encode(), "image/svg+xml"),
        ("odd.bin", b"<script>", "text/html;\tx=<script>"),
        ("notes.txt", "é".encode(), ""),
        ("paper.pdf", b"%PDF-1.4", ""),
        ("page.pdf", HTML.encode(), "text/html"),
        ('a "b"; c=é.csv', b"a,b\n", ""),
    ):
        headers = {"Content-Type": kind} if kind else {}
        put = admin.put(f"{API}/mlflow-artifacts/artifacts/{root}/{quote(path)}", content=content, headers=headers)
        assert put.status_code == 200, put.text
    return said["run_id"]


def ticket(served: Served, **said: str) -> str:
    answer = served.admin.post(f"{WS}/fileTickets", json=said)
    assert answer.status_code == 201, answer.text
    return answer.json()["url"]


def test_a_picture_is_shown_without_a_header(served: Served, run: str) -> None:
    url = ticket(served, run=run, path="plots/x.png")
    assert re.fullmatch(r"/shown/[\w.-]+/x\.png", url)
    answer = served.nobody.get(url)
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("inline;")


def test_a_ticket_of_one_file_opens_no_other(served: Served, run: str) -> None:
    base = ticket(served, run=run, path="plots/x.png").removesuffix("x.png")
    for other in (
        "y.png",
        "../notes.txt",
        "%2e%2e/notes.txt",
        "..%2fnotes.txt",
        "/etc/passwd",
        "x.png/y",
        "X.PNG",
        ".",
    ):
        assert served.nobody.get(base + other).status_code in (400, 403, 404), other
    assert served.nobody.get(f"{base}x.png").status_code == 200


def test_a_report_sees_the_pictures_beside_it_and_none_above(served: Served, run: str) -> None:
    base = ticket(served, run=run, path="deep/report.html").removesuffix("report.html")
    assert served.nobody.get(f"{base}plots/x.png").content == PNG
    for other in ("../notes.txt", "..%2fnotes.txt", "plots/..%2f..%2fnotes.txt", "plots/y.png", "notes.txt"):
        assert served.nobody.get(base + other).status_code in (400, 403, 404), other


@pytest.mark.parametrize("path", ["report.html", "drawing.svg", "notes.txt", "plots/x.png"])
def test_what_is_shown_is_a_page_of_no_origin(served: Served, run: str, path: str) -> None:
    url = ticket(served, run=run, path=path)
    answer = served.nobody.get(url)
    parts = [part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";")]
    policy = {name: said for name, _, said in parts}
    assert policy["sandbox"] == "allow-scripts"
    assert policy["default-src"] == policy["connect-src"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    beside = f"{served.url}{url.rpartition('/')[0]}/"
    assert policy["img-src"] == f"data: blob: {beside}" and policy["script-src"].endswith(beside)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers and "access-control-allow-origin" not in answer.headers


def test_a_pdf_runs_in_the_browser_s_own_program(served: Served, run: str) -> None:
    """It may load nothing. What its writer calls a page is one, however it is named."""
    paper = served.nobody.get(ticket(served, run=run, path="paper.pdf"))
    assert paper.headers["content-type"] == "application/pdf" and paper.headers["x-content-type-options"] == "nosniff"
    assert paper.headers["content-security-policy"].startswith("default-src 'none';")
    assert "frame-ancestors 'self'" in paper.headers["content-security-policy"]
    page = served.nobody.get(ticket(served, run=run, path="page.pdf"))
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts;")


def test_what_a_shown_page_asks_is_refused(served: Served, run: str) -> None:
    """Its origin is no origin, and that is what its browser says."""
    url = ticket(served, run=run, path="report.html")
    for path in (WS, "/studio/session", "/studio/", "/health"):
        assert served.nobody.get(path, headers={"Origin": "null"}).status_code == 403
    assert served.nobody.get(url, headers={"Origin": "https://evil.example"}).status_code == 403
    beside = served.nobody.get(url, headers={"Origin": "null"})
    assert beside.status_code == 200 and "access-control-allow-origin" not in beside.headers


def test_a_type_that_is_none_is_not_sent(served: Served, run: str) -> None:
    answer = served.nobody.get(ticket(served, run=run, path="odd.bin"))
    assert answer.headers["content-type"] == "application/octet-stream"
    notes = served.nobody.get(ticket(served, run=run, path="notes.txt"))
    assert (notes.headers["content-type"], notes.text) == ("text/plain; charset=utf-8", "é")


def test_a_download_has_a_name_that_breaks_nothing(served: Served, run: str) -> None:
    url = ticket(served, run=run, path='a "b"; c=é.csv')
    said = served.nobody.get(f"{url}?download").headers["content-disposition"]
    assert said == "attachment; filename=\"a _b__ c__.csv\"; filename*=UTF-8''a%20%22b%22%3B%20c%3D%C3%A9.csv"


def test_a_part_is_answered(served: Served, run: str) -> None:
    url = ticket(served, run=run, path="plots/x.png")
    part = served.nobody.get(url, headers={"Range": "bytes=4-11"})
    assert (part.status_code, part.content) == (206, PNG[4:12])
    assert part.headers["content-range"] == f"bytes 4-11/{len(PNG)}"
    assert "sandbox" in part.headers["content-security-policy"]
    assert served.nobody.get(url, headers={"Range": f"bytes={len(PNG)}-"}).status_code == 416


def test_a_file_on_a_datastore_is_shown_by_its_address(served: Served, run: str) -> None:
    place = artifact_path(run, "plots/x.png")
    for uri in (str(place), place.in_full(SCOPE), f"runs:/{run}/plots/x.png"):
        assert served.nobody.get(ticket(served, uri=uri)).content == PNG
    elsewhere = place.in_full(replace(SCOPE, workspace="ws1b"))
    assert served.admin.post(f"{WS}/fileTickets", json={"uri": elsewhere}).status_code == 400


def test_a_file_in_a_folder_of_the_machine_is_shown(tmp_path: Path) -> None:
    """And nothing that a link in it leads to."""
    data = tmp_path / "srv" / "data"
    data.mkdir(parents=True)
    (data / "table.csv").write_text("a,b\n")
    (tmp_path / "secret").write_text("secret")
    (data / "linked.txt").symlink_to(tmp_path / "secret")
    platform = open_platform(Settings(data_dir=tmp_path / "lazuli", local_roots=str(tmp_path / "srv")))
    app = App(platform.routes(), platform.access, hosts=["127.0.0.1"], spool=tmp_path / "lazuli" / "uploads")
    token = (tmp_path / "lazuli" / "token").read_text().strip()
    with listening(app) as url, httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as admin:
        assert admin.put(WS, json={"properties": {}}).status_code == 201
        said = {"datastoreType": "Local", "path": str(data)}
        made = admin.put(f"{WS}/datastores/here", json={"properties": said})
        assert made.status_code in (200, 201), made.text
        shown = admin.post(f"{WS}/fileTickets", json={"uri": "azureml://datastores/here/paths/table.csv"})
        assert shown.status_code == 201, shown.text
        assert httpx.get(url + shown.json()["url"]).text == "a,b\n"
        for name in ("linked.txt", "../../secret", "nothing.csv", ""):
            refused = admin.post(f"{WS}/fileTickets", json={"uri": f"azureml://datastores/here/paths/{name}"})
            assert refused.status_code in (400, 403, 404), (name, refused.text)
        (data / "deep").mkdir()
        (data / "deep" / "large.bin").write_bytes(large := bytes(range(256)) * 9000)
        whole = admin.post(f"{WS}/fileTickets", json={"uri": "azureml://datastores/here/paths/", "folder": True})
        with ZipFile(io.BytesIO(httpx.get(url + whole.json()["url"]).content)) as archive:
            assert sorted(archive.namelist()) == ["deep/large.bin", "table.csv"]
            assert archive.read("deep/large.bin") == large
    platform.stop()


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"run": "r"},
        {"path": "x"},
        {"uri": "a", "path": "b"},
        {"run": 1, "path": "x"},
        {"uri": "x" * 3000},
        {"uri": "file:///etc/passwd"},
        {"uri": "/etc/passwd"},
        {"uri": "azureml://datastores/nowhere/paths/x"},
        {"uri": "https://example.org/x.png"},
    ],
)
def test_what_is_no_file_gets_no_ticket(served: Served, said: dict) -> None:
    assert served.admin.post(f"{WS}/fileTickets", json=said).status_code in (400, 404, 501)


@pytest.mark.parametrize("path", ["nothing.png", "../x", "/etc/passwd", "plots", "a\\b"])
def test_nothing_outside_the_run_gets_a_ticket(served: Served, run: str, path: str) -> None:
    answer = served.admin.post(f"{WS}/fileTickets", json={"run": run, "path": path})
    assert answer.status_code in (400, 404), answer.text


def test_a_ticket_is_for_its_workspace(served: Served, run: str) -> None:
    other = replace(SCOPE, workspace="ws-shown").path
    assert served.admin.put(other, json={"properties": {}}).status_code in (200, 201)
    assert served.admin.post(f"{other}/fileTickets", json={"run": run, "path": "notes.txt"}).status_code == 404


def test_a_ticket_ends(served: Served, run: str) -> None:
    token = ticket(served, run=run, path="notes.txt").split("/")[2]
    key = served.platform.store.secrets.get("server", "ticket-key") or ""
    claims = jwt.decode(token, key, algorithms=["HS256"], audience="ticket")
    assert 0 < claims["exp"] - served.platform.store.clock() // 1000 <= 3600
    for changed in ({"exp": 1}, {"aud": "else"}):
        stale = jwt.encode({**claims, **changed}, key, algorithm="HS256")
        assert served.nobody.get(f"/shown/{stale}/notes.txt").status_code == 403
    forged = jwt.encode(claims, "another-key-that-is-long-enough-for-it", algorithm="HS256")
    assert served.nobody.get(f"/shown/{forged}/notes.txt").status_code == 403


def test_a_ticket_of_a_log_opens_no_file(served: Served) -> None:
    key = served.platform.store.secrets.get("server", "ticket-key") or ""
    claims = {"aud": "ticket", "exp": 1 << 40, "job": f"{WS}/jobs/x", "file": "notes.txt"}
    answer = served.nobody.get(f"/shown/{jwt.encode(claims, key, algorithm='HS256')}/notes.txt")
    assert answer.status_code == 403


def test_with_a_session_go_its_tickets(served: Served, run: str, client: httpx.Client) -> None:  # noqa: F811
    browser: Browser = signed_in(served, client)
    headers = {"Lazuli-Session": browser.proof, "Origin": browser.url}
    headers["Cookie"] = f"{cookie_name(browser.url)}={browser.cookie}"
    url = client.post(f"{WS}/fileTickets", json={"run": run, "path": "notes.txt"}, headers=headers).json()["url"]
    assert served.nobody.get(url).status_code == 200
    assert browser.ask("DELETE", "/studio/session").status_code == 204
    assert served.nobody.get(url).status_code == 401


def test_no_other_door_shows_a_page(served: Served, run: str) -> None:
    """Whatever was stored, what is not shown by ticket acts as no page of this server."""
    container = served.admin.get(f"{WS}/datastores/workspaceblobstore").json()["properties"]["containerName"]
    blob = f"/lazuli.blob.core.lazuli.local/{container}/evil.html"
    put = served.admin.put(
        blob, content=b"<script>", headers={"x-ms-blob-type": "BlockBlob", "Content-Type": "text/html"}
    )
    assert put.status_code == 201
    for path in (blob, f"{API.replace('/api/2.0', '')}/get-artifact?run_id={run}&path=report.html", WS, "/health"):
        answer = served.admin.get(path)
        assert answer.status_code == 200, path
        assert "sandbox" in answer.headers["content-security-policy"], path
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"], path


@pytest.fixture(autouse=True)
def _nothing_left(served: Served) -> Iterator[None]:
    yield
    assert not list(served.spool.iterdir())


def test_a_folder_is_a_zip_file_that_holds_what_lies_there(served: Served, run: str) -> None:
    answer = served.admin.post(f"{WS}/fileTickets", json={"run": run, "path": "deep", "folder": True})
    assert (answer.status_code, answer.json()["mediaType"]) == (201, "application/zip"), answer.text
    url = answer.json()["url"]
    got = served.nobody.get(url)
    assert got.headers["content-disposition"].startswith('attachment; filename="deep.zip"')
    with ZipFile(io.BytesIO(got.content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "report.html": HTML.encode(),
            "plots/x.png": PNG,
        }
    for other in ("report.html", "plots/x.png", "other.zip"):
        assert served.nobody.get(f"{url.removesuffix('deep.zip')}{other}").status_code == 403
    for path in ("nowhere", "notes.txt"):
        said = served.admin.post(f"{WS}/fileTickets", json={"run": run, "path": path, "folder": True})
        assert (said.status_code, said.json()["error"]["code"]) == (404, "ResourceNotFound")
