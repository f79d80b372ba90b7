"""Schedules: kept in both dialects, switched on and off, triggered, and told with when they fire."""

from __future__ import annotations

from typing import Any

import pytest
from tests.server.conftest import WS, Served, eventually
from tests.server.test_pipelines import component
from tests.server.test_resources import body_of, environment, names, stuck

CRON = {"triggerType": "Cron", "expression": "0 9 * * 1-5", "timeZone": "UTC"}


def body(job: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"properties": {"trigger": CRON, "action": {"actionType": "CreateJob", "jobDefinition": job}, **properties}}


def test_a_schedule_is_kept_with_its_job_and_says_when_it_fires(served: Served) -> None:
    job = {"jobType": "Command", "command": "true", "environmentId": environment(served), "unheardOf": {"x": [1]}}
    path = f"{WS}/schedules/by-cron"
    made = served.admin.put(path, json=body(job, displayName="D", fromTheFuture=1))
    assert (made.status_code, made.json()["properties"]["provisioningState"]) == (201, "Creating")
    told = served.admin.get(path).json()["properties"]
    assert told["trigger"] == CRON and told["isEnabled"] is True and told["fromTheFuture"] == 1
    assert told["action"]["jobDefinition"].items() >= job.items()
    assert (told["provisioningState"], told["displayName"]) == ("Succeeded", "D")
    assert told["status"] == "Active" and told["nextTriggerTime"]
    eventually(lambda: "lastJob" in served.admin.get(path).json()["properties"])
    told = served.admin.get(path).json()["properties"]
    assert told["nextTriggerTime"].endswith("T09:00:00.000Z")
    assert served.admin.get(f"{WS}/jobs/{told['lastJob']}").status_code == 200, "without a start it fires at once"


def pipeline(served: Served) -> dict[str, Any]:
    """A pipeline that could be submitted; what it names is made."""
    rated = component(served, "rated", command="echo ${{inputs.rate}}", inputs={"rate": {"type": "number"}})
    return {
        "jobType": "Pipeline",
        "inputs": {"rate": {"jobInputType": "literal", "value": "0.1"}},
        "jobs": {
            "a": {
                "type": "command",
                "name": "a",
                "componentId": rated,
                "inputs": {"rate": {"job_input_type": "literal", "value": "${{parent.inputs.rate}}"}},
            }
        },
        "settings": {"default_compute": stuck(served), "continue_on_step_failure": True},
    }


def test_a_pipeline_is_kept_and_told_as_it_was_sent(served: Served) -> None:
    path, said = f"{WS}/schedules/of-pipeline", pipeline(served)
    assert served.admin.put(path, json=body(said)).status_code == 201
    told = served.admin.get(path).json()
    job = told["properties"]["action"]["jobDefinition"]
    assert told["properties"]["action"]["actionType"] == "CreateJob"
    assert (job["jobType"], job["settings"]) == ("Pipeline", said["settings"])
    assert job["jobs"]["a"].items() >= said["jobs"]["a"].items()
    assert served.admin.put(path, json=told).status_code == 200
    assert served.admin.get(path).json()["properties"]["action"] == told["properties"]["action"]


def test_a_pipeline_is_checked(served: Served) -> None:
    said = pipeline(served)
    unbound = {"rate": {"job_input_type": "literal", "value": "${{parent.inputs.rata}}"}}
    jobs = {"a": {**said["jobs"]["a"], "inputs": unbound}}
    answer = served.admin.put(f"{WS}/schedules/bad", json=body({**said, "jobs": jobs}))
    assert answer.status_code == 400 and "needs the input 'rate'" in answer.text, answer.text


def test_a_sweep_is_kept(served: Served) -> None:
    sweep = {
        "jobType": "Sweep",
        "trial": {"command": "echo ${{search_space.x}}", "environmentId": environment(served)},
        "searchSpace": {"x": ["choice", [[1, 2]]]},
        "samplingAlgorithm": {"samplingAlgorithmType": "Random"},
        "objective": {"goal": "Maximize", "primaryMetric": "score"},
    }
    path = f"{WS}/schedules/of-sweep"
    assert served.admin.put(path, json=body(sweep, isEnabled=False)).status_code == 201
    told = served.admin.get(path).json()["properties"]["action"]["jobDefinition"]
    assert (told["jobType"], told["searchSpace"]) == ("Sweep", sweep["searchSpace"])
    assert told["trial"]["command"] == "echo ${{search_space.x}}"


@pytest.mark.parametrize("kind", ["CreateMonitor", "ImportData", "InvokeBatchEndpoint"])
def test_what_else_a_schedule_might_do_is_refused(served: Served, kind: str) -> None:
    answer = served.admin.put(
        f"{WS}/schedules/of-{kind}", json={"properties": {"trigger": CRON, "action": {"actionType": kind, "x": {}}}}
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["target"]) == (501, "NotSupported", "action.actionType")
    assert "Use 'create_job'" in error["message"]
    assert served.admin.get(f"{WS}/schedules/of-{kind}").status_code == 404


