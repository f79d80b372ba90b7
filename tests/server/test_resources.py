"""The verbs of every resource, as REST says them."""

from __future__ import annotations

import hashlib
import itertools
from typing import Any

import httpx
import pytest
from tests.server.conftest import SCOPE, WS, Served

_numbers = itertools.count(1)
BLOBS = "azureml://datastores/workspaceblobstore/paths"
UNKNOWN = {"fromTheFuture": {"deep": [1, {"x": {}, "y": "ü"}]}, "another": 0}


def fresh(word: str) -> str:
    """A name that no other test has."""
    return f"{word}-{next(_numbers)}"


def upload(served: Served, name: str, data: bytes = b"a,b\n1,2\n") -> str:
    """Put a file on the default datastore, as clients do; its address."""
    store = served.admin.get(f"{WS}/datastores/workspaceblobstore").json()["properties"]
    token = served.admin.post(f"{WS}/datastores/workspaceblobstore/listSecrets", json={}).json()["sasToken"]
    path = f"/lazuli.blob.core.lazuli.local/{store['containerName']}/{name}?{token}"
    assert served.nobody.put(path, content=data, headers={"x-ms-blob-type": "BlockBlob"}).status_code == 201
    return f"{BLOBS}/{name}"


def upload_code(served: Served, name: str, version: str = "1", hash: str = "") -> dict[str, Any]:
    """A code snapshot of one file, by the steps of Microsoft's client."""
    code = f"{WS}/codes/{name}/versions/{version}"
    pending = served.admin.post(f"{code}/startPendingUpload", json={}).json()["blobReferenceForConsumption"]
    container, _, token = pending["credential"]["sasUri"].partition("?")
    put = served.nobody.put(f"{container}/run.py?{token}", content=b"print(1)", headers={"x-ms-blob-type": "BlockBlob"})
    assert put.status_code == 201, put.text
    body = {"properties": {"codeUri": pending["blobUri"], "properties": {"hash_sha256": hash} if hash else {}}}
    answer = served.admin.put(code, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def body_of(served: Served, kind: str) -> tuple[str, dict[str, Any]]:
    """The path and the body of a new resource of a kind."""
    name = fresh(kind)
    match kind:
        case "workspace":
            return WS.removesuffix("ws1") + name, {"location": "here", "tags": {"a": "1"}, "properties": {}}
        case "compute":
            scale = {"minNodeCount": 0, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "PT60S"}
            inner = {"vmSize": "STANDARD_DS3_V2", "vmPriority": "LowPriority", "scaleSettings": scale}
            return f"{WS}/computes/{name}", {"properties": {"computeType": "AmlCompute", "properties": inner}}
        case "data":
            said = {"dataType": "uri_file", "dataUri": upload(served, f"{name}/iris.csv"), "tags": {"a": "1"}}
            return f"{WS}/data/{name}/versions/1", {"properties": said}
        case "environment":
            return f"{WS}/environments/{name}/versions/1", {"properties": {"image": "python:3.11", "osType": "Linux"}}
        case "component":
            inputs = {"lines": {"type": "integer", "default": "3", "unheardOf": {"deep": 1}}}
            spec = {
                "type": "command",
                "command": "head -${{inputs.lines}}",
                "inputs": inputs,
                "environment": f"azureml:{environment(served)}",
                "_source": "YAML.COMPONENT",
            }
            return f"{WS}/components/{name}/versions/1", {"properties": {"componentSpec": spec, "tags": {"a": "1"}}}
        case "model":
            said = {"modelType": "custom_model", "modelUri": upload(served, f"{name}/model.bin")}
            return f"{WS}/models/{name}/versions/1", {"properties": said}
        case _:
            # Its target has no node free for it, so that it stays as it is.
            said = {
                "jobType": "Command",
                "command": "true",
                "environmentId": environment(served),
                "computeId": stuck(served),
            }
            return f"{WS}/jobs/{name}", {"properties": said}


def environment(served: Served) -> str:
    path = f"{WS}/environments/plain/versions/1"
    answer = served.admin.put(path, json={"properties": {"image": "python:3.11"}})
    assert answer.status_code in (200, 201), answer.text
    return path


def stuck(served: Served) -> str:
    """A cluster whose one node a job holds."""
    path = f"{WS}/computes/small"
    inner = {"vmSize": "Standard_D2_v3", "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 1}}
    assert served.admin.put(path, json={"properties": {"computeType": "AmlCompute", "properties": inner}}).is_success
    said = {"jobType": "Command", "command": "sleep 600", "environmentId": environment(served), "computeId": path}
    assert served.admin.put(f"{WS}/jobs/holder", json={"properties": said}).is_success
    return path


KINDS = ["workspace", "compute", "data", "environment", "model", "component", "job"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_put_is_told_again_with_words_nobody_knows(served: Served, kind: str) -> None:
    path, body = body_of(served, kind)
    body["properties"] |= UNKNOWN
    created = served.admin.put(path, json=body)
    assert created.status_code == 201, created.text
    told = served.admin.get(path).json()
    assert told["id"] == path and told["name"] == path.rpartition("/")[2]
    assert told["systemData"]["createdBy"] == "admin" and told["systemData"]["createdAt"].endswith("Z")
    assert told["properties"]["another"] == 0
    assert told["properties"]["fromTheFuture"] == UNKNOWN["fromTheFuture"]
    for key, value in body["properties"].items():
        if key not in ("properties", "dataUri", "modelUri", "componentSpec"):
            assert told["properties"][key] == value, key
    if kind != "job":
        assert told["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_told_may_be_put_back(served: Served, kind: str) -> None:
    path, body = body_of(served, kind)
    assert served.admin.put(path, json=body).status_code == 201
    told = served.admin.get(path).json()
    again = served.admin.put(path, json=told)
    assert again.status_code == 200, again.text
    if kind != "job":  # which moves on by itself meanwhile
        assert again.json()["etag"] == told["etag"], "nothing changed"
        assert served.admin.get(path).json() == told


@pytest.mark.parametrize("kind", ["data", "environment", "model", "component", "job"])
def test_archived_and_restored_by_putting_back(served: Served, kind: str) -> None:
    path, body = body_of(served, kind)
    served.admin.put(path, json=body)
    lists = path.rpartition("/")[0]
    name = path.rpartition("/")[2]
    for archived, view, other in ((True, "ArchivedOnly", "ActiveOnly"), (False, "ActiveOnly", "ArchivedOnly")):
        told = served.admin.get(path).json()
        told["properties"]["isArchived"] = archived
        assert served.admin.put(path, json=told).status_code == 200
        assert served.admin.get(path).json()["properties"]["isArchived"] is archived
        assert name in names(served.admin, lists, view) and name in names(served.admin, lists, "all")
        assert name not in names(served.admin, lists, other)


def names(client: httpx.Client, path: str, view: str) -> list[str]:
    return [item["name"] for item in client.get(path, params={"listViewType": view}).json()["value"]]


def test_a_component_is_told_as_it_was_said(served: Served) -> None:
    path, body = body_of(served, "component")
    served.admin.put(path, json=body)
    said, told = body["properties"]["componentSpec"], served.admin.get(path).json()["properties"]["componentSpec"]
    name = path.split("/")[-3]
    assert (told["name"], told["version"], told["tags"]) == (name, "1", {"a": "1"})
    assert (
        "_source" not in told and told["environment"] == said["environment"]
    )  # where a client found it is no part of it
    assert told["inputs"]["lines"] == said["inputs"]["lines"] | {"optional": False}
    default = served.admin.get(path.replace("/versions/1", "/versions/azureml_default"))
    assert default.json()["id"] == path


def test_a_component_without_its_environment_is_refused(served: Served) -> None:
    path, body = body_of(served, "component")
    body["properties"]["componentSpec"]["environment"] = "azureml:nothing:1"
    answer = served.admin.put(path, json=body)
    assert (answer.status_code, answer.json()["error"]["target"]) == (400, "environment")
    assert served.admin.get(path).status_code == 404
    assert served.admin.put(path, json={"properties": {}}).json()["error"]["target"] == "componentSpec"


def test_versions_never_change(served: Served) -> None:
    path, body = body_of(served, "data")
    served.admin.put(path, json=body)
    body["properties"]["dataUri"] = upload(served, fresh("other"))
    answer = served.admin.put(path, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ImmutableAsset")
    assert answer.json()["error"]["target"] == "path"


@pytest.mark.parametrize("kind", KINDS)
def test_deleting_answers_200_then_204(served: Served, kind: str) -> None:
    if kind == "job":
        return
    path, body = body_of(served, kind)
    served.admin.put(path, json=body)
    assert served.admin.delete(path).status_code == 200
    assert served.admin.delete(path).status_code == 204
    assert served.admin.get(path).status_code == 404


def test_a_list_is_paged_to_its_end(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lazuli.server.listing.PAGE", 2)
    name = fresh("paged")
    for version in range(1, 6):
        body = {"properties": {"image": f"python:3.1{version}"}}
        assert served.admin.put(f"{WS}/environments/{name}/versions/{version}", json=body).status_code == 201
    found: list[str] = []
    link = f"{WS}/environments/{name}/versions?api-version=1&listViewType=All"
    pages = 0
    while link:
        page = served.admin.get(link).json()
        found += [item["name"] for item in page["value"]]
        link = page.get("nextLink", "")
        assert link == "" or (link.startswith(f"{served.url}{WS}/") and "listViewType=All" in link)
        pages += 1
    assert (found, pages) == (["5", "4", "3", "2", "1"], 3)
    top = served.admin.get(f"{WS}/environments/{name}/versions?$orderBy=createdtime desc&$top=1").json()
    assert [item["name"] for item in top["value"]] == ["5"] and "nextLink" not in top


def test_patch_merges(served: Served) -> None:
    path, body = body_of(served, "workspace")
    served.admin.put(path, json={**body, "properties": {"description": "old", "friendlyName": "kept", **UNKNOWN}})
    patch = {"tags": {"a": None, "b": "2"}, "properties": {"description": "new", "another": None}}
    assert served.admin.patch(path, json=patch).status_code == 200
    told = served.admin.get(path).json()
    assert told["tags"] == {"b": "2"} and told["location"] == "here"
    assert told["properties"]["description"] == "new" and told["properties"]["friendlyName"] == "kept"
    assert "another" not in told["properties"] and told["properties"]["fromTheFuture"] == UNKNOWN["fromTheFuture"]


def test_a_compute_is_scaled_by_patch(served: Served) -> None:
    path, body = body_of(served, "compute")
    served.admin.put(path, json=body)
    patch = {"properties": {"properties": {"scaleSettings": {"maxNodeCount": 7}}}}
    assert served.admin.patch(path, json=patch).status_code == 200
    inner = served.admin.get(path).json()["properties"]["properties"]
    assert inner["scaleSettings"] == {"minNodeCount": 0, "maxNodeCount": 7, "nodeIdleTimeBeforeScaleDown": "PT60S"}
    assert inner["vmSize"] == "STANDARD_DS3_V2"


def test_workspaces_are_listed_by_group_and_by_subscription(served: Served) -> None:
    provider = "/providers/Microsoft.MachineLearningServices/workspaces"
    for group, name in (("GroupA", "one"), ("groupa", "two"), ("GroupB", "three")):
        assert served.admin.put(f"/subscriptions/sub-l/resourceGroups/{group}{provider}/{name}", json={}).is_success
    assert listed(served, f"/subscriptions/SUB-L/resourceGroups/groupA{provider}") == ["one", "two"]
    assert listed(served, f"/subscriptions/sub-l{provider}") == ["one", "three", "two"]
    assert listed(served, f"/subscriptions/nobody{provider}") == []


def listed(served: Served, path: str) -> list[str]:
    return sorted(item["name"] for item in served.admin.get(path).json()["value"])


def test_names_are_one_in_any_case(served: Served) -> None:
    path, body = body_of(served, "environment")
    served.admin.put(path, json=body)
    upper = path.replace("environment-", "ENVIRONMENT-")
    assert served.admin.get(upper).json()["id"] == path
    assert served.admin.put(upper, json=body).status_code == 200
    second = served.admin.put(upper.replace("/versions/1", "/versions/2"), json={"properties": {"image": "x"}})
    assert second.json()["id"] == path.replace("/versions/1", "/versions/2")
    container = served.admin.get(upper.partition("/versions")[0]).json()["properties"]
    assert (container["latestVersion"], container["nextVersion"]) == ("2", "3")
    assert names(served.admin, upper.rpartition("/")[0], "All") == ["2", "1"]


def test_code_is_found_by_its_hash_under_any_name(served: Served) -> None:
    hash = hashlib.sha256(b"1#run.py#8print(1)").hexdigest()
    first = upload_code(served, fresh("guid"), hash=hash)
    found = served.admin.get(f"{WS}/codes/{fresh('guid')}/versions", params={"hash": hash, "hashVersion": "202208"})
    assert [item["id"] for item in found.json()["value"]] == [first["id"]]
    none = served.admin.get(f"{WS}/codes/{fresh('guid')}/versions", params={"hash": "cd" * 32})
    assert none.json() == {"value": []}


def test_code_whose_files_are_not_those_of_its_hash_is_refused(served: Served) -> None:
    """What it says is its hash is what others find it by."""
    name = fresh("guid")
    path = f"{WS}/codes/{name}/versions/1"
    pending = served.admin.post(f"{path}/startPendingUpload", json={}).json()["blobReferenceForConsumption"]
    container, _, token = pending["credential"]["sasUri"].partition("?")
    files = {"src/b.py": b"print(2)", "src/A.py": b"print(1)"}

    def put(file: str) -> None:
        address = f"{container}/{file}?{token}"
        sent = served.nobody.put(address, content=files[file], headers={"x-ms-blob-type": "BlockBlob"})
        assert sent.status_code == 201

    azure = hashlib.sha256(b"2#A.py#8#b.py#8print(1)print(2)").hexdigest()
    said = {"codeUri": f"{pending['blobUri']}/src", "properties": {"hash_sha256": azure, "hash_version": 202208}}
    put("src/b.py")
    half = served.admin.put(path, json={"properties": said})
    assert (half.status_code, half.json()["error"]["code"]) == (400, "CodeHashMismatch")
    assert "upload all of them again" in half.json()["error"]["message"]
    assert served.admin.get(path).status_code == 404
    put("src/A.py")
    assert served.admin.put(path, json={"properties": said}).status_code == 201


@pytest.mark.parametrize("names", [("a.py", "A.py"), ("x.py",)], ids=["names that differ in case", "another version"])
def test_code_whose_hash_cannot_be_worked_out_is_found_by_none(served: Served, names: tuple[str, ...]) -> None:
    name = fresh("guid")
    path = f"{WS}/codes/{name}/versions/1"
    pending = served.admin.post(f"{path}/startPendingUpload", json={}).json()["blobReferenceForConsumption"]
    container, _, token = pending["credential"]["sasUri"].partition("?")
    for file in names:
        served.nobody.put(f"{container}/{file}?{token}", content=b"1", headers={"x-ms-blob-type": "BlockBlob"})
    said = {"hash_sha256": "ab" * 32, "hash_version": "202208" if len(names) > 1 else "209901"}
    answer = served.admin.put(path, json={"properties": {"codeUri": pending["blobUri"], "properties": said}})
    assert answer.status_code == 201
    assert served.admin.get(f"{path.rpartition('/')[0]}", params={"hash": "ab" * 32}).json() == {"value": []}


def test_a_snapshot_is_not_written_again(served: Served) -> None:
    name = fresh("snap")
    upload_code(served, name)
    answer = served.admin.post(f"{WS}/codes/{name}/versions/1/startPendingUpload", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ImmutableAsset")


def test_snapshots_share_no_container(served: Served) -> None:
    addresses = {
        served.admin.post(f"{WS}/codes/{name}/versions/{version}/startPendingUpload", json={}).json()[
            "blobReferenceForConsumption"
        ]["blobUri"]
        for name, version in (("shared-1", "2"), ("shared", "1-2"))
    }
    assert len(addresses) == 2


def test_code_that_was_never_uploaded_is_refused(served: Served) -> None:
    path = f"{WS}/codes/{fresh('never')}/versions/1"
    pending = served.admin.post(f"{path}/startPendingUpload", json={}).json()["blobReferenceForConsumption"]
    answer = served.admin.put(path, json={"properties": {"codeUri": pending["blobUri"]}})
    assert answer.status_code == 400
    assert served.admin.get(path).status_code == 404


def test_a_datastore_leads_where_it_did(served: Served) -> None:
    path = f"{WS}/datastores/workspaceblobstore"
    told = served.admin.get(path).json()
    assert served.admin.put(path, json=told).status_code == 200
    bent = {"properties": {**told["properties"], "containerName": "other", "accountName": "x", "description": "mine"}}
    assert served.admin.put(path, json=bent).status_code == 200
    now = served.admin.get(path).json()["properties"]
    assert now == {**told["properties"], "description": "mine"}
    assert served.admin.delete(path).status_code == 400
    assert served.admin.put(f"{WS}/datastores/more", json=told).status_code == 400


def test_the_default_datastore_is_first(served: Served) -> None:
    found = served.admin.get(f"{WS}/datastores", params={"isDefault": "true", "count": "30"}).json()["value"]
    assert [item["name"] for item in found] == ["workspaceblobstore"]


def test_another_datastore_is_made_the_default(served: Served) -> None:
    def default() -> list[str]:
        found = served.admin.get(f"{WS}/datastores", params={"isDefault": "true"}).json()["value"]
        return [item["name"] for item in found]

    said = {"datastoreType": "AzureBlob", "accountName": "garden", "containerName": "box"}
    path = f"{WS}/datastores/own"
    opened = {"credentialsType": "Sas", "secrets": {"secretsType": "Sas", "sasToken": "sv=1&sig=abc"}}
    body = {"properties": {**said, "credentials": opened}}
    assert served.admin.put(path, json=body).status_code == 201
    assert served.admin.post(f"{WS}/datastores/none/makeDefault").status_code == 404
    assert served.admin.post(f"{path}/makeDefault").json()["properties"]["isDefault"] and default() == ["own"]
    body["properties"]["containerName"] = "other"
    assert served.admin.put(path, json=body).status_code == 200 and default() == ["own"]
    assert served.admin.delete(path).status_code == 409
    assert served.admin.post(f"{WS}/datastores/workspaceblobstore/makeDefault").status_code == 200
    assert default() == ["workspaceblobstore"] and served.admin.delete(path).status_code == 200


# --- what Microsoft's client does not ask whether it is there --------------------------------------------------------


BEGUN = {"compute"}
"""What older clients read rightly only when they ask once more."""


def test_no_operation_is_left_to_poll(served: Served) -> None:
    for kind in set(KINDS) - BEGUN:
        path, body = body_of(served, kind)
        answer = served.admin.put(path, json=body)
        assert answer.status_code == 201
        assert not {"azure-asyncoperation", "location", "retry-after"} & set(answer.headers)


@pytest.mark.parametrize("kind", sorted(BEGUN))
def test_what_was_begun_is_there_when_it_is_asked_for(served: Served, kind: str) -> None:
    path, body = body_of(served, kind)
    for status, word in ((201, "Creating"), (200, "Updating")):
        answer = served.admin.put(path, json=body)
        assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (status, word)
        assert int(answer.headers["retry-after"]) > 0
        assert served.admin.get(path).json()["properties"]["provisioningState"] == "Succeeded"


def test_models_have_flavors_and_jobs_have_services(served: Served) -> None:
    path, body = body_of(served, "model")
    assert served.admin.put(path, json=body).json()["properties"]["flavors"] == {}
    path, body = body_of(served, "job")
    told = served.admin.put(path, json=body).json()["properties"]
    assert set(told["services"]) == {"Studio", "Tracking"}
    place = f"{SCOPE.subscription}/{SCOPE.resource_group}/{SCOPE.workspace}"
    assert f"/studio/{place}/jobs/" in told["services"]["Studio"]["endpoint"]
    assert told["properties"] == {} and told["status"] in ("Queued", "Preparing")


def test_a_job_is_canceled_and_stays_so(served: Served) -> None:
    path, body = body_of(served, "job")
    served.admin.put(path, json=body)
    assert served.admin.delete(path).status_code == 409
    for _ in range(2):
        assert served.admin.post(f"{path}/cancel").status_code == 200
    assert served.admin.post(f"{WS}/jobs/nobody/cancel").status_code == 404


def test_the_addresses_that_clients_are_given(served: Served) -> None:
    (cloud,) = served.nobody.get("/metadata/endpoints").json()
    assert cloud["name"] == "LazuliCloud" and cloud["resourceManager"] == f"{served.url}/"
    assert cloud["suffixes"]["storage"] == "core.lazuli.local"
    assert served.nobody.get("/discovery").json()["api"] == served.url
    assert served.admin.get(WS).json()["properties"]["discoveryUrl"] == f"{served.url}/discovery"
    store = served.admin.get(f"{WS}/datastores/workspaceblobstore").json()["properties"]
    assert store["accountName"] == f"{served.url.removeprefix('http://')}/lazuli"
    assert store["credentials"]["credentialsType"] == "Sas"


def test_a_label_is_a_place_of_its_own(served: Served) -> None:
    environment = f"{WS}/environments/{fresh('labelled')}"
    for version in ("1", "2"):
        body = {"properties": {"image": f"python:3.1{version}"}}
        assert served.admin.put(f"{environment}/versions/{version}", json=body).status_code == 201
    assert served.admin.get(f"{environment}/labels/latest").json()["name"] == "2"
    said = served.admin.put(f"{environment}/labels/good", json={"properties": {"version": "1"}})
    assert said.json()["properties"]["labels"] == ["good"]
    assert served.admin.get(environment).json()["properties"]["labels"] == {"good": "1"}
    assert served.admin.put(f"{environment}/labels/good", json={}).json()["error"]["target"] == "version"
    assert served.admin.put(f"{environment}/labels/good", json={"properties": {"version": 9}}).status_code == 404
    assert served.admin.delete(f"{environment}/labels/good").status_code == 200
    assert served.admin.delete(f"{environment}/labels/good").status_code == 204
    assert served.admin.get(f"{environment}/labels/good").status_code == 404
    assert served.admin.get(f"{WS}/environments/AzureML-minimal/labels/latest").status_code == 200


def test_a_name_is_changed_only_as_it_was_read(served: Served) -> None:
    environment = f"{WS}/environments/{fresh('read')}"
    assert served.admin.put(f"{environment}/versions/1", json={"properties": {"image": "python:3.11"}}).is_success
    etag = served.admin.get(environment).json()["etag"]
    said = {"properties": {"description": "mine", "isArchived": True}}
    assert served.admin.put(environment, json=said, headers={"If-None-Match": "*"}).status_code == 412
    assert served.admin.put(environment, json=said, headers={"If-Match": etag}).status_code == 200
    late = served.admin.put(environment, json={"properties": {"description": "late"}}, headers={"If-Match": etag})
    assert (late.status_code, late.json()["error"]["target"]) == (412, "If-Match")
    assert served.admin.get(environment).json()["properties"]["description"] == "mine"
