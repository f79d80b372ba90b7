"""Pipelines in the words of Microsoft's client: what it sends of one, and what it asks about its steps."""

from __future__ import annotations

from typing import Any

from tests.server.conftest import WS, Served, eventually
from tests.server.test_resources import environment, fresh

HISTORY = f"/history/v1.0{WS}"


def component(served: Served, name: str, **spec: Any) -> str:
    """Keep a component; its id."""
    said = {"type": "command", "environment": f"azureml:{environment(served)}", "is_deterministic": True, **spec}
    path = f"{WS}/components/{name}/versions/1"
    answer = served.admin.put(path, json={"properties": {"componentSpec": {"name": name, "version": "1", **said}}})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["id"]


def greeting(served: Served) -> str:
    """A component with an input that is needed and one that is not."""
    return component(
        served,
        "greeting",
        command="echo ${{inputs.word}} $[[and ${{inputs.more}}]]",
        inputs={"word": {"type": "string"}, "more": {"type": "string", "optional": True}},
    )


def step(component: str, **inputs: str) -> dict[str, Any]:
    """A step as the client says it."""
    bound = {name: {"job_input_type": "literal", "value": value} for name, value in inputs.items()}
    return {"type": "command", "_source": "DSL", "componentId": component, "inputs": bound}


def submit(served: Served, name: str, **said: Any) -> Any:
    """Send a pipeline; what the server answers."""
    body = {"properties": {"jobType": "Pipeline", "settings": {"_source": "DSL"}, **said}}
    return served.admin.put(f"{WS}/jobs/{name}", json=body)


def ended(served: Served, name: str) -> dict[str, Any]:
    """The job once it is over."""
    eventually(lambda: status(served, name) in ("Completed", "Failed", "Canceled"))
    return served.admin.get(f"{WS}/jobs/{name}").json()["properties"]


def status(served: Served, name: str) -> str:
    return served.admin.get(f"{WS}/jobs/{name}").json()["properties"]["status"]


def test_what_the_client_leaves_out_of_the_inputs_is_not_given(served: Served) -> None:
    """It drops an input that is None, and leaves what is bound to it."""
    name, bound = fresh("unset"), {"word": "${{parent.inputs.word}}", "more": "${{parent.inputs.more}}"}
    jobs = {"say": step(greeting(served), **bound)}
    given = {"word": {"jobInputType": "literal", "value": "hello"}}
    assert submit(served, name, jobs=jobs, inputs=given).status_code == 201
    assert ended(served, name)["status"] == "Completed"
    (log,) = served.admin.get(f"{HISTORY}/runs/{name}-say/details").json()["logFiles"].values()
    assert served.nobody.get(log).text == "hello\n"
    answer = submit(served, fresh("unset"), jobs=jobs)
    assert answer.status_code == 400
    assert answer.json()["error"]["target"] == "jobs.say.inputs.word"


def test_a_pipeline_component_comes_with_its_steps_beside_it(served: Served) -> None:
    inner = {"say": step(greeting(served), word="${{parent.inputs.word}}")}
    port = {"type": "string", "default": "from the component"}
    whole = component(served, "whole", type="pipeline", jobs=inner, inputs={"word": port})
    name = fresh("whole")
    assert submit(served, name, componentId=whole, jobs=inner).status_code == 201
    told = ended(served, name)
    assert (told["status"], told["componentId"]) == ("Completed", whole)
    assert told["inputs"]["word"]["value"] == "from the component"


def test_where_a_component_was_found_is_no_part_of_it(served: Served) -> None:
    """The client sends the same anonymous component as one of a file and as one of a program."""
    said = {"command": "true", "$schema": "https://somewhere", "_source": "YAML.COMPONENT"}
    assert component(served, "found", **said) == component(served, "found", command="true", _source="YAML.JOB")


def test_a_step_that_is_used_again_and_again_names_the_job_that_ran(served: Served) -> None:
    word, told = fresh("again"), []
    for name in (fresh("first"), fresh("second"), fresh("third")):
        assert submit(served, name, jobs={"say": step(greeting(served), word=word)}).status_code == 201
        ended(served, name)
        (child,) = served.admin.get(f"{HISTORY}/runs/{name}/children").json()["value"]
        told.append([child["runId"], child["properties"].get("azureml.reusedrunid")])
    ran = told[0][0]
    assert [reused for _, reused in told] == [None, ran, ran]