def test_triggering_one_submits_its_job(served: Served) -> None:
    path = f"{WS}/schedules/by-hand"
    assert served.admin.post(f"{path}/trigger", json={}).status_code == 404
    job = {"jobType": "Command", "command": "true", "environmentId": environment(served)}
    assert served.admin.put(path, json=body(job, isEnabled=False)).status_code == 201
    for _ in range(2):  # asked again, as a client does that had no answer, it makes no second job
        answer = served.admin.post(f"{path}/trigger", json={"scheduleTime": "2026-01-01T00:00:00.25+00:00"})
        assert answer.status_code == 200
        assert answer.json() == {"submissionId": "by-hand-20260101T000000250Z", "scheduleActionType": "CreateJob"}
    made = served.admin.get(f"{WS}/jobs/by-hand-20260101T000000250Z").json()["properties"]
    assert made["displayName"] == "by-hand-20260101T000000Z"
    assert made["properties"]["azureml.scheduleName"] == made["tags"]["ScheduleName"] == "by-hand"
    told = served.admin.get(path).json()["properties"]
    assert (told["status"], told["lastJob"]) == ("Disabled", "by-hand-20260101T000000250Z")
    assert served.admin.post(f"{path}/trigger", json={}).json()["submissionId"] != told["lastJob"]


@pytest.mark.parametrize("time", ["yesterday", "0001-01-01T00:00:00+14:00", 7, "+" * 500])
def test_a_moment_that_is_none_is_refused(served: Served, time: Any) -> None:
    answer = served.admin.post(f"{WS}/schedules/by-hand/trigger", json={"scheduleTime": time})
    assert (answer.status_code, answer.json()["error"]["target"]) == (400, "scheduleTime")


def test_a_job_is_named_to_be_submitted_again(served: Served) -> None:
    job, said = body_of(served, "job")
    served.admin.put(job, json=said)
    path = f"{WS}/schedules/again"
    assert served.admin.put(path, json=body({"jobType": "Pipeline", "sourceJobId": job})).status_code == 201
    told = served.admin.get(path).json()["properties"]["action"]["jobDefinition"]
    assert told == {"jobType": "Pipeline", "sourceJobId": job}
    changed = {"jobType": "Pipeline", "sourceJobId": job, "tags": {"by": "schedule"}}
    assert served.admin.put(path, json=body(changed)).status_code == 200
    assert served.admin.get(path).json()["properties"]["action"]["jobDefinition"].items() >= changed.items()
    answer = served.admin.put(f"{path}-not", json=body({"jobType": "Pipeline", "sourceJobId": f"{WS}/jobs/nobody"}))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ReferenceNotFound")


def test_one_that_is_switched_off_is_left_out_of_lists(served: Served) -> None:
    path, lists = f"{WS}/schedules/on-and-off", f"{WS}/schedules"
    served.admin.put(path, json=body(pipeline(served)))
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


WORK = {"jobType": "Command", "command": "true", "environmentId": f"{WS}/environments/plain/versions/1"}
ACTION = {"actionType": "CreateJob", "jobDefinition": WORK}


@pytest.mark.parametrize(
    ("properties", "target"),
    [
        ({"trigger": {"triggerType": "Cron", "expression": "61 * * * *"}}, "trigger.expression"),
        ({"trigger": {"triggerType": "Recurrence", "frequency": "Day"}}, "trigger.interval"),
        ({"trigger": {"triggerType": "Never"}}, "trigger"),
        ({"trigger": {**CRON, "startTime": "tomorrow"}}, "trigger.startTime"),
        ({"trigger": {**CRON, "timeZone": "Mars"}, "action": ACTION}, "trigger.time_zone"),
        ({"trigger": {**CRON, "endTime": "2020-01-01"}, "action": ACTION}, "trigger"),
        ({"trigger": {"triggerType": "DataChange", "path": "incoming"}, "action": ACTION}, "trigger.path"),
        (
            {"trigger": {"triggerType": "DataChange", "path": "azureml://datastores/no/paths/x"}, "action": ACTION},
            "datastore",
        ),
        ({"trigger": CRON}, "create_job"),
        ({}, "trigger"),
    ],
)
def test_what_could_never_fire_is_refused(served: Served, properties: dict[str, Any], target: str) -> None:
    environment(served)
    answer = served.admin.put(f"{WS}/schedules/bad", json={"properties": properties})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["target"].startswith(target)
    assert served.admin.get(f"{WS}/schedules/bad").status_code == 404


def test_an_unknown_environment_is_told_where_others_are(served: Served) -> None:
    job = {"jobType": "Command", "command": "true", "environmentId": "azureml:nowhere@latest"}
    answer = served.admin.put(f"{WS}/schedules/homeless", json=body(job))
    assert answer.status_code == 400
    for words in ("'nowhere' does not exist", "such as AzureML-", "lazuli environment create"):
        assert words in answer.json()["error"]["message"]
