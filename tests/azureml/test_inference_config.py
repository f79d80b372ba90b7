"""What a service runs: several models, scripts from before there were environments, and no script at all."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.azureml.serving import my_own, plain, scored, word_model

from azureml.core import Workspace
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import LocalWebservice
from azureml.exceptions import WebserviceException

SEVERAL = """
import os
from azureml.core.model import Model

def init():
    global words
    paths = [Model.get_model_path("first"), Model.get_model_path("second", version=1)]
    root = os.environ["AZUREML_MODEL_DIR"]
    words = [open(path).read() for path in paths] + [open(os.path.join(root, "second", "1", "word.txt")).read()]

def run(data):
    return words
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_several_models(ws: Workspace, here: Path) -> None:
    models = [word_model(ws, name, name) for name in ("first", "second")]
    Path("score.py").write_text(SEVERAL)
    environment = my_own()
    environment.inferencing_stack_version = "latest"  # kept as said: there is one server of scripts
    config = InferenceConfig("score.py", environment=environment, description="Two models")
    service = Model.deploy(ws, "several", models, config)
    service.wait_for_deployment()
    assert service.run("1") == ["first", "second", "second"]
    assert [each.id for each in service.models] == ["first:1", "second:1"] and config.description == "Two models"
    service.update(models=models[:1], inference_config=scored())
    service.wait_for_deployment()
    assert service.run('{"data": [1]}') == ["first"]
    service.delete()


def test_a_script_from_before_there_were_environments(ws: Workspace, here: Path) -> None:
    (here / "source").mkdir()
    (here / "source" / "env.yml").write_text(f"dependencies: [python={sys.version_info[0]}.{sys.version_info[1]}]\n")
    (here / "source" / "score.py").write_text("def init(): pass\ndef run(data): return 'ran ' + data\n")
    (here / "source" / "steps").write_text("RUN apt-get install -y gcc\n")
    config = InferenceConfig(
        entry_script="score.py", runtime="python", conda_file="env.yml", source_directory="source", enable_gpu=False
    )
    service = Model.deploy(ws, "before", [], config, LocalWebservice.deploy_configuration())
    service.wait_for_deployment()
    assert service.run('"it"') == 'ran "it"' and list(service.models) == []
    service.delete()
    config = InferenceConfig(
        "score.py",
        runtime="python",
        conda_file="env.yml",
        extra_docker_file_steps="steps",
        source_directory="source",
        base_image="ubuntu:22.04",
        base_image_registry=None,
        cuda_version="11.0",
    )
    made = config._environment()
    assert made.docker.base_dockerfile == "FROM ubuntu:22.04\nRUN apt-get install -y gcc\n"
    assert made.python.conda_dependencies and not made.python.user_managed_dependencies
    bare = InferenceConfig("source/score.py", runtime="python", enable_gpu=True)._environment()
    assert "cuda" in str(bare.docker.base_image) and bare.python.user_managed_dependencies
    with pytest.raises(WebserviceException, match="unable to find conda_file 'none"):
        InferenceConfig("source/score.py", runtime="python", conda_file="none.yml")
    with pytest.raises(WebserviceException, match="no runtime 'spark-py'"):
        InferenceConfig("source/score.py", runtime="spark-py")
    with pytest.raises(TypeError):
        InferenceConfig("source/score.py", runtine="python")  # type: ignore[call-arg]
    assert plain().python.user_managed_dependencies


def test_a_model_of_onnx_needs_no_script(ws: Workspace, here: Path) -> None:
    onnx = pytest.importorskip("onnx")
    shape = [None, 2]
    ports = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in ("x", "y")]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Neg", ["x"], ["y"])], "neg", ports[:1], ports[1:])
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), "neg.onnx")
    model = Model.register(ws, "neg.onnx", "neg", model_framework=Model.Framework.ONNX, model_framework_version="1.3")
    service = Model.deploy(ws, "by-itself", [model])
    service.wait_for_deployment()
    assert service.run(json.dumps({"input_data": [[1.0, 2.0]]})) == [[-1.0, -2.0]]
    service.delete()


def test_a_model_of_scikit_learn_needs_no_script(ws: Workspace, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    joblib = pytest.importorskip("joblib")
    joblib.dump(linear_model.LogisticRegression().fit([[0.0], [1.0]], [0, 1]), "model.pkl")
    model = Model.register(ws, "model.pkl", "sorted", model_framework="ScikitLearn", model_framework_version="1.0")
    tensors = Model.register(ws, "model.pkl", "tensors", model_framework=Model.Framework.TENSORFLOW)
    with pytest.raises(WebserviceException, match="A model of TensorFlow is not asked without a script"):
        Model.deploy(ws, "no-script", [tensors])
    from azureml.core.webservice import _no_code

    config = _no_code.config_of([model])
    assert config is not None
    assert "scikit-learn==1.0" in list(config.environment.python.conda_dependencies.pip_packages)
    config.environment = my_own()  # which has scikit-learn already
    service = Model.deploy(ws, "sorted", [model], config)
    service.wait_for_deployment()
    assert service.run(json.dumps({"data": [[0.1], [2.0]]})) == {"predict": [0, 1]}
    likely = service.run(json.dumps({"data": [[2.0]], "method": "predict_proba"}))
    assert len(likely["predict_proba"][0]) == 2
    service.delete()
