"""Images, from before services were deployed of a model and a script."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.azureml.serving import word_model

from azureml.core import Image, Webservice, Workspace
from azureml.core.image import ContainerImage
from azureml.core.webservice import AciWebservice, AksWebservice
from azureml.exceptions import WebserviceException

SCRIPT = """
import json
from azureml_said import said
from parts.inner import greeting
import os

def init():
    global word
    word = open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "word.txt")).read()

def run(data):
    return [greeting, said, word, json.loads(data)]
"""
ANSWER = ["hello", "this", "seven", 1]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "inner.py").write_text("greeting = 'hello'\n")
    (tmp_path / "azureml_said.py").write_text("said = 'this'\n")
    (tmp_path / "service_schema.json").write_text("{}")
    (tmp_path / "score.py").write_text(SCRIPT)
    (tmp_path / "env.yml").write_text(f"dependencies: [python={sys.version_info[0]}.{sys.version_info[1]}]\n")
    return tmp_path


def test_a_service_of_an_image(ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    model = word_model(ws, "word")
    config = ContainerImage.image_configuration(
        execution_script="score.py",
        runtime="python",
        conda_file="env.yml",
        schema_file="service_schema.json",
        dependencies=["parts", "azureml_said.py"],
        enable_gpu=False,
        tags={"area": "words"},
        properties={"by": "hand"},
        description="Says words",
    )
    image = ContainerImage.create(name="words", models=[model], image_config=config, workspace=ws)
    image.wait_for_creation(show_output=True)
    assert 'operation "Succeeded"' in capsys.readouterr().out
    assert isinstance(image, ContainerImage) and image.creation_state == "Succeeded"
    assert (image.name, image.version, image.id) == ("words", 1, "words:1") and image.created_time.year > 2000
    assert image.image_location.endswith("words:1") and image.image_build_log_uri.endswith("/buildlog")
    assert (image.tags, image.properties, image.description) == ({"area": "words"}, {"by": "hand"}, "Says words")
    assert [each.id for each in image.models] == image.model_ids == [model.id]

    service = Webservice.deploy_from_image(
        workspace=ws,
        name="of-an-image",
        image=image,
        deployment_config=AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1),
        deployment_target=None,
    )
    service.wait_for_deployment(show_output=True)
    assert service.run(input_data="1") == ANSWER and service.image_id == "words:1"
    assert [each.name for each in Webservice.list(ws, image_name="words")] == ["of-an-image"]

    Path("azureml_said.py").write_text("said = 'that'\n")
    second = Image.create(workspace=ws, name="words", models=[model], image_config=config)
    service.update(image=second)
    service.wait_for_deployment()
    assert service.run("1") == ["hello", "that", "seven", 1]
    assert image.run(input_data="1") == ANSWER  # the first stays what it was
    service.delete()


def test_images_are_found_by_what_they_say(ws: Workspace) -> None:
    config = ContainerImage.image_configuration("score.py", "python", tags={"a": "1"}, properties={"b": "2"})
    model = word_model(ws, "listed")
    for _ in range(2):
        Image.create(ws, "listed", [model], config)
    assert [each.version for each in Image.list(workspace=ws, image_name="listed")] == [2, 1]
    assert [each.version for each in Image.list(ws, model_name="listed", tags=["a"])] == [2, 1]
    assert Image.list(ws, model_id="listed:9") == Image.list(ws, "listed", properties=[("b", "3")]) == []
    assert Image(ws, name="listed").version == 2 and Image(ws, id="listed:1").version == 1
    found = ContainerImage(ws, name="listed", version=1, tags=[["a", "1"]], properties=["b"])
    assert ws.images["listed"].version == 2 and found.serialize()["id"] == "listed:1"
    found.add_tags({"c": "3"})
    found.remove_tags(["a"])
    found.add_properties({"d": "4"})
    assert Image(ws, id="listed:1").tags == {"c": "3"} and "listed:1" in repr(found)
    assert Image(ws, id="listed:1").properties == {"b": "2", "d": "4"}
    found.update(tags={"only": "this"})
    assert found.tags == {"only": "this"}
    found.update_creation_state()
    found.delete()
    with pytest.raises(WebserviceException, match="ImageNotFound"):
        Image(ws, "listed", version=1)
    with pytest.raises(WebserviceException, match="name or its id"):
        Image(ws)


def test_services_of_an_images_configuration(ws: Workspace) -> None:
    model = word_model(ws, "configured")
    config = ContainerImage.image_configuration(
        execution_script="score.py", runtime="python", dependencies=["parts", "azureml_said.py"]
    )
    how = AksWebservice.deploy_configuration()
    service = Webservice.deploy_from_model(
        workspace=ws, name="of-a-model", models=[model], image_config=config, deployment_config=how
    )
    service.wait_for_deployment()
    assert service.run(json.dumps(1)) == ANSWER and service.compute_type == "AKS"
    service.delete()
    service = Webservice.deploy(ws, "of-paths", model_paths=["word.txt"], image_config=config, deployment_config=None)
    service.wait_for_deployment()
    assert service.run("1") == ANSWER and [each.name for each in service.models] == ["word.txt"]
    service.delete()
    local = Webservice.deploy_local_from_model(ws, "of-local", [model], config, wait=True)
    assert local.run("1") == ANSWER and local.compute_type == "Local"
    local.delete()


def test_what_an_image_cannot_be_made_of(ws: Workspace, here: Path) -> None:
    with pytest.raises(WebserviceException, match="unable to find entry_script"):
        ContainerImage.image_configuration("none.py", "python")
    with pytest.raises(WebserviceException, match="absolute path"):
        ContainerImage.image_configuration(str(here / "score.py"), "python")
    with pytest.raises(WebserviceException, match="unable to find the dependency 'nothing'"):
        Image.create(ws, "none", [], ContainerImage.image_configuration("score.py", "python", dependencies=["nothing"]))
    Path("steps").write_text("RUN true\n")
    config = ContainerImage.image_configuration(
        "score.py", "python", docker_file="steps", base_image="python:3.11", base_image_registry=None, cuda_version="9"
    )
    assert config._inference_config()._environment().docker.base_dockerfile == "FROM python:3.11\nRUN true\n"
