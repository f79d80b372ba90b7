"""Who gets in: every route asks for a token, every token is checked, and no website reaches a server."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any

import jwt
import pytest
from tests.server.conftest import SCOPE, WS, Served, on_its_way

from lazuli.schema.identity import Scope
from lazuli.server.routes import KEYED, PUBLIC, SIGNED, WORKSPACE, refuse
from lazuli.store.secrets import random_token

OPEN = {
    ("GET", "/health"),
    ("GET", "/metadata/endpoints"),
    ("GET", "/discovery"),
    ("GET", "/msi/token"),
    ("GET", "/"),
    ("GET", "/schemas"),
    ("GET", "/schemas/{name}"),
    ("GET", "/latest/{name}"),
    ("GET", "/studio"),
    ("HEAD", "/studio"),
    ("GET", "/studio/"),
    ("HEAD", "/studio/"),
    ("GET", "/studio/{file:path}"),
    ("HEAD", "/studio/{file:path}"),
    ("POST", "/studio/session"),
}
"""Microsoft's client, or a browser, asks these before it has a token. Whoever adds one says here that it tells no
secret."""
SELF_SIGNED = {
    ("GET", "/history/v1.0/logs/{ticket}"),
    ("GET", "/shown/{ticket}/{file:path}"),
    ("GET", "/packaged/{ticket}/{file}"),
    ("GET", "/lazuli.blob.core.lazuli.local/{container}"),
    ("HEAD", "/lazuli.blob.core.lazuli.local/{container}"),
    ("GET", "/lazuli.blob.core.lazuli.local/{container}/{blob:path}"),
    ("HEAD", "/lazuli.blob.core.lazuli.local/{container}/{blob:path}"),
    ("PUT", "/lazuli.blob.core.lazuli.local/{container}/{blob:path}"),
    ("DELETE", "/lazuli.blob.core.lazuli.local/{container}/{blob:path}"),
}
"""Their addresses are signed, and their handlers check that."""
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
OWN_KEYS = {(method, "/endpoints/{subscription}/{group}/{workspace}/{name}/{rest:path}") for method in METHODS}
"""They lead to online endpoints, which have keys of their own and ask for them."""


def filled(path: str) -> str:
    return re.sub(r"\{\w+(:path)?\}", "x", path)


def test_open_routes_are_the_ones_named_here(served: Served) -> None:
    assert {(r.method, r.path) for r in served.app.routes if r.permission == PUBLIC} == OPEN
    assert {(r.method, r.path) for r in served.app.routes if r.permission == SIGNED} == SELF_SIGNED
    assert {(r.method, r.path) for r in served.app.routes if r.permission == KEYED} == OWN_KEYS


def test_every_other_route_answers_nobody(served: Served) -> None:
    for route in served.app.routes:
        if (route.method, route.path) in OPEN | SELF_SIGNED | OWN_KEYS:
            continue
        assert re.fullmatch(r"[a-z]+/[a-z]+", route.permission), route
        answer = served.nobody.request(route.method, filled(route.path), content=b"{")
        assert answer.status_code == 401, (route.method, route.path, answer.text)
        assert route.failure is not refuse or answer.headers["www-authenticate"] == "Bearer"


def test_routes_with_a_signature_want_a_good_one(served: Served) -> None:
    for method, path in SELF_SIGNED:
        query = {"restype": "container", "comp": "list"} if path.endswith("{container}") else {}
        answer = served.nobody.request(method, filled(path), params=query)
        assert answer.status_code in (401, 403, 404), (method, path, answer.text)


def unsigned(**claims: Any) -> str:
    """A token as development tools make it: a header, claims and no signature."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"exp": int(time.time()) + 999, "oid": "x", "role": "admin", **claims}, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)


def signed(served: Served, key: str = "", algorithm: str = "HS256", **claims: Any) -> str:
    key = key or served.platform.store.secrets.get("server", "signing-key") or ""
    claims = {"exp": int(time.time()) + 999, "oid": "x", "name": "n", "role": "admin", **claims}
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, key, algorithm=algorithm)


