"""The journal of a job, through its door."""

from __future__ import annotations

from tests.server.conftest import WS, Served, eventually

JOB = {
    "properties": {
        "jobType": "Command",
        "command": "echo said",
        "environmentId": "azureml:minimal@latest",
        "computeId": "azureml:local",
    }
}


def test_a_journal_tells_the_way_of_a_job(served: Served) -> None:
    name = "journalled"
    assert served.admin.put(f"{WS}/jobs/{name}", json=JOB).status_code < 300
    assert served.admin.patch(f"{WS}/jobs/{name}", json={"properties": {"tags": {"a": "b"}}}).status_code == 200
    eventually(lambda: served.admin.get(f"{WS}/jobs/{name}").json()["properties"]["status"] == "Completed")
    told = served.admin.get(f"{WS}/jobs/{name}/journal").json()["value"]
    assert told[0]["event"] == "created"
    assert "tags" in next(entry for entry in told if entry["event"] == "updated")["detail"]["changed"]
    moves = [entry["detail"]["to"] for entry in told if entry["event"] == "moved"]
    assert moves[0] == "Preparing"
    assert moves[-2:] == ["Finalizing", "Completed"]
    assert [entry["at"] for entry in told] == sorted(entry["at"] for entry in told)


def test_there_is_none_of_a_job_that_is_not_there(served: Served) -> None:
    assert served.admin.get(f"{WS}/jobs/nobody/journal").status_code == 404
