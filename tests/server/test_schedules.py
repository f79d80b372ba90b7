"""Schedules: kept in both dialects, switched on and off, and honest about not being fired."""

from __future__ import annotations

from typing import Any

import pytest
from tests.server.conftest import WS, Served
from tests.server.test_resources import body_of, environment, names

CRON = {"triggerType": "Cron", "expression": "0 9 * * 1-5", "timeZone": "UTC"}


def body(job: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"properties": {"trigger": CRON, "action": {"actionType": "CreateJob", "jobDefinition": job}, **properties}}


def test_a_schedule_is_kept_with_its_job_and_says_that_nothing_fires_it(served: Served) -> None:
    job = {"jobType": "Command", "command": "true", "environmentId": environment(served), "unheardOf": {"x": [1]}}
    path = f"{WS}/schedules/by-cron"
    made = served.admin.put(path, json=body(job, displayName="D", fromTheFuture=1))
    assert (made.status_code, made.json()["properties"]["provisioningState"]) == (201, "Creating")
    told = served.admin.get(path).json()["properties"]
    assert told["trigger"] == CRON and told["isEnabled"] is True and told["fromTheFuture"] == 1
    assert told["action"]["jobDefinition"].items() >= job.items()
    assert (told["provisioningState"], told["displayName"]) == ("Succeeded", "D")
    assert "does not fire" in told["statusReason"]


def test_a_pipeline_is_kept_as_it_was_sent(served: Served) -> None:
    pipeline = {"jobType": "Pipeline", "jobs": {"a": {"type": "command", "x_y": {"z": 1}}}, "settings": {"s_t": True}}
    served.admin.put(f"{WS}/schedules/of-pipeline", json=body(pipeline))
    told = served.admin.get(f"{WS}/schedules/of-pipeline").json()["properties"]["action"]
    assert told == {"actionType": "CreateJob", "jobDefinition": pipeline}
    monitor = {"trigger": CRON, "action": {"actionType": "CreateMonitor", "monitorDefinition": {"signals": {"a": 1}}}}
    served.admin.put(f"{WS}/schedules/of-monitor", json={"properties": monitor})
    assert served.admin.get(f"{WS}/schedules/of-monitor").json()["properties"]["action"] == monitor["action"]


def test_a_job_is_named_to_be_submitted_again(served: Served) -> None:
    job, said = body_of(served, "job")
    served.admin.put(job, json=said)
    path = f"{WS}/schedules/again"
    assert served.admin.put(path, json=body({"jobType": "Pipeline", "sourceJobId": job})).status_code == 201
    told = served.admin.get(path).json()["properties"]["action"]["jobDefinition"]
    assert told == {"jobType": "Pipeline", "sourceJobId": job}
    answer = served.admin.put(f"{path}-not", json=body({"jobType": "Pipeline", "sourceJobId": f"{WS}/jobs/nobody"}))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ReferenceNotFound")


def test_one_that_is_switched_off_is_left_out_of_lists(served: Served) -> None:
    path, lists = f"{WS}/schedules/on-and-off", f"{WS}/schedules"
    served.admin.put(path, json=body({"jobType": "Pipeline", "jobs": {}}))
    for enabled, view, other in ((False, "DisabledOnly", "EnabledOnly"), (True, "EnabledOnly", "DisabledOnly")):
        told = served.admin.get(path).json()
        told["properties"]["isEnabled"] = enabled
        assert served.admin.put(path, json=told).status_code == 200
        assert served.admin.get(path).json()["properties"]["isEnabled"] is enabled
        assert "on-and-off" in names(served.admin, lists, view)
        assert "on-and-off" not in names(served.admin, lists, other)
        assert "on-and-off" in names(served.admin, lists, "All")
    assert served.admin.delete(path).status_code == 200
    assert served.admin.get(path).status_code == 404


@pytest.mark.parametrize(
    ("properties", "target"),
    [
        ({"trigger": {"triggerType": "Cron", "expression": "61 * * * *"}}, "trigger.expression"),
        ({"trigger": {"triggerType": "Recurrence", "frequency": "Day"}}, "trigger.interval"),
        ({"trigger": {"triggerType": "Never"}}, "trigger"),
        ({"trigger": CRON}, "create_job"),
        ({}, "trigger"),
    ],
)
def test_what_could_never_fire_is_refused(served: Served, properties: dict[str, Any], target: str) -> None:
    answer = served.admin.put(f"{WS}/schedules/bad", json={"properties": properties})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["target"].startswith(target)
    assert served.admin.get(f"{WS}/schedules/bad").status_code == 404
