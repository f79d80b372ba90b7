"""Models with all that answers for them, written for machines without this server."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.azureml.serving import WORD, my_own, word_model

from azureml.core import Environment, Workspace
from azureml.core.model import InferenceConfig, Model, ModelPackage
from azureml.exceptions import UserErrorException, WebserviceException


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InferenceConfig:
    monkeypatch.chdir(tmp_path)
    Path("score.py").write_text(WORD)
    Path("env.yml").write_text(f"dependencies: [python={sys.version_info[0]}.{sys.version_info[1]}]\n")
    return InferenceConfig("score.py", environment=Environment.from_conda_specification("bare", "env.yml"))


def test_a_folder_that_docker_builds(ws: Workspace, config: InferenceConfig) -> None:
    models = [word_model(ws, name, name) for name in ("first", "second")]
    package = Model.package(ws, models, inference_config=config, generate_dockerfile=True)
    assert isinstance(package, ModelPackage) and package.state in ("Running", "Succeeded")
    package.wait_for_creation(show_output=True)
    assert package.state == "Succeeded" and package.location == "localhost/first:1"
    assert package.package_build_log_uri.endswith("/buildlog") and package.serialize()["state"] == "Succeeded"
    registry = package.get_container_registry()
    assert (registry.address, registry.username) == ("docker.io", "")
    package.save("context")
    app = Path("context/root/var/azureml-app")
    assert "CMD" in Path("context/Dockerfile").read_text() and (app / "score.py").read_text() == WORD
    found = [(app / "azureml-models" / name / "1" / "word.txt").read_text() for name in ("first", "second")]
    assert found == ["first", "second"]
    with pytest.raises(WebserviceException, match="is a folder"):
        package.pull()


def test_an_image_is_built_of_it(ws: Workspace, config: InferenceConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    package = Model.package(
        workspace=ws,
        models=[word_model(ws, "image")],
        inference_config=config,
        image_name="word-image",
        image_label="one",
    )
    package.wait_for_creation()
    assert package.location == "localhost/word-image:one"
    programs = Path("programs")
    programs.mkdir()
    (programs / "docker").write_text('#!/bin/sh\necho "$1 $2 $3" > said; test -f "$4/Dockerfile"\n')
    (programs / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs.absolute()}:/bin:/usr/bin")
    package.pull()
    assert Path("said").read_text() == "build -t localhost/word-image:one\n"
    (programs / "docker").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(WebserviceException, match="failed"):
        package.pull()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(WebserviceException, match="neither is here"):
        package.pull()


def test_what_cannot_be_packaged(ws: Workspace, config: InferenceConfig) -> None:
    model = word_model(ws, "plain")
    with pytest.raises(WebserviceException, match="Nothing says how the model is asked"):
        Model.package(ws, [model])
    with pytest.raises(WebserviceException, match="a Python of this machine"):
        Model.package(ws, [model], InferenceConfig("score.py", environment=my_own()))
    with pytest.raises(WebserviceException, match="a model at least"):
        Model.package(ws, [], config)
    with pytest.raises(WebserviceException, match="how long answers take"):
        Model.profile(ws, "mine", [model], config, input_dataset=None, cpu=1, memory_in_gb=1, description="none")


def test_what_is_fixed_when_a_model_is_registered(ws: Workspace, config: InferenceConfig) -> None:
    model = word_model(ws, "told")
    with pytest.raises(UserErrorException, match="use add_tags"):
        model.add_properties({"f1": "0.5"})
    with pytest.raises(UserErrorException, match="when it is registered"):
        model.add_dataset_references([("training", "a-dataset")])
    assert Model(ws, "told").properties == Model(ws, "told").datasets == {}