def test_what_this_server_signed_opens(served: Served) -> None:
    answer = served.nobody.get(WS, headers={"Authorization": f"bearer {signed(served)}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("case", ["wrong", "expired", "endless", "nameless", "unsigned", "none", "foreign", "ticket"])
def test_other_tokens_open_nothing(served: Served, case: str) -> None:
    token = {
        "wrong": random_token,
        "expired": lambda: signed(served, exp=int(time.time()) - 1),
        "endless": lambda: signed(served, exp=None),
        "nameless": lambda: signed(served, oid=None),
        "unsigned": unsigned,
        "none": lambda: jwt.encode({"exp": int(time.time()) + 999, "oid": "x", "role": "admin"}, "", algorithm="none"),
        "foreign": lambda: signed(served, key=random_token()),
        "ticket": lambda: signed(served, key=served.platform.store.secrets.get("server", "ticket-key") or ""),
    }[case]()
    answer = served.nobody.get(WS, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert "token" in answer.json()["error"]["message"]


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "bogus"])
def test_other_schemes_open_nothing(served: Served, header: str) -> None:
    assert served.nobody.get(WS, headers={"Authorization": header}).status_code == 401


def test_a_token_without_a_role_may_do_nothing(served: Served) -> None:
    answer = served.nobody.get(WS, headers={"Authorization": f"Bearer {signed(served, role=None)}"})
    assert (answer.status_code, answer.json()["error"]["target"]) == (403, "workspaces/read")


# --- what a job may ------------------------------------------------------------------------------------------------

OTHER = Scope(SCOPE.subscription, SCOPE.resource_group, "ws1b").path


@pytest.fixture(scope="module")
def job(served: Served) -> dict[str, str]:
    assert served.admin.put(OTHER, json={"properties": {}}).status_code == 201
    token = served.platform.access.job_token("someone", SCOPE, "Job1", on_its_way(served, "Job1"))
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", ["", "/data", "/jobs", "/models", "/computes", "/datastores/workspaceblobstore"])
def test_a_job_reads_its_workspace_and_no_other(served: Served, job: dict[str, str], path: str) -> None:
    assert served.nobody.get(WS + path, headers=job).status_code == 200
    assert served.nobody.get(WS.upper() + path, headers=job).status_code == 200
    assert served.nobody.get(OTHER + path, headers=job).status_code == 403


def test_a_job_changes_nothing_but_what_it_tracks(served: Served, job: dict[str, str]) -> None:
    for route in served.app.routes:
        noun, _, verb = route.permission.partition("/")
        if verb in ("", "read") or noun in ("runs", "experiments", "artifacts"):
            continue
        if route.permission == "datastores/secrets":  # as the test below has it
            continue
        path = filled(route.path.replace(WORKSPACE, WS))
        answer = served.nobody.request(route.method, path, headers=job, json={})
        assert answer.status_code == 403, (route.method, path, answer.text)


def test_a_job_registers_models_and_data_and_takes_none_away(served: Served, job: dict[str, str]) -> None:
    place = "azureml://datastores/workspaceblobstore/paths/made/"
    container = served.admin.get(f"{WS}/datastores/workspaceblobstore").json()["properties"]["containerName"]
    file = f"/lazuli.blob.core.lazuli.local/{container}/made/a"
    assert served.admin.put(file, content=b"a", headers={"x-ms-blob-type": "BlockBlob"}).status_code == 201
    for word, said in (("data", {"dataType": "uri_folder", "dataUri": place}), ("models", {"modelUri": place})):
        one = f"{WS}/{word}/made-by-a-job/versions/1"
        assert served.nobody.put(one, headers=job, json={"properties": said}).status_code == 201
        assert served.nobody.get(one, headers=job).status_code == 200
        for method, path in (("DELETE", one), ("DELETE", f"{WS}/{word}/made-by-a-job")):
            assert served.nobody.request(method, path, headers=job, json={}).status_code == 403
        assert served.nobody.put(one.replace(WS, OTHER), headers=job, json={"properties": said}).status_code == 403


def test_a_job_reads_the_storage_of_its_workspace_and_adds_what_is_not_there(
    served: Served, job: dict[str, str]
) -> None:
    store = f"{WS}/datastores/workspaceblobstore"
    container = served.admin.get(store).json()["properties"]["containerName"]
    path = f"/lazuli.blob.core.lazuli.local/{container}/table.csv"
    new = {"x-ms-blob-type": "BlockBlob"}
    assert served.admin.put(path, content=b"a", headers=new).status_code == 201
    signature = served.nobody.post(f"{store}/listSecrets", headers=job).json()["sasToken"]
    assert served.nobody.get(f"{path}?{signature}").content == b"a"
    assert served.nobody.put(f"{path}?{signature}", content=b"b", headers=new).status_code == 403
    assert served.nobody.put(f"{path}.new?{signature}", content=b"b", headers=new).status_code == 201
    assert served.nobody.put(f"{path}.new?{signature}", content=b"c", headers=new).status_code == 403
    assert served.nobody.delete(f"{path}?{signature}").status_code == 403
    elsewhere = f"{OTHER}/datastores/workspaceblobstore/listSecrets"
    assert served.nobody.post(elsewhere, headers=job).status_code == 403
    theirs = {
        "datastoreType": "AzureBlob",
        "accountName": "theirs",
        "containerName": "theirs",
        "credentials": {
            "credentialsType": "AccountKey",
            "secrets": {"secretsType": "AccountKey", "key": "c2VjcmV0"},
        },
    }
    assert served.admin.put(f"{WS}/datastores/theirs", json={"properties": theirs}).status_code == 201
    assert served.nobody.post(f"{WS}/datastores/theirs/listSecrets", headers=job).status_code == 403


def test_a_job_does_not_leave_home_by_naming_it_in_a_file(served: Served, job: dict[str, str]) -> None:
    files = f"/mlflow/v2.0{OTHER}/api/2.0/mlflow-artifacts/artifacts{WS}/x.txt"
    assert served.nobody.put(files, content=b"x", headers=job).status_code == 403
    assert served.nobody.get(files, headers=job).status_code == 403


def test_who_may_do_everything_reads_storage_without_a_signature(served: Served, job: dict[str, str]) -> None:
    container = served.admin.get(f"{WS}/datastores/workspaceblobstore").json()["properties"]["containerName"]
    path = f"/lazuli.blob.core.lazuli.local/{container}/seen.txt"
    put = served.admin.put(path, content=b"seen", headers={"x-ms-blob-type": "BlockBlob"})
    assert put.status_code == 201, put.text
    assert served.admin.get(path).content == b"seen"
    for headers, status in ((job, 403), ({}, 401), ({"Authorization": "Bearer no.such.token"}, 401)):
        assert served.nobody.get(path, headers=headers).status_code == status


def test_a_job_asks_nothing_outside_workspaces(served: Served, job: dict[str, str]) -> None:
    assert served.nobody.get("/openapi.json", headers=job).status_code == 403
    assert served.nobody.get(WS.rpartition("/")[0], headers=job).status_code == 403


# --- tokens for clients ---------------------------------------------------------------------------------------------


def test_who_knows_the_identity_header_gets_a_token_for_the_audience_asked(served: Served) -> None:
    header = (served.folder / "identity_header").read_text().strip()
    query = {"api-version": "2019-08-01", "resource": "https://ml.azure.local"}
    answer = served.nobody.get("/msi/token", params=query, headers={"X-IDENTITY-HEADER": header}).json()
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["aud"] == answer["resource"] == "https://ml.azure.local"
    assert claims["tid"] and int(answer["expires_on"]) == claims["exp"] > time.time()
    opened = served.nobody.get(WS, headers={"Authorization": f"Bearer {answer['access_token']}"})
    assert opened.status_code == 200


@pytest.mark.parametrize("header", ["", "lazuli", "ü"])
def test_no_other_identity_header_gets_one(served: Served, header: str) -> None:
    answer = served.nobody.get("/msi/token", headers=[(b"X-IDENTITY-HEADER", header.encode())])
    assert answer.status_code == 401


def test_tokens_lie_in_files_of_their_owner(served: Served) -> None:
    for name in ("token", "identity_header"):
        assert (served.folder / name).stat().st_mode & 0o777 == 0o600
        assert len((served.folder / name).read_text().strip()) >= 32


# --- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "[::1", "", "a@127.0.0.2"]
)
def test_another_host_is_refused_whatever_the_token(served: Served, host: str) -> None:
    answer = served.admin.get("/health", headers={"Host": host})
    assert answer.status_code in (400, 403)
    if answer.status_code == 403:
        assert answer.json()["error"]["code"] == "HostNotAllowed"


@pytest.mark.parametrize("host", ["127.0.0.1", "LOCALHOST:1", "localhost"])
def test_own_names_are_answered(served: Served, host: str) -> None:
    assert served.nobody.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"])
def test_pages_of_another_origin_are_refused(served: Served, origin: str) -> None:
    answer = served.admin.get(WS, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "OriginNotAllowed")
    assert "access-control-allow-origin" not in answer.headers


def test_pages_of_this_server_are_answered(served: Served) -> None:
    assert served.admin.get(WS, headers={"Origin": served.url}).status_code == 200


def test_where_another_workspaces_assets_lie_is_told_to_nobody_here(served: Served, job: dict[str, str]) -> None:
    foreign = f"{OTHER}/data/anything/versions/1"
    for service in ("/data/v1.0", "/modelregistry/v1.0"):
        path = f"{service}{WS}/{'dataversion' if 'data/' in service else 'models'}/batchGetResolvedUris"
        answer = served.nobody.post(path, json={"values": [foreign]}, headers=job)
        assert answer.status_code == 400 and "is not the id of an asset" in answer.json()["error"]["message"]
