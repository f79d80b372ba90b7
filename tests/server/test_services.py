"""The services beside a workspace, through their doors: key vault and insights."""

from __future__ import annotations

import httpx
import pytest
from tests.server.conftest import SCOPE, WS, Served, eventually, on_its_way

SECRETS = f"{WS}/secrets"


@pytest.fixture
def job(served: Served) -> dict[str, str]:
    """What a job of the workspace sends."""
    token = served.platform.access.job_token("admin", SCOPE, "some-job", on_its_way(served, "some-job"))
    return {"Authorization": f"Bearer {token}"}


def test_a_secret_goes_in_and_comes_out_but_not_in_a_list(admin: httpx.Client) -> None:
    told = admin.put(f"{SECRETS}/api-key", json={"value": "hunter2"})
    assert told.status_code == 200
    assert {k: v for k, v in told.json().items() if k != "updatedAt"} == {"name": "api-key", "jobs": False}
    shown = admin.get(f"{SECRETS}/API-KEY")
    assert (shown.json()["value"], shown.headers["cache-control"]) == ("hunter2", "no-store")
    assert "hunter2" not in admin.get(SECRETS).text
    assert [admin.delete(f"{SECRETS}/api-key").status_code for _ in range(2)] == [200, 204]
    gone = admin.get(f"{SECRETS}/api-key")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_a_job_may_read_what_it_is_granted_and_set_nothing(served: Served, job: dict[str, str]) -> None:
    served.admin.put(f"{SECRETS}/for-jobs", json={"value": "hunter2", "jobs": True})
    served.admin.put(f"{SECRETS}/for-people", json={"value": "hunter3"})
    as_job = served.nobody
    assert as_job.get(f"{SECRETS}/for-jobs", headers=job).json()["value"] == "hunter2"
    assert as_job.get(f"{SECRETS}/for-people", headers=job).status_code == 403
    assert [s["name"] for s in as_job.get(SECRETS, headers=job).json()["value"]] == ["for-jobs"]
    assert as_job.put(f"{SECRETS}/for-jobs", headers=job, json={"value": "x"}).status_code == 403
    assert as_job.delete(f"{SECRETS}/for-jobs", headers=job).status_code == 403
    assert as_job.get(SECRETS).status_code == 401


@pytest.mark.parametrize(
    ("name", "body", "target"),
    [
        ("a", {}, "value"),
        ("a", {"value": 7}, "value"),
        ("a", {"value": "x", "jobs": "yes"}, "jobs"),
        ("a_b", {"value": "x"}, "name"),
    ],
)
def test_a_secret_that_cannot_be_is_refused(admin: httpx.Client, name: str, body: dict, target: str) -> None:
    refused = admin.put(f"{SECRETS}/{name}", json=body)
    assert (refused.status_code, refused.json()["error"]["target"]) == (400, target)


def events(admin: httpx.Client, **query: str) -> list[dict]:
    return admin.get(f"{WS}/insights", params=query).json()["value"]


def test_requests_are_noted_with_who_asked_and_what_came_of_it(admin: httpx.Client) -> None:
    admin.get(f"{WS}/jobs/never-was")
    newest = events(admin, kind="request", contains="never-was")[0]
    assert newest["operation"] == "Show: job"
    assert (newest["status"], newest["principal"], newest["workspace"]) == ("404", "admin", "ws1")
    assert newest["message"].startswith("ResourceNotFound: The job 'never-was' does not exist")
    assert 0 < newest["durationMs"] < 60_000


def test_no_secret_no_token_and_no_signed_address_is_noted(served: Served, job: dict[str, str]) -> None:
    served.admin.put(f"{SECRETS}/noted", json={"value": "open-sesame", "jobs": True})
    served.nobody.get(f"{SECRETS}/noted", headers=job)
    served.nobody.get("/history/v1.0/logs/some-ticket")
    served.nobody.get(WS, headers={"Authorization": "Bearer some-token"})
    served.platform.insights.flush()
    written = b"".join(file.read_bytes() for file in (served.folder / "insights").iterdir())
    assert b"Show a secret with its value" in written
    for hidden in (
        b"open-sesame",
        b"some-ticket",
        b"some-token",
        served.token.encode(),
        job["Authorization"][7:].encode(),
    ):
        assert hidden not in written


def test_a_job_is_noted_at_every_move(admin: httpx.Client) -> None:
    job = {"jobType": "Command", "command": "true", "environmentId": "azureml:none:1", "experimentName": "e"}
    environment = f"{WS}/environments/insights/versions/1"
    assert admin.put(environment, json={"properties": {"image": "python:3.11"}}).status_code == 201
    job["environmentId"] = environment
    assert admin.put(f"{WS}/jobs/noted", json={"properties": job}).status_code == 201

    def moves() -> list[str]:
        return [e["status"] for e in events(admin, kind="job", contains="jobs/noted")]

    eventually(lambda: not {"Completed", "Failed"}.isdisjoint(moves()))
    assert moves()[-1] == "Preparing" and moves()[0] in ("Completed", "Failed")


@pytest.mark.parametrize(
    "query", [{"kind": "requests"}, {"since": "yesterday"}, {"limit": "0"}, {"limit": "many"}, {"until": "25:00"}]
)
def test_a_question_that_cannot_be_is_refused(admin: httpx.Client, query: dict[str, str]) -> None:
    refused = admin.get(f"{WS}/insights", params=query)
    assert (refused.status_code, refused.json()["error"]["target"]) == (400, next(iter(query)))


def test_a_workspace_names_the_services_beside_it(admin: httpx.Client) -> None:
    told = admin.get(WS).json()["properties"]
    beside = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg1/providers"
    assert told["keyVault"] == f"{beside}/Microsoft.KeyVault/vaults/ws1"
    assert told["applicationInsights"] == f"{beside}/Microsoft.Insights/components/ws1"
    assert told["containerRegistry"] == f"{beside}/Microsoft.ContainerRegistry/registries/ws1"


def test_all_of_it_goes_with_the_workspace(served: Served) -> None:
    other = WS.replace("/ws1", "/ws-gone")
    admin = served.admin
    assert admin.put(other, json={"properties": {}}).status_code == 201
    admin.put(f"{other}/secrets/a", json={"value": "x"})
    assert admin.get(f"{other}/insights").json()["value"]
    assert admin.delete(other).status_code == 200
    assert admin.put(other, json={"properties": {}}).status_code == 201
    assert admin.get(f"{other}/secrets").json() == {"value": []}
    left = [e["operation"] for e in admin.get(f"{other}/insights").json()["value"]]
    assert "Set a secret" not in left
    assert admin.delete(other).status_code == 200
