"""Published pipelines over HTTP: what stands at their addresses, as Azure's first SDK and plain programs ask it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.server.conftest import WS, Served
from tests.server.test_pipelines import component, ended, step
from tests.server.test_resources import fresh, names, upload

PIPELINES = f"{WS}/publishedPipelines"


def publish(served: Served, name: str, version: str = "1", **more: Any) -> dict[str, Any]:
    """Publish a pipeline with a number and a file; what the server tells of it."""
    rows = upload(served, f"{name}/rows.csv")
    shown = component(
        served,
        f"{name}-shows",
        command="echo ${{inputs.rate}}; cat ${{inputs.rows}}",
        inputs={"rate": {"type": "number"}, "rows": {"type": "uri_file"}},
    )
    definition = {
        "jobType": "Pipeline",
        "inputs": {
            "rate": {"jobInputType": "literal", "value": "0.1"},
            "rows": {"jobInputType": "uri_file", "uri": rows},
        },
        "jobs": {
            "show": {
                **step(shown, rate="${{parent.inputs.rate}}", rows="${{parent.inputs.rows}}"),
                "computeId": "local",  # which is told in full
            }
        },
    }
    answer = served.admin.put(
        f"{PIPELINES}/{name}/versions/{version}", json={"properties": {"pipeline": definition, **more}}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["properties"]


def post(served: Served, address: str, **body: Any) -> httpx.Response:
    """What a program without any client of ours does."""
    return served.nobody.post(address, headers={"Authorization": f"Bearer {served.token}"}, json=body)


def test_its_address_takes_parameters_and_runs_it(served: Served) -> None:
    told = publish(served, fresh("posted"), description="d", tags={"a": "1"})
    assert (told["status"], told["description"], told["tags"]) == ("Active", "d", {"a": "1"})
    assert told["endpoint"].endswith(f"{WS}/PipelineRuns/PipelineSubmit/{told['pipelineId']}")
    answer = post(
        served,
        told["endpoint"],
        ExperimentName="by-post",
        ParameterAssignments={"rate": 0.5},
        DataPathAssignments={"rows": {"DataStoreName": "workspaceblobstore", "RelativePath": "no/such"}},
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ReferenceNotFound")
    for body in (
        {"ExperimentName": "by-post", "ParameterAssignments": {"rate": 0.5}, "RunSource": "SDK", "Unheard": 1},
        {"experimentName": "by-post", "parameterAssignments": {"rate": "0.5"}, "runSource": "SDK"},
    ):
        answer = post(served, told["endpoint"], **body)
        assert (answer.status_code, list(answer.json())) == (200, ["Id"]), answer.text
        job = ended(served, answer.json()["Id"])
        assert (job["status"], job["experimentName"]) == ("Completed", "by-post")
        assert job["inputs"]["rate"]["value"] == "0.5"
        assert (job["properties"]["runSource"], job["properties"]["runType"]) == ("SDK", "HTTP")


def test_a_place_on_a_datastore_is_assigned(served: Served) -> None:
    name = fresh("placed")
    told = publish(served, name)
    path = served.admin.get(f"{PIPELINES}/{name}/versions/1").json()["properties"]["pipeline"]["inputs"]["rows"]["uri"]
    where = {"DataStoreName": "workspaceblobstore", "RelativePath": path.partition("/paths/")[2]}
    answer = post(served, told["endpoint"], DataPathAssignments={"rows": where}, DisplayName="placed", Tags={"b": 2})
    job = ended(served, answer.json()["Id"])
    assert (job["status"], job["displayName"], job["tags"]) == ("Completed", "placed", {"b": "2"})


def test_a_saved_data_set_is_assigned(served: Served) -> None:
    name = fresh("given")
    told = publish(served, name)
    rows = upload(served, f"{name}/others.csv")
    made = served.admin.put(
        f"{WS}/data/{name}/versions/1", json={"properties": {"dataType": "uri_file", "dataUri": rows}}
    ).json()
    given = {"rows": {"SavedDataSetReference": {"Id": made["id"]}}}
    job = ended(served, post(served, told["endpoint"], DataSetDefinitionValueAssignments=given).json()["Id"])
    assert job["status"] == "Completed" and f"/data/{name}/versions/1" in job["inputs"]["rows"]["uri"]


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({"ParameterAssignments": {"rat": 1}}, "ParameterAssignments.rat"),
        ({"ParameterAssignments": {"rate": "fast"}}, "ParameterAssignments.rate"),
        ({"ParameterAssignments": [1]}, "ParameterAssignments"),
        ({"ExperimentName": 7}, "ExperimentName"),
        ({"DataPathAssignments": {"rows": "x"}}, "DataPathAssignments.rows"),
        ({"DataSetDefinitionValueAssignments": {"rows": {}}}, "DataSetDefinitionValueAssignments.rows"),
        ({"DataSetDefinitionValueAssignments": {"rows": "azureml:a:1"}}, "DataSetDefinitionValueAssignments.rows"),
    ],
)
def test_what_does_not_fit_is_told(served: Served, body: dict[str, Any], target: str) -> None:
    answer = post(served, publish(served, fresh("strict"))["endpoint"], **body)
    assert (answer.status_code, answer.json()["error"]["target"]) == (400, target), answer.text


def test_nobody_runs_it_without_a_token(served: Served) -> None:
    told = publish(served, fresh("closed"))
    assert served.nobody.post(told["endpoint"], json={}).status_code == 401
    assert post(served, told["endpoint"].rpartition("/")[0] + "/nobody").status_code == 404


def test_versions_and_what_is_told_of_them(served: Served) -> None:
    name = fresh("versioned")
    first, second = publish(served, name, "1"), publish(served, name, "2")
    assert first["pipelineId"] != second["pipelineId"] and first["nameEndpoint"] == second["nameEndpoint"]
    assert post(served, first["nameEndpoint"]).json()["Id"]
    label = f"{PIPELINES}/{name}/labels/default"
    assert served.admin.put(label, json={"properties": {"version": "1"}}).is_success
    job = post(served, first["nameEndpoint"]).json()["Id"]
    told = served.admin.get(f"{WS}/jobs/{job}").json()["properties"]["properties"]
    assert told["azureml.pipelineid"] == first["pipelineId"]
    assert names(served.admin, f"{PIPELINES}/{name}/versions", "All") == ["2", "1"]


def test_all_are_listed_whatever_their_names_and_found_by_id(served: Served) -> None:
    many = f"/pipelines/v1.0{WS}/Pipelines"
    first, second = publish(served, fresh("shelf")), publish(served, fresh("shelf"), properties={"team": "blue"})
    told = served.admin.get(f"{many}/{second['pipelineId']}").json()
    assert told["properties"] == second and told["id"].split("/")[-2:] == ["versions", "1"]
    listed = [each["properties"]["pipelineId"] for each in served.admin.get(many).json()["value"]]
    assert listed[:2] == [second["pipelineId"], first["pipelineId"]]
    found = served.admin.get(many, params={"properties": "team=blue"}).json()["value"]
    assert [each["properties"]["pipelineId"] for each in found] == [second["pipelineId"]]
    put = served.admin.put(told["id"], json={"properties": {**told["properties"], "isArchived": True}})
    assert put.is_success, put.text
    for view, is_there in (("ActiveOnly", False), ("All", True), ("ArchivedOnly", True)):
        listed = served.admin.get(many, params={"listViewType": view}).json()["value"]
        assert (second["pipelineId"] in [each["properties"]["pipelineId"] for each in listed]) == is_there
    assert served.admin.get(f"{many}/nobody").status_code == 404


def test_one_that_is_read_and_sent_back_stays_as_it_is(served: Served) -> None:
    path = f"{PIPELINES}/{fresh('back')}/versions/1"
    publish(served, path.split("/")[-3])
    told = served.admin.get(path).json()
    assert served.admin.put(path, json=told).json() == told
    told["properties"]["isArchived"] = True
    answer = served.admin.put(path, json=told)
    assert answer.json()["properties"]["status"] == "Disabled"
    answer = post(served, told["properties"]["endpoint"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "PipelineDisabled")
    assert served.admin.delete(path).status_code == 200


def test_a_pipeline_endpoint_is_known_by_its_id_and_its_name(served: Served) -> None:
    name = fresh("endpoint")
    for version in ("0", "1"):
        publish(served, name, version)
    facts = {"azureml.endpointid": f"id-of-{name}", "azureml.endpointname": f"The {name}"}
    assert served.admin.put(f"{PIPELINES}/{name}", json={"properties": {"properties": facts}}).is_success
    label = f"{PIPELINES}/{name}/labels/default"
    assert served.admin.put(label, json={"properties": {"version": "0"}}).is_success
    told = {
        each["name"]: each["properties"]["pipelineId"]
        for each in served.admin.get(f"{PIPELINES}/{name}/versions").json()["value"]
    }
    address = f"/pipelines/v1.0{WS}/PipelineRuns/PipelineEndpointSubmit"
    for asked, version in (
        (f"Id/id-of-{name}", "0"),
        (f"Id/id-of-{name}/1", "1"),
        (f"Name?name=The {name}", "0"),
        (f"Name?name=The {name}&pipelineVersion=1", "1"),
    ):
        job = post(served, f"{address}/{asked}").json()["Id"]
        properties = served.admin.get(f"{WS}/jobs/{job}").json()["properties"]["properties"]
        assert properties["azureml.pipelineid"] == told[version], asked
    for asked in ("Id/nobody", "Name?name=nobody", "Name", f"Id/id-of-{name}/7"):
        assert post(served, f"{address}/{asked}").status_code == 404, asked
    kept = {"properties": facts, "isArchived": True}
    assert served.admin.put(f"{PIPELINES}/{name}", json={"properties": kept}).is_success
    answer = post(served, f"{address}/Id/id-of-{name}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "PipelineDisabled")
