"""Registries over HTTP: made and removed, what is put into them, and who may use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.server.conftest import SCOPE, WS, Served, eventually, on_its_way

GROUP = WS.rpartition("/workspaces/")[0]
SHELF = f"{GROUP}/registries/shared"
PLANE = f"/mferp/managementfrontend{SHELF}"


@pytest.fixture
def shelf(admin: httpx.Client) -> Iterator[str]:
    made = admin.put(SHELF, json={"location": "here", "properties": {"regionDetails": [{"location": "here"}]}})
    assert made.status_code == 200, made.text
    yield SHELF
    eventually(lambda: admin.delete(SHELF).status_code != 409)


def put_file(admin: httpx.Client, kind: str, name: str, text: bytes = b"a,b\n") -> str:
    """Upload one file for version 1 of an asset, as Microsoft's client does; its address."""
    asset = {"assetId": f"azureml://registries/shared/{kind}/{name}/versions/1"}
    told = admin.put(f"{PLANE}/tempdatarefs/{name}/versions/1", json=asset).raise_for_status().json()
    address, _, token = told["blobReferenceForConsumption"]["credential"]["sasUri"].partition("?")
    sent = httpx.put(f"{address}/rows.csv?{token}", content=text, headers={"x-ms-blob-type": "BlockBlob"})
    assert sent.status_code == 201, sent.text
    return f"{address}/rows.csv"


def share_rows(admin: httpx.Client, name: str = "rows") -> dict[str, Any]:
    body = {"properties": {"dataType": "uri_file", "dataUri": put_file(admin, "data", name)}}
    made = admin.put(f"{PLANE}/data/{name}/versions/1", json=body)
    assert made.status_code == 202, made.text
    return admin.get(made.headers["location"]).raise_for_status().json()


def test_a_registry_is_made_found_by_its_name_and_removed(admin: httpx.Client, shelf: str) -> None:
    told = admin.get(shelf).json()
    assert (told["name"], told["type"]) == ("shared", "Microsoft.MachineLearningServices/registries")
    assert told["properties"]["regionDetails"] == [{"location": "here"}]
    assert [each["name"] for each in admin.get(f"{GROUP}/registries").json()["value"]] == ["shared"]
    assert "shared" not in [each["name"] for each in admin.get(f"{GROUP}/workspaces").json()["value"]]
    found = admin.get("/registrymanagement/v1.0/registries/SHARED/discovery").json()
    assert (found["registryName"], found["resourceGroup"]) == ("shared", "rg1")
    assert admin.delete(shelf).status_code == 200
    gone = admin.get("/registrymanagement/v1.0/registries/shared/discovery")
    assert gone.status_code == 404 and "There is no registry 'shared'" in gone.json()["error"]["message"]


@pytest.mark.parametrize(("name", "status", "told"), [("Shared", 409, "'shared'"), ("azureml", 400, "Azure's own")])
def test_a_name_is_had_by_one_registry(admin: httpx.Client, shelf: str, name: str, status: int, told: str) -> None:
    other = shelf.replace("rg1", "rg2").replace("shared", name)
    answer = admin.put(other, json={"properties": {}})
    assert answer.status_code == status and told in answer.json()["error"]["message"]
    assert admin.get(other).status_code == 404


def test_a_registry_and_a_workspace_of_one_name_are_two(admin: httpx.Client) -> None:
    same = f"{GROUP}/registries/ws1"
    assert admin.put(same, json={"properties": {}}).status_code == 200
    assert admin.delete(same).status_code == 200
    assert admin.get(WS).status_code == 200


def test_what_is_shared_goes_by_the_registrys_name(admin: httpx.Client, shelf: str) -> None:
    told = share_rows(admin)
    assert told["id"] == "azureml://registries/shared/data/rows/versions/1"
    assert told["properties"]["dataUri"].startswith("https://lazuli.blob.core.lazuli.local/")
    assert [each["name"] for each in admin.get(f"{shelf}/data").json()["value"]] == ["rows"]
    assert admin.get(f"{shelf}/environments").json()["value"] == [], "curated ones are in workspaces"
    assert admin.get(f"{WS}/data/rows").status_code == 404


def test_a_version_that_was_made_never_changes(admin: httpx.Client, shelf: str) -> None:
    asset = {"assetId": "azureml://registries/shared/data/rows/versions/1"}
    told = admin.put(f"{PLANE}/tempdatarefs/rows/versions/1", json=asset).json()
    share_rows(admin)
    assert admin.put(f"{PLANE}/tempdatarefs/rows/versions/1", json=asset).status_code == 409
    address, _, token = told["blobReferenceForConsumption"]["credential"]["sasUri"].partition("?")
    late = httpx.put(f"{address}/rows.csv?{token}", content=b"x", headers={"x-ms-blob-type": "BlockBlob"})
    assert late.status_code in (403, 409), late.text
    read = admin.post(f"{PLANE}/datarefs/rows/versions/1", json=asset).json()["blobReferenceForConsumption"]
    address, _, token = read["credential"]["sasUri"].partition("?")
    assert httpx.get(f"{address}/rows.csv?{token}").content == b"a,b\n"


def job_of(place: str, environment: str = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest") -> Any:
    given = {"jobInputType": "uri_file", "uri": place}
    properties = {"jobType": "Command", "command": "cat ${{inputs.rows}}", "environmentId": environment}
    return {"properties": {**properties, "inputs": {"rows": given}}}


def test_a_job_names_what_is_shared_and_is_pinned_to_it(served: Served, admin: httpx.Client, shelf: str) -> None:
    share_rows(admin)
    made = admin.put(f"{WS}/jobs/reads-shared", json=job_of("azureml://registries/shared/data/rows/labels/latest"))
    assert made.status_code == 201, made.text
    place = "azureml://registries/shared/data/rows/versions/1"
    assert made.json()["properties"]["inputs"]["rows"]["uri"] == place
    busy = admin.delete(shelf)
    assert busy.status_code == 409 and "on their way use" in busy.json()["error"]["message"]
    admin.post(f"{WS}/jobs/reads-shared/cancel")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("azureml://registries/nowhere/data/rows/versions/1", "There is no registry 'nowhere'"),
        ("azureml://registries/azureml/data/rows/versions/1", "There is no registry 'azureml'"),
        ("azureml://registries/shared/data/rows/versions/9", "'rows:9' does not exist"),
        ("azureml://registries/shared/data/none/versions/1", "does not exist in registry 'shared'"),
        ("azureml://registries/shared/models/rows/versions/1", "is not a data asset"),
    ],
)
def test_what_is_not_shared_is_told(admin: httpx.Client, shelf: str, place: str, told: str) -> None:
    share_rows(admin)
    answer = admin.put(f"{WS}/jobs/reads-nothing", json=job_of(place))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "ReferenceNotFound") and told in error["message"], error
    assert admin.get(f"{WS}/jobs/reads-nothing").status_code == 404


def test_a_job_neither_makes_nor_fills_a_registry(served: Served, shelf: str) -> None:
    born = on_its_way(served, "asks")
    token = served.platform.access.job_token("admin", SCOPE, "asks", born)
    job = {"Authorization": f"Bearer {token}"}
    assert served.nobody.put(f"{GROUP}/registries/mine", json={"properties": {}}, headers=job).status_code == 403
    assert served.nobody.put(f"{PLANE}/tempdatarefs/rows/versions/1", json={}, headers=job).status_code == 403
