"""The ways that tutorials of v1 go, from a trained model to an answer, in words of our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests
from tests.azureml.serving import my_own
from tests.clients.environments import client_environment
from tests.runtime.scoring import free_port

from azureml.core import Environment, Experiment, Workspace
from azureml.core.model import InferenceConfig, Model
from azureml.core.resource_configuration import ResourceConfiguration
from azureml.core.webservice import AciWebservice, LocalWebservice, Webservice

TREE = """
import json
import joblib
import numpy as np
from azureml.core.model import Model

def init():
    global model
    model = joblib.load(Model.get_model_path("tree"))

def run(raw_data):
    rows = np.array(json.loads(raw_data)["data"])
    classes = ["no", "yes"]
    return json.dumps([classes[each] for each in model.predict(rows)])
"""
SCHEMA = """
import os
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.schema_decorators import input_schema, output_schema
import numpy as np

def init():
    global factor
    root = os.environ["AZUREML_MODEL_DIR"]
    factor = float(open(os.path.join(root, "factor.txt")).read())

@input_schema("data", NumpyParameterType(np.array([[1.0, 2.0]])))
@output_schema(NumpyParameterType(np.array([1.0])))
def run(data):
    return (data.sum(axis=1) * factor).tolist()
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_model_that_a_run_trained_answers_in_real_time(ws: Workspace, here: Path) -> None:
    """Train in a run, register what it kept, deploy as on container instances, ask by the SDK and over HTTP, delete."""
    tree = pytest.importorskip("sklearn.tree")
    joblib = pytest.importorskip("joblib")
    run = Experiment(workspace=ws, name="train-tree").start_logging()
    joblib.dump(tree.DecisionTreeClassifier().fit([[0, 0], [1, 1]], [0, 1]), "tree.pkl")
    run.log("accuracy", 1.0)
    run.upload_file(name="outputs/tree.pkl", path_or_stream="./tree.pkl")
    run.complete()
    run.register_model(
        model_path="outputs/tree.pkl",
        model_name="tree",
        tags={"context": "inline"},
        properties={"accuracy": run.get_metrics()["accuracy"]},
    )
    model = ws.models["tree"]
    assert (model.version, model.properties, model.run_id) == (1, {"accuracy": "1.0"}, run.id)

    Path("service").mkdir()
    Path("service/score_tree.py").write_text(TREE)
    config = InferenceConfig(source_directory="service", entry_script="score_tree.py", environment=my_own())
    how = AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1)
    service = Model.deploy(ws, "tree-service", [model], config, how)
    service.wait_for_deployment(show_output=True)
    assert service.state == "Healthy"
    asked = json.dumps({"data": [[0, 0], [1, 1]]})
    assert json.loads(service.run(input_data=asked)) == ["no", "yes"]
    answer = requests.post(service.scoring_uri, asked, headers={"Content-Type": "application/json"}, timeout=30)
    assert json.loads(answer.json()) == ["no", "yes"]
    assert [ws.webservices[name].name for name in ws.webservices] == ["tree-service"]
    service.delete()
    assert Webservice.list(ws) == []


def test_a_script_with_a_schema_runs_locally(ws: Workspace, here: Path) -> None:
    """Register, deploy locally, ask with what the schema says, edit and reload, update, delete."""
    Path("factor.txt").write_text("2")
    model = Model.register(
        model_path="factor.txt",
        model_name="factor",
        tags={"area": "sums"},
        description="Multiplies",
        workspace=ws,
        resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
    )
    Path("source").mkdir()
    Path("source/score.py").write_text(SCHEMA)
    python = client_environment("inference-schema", ["inference-schema==1.8", "numpy<3", "pandas<4"])
    environment = Environment("with-schema")
    environment.python.user_managed_dependencies = True
    environment.python.interpreter_path = str(python)
    config = InferenceConfig(entry_script="score.py", source_directory="./source", environment=environment)
    how = LocalWebservice.deploy_configuration(port=free_port())
    service = Model.deploy(ws, "local-sums", [model], config, how)
    service.wait_for_deployment()
    sample = json.dumps({"data": [[1.0, 2.0], [3.0, 4.0]]})
    assert service.run(input_data=sample) == [6.0, 14.0]
    swagger = requests.get(service.swagger_uri, timeout=30).json()
    assert swagger["definitions"]["ServiceInput"]["properties"]["data"]["type"] == "array"
    Path("source/score.py").write_text(SCHEMA.replace("* factor", "* factor + 1"))
    service.reload(wait=True)
    assert service.run(sample) == [7.0, 15.0]
    Path("factor.txt").write_text("3")
    service.update(models=[Model.register(ws, "factor.txt", "factor")], inference_config=config, wait=True)
    assert service.run(sample) == [10.0, 22.0] and "score.py" in service.get_logs()
    service.delete()
