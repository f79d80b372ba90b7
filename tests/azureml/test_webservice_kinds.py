"""Local services, which start anew with what lies here, and endpoints with several versions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests
from tests.azureml.serving import WORD, plain, scored, word_model
from tests.runtime.scoring import free_port

from azureml.core import Webservice, Workspace
from azureml.core.environment import Environment
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AciWebservice, AksEndpoint, LocalWebservice
from azureml.exceptions import WebserviceException

ASKED = json.dumps({"data": [1]})


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_local_service(ws: Workspace, here: Path) -> None:
    """Deployed, asked, edited and reloaded, updated, and taken to the cloud."""
    (here / "source" / "x").mkdir(parents=True)
    script = here / "source" / "x" / "score.py"
    script.write_text(WORD)
    environment = Environment("my-own")  # the Python of this process
    environment.python.user_managed_dependencies = True
    config = InferenceConfig(entry_script="x/score.py", source_directory="source", environment=environment)
    port = free_port()
    how = LocalWebservice.deploy_configuration(port=port)
    service = Model.deploy(ws, "local", [word_model(ws, "word")], config, how)
    service.wait_for_deployment(True)
    assert isinstance(service, LocalWebservice) and (service.state, service.port) == ("running", port)
    assert service.scoring_uri.startswith(service.base_url) and f":{port}/score" in service.scoring_uri
    assert service.run(input_data=ASKED) == ["seven"]
    assert requests.post(service.scoring_uri, ASKED, timeout=30).json() == ["seven"]

    script.write_text(WORD.replace("[word]", "['edited', word]"))
    service.reload(wait=True)
    assert service.run(ASKED) == ["edited", "seven"] and service.port == port
    before = service.get_logs().count("the model is here")
    LocalWebservice(ws, name="local").reload(wait=True)  # nothing has changed, and init() runs all the same
    assert service.get_logs().count("the model is here") >= before
    service.update(models=[word_model(ws, "word", "nine")], inference_config=config, deployment_config=how, wait=True)
    assert service.run(ASKED) == ["edited", "nine"]

    cloud = service.deploy_to_cloud("in-the-cloud", AciWebservice.deploy_configuration(), None)
    cloud.wait_for_deployment()
    assert isinstance(cloud, AciWebservice) and cloud.run(ASKED) == ["edited", "nine"]
    cloud.delete()
    service.delete(delete_cache=True, delete_image=False, delete_volume=True)
    assert service.state == "deleted" and LocalWebservice(ws, "local", must_exist=False).state == "unknown"
    with pytest.raises(WebserviceException, match="WebserviceNotFound"):
        LocalWebservice(ws, "local")


def test_an_endpoint_with_versions(ws: Workspace) -> None:
    first, config = word_model(ws, "versioned", "first"), scored()
    how = AksEndpoint.deploy_configuration(
        version_name="one",
        traffic_percentile=20,
        cpu_cores=0.1,
        memory_gb=0.2,
        tags={"a": "b"},
        description="With versions",
        namespace="mine",
        compute_target_name="cluster",
        enable_app_insights=True,
    )
    endpoint = Model.deploy(ws, "versions", [first], config, how, deployment_target=object())
    endpoint.wait_for_deployment()
    assert isinstance(endpoint, AksEndpoint) and endpoint.auth_enabled
    assert endpoint.run(ASKED) == ["first"] and (endpoint.tags, endpoint.description) == ({"a": "b"}, "With versions")
    assert [(each.name, each.traffic_percentile, each.is_default) for each in endpoint.versions.values()] == [
        ("one", 100, True)
    ]
    second = word_model(ws, "versioned", "second")
    endpoint.create_version(
        version_name="two",
        models=[second],
        inference_config=config,
        traffic_percentile=30,
        tags={"c": "d"},
        description="The second",
        properties={"e": "f"},
        scoring_timeout_ms=9_000,
        num_replicas=1,
    )
    endpoint.wait_for_deployment()
    two = endpoint.versions["two"]
    assert {each.traffic_percentile for each in endpoint.versions.values()} == {70, 30}
    assert (two.version_type, two.tags, two.description, two.model_ids) == (
        "Treatment",
        {"c": "d"},
        "The second",
        [second.id],
    )
    assert two.serialize()["state"] == "Healthy" and "two" in repr(two)
    assert {endpoint.run(ASKED)[0] for _ in range(10)} == {"first", "second"}

    endpoint.update_version("two", traffic_percentile=60, is_default=True, is_control_version_type=True)
    endpoint.wait_for_deployment()
    again = Webservice(ws, "versions")
    assert isinstance(again, AksEndpoint) and again.versions["two"].version_type == "Control"
    assert {each.name: each.traffic_percentile for each in again.versions.values()} == {"one": 20, "two": 80}
    with pytest.raises(WebserviceException, match="the default version"):
        endpoint.delete_version("two")
    with pytest.raises(WebserviceException, match="There is no version 'three'"):
        endpoint.update_version("three", num_replicas=2)
    with pytest.raises(WebserviceException, match="There is no version 'three'"):
        endpoint.delete_version("three")
    with pytest.raises(WebserviceException, match="already"):
        endpoint.create_version("two", models=[second], inference_config=config)
    with pytest.raises(WebserviceException, match="130 percent"):
        endpoint.create_version("three", models=[second], inference_config=config, traffic_percentile=110)
    endpoint.delete_version("one")
    assert {endpoint.run(ASKED)[0] for _ in range(4)} == {"second"} and list(endpoint.versions) == ["two"]
    plain_one = Model.deploy(ws, "versions", [first], config, overwrite=True)  # and no version is left over
    plain_one.wait_for_deployment()
    assert isinstance(plain_one, AciWebservice) and plain_one.run(ASKED) == ["first"]
    plain_one.delete()
    assert plain().name == "plain"
