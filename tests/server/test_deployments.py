"""Workspaces made by the template that Microsoft's client deploys."""

from __future__ import annotations

from typing import Any

from tests.server.conftest import Served

GROUP = "/subscriptions/sub-d/resourcegroups/Group"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments"


def template(**parameters: Any) -> dict[str, Any]:
    said = {word: {"value": value} for word, value in parameters.items()}
    return {"properties": {"mode": "incremental", "template": {"resources": [{"any": "thing"}]}, "parameters": said}}


def test_a_template_makes_the_workspace_that_its_parameters_describe(served: Served) -> None:
    said = {"workspaceName": "by-template", "location": "there", "friendlyName": "F", "tagValues": {"a": "1"}}
    more = {"confidential_data": "true", "keyVaultName": "kv", "kind": "default", "identity": {"type": "none"}}
    answer = served.admin.put(f"{DEPLOYMENT}/by-template-1234567", json=template(**said, **more))
    assert answer.status_code == 200 and answer.json()["properties"]["provisioningState"] == "Succeeded"
    (made,) = answer.json()["properties"]["outputResources"]
    told = served.admin.get(made["id"]).json()
    assert (told["name"], told["location"], told["tags"]) == ("by-template", "there", {"a": "1"})
    assert told["properties"]["friendlyName"] == "F" and told["properties"]["hbiWorkspace"] is True
    assert told["identity"] == {"type": "none"} and told["kind"] == "default"
    assert served.admin.get(f"{DEPLOYMENT}/by-template-1234567").json()["properties"]["duration"] == "PT1S"
    (step,) = served.admin.get(f"{GROUP}/deployments/by-template-1234567/operations").json()["value"]
    assert step["properties"]["targetResource"]["id"] == made["id"]


def test_a_template_of_anything_else_is_refused(served: Served) -> None:
    for body in (template(registryName="r"), template(workspaceName=["x"]), {}, {"properties": {"parameters": 1}}):
        answer = served.admin.put(f"{DEPLOYMENT}/other-1", json=body)
        assert answer.status_code == 400 and "workspace" in answer.json()["error"]["message"]
    assert served.admin.put(f"{DEPLOYMENT}/other-1", json=template(workspaceName="../x")).status_code == 400
    assert served.admin.get(f"{DEPLOYMENT}/other-1").status_code == 404


def test_what_belongs_to_a_workspace_is_shown_and_goes_with_it(served: Served) -> None:
    served.admin.put(f"{DEPLOYMENT}/whole-1", json=template(workspaceName="whole"))
    path = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/whole"
    properties = served.admin.get(path).json()["properties"]
    for word in ("storageAccount", "keyVault", "applicationInsights", "containerRegistry"):
        assert served.admin.get(properties[word]).json()["name"]
        assert served.admin.delete(properties[word]).status_code == 200
    assert served.admin.get(path).status_code == 200
    assert served.admin.post(f"{path}/provisionManagedNetwork", json={}).json()["status"] == "Inactive"


def test_subscriptions_are_those_that_hold_workspaces_and_the_default(served: Served) -> None:
    served.admin.put(f"{DEPLOYMENT}/listed-1", json=template(workspaceName="listed"))
    listed = [each["subscriptionId"] for each in served.admin.get("/subscriptions").json()["value"]]
    assert listed[0] == served.platform.store.settings.subscription and "sub-d" in listed
    assert len(set(listed)) == len(listed)
