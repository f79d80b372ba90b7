"""How requests are read and problems told, whatever the resource."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select
from starlette.responses import Response
from tests.server.conftest import WS, Served, eventually
from tests.server.listening import listening

from lazuli.server.app import MAX_BODY, MAX_SOON, App
from lazuli.server.routes import PUBLIC, Call, Route
from lazuli.store import tables


def error_of(answer: httpx.Response, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error"}
    return answer.json()["error"]


def test_a_problem_tells_what_where_and_the_mend(admin: httpx.Client) -> None:
    error = error_of(admin.get(f"{WS}/computes/nowhere"), 404)
    assert error["code"] == "ResourceNotFound"
    assert error["target"] == f"{WS}/computes/nowhere"
    (info,) = error["additionalInfo"]
    assert error["message"] == f"{info['info']['message']} {info['info']['mend']}"


def test_several_slips_are_told_at_once(admin: httpx.Client) -> None:
    body = {"properties": {"properties": {"scaleSettings": {"minNodeCount": -1, "maxNodeCount": "many"}}}}
    error = error_of(admin.put(f"{WS}/computes/slips", json=body), 400)
    assert len(error["details"]) == 2
    assert admin.get(f"{WS}/computes/slips").status_code == 404


def test_nothing_is_at_other_addresses(admin: httpx.Client) -> None:
    for path in ("/nowhere", f"{WS}/data/", f"{WS}//data", "/subscriptions/", f"{WS}/jobs/a/b"):
        assert error_of(admin.get(path), 404)["code"] == "NotFound", path


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "TRACE", "SEARCH"])
def test_a_wrong_method_is_told_the_right_ones(admin: httpx.Client, method: str) -> None:
    error = error_of(admin.request(method, WS), 405)
    assert error["code"] == "MethodNotAllowed"
    assert "DELETE, GET, PATCH, PUT" in error["message"]


def test_an_etag_guards_a_change(admin: httpx.Client) -> None:
    path, body = f"{WS}/computes/guarded", {"properties": {"properties": {"vmSize": "STANDARD_DS3_V2"}}}
    made = admin.put(path, json=body, headers={"If-None-Match": "*"})
    assert made.status_code == 201
    assert error_of(admin.put(path, json=body, headers={"If-None-Match": "*"}), 412)["code"] == "PreconditionFailed"
    etag = made.json()["etag"]
    changed = admin.patch(path, json={"tags": {"a": "1"}}, headers={"If-Match": etag})
    assert changed.status_code == 200 and changed.json()["etag"] != etag
    for stale in (etag, '"999"', "nonsense"):
        assert error_of(admin.put(path, json=body, headers={"If-Match": stale}), 412)["code"] == "PreconditionFailed"
    assert admin.get(path).json()["tags"] == {"a": "1"}


def test_a_list_may_ask_for_more_than_a_page(admin: httpx.Client) -> None:
    for number in range(7):
        body = {"properties": {"image": "python:3.11"}}
        assert admin.put(f"{WS}/environments/many/versions/{number}", json=body).status_code == 201
    page = admin.get(f"{WS}/environments/many/versions", params={"$top": "500"}).json()
    assert len(page["value"]) == 7 and "nextLink" not in page


def test_a_registered_snapshot_takes_no_more_writes(served: Served, admin: httpx.Client) -> None:
    nobody = served.nobody
    version = f"{WS}/codes/frozen/versions/1"
    begun = admin.post(f"{version}/startPendingUpload", json={}).json()["blobReferenceForConsumption"]
    address, _, token = begun["credential"]["sasUri"].partition("?")
    sent = {"url": f"{address}/src/train.py?{token}", "headers": {"x-ms-blob-type": "BlockBlob"}}
    assert nobody.put(**sent, content=b"print(1)").status_code == 201
    body = {"properties": {"codeUri": f"{address}/src", "properties": {}}}
    assert admin.put(version, json=body).status_code == 201
    refused = nobody.put(**sent, content=b"print('somebody else')")
    assert (refused.status_code, refused.headers["x-ms-error-code"]) == (409, "BlobImmutableDueToPolicy")
    assert nobody.delete(sent["url"]).status_code == 403
    assert nobody.get(sent["url"]).content == b"print(1)"


def test_fixed_words_match_in_any_case_and_api_version_is_nothing(admin: httpx.Client) -> None:
    for path in (WS.lower(), WS.upper(), WS.replace("resourceGroups", "resourcegroups")):
        assert admin.get(path, params={"api-version": "1999-01-01-preview"}).json()["name"] == "ws1"
    for action in ("listSecrets", "listsecrets", "LISTSECRETS"):
        assert admin.post(f"{WS}/datastores/workspaceblobstore/{action}", json={}).json()["secretsType"] == "Sas"


@pytest.mark.parametrize(
    "name", ["..%2Fx", "%2e%2e", ".hidden", "a%00b", "a%0a", "a%20b", "-a", "%5c..%5cx", "ü", "a" * 256, "%F0%9F%92%8E"]
)
@pytest.mark.parametrize("path", ["computes/{}", "data/{}", "data/{}/versions/1", "data/d/versions/{}", "jobs/{}"])
def test_names_that_leave_their_folder_make_nothing(served: Served, path: str, name: str) -> None:
    body = {"properties": {"command": "x", "image": "x", "dataUri": "azureml://datastores/workspaceblobstore/paths/x"}}
    before = rows(served)
    answer = served.admin.put(f"{WS}/" + path.format(name), json=body)
    assert answer.status_code in (400, 404), answer.text
    assert rows(served) == before


def rows(served: Served) -> set[str]:
    """The ids of all resources there are."""
    with served.platform.store.state.read() as tx:
        return set(tx.execute(select(tables.resource.c.id)).scalars())


@pytest.mark.parametrize("place", ["subscriptions/{}/resourceGroups/rg1", "subscriptions/s/resourceGroups/{}"])
@pytest.mark.parametrize("name", ["%2e%2e", "a%00", "a%0a", "a%20b"])
def test_workspaces_are_nowhere_strange(admin: httpx.Client, place: str, name: str) -> None:
    path = f"/{place.format(name)}/providers/Microsoft.MachineLearningServices/workspaces/ws9"
    error_of(admin.put(path, json={"properties": {}}), 400)


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b"1", b'"x"', b"\xff", b'{"properties": []}', b'{"properties": 1}', b"NaN"]
)
def test_a_body_that_is_no_mapping_is_refused(admin: httpx.Client, body: bytes) -> None:
    assert "body" in error_of(admin.put(f"{WS}/computes/c", content=body), 400)["message"] or b"prop" in body


@pytest.mark.parametrize("depth", [50, 900, 100_000])
def test_a_deep_body_breaks_nothing(admin: httpx.Client, depth: int) -> None:
    body = b'{"properties": {"deep": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}}"
    answer = admin.put(f"{WS}/computes/deep{depth}", content=body)
    assert answer.status_code == (201 if depth == 50 else 400), answer.text[:300]
    admin.delete(f"{WS}/computes/deep{depth}")


def test_a_body_that_is_too_large_is_refused(admin: httpx.Client) -> None:
    error_of(admin.put(f"{WS}/computes/c", content=b" " * (MAX_BODY + 1)), 413)


@pytest.mark.parametrize("query", ["$top=x", "$skip=-1", "$skip=99999999999999999999999", "listViewType=Some"])
def test_a_list_says_what_it_does_not_understand(admin: httpx.Client, query: str) -> None:
    assert error_of(admin.get(f"{WS}/jobs?{query}"), 400)["target"] == query.partition("=")[0]


def test_a_mistake_of_ours_tells_no_secret(served: Served, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fails(call: Call) -> Response:
        return Response((tmp_path / "absent").read_bytes())

    routes = [Route("GET", "/fails", fails, PUBLIC, "")]
    with listening(App(routes, served.platform.access, hosts=["127.0.0.1"], spool=tmp_path / "spool")) as url:
        answer = httpx.get(f"{url}/fails")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "InternalServerError"
    assert str(tmp_path) not in answer.text and "Traceback" not in answer.text and "absent" not in answer.text
    assert str(tmp_path) in caplog.text


# --- uploads that break off -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "way"), [(MAX_SOON, b"soon"), (MAX_SOON + 1, b"late")])
def test_no_large_body_is_read_on_the_event_loop(served: Served, tmp_path: Path, size: int, way: bytes) -> None:
    async def soon(call: Call) -> Response:
        return Response(b"soon")

    route = Route("POST", "/both", lambda call: Response(b"late"), PUBLIC, "Answer", soon=soon)
    app = App([route], served.platform.access, hosts=["127.0.0.1"], spool=tmp_path)
    with listening(app) as url:
        assert httpx.post(f"{url}/both", content=bytes(size)).content == way


def broken_off(served: Served, path: str, announced: int, sent: bytes, headers: str = "") -> None:
    """Send less of a body than was announced, then go away."""
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname or "", address.port or 0)) as line:
        head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {announced}\r\n{headers}\r\n"
        line.sendall(head.encode() + sent)
        line.shutdown(socket.SHUT_WR)
        while line.recv(65536):
            pass


def blob_path(served: Served, name: str) -> str:
    secret = served.admin.post(f"{WS}/datastores/workspaceblobstore/listSecrets", json={}).json()["sasToken"]
    container = served.admin.get(f"{WS}/datastores/workspaceblobstore").json()["properties"]["containerName"]
    return f"/lazuli.blob.core.lazuli.local/{container}/{name}?{secret}"


@pytest.mark.parametrize("sent", [0, 100, 3 << 20])
def test_half_an_upload_leaves_nothing(served: Served, sent: int) -> None:
    path = blob_path(served, f"half-{sent}.bin")
    broken_off(served, path, 4 << 20, b"x" * sent, "x-ms-blob-type: BlockBlob\r\n")
    eventually(lambda: not list(served.spool.iterdir()))
    assert served.nobody.head(path).status_code == 404
    whole = served.nobody.put(path, content=b"x" * 4, headers={"x-ms-blob-type": "BlockBlob"})
    assert whole.status_code == 201
    assert not list(served.spool.iterdir())


def test_half_a_document_makes_nothing(served: Served) -> None:
    body = b'{"properties": {"computeType": "AmlCompute"}}'
    broken_off(served, f"{WS}/computes/half", len(body) + 1, body, f"Authorization: Bearer {served.token}\r\n")
    assert served.admin.get(f"{WS}/computes/half").status_code == 404


def test_an_upload_of_nobody_is_refused_before_it_is_sent(served: Served) -> None:
    address, path = urlsplit(served.url), blob_path(served, "refused").partition("?")[0]
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as line:
        head = (
            f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {1 << 30}\r\nx-ms-blob-type: BlockBlob\r\n\r\n"
        )
        line.sendall(head.encode())
        assert line.recv(12) == b"HTTP/1.1 401"
    assert not list(served.spool.iterdir())


def test_what_is_answered_stays_in_no_cache(admin: httpx.Client) -> None:
    """Keys and secrets among it; what may be kept says so."""
    endpoint = f"{WS}/onlineEndpoints/uncached"
    assert admin.put(endpoint, json={"location": "here", "properties": {"authMode": "Key"}}).status_code == 201
    keys = admin.post(f"{endpoint}/listKeys")
    assert keys.json()["primaryKey"] and keys.headers["cache-control"] == "no-store"
    assert admin.get(endpoint).headers["cache-control"] == "no-store"
    assert admin.get("/").headers["cache-control"] == "no-cache"
    admin.delete(endpoint)
