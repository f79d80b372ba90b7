"""Models that answer: deployed, asked and taken away."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import requests

from azureml.core import Webservice, Workspace
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AciWebservice, AksWebservice, LocalWebservice
from azureml.exceptions import WebserviceException

SCRIPT = """
import json
from pathlib import Path
import os

def init():
    global word
    root = Path(os.environ["AZUREML_MODEL_DIR"])
    word = next(path for path in root.rglob("*.txt")).read_text()
    print("the model is here")

def run(data):
    return [word] * len(json.loads(data)["data"])
"""


class _Interpreter:
    """An environment that is the Python of these tests."""

    def _reference(self, workspace: Workspace) -> str:
        body = {"properties": {"image": f"python:{sys.version_info.major}.{sys.version_info.minor}"}}
        return workspace._call("PUT", "environments/plain/versions/1", body)["id"]


@pytest.fixture
def model(ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "word.txt").write_text("seven")
    (tmp_path / "score.py").write_text(SCRIPT)
    return Model.register(ws, "word.txt", "word")


def test_an_entry_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WebserviceException, match="entry_script"):
        InferenceConfig(entry_script="none.py")
    with pytest.raises(WebserviceException, match="entry_script"):
        InferenceConfig(entry_script="none.py", source_directory=str(tmp_path))


def test_a_script_answers_with_a_model(ws: Workspace, model: Model) -> None:
    config = InferenceConfig(entry_script="score.py", environment=_Interpreter())
    how = AciWebservice.deploy_configuration(
        cpu_cores=1, memory_gb=1, tags={"a": "b"}, description="Says a word", auth_enabled=True
    )
    service = Model.deploy(
        workspace=ws, name="says-a-word", models=[model], inference_config=config, deployment_config=how
    )
    service.wait_for_deployment(show_output=True)
    assert service.state == "Healthy" and isinstance(service, AciWebservice)
    asked = json.dumps({"data": [1, 2]})
    assert service.run(input_data=asked) == ["seven", "seven"]
    key = service.get_keys()[0]
    header = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    assert requests.post(service.scoring_uri, asked, headers=header, timeout=30).json() == ["seven", "seven"]
    assert "the model is here" in service.get_logs(num_lines=100)
    assert (service.tags, service.description, service.compute_type) == ({"a": "b"}, "Says a word", "ACI")
    assert service.swagger_uri and service.auth_enabled and service.serialize()["state"] == "Healthy"
    service.regen_key("Primary")
    assert service.get_keys()[0] != key
    with pytest.raises(WebserviceException, match="overwrite"):
        Model.deploy(ws, "says-a-word", [model], config, how)
    assert [each.name for each in Webservice.list(ws, compute_type="ACI")] == ["says-a-word"]
    assert Webservice.list(workspace=ws, compute_type="AKS") == []
    again = Webservice(workspace=ws, name="says-a-word")
    again.update_deployment_state()
    assert again.scoring_uri == service.scoring_uri
    again.delete()


def test_what_cannot_be_deployed(ws: Workspace, model: Model) -> None:
    with pytest.raises(WebserviceException, match="WebserviceNotFound"):
        AksWebservice(ws, "nothing")
    how = LocalWebservice.deploy_configuration(port=8890)
    with pytest.raises(WebserviceException, match="one folder"):
        Model.deploy(ws, "two-models", [model, model], deployment_config=how)
    with pytest.raises(WebserviceException, match="needs an environment"):
        Model.deploy(ws, "no-environment", [model], InferenceConfig("score.py"), how)
    with pytest.raises(TypeError):
        AksWebservice.deploy_configuration(cpu_coers=1)  # type: ignore[call-arg]
