"""The server's own listeners pass requests on to endpoints, for callers beyond this machine."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import httpx
import pytest
from tests.endpoints.conftest import Served
from tests.jobs.place import Place
from tests.server.listening import listening

from lazuli.server.app import App

SAYS = """
from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse
EVIL = {"Content-Security-Policy": "script-src *", "Set-Cookie": "lazuli_session=mine", "Clear-Site-Data": '"*"'}
def init(): pass
@rawhttp
def run(request):
    said = request.get_data()
    if said == b"fail": raise ValueError()
    if said == b"heads": return AMLResponse(str(dict(request.headers)).lower(), 200, EVIL)
    return AMLResponse(said[:2_000_000] + str(len(said)).encode(), 200, {"X-Own": request.headers.get("X-Own", "none")})
"""


@pytest.fixture(scope="module")
def far(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A listener of the server that has another name as well."""
    spool = tmp_path_factory.mktemp("spool")
    hosts = ("127.0.0.1", "far.example")
    with listening(App(place.platform.routes(), place.platform.access, hosts=hosts, spool=spool)) as url:
        yield url


def test_endpoints_are_asked_through_the_server(endpoint: Served, far: str) -> None:
    place = endpoint.place
    endpoint.up("blue", SAYS)
    endpoint.traffic(blue=100)
    token = (place.platform.store.settings.data_dir / "token").read_text().strip()
    key = place.platform.shelves.online_endpoint.keys.of(endpoint.id())["primary"]
    with httpx.Client(base_url=far, headers={"Host": "far.example"}, timeout=60) as client:
        own = {"Authorization": f"Bearer {token}"}
        shown = client.get(endpoint.id().path, headers=own).json()["properties"]
        home = f"/endpoints/sub/group/Space/{endpoint.name}"
        assert shown["scoringUri"] == f"http://far.example{home}/score"
        assert shown["swaggerUri"] == f"http://far.example{home}/swagger.json"
        near = client.get(endpoint.id().path, headers={**own, "Host": "127.0.0.1"}).json()["properties"]
        assert near["scoringUri"] == endpoint.url
        with_key = {"Authorization": f"Bearer {key}", "X-Own": "mine", "x-ms-client-request-id": "c"}
        answer = client.post(f"{home}/score?a=%2F", content=b"said", headers=with_key)
        assert (answer.status_code, answer.text, answer.headers["x-own"]) == (200, "said4", "mine")
        assert answer.headers["azureml-model-deployment"] == "blue" and answer.headers["x-ms-request-id"] == "c"
        large = b"x" * 40_000_000  # more than the server itself would read
        answer = client.post(f"{home}/score", content=large, headers=with_key)
        assert answer.status_code == 200 and answer.text.endswith("x40000000") and len(answer.content) == 2_000_008

        # neither side of the door sees or changes what signs a browser in at this address
        signed_in = {"Cookie": "lazuli_session=half", "Lazuli-Session": "other-half"}
        answer = client.post(f"{home}/score", content=b"heads", headers={**with_key, **signed_in})
        assert answer.status_code == 200 and "x-own" in answer.text and "half" not in answer.text
        assert "set-cookie" not in answer.headers and "clear-site-data" not in answer.headers
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"

        def pieces() -> Iterator[bytes]:
            for _ in range(50):
                yield b"y" * 10_000

        assert client.post(f"{home}/score", content=pieces(), headers=with_key).text.endswith("y500000")
        direct = endpoint.ask("fail")
        failed = client.post(f"{home}/score", content=b"fail", headers=with_key)
        assert failed.status_code == 424 and failed.headers["ms-azureml-model-error-statuscode"] == "500"
        assert json.loads(failed.content)["message"] and direct.status_code == 200
        assert client.get(f"{home}/swagger.json", headers=with_key).json()["swagger"] == "2.0"
        # the token of the server opens nothing, nor does a strange name or origin
        assert client.post(f"{home}/score", content=b"1", headers=own).status_code == 401
        assert client.post(f"{home}/score", content=large, headers=own).status_code == 401
        assert client.post(f"{home}/score", headers={**with_key, "Host": "evil.example"}).status_code == 403
        assert client.post(f"{home}/score", headers={**with_key, "Origin": "http://evil"}).status_code == 403
        assert client.post("/endpoints/sub/group/Space/none/score", headers=with_key).status_code == 404
        encoded = f"/endpoints/sub/group/Space%2F{endpoint.name}/score"
        assert client.post(encoded, content=b"1", headers=with_key).status_code == 404
    with socket.create_connection(("127.0.0.1", int(far.rpartition(":")[2]))) as line:
        head = f"POST {home}/score HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        line.sendall(f"{head}Content-Length: {200 << 20}\r\n\r\n".encode())
        assert line.recv(1000).startswith(b"HTTP/1.1 413 ")