def test_the_steps_and_their_course_are_told(served: Served) -> None:
    name = fresh("course")
    jobs = {"say": step(greeting(served), word=name), "again": step(greeting(served), word=name)}
    jobs["again"]["run_after"] = ["say"]
    assert submit(served, name, jobs=jobs).status_code == 201
    ended(served, name)
    children = served.admin.get(f"{HISTORY}/runs/{name}/children").json()["value"]
    assert [(run["runId"], run["displayName"], run["status"]) for run in children] == [
        (f"{name}-say", "say", "Completed"),
        (f"{name}-again", "again", "Completed"),
    ]
    assert {(run["parentRunId"], run["rootRunId"]) for run in children} == {(name, name)}
    assert [run["runType"] for run in children] == ["azureml.StepRun", "azureml.StepRun"]
    assert served.admin.get(f"{HISTORY}/runs/{name}/details").json()["runType"] == "azureml.PipelineRun"
    assert children[1]["properties"]["azureml.reusedrunid"] == f"{name}-say"
    first = served.admin.get(f"{HISTORY}/runs/{name}/children", params={"$top": 1}).json()["value"]
    assert [run["runId"] for run in first] == [f"{name}-say"]
    (file, url), *others = served.admin.get(f"{HISTORY}/runs/{name}/details").json()["logFiles"].items()
    assert (file, others) == ("logs/azureml/executionlogs.txt", [])
    assert [line.split("  ")[1:] for line in served.nobody.get(url).text.splitlines()] == [
        ["say", f"Queued as {name}-say"],
        ["say", "Running"],
        ["say", "Completed"],
        ["again", f"Completed: {name}-say gave the same before"],
    ]


def test_why_a_step_failed_stands_in_the_log_of_the_pipeline_as_it_goes(served: Served) -> None:
    name, bad = fresh("failing"), component(served, "bad", command="exit 3", is_deterministic=False)
    assert submit(served, name, jobs={"bad": step(bad)}).status_code == 201
    eventually(lambda: "Failed" in log_of(served, name))
    while_it_ran = log_of(served, name)
    assert ended(served, name)["status"] == "Failed"
    assert log_of(served, name) == while_it_ran
    assert while_it_ran.endswith("bad  Failed. The command ended with exit code 3. Its log says more.\n")


def log_of(served: Served, name: str) -> str:
    (url,) = served.admin.get(f"{HISTORY}/runs/{name}/details").json()["logFiles"].values()
    return served.nobody.get(url).text


def test_a_step_that_says_itself_what_it_runs_is_known_by_a_component(served: Served) -> None:
    """Microsoft's client stumbles over steps without one, and with them over the whole list of jobs."""
    name, more = fresh("in-place"), {"inputs": {"word": {"job_input_type": "literal", "value": "${{parent.inputs.w}}"}}}
    said = {"_command": "echo in place ${{inputs.word}}", "environmentId": f"azureml:{environment(served)}"}
    inputs = {"w": {"jobInputType": "literal", "value": name}}
    answer = submit(served, name, jobs={"say": {"type": "command", **said, **more}}, inputs=inputs)
    assert answer.status_code == 201, answer.text
    told = ended(served, name)["jobs"]["say"]
    assert "command" not in told and told["_command"] == said["_command"]
    assert told["componentId"] == f"{WS}/components/azureml_anonymous/versions/{name}.say"
    spec = served.admin.get(told["componentId"]).json()["properties"]["componentSpec"]
    assert (spec["command"], spec["inputs"]) == (said["_command"], {"word": {"type": "path", "optional": False}})
    again = fresh("in-place")
    sent_back = {"type": "command", "componentId": told["componentId"], **more}
    assert submit(served, again, jobs={"say": sent_back}, inputs=inputs).status_code == 201
    assert ended(served, again)["status"] == "Completed"
    assert served.admin.get(f"{WS}/jobs/{again}-say").json()["properties"]["properties"]["azureml.isreused"] == "true"
    answer = submit(served, fresh("in-place"), jobs={"say": {**sent_back, "componentId": told["componentId"] + "x"}})
    assert answer.status_code == 400 and answer.json()["error"]["target"] == "jobs.say.component"
