"""Models that answer: deployed, asked and taken away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests
from tests.azureml.serving import WORD, plain, scored, word_model

from azureml.core import Webservice, Workspace
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AciWebservice, AksWebservice
from azureml.exceptions import WebserviceException

ASKED = json.dumps({"data": [1, 2]})


@pytest.fixture
def model(ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.chdir(tmp_path)
    return word_model(ws, "word")


def test_an_entry_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WebserviceException, match="entry_script"):
        InferenceConfig(entry_script="none.py")
    with pytest.raises(WebserviceException, match="entry_script"):
        InferenceConfig(entry_script="none.py", source_directory=str(tmp_path))


def test_a_script_answers_with_a_model(ws: Workspace, model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    config = scored()
    how = AciWebservice.deploy_configuration(
        cpu_cores=1,
        memory_gb=1,
        tags={"a": "b"},
        properties={"by": "hand"},
        description="Says a word",
        auth_enabled=True,
        location="eastus",
        dns_name_label="word",
        enable_app_insights=True,
        primary_key="the-first-key-of-this-service",
        secondary_key="the-second-key-of-this-service",
        vnet_name="net",
        subnet_name="part",
    )
    service = Model.deploy(
        workspace=ws, name="says-a-word", models=[model], inference_config=config, deployment_config=how
    )
    assert service.state in ("Transitioning", "Healthy")
    service.wait_for_deployment(show_output=True)
    assert 'ACI service creation operation finished, operation "Succeeded"' in capsys.readouterr().out
    assert service.state == service.deployment_status == "Healthy" and isinstance(service, AciWebservice)
    assert service.error is None and [each.id for each in service.models] == [model.id]
    assert (service.name, service.workspace, service.compute_type) == ("says-a-word", ws, "ACI")
    assert (service.tags, service.description, service.properties) == ({"a": "b"}, "Says a word", {"by": "hand"})
    assert (service.cpu_cores, service.memory_gb, service.enable_app_insights) == (1, 1, True)
    assert service.run(input_data=ASKED) == ["seven", "seven"]
    assert service.run(ASKED.encode()) == ["seven", "seven"]
    with pytest.raises(WebserviceException):
        service.run("no json")

    key, other = service.get_keys()
    assert (key, other) == ("the-first-key-of-this-service", "the-second-key-of-this-service")
    header = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    assert requests.post(service.scoring_uri, ASKED, headers=header, timeout=30).json() == ["seven", "seven"]
    assert requests.post(service.scoring_uri, ASKED, timeout=30).status_code == 401
    assert requests.get(service.swagger_uri, headers=header, timeout=30).json()["swagger"] == "2.0"
    assert "the model is here" in service.get_logs(num_lines=100)
    assert service.get_logs(init=True) == ""
    assert service.auth_enabled and not service.token_auth_enabled
    assert service.serialize()["state"] == "Healthy" and "says-a-word" in repr(service)
    service.regen_key("Primary")
    service.regen_key("Secondary", set_key="a-key-that-somebody-chose")
    assert service.get_keys()[0] != key and service.get_keys()[1] == "a-key-that-somebody-chose"

    with pytest.raises(WebserviceException, match="overwrite"):
        Model.deploy(ws, "says-a-word", [model], config, how)
    assert [each.name for each in Webservice.list(ws, compute_type="ACI")] == ["says-a-word"]
    assert [each.name for each in Webservice.list(ws, model_name="word", tags=["a"], properties=[("by", "hand")])]
    assert Webservice.list(workspace=ws, compute_type="AKS") == Webservice.list(ws, model_id="word:9") == []
    assert Webservice.list(ws, image_name="none") == Webservice.list(ws, image_id="n:1") == []
    assert Webservice.list(ws, image_digest="sha256:0") == []
    again = Webservice(workspace=ws, name="says-a-word")
    assert isinstance(again, AciWebservice) and ws.webservices["says-a-word"].scoring_uri == again.scoring_uri
    again.delete()
    assert "says-a-word" not in ws.webservices


def test_a_service_changes_while_it_answers(ws: Workspace, model: Model) -> None:
    service = Model.deploy(ws, "changing", [model], scored(), AciWebservice.deploy_configuration(1, 1))
    service.wait_for_deployment()
    address = service.scoring_uri
    assert not service.auth_enabled and "?code=" in address
    assert requests.post(address, ASKED, timeout=30).json() == ["seven", "seven"]  # nobody is asked for a key
    assert requests.get(service.swagger_uri, timeout=30).status_code == 200
    assert requests.post(address.partition("?")[0], ASKED, timeout=30).status_code == 401

    service.add_tags({"a": "1", "b": "2"})
    service.remove_tags(["a"])
    service.add_properties({"team": "x"})
    service.update(description="anew", enable_app_insights=True, cpu_cores=2, memory_gb=3)
    service.wait_for_deployment()
    assert (service.tags, service.properties, service.description) == ({"b": "2"}, {"team": "x"}, "anew")
    assert (service.cpu_cores, service.memory_gb, service.enable_app_insights) == (2, 3, True)

    louder = scored(WORD.replace("[word]", "[word.upper()]"), "loud.py")
    service.update(models=[word_model(ws, "word", "eight")], inference_config=louder, wait=True)
    assert service.run(ASKED) == ["EIGHT", "EIGHT"] and service.scoring_uri == address
    service.update(auth_enabled=True)
    assert service.auth_enabled and requests.post(address, ASKED, timeout=30).status_code == 401
    service.update(deployment_config=AciWebservice.deploy_configuration(auth_enabled=False, description="open"))
    assert service.description == "open" and requests.post(address, ASKED, timeout=30).status_code == 200

    keys = service.get_keys()
    other = Model.deploy(ws, "changing", [model], scored(), overwrite=True, show_output=True)
    assert (other.get_keys(), other.run(ASKED), other.description) == (keys, ["seven", "seven"], None)
    with pytest.raises(WebserviceException, match="not available here"):
        other.update(ssl_enabled=True)
    other.delete()


def test_a_service_as_on_a_cluster(ws: Workspace, model: Model) -> None:
    how = AksWebservice.deploy_configuration(
        autoscale_enabled=False,
        num_replicas=2,
        cpu_cores=0.1,
        memory_gb=0.5,
        gpu_cores=0,
        cpu_cores_limit=1,
        memory_gb_limit=1,
        scoring_timeout_ms=20_000,
        replica_max_concurrent_requests=2,
        max_request_wait_time=700,
        initial_delay_seconds=30,
        period_seconds=20,
        timeout_seconds=3,
        success_threshold=2,
        failure_threshold=4,
        token_auth_enabled=True,
        namespace="mine",
        compute_target_name="cluster",
        blobfuse_enabled=False,
        enable_app_insights=True,
        tags={"a": "b"},
    )
    service = Model.deploy(ws, "as-on-aks", [model], scored(), how, deployment_target=object())
    service.wait_for_deployment(True)
    assert isinstance(service, AksWebservice) and (service.num_replicas, service.compute_type) == (2, "AKS")
    said = ws._call("GET", "onlineEndpoints/as-on-aks/deployments/v1")["properties"]
    asked, probe = said["requestSettings"], said["livenessProbe"]
    assert (asked["requestTimeout"], asked["maxQueueWait"]) == ("PT20S", "PT0.7S")
    assert asked["maxConcurrentRequestsPerInstance"] == 2
    assert [probe[word] for word in ("initialDelay", "period", "timeout")] == ["PT30S", "PT20S", "PT3S"]
    assert (probe["successThreshold"], probe["failureThreshold"], said["appInsightsEnabled"]) == (2, 4, True)
    assert said["scaleSettings"]["scaleType"] == "Default" and said["resources"]["memoryInGB"] == 0.5

    assert service.token_auth_enabled and not service.auth_enabled
    token, refresh_by = service.get_token()
    header = {"Authorization": f"Bearer {token}"}
    assert requests.post(service.scoring_uri, ASKED, headers=header, timeout=30).status_code == 200
    assert refresh_by.tzinfo is None and service.run(ASKED) == ["seven", "seven"]
    service.update(
        token_auth_enabled=False,
        auth_enabled=True,
        autoscale_enabled=True,
        autoscale_min_replicas=1,
        autoscale_max_replicas=3,
        autoscale_refresh_seconds=5,
        autoscale_target_utilization=60,
        scoring_timeout_ms=30_000,
        tags={"c": "d"},
    )
    service.wait_for_deployment()
    said = ws._call("GET", "onlineEndpoints/as-on-aks/deployments/v1")["properties"]
    scaled = said["scaleSettings"]
    assert (scaled["scaleType"], scaled["minInstances"], scaled["maxInstances"]) == ("TargetUtilization", 1, 3)
    assert (scaled["pollingInterval"], scaled["targetUtilizationPercentage"]) == ("PT5S", 60)
    assert said["requestSettings"]["maxConcurrentRequestsPerInstance"] == 2
    assert service.auth_enabled and service.tags == {"c": "d"}
    service.delete()


def test_what_the_server_does_where_nothing_is_said(ws: Workspace, model: Model) -> None:
    service = Model.deploy(ws, "of-aks", [model], scored(), deployment_target=object())
    said = ws._call("GET", "onlineEndpoints/of-aks/deployments/v1")["properties"]
    assert service.compute_type == "AKS" and service.auth_enabled and "code=" not in service.scoring_uri
    assert said["requestSettings"]["requestTimeout"] == "PT60S"
    service.delete()


def test_what_fails_says_why(ws: Workspace, model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    service = Model.deploy(ws, "fails", [model], scored("def init(): raise ValueError('no luck')\ndef run(data): pass"))
    with pytest.raises(WebserviceException, match="no luck"):
        service.wait_for_deployment(show_output=True)
    assert 'operation "Failed"' in capsys.readouterr().out
    assert service.state == "Failed" and service.error and "before it was ready" in service.error["message"]
    assert "no luck" in service.get_logs()
    service.update(inference_config=scored(), wait=True)
    assert service.state == "Healthy" and service.error is None
    service.delete()


def test_what_cannot_be_deployed(ws: Workspace, model: Model) -> None:
    with pytest.raises(WebserviceException, match="WebserviceNotFound"):
        AksWebservice(ws, "nothing")
    with pytest.raises(WebserviceException, match="WebserviceNotFound"):
        Webservice(ws, "nothing")
    with pytest.raises(WebserviceException, match="needs an environment"):
        Model.deploy(ws, "no-environment", [model], InferenceConfig(scored().entry_script))
    with pytest.raises(WebserviceException, match="Nothing says how the model is asked"):
        Model.deploy(ws, "no-script", [model])
    assert "no-script" not in ws.webservices
    for refused in (
        AciWebservice.deploy_configuration(
            ssl_enabled=True, ssl_cert_pem_file="c.pem", ssl_key_pem_file="k.pem", ssl_cname="a.b"
        ),
        AciWebservice.deploy_configuration(cmk_vault_base_url="https://v", cmk_key_name="k", cmk_key_version="1"),
    ):
        with pytest.raises(WebserviceException, match="not available here"):
            Model.deploy(ws, "refused", [model], scored(), refused)
    both = AksWebservice.deploy_configuration(autoscale_enabled=True, num_replicas=2)
    with pytest.raises(WebserviceException, match="Leave one out"):
        Model.deploy(ws, "refused", [model], scored(), both)
    both = AksWebservice.deploy_configuration(auth_enabled=True, token_auth_enabled=True)
    with pytest.raises(WebserviceException, match="not both"):
        Model.deploy(ws, "refused", [model], scored(), both)
    with pytest.raises(TypeError):
        AksWebservice.deploy_configuration(cpu_coers=1)  # type: ignore[call-arg]
    assert plain()._reference(ws) == plain()._reference(ws)
