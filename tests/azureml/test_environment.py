"""Environments, what they are made of, and scripts that run in them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from azureml.core import Experiment, Workspace
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.container_registry import ContainerRegistry
from azureml.core.environment import (
    DEFAULT_CPU_IMAGE,
    DockerBuildContext,
    Environment,
    RCranPackage,
    RSection,
    SparkPackage,
)
from azureml.core.runconfig import RunConfiguration
from azureml.core.script_run_config import ScriptRunConfig
from azureml.exceptions import UserErrorException


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "train.py").write_text(
        "import os, sys\nfrom azureml.core import VERSION\n"
        "os.makedirs('outputs', exist_ok=True)\n"
        "open('outputs/told.txt', 'w').write('|'.join([sys.executable, os.environ.get('COLOUR', ''), *sys.argv[1:]]))\n"
    )
    return folder


def finished(ws: Workspace, name: str, job: dict[str, Any]) -> str:
    """The status at the end of a job that is submitted as it is told."""
    ws._call("PUT", f"jobs/{name}", {"properties": {**job, "experimentName": "garden"}})
    over = ("Completed", "Failed", "Canceled")
    said = ws._server.wait(ws._path(f"jobs/{name}"), lambda found: found["properties"]["status"] in over)
    return said["properties"]["status"]


def test_conda_dependencies(tmp_path: Path) -> None:
    made = CondaDependencies.create(
        pip_packages=["pandas", "azureml-defaults==1.2"], conda_packages=["scikit-learn=1.5"], python_version="3.11"
    )
    assert (list(made.conda_packages), list(made.pip_packages)) == (
        ["python=3.11", "scikit-learn=1.5"],
        ["pandas", "azureml-defaults==1.2"],
    )
    made.add_conda_package("scikit-learn=1.6")
    made.add_pip_package("numpy<2")
    made.remove_pip_package("pandas")
    made.add_channel("pytorch")
    made.set_pip_index_url("https://example.org/simple")
    assert "scikit-learn=1.6" in made.conda_packages and "pytorch" in made.conda_channels
    assert list(made.pip_options) == ["--index-url https://example.org/simple"]
    assert made.get_python_version() == made.python_version == "3.11"
    made.save_to_file(tmp_path, "env.yml")
    assert CondaDependencies(str(tmp_path / "env.yml")) == made
    assert CondaDependencies().get_python_version() is None
    assert CondaDependencies.merge_requirements(["a>=1", "a<2", "b"]) == ["a<2,>=1", "b"]
    with pytest.raises(UserErrorException, match="no conda file"):
        CondaDependencies(str(tmp_path / "none.yml"))


def test_one_as_it_is_made() -> None:
    made = Environment("garden")
    assert (made.version, made.docker.enabled, made.python.user_managed_dependencies) == (None, False, False)
    assert (made.python.interpreter_path, made.docker.base_image) == ("python", DEFAULT_CPU_IMAGE)
    assert list(made.environment_variables) == ["EXAMPLE_ENV_VAR"]
    with pytest.raises(UserErrorException, match="clone"):
        Environment("AzureML-mine")
    with pytest.raises(TypeError, match="conda_file"):
        Environment("garden", conda_file="x")


def test_kept_in_a_workspace(ws: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("# ours\nsix\n")
    made = Environment.from_pip_requirements("beds", str(file))
    made.environment_variables = {"COLOUR": "green"}
    first = made.register(ws)
    assert (first.name, first.version) == ("beds", "1") and made.register(ws).version == "1"
    assert first.environment_variables == {"COLOUR": "green"}
    assert first.python.conda_dependencies is not None and list(first.python.conda_dependencies.pip_packages) == ["six"]
    made.environment_variables["COLOUR"] = "blue"
    assert made.register(ws).version == "2"
    assert Environment.get(ws, "beds").version == "2" and Environment.get(ws, "beds", version="1").version == "1"
    assert "beds" in Environment.list(ws) and ws.environments["beds"].version == "2"
    assert Environment.get(ws, "beds")._reference(ws) == Environment.get(ws, "beds").asset_id
    with pytest.raises(UserErrorException, match="'nothing'"):
        Environment.get(ws, "nothing")
    made.save_to_directory(str(tmp_path / "saved"))
    assert Environment.load_from_directory(str(tmp_path / "saved"))._to_dict() == made._to_dict()
    with pytest.raises(UserErrorException, match="overwrite"):
        made.save_to_directory(str(tmp_path / "saved"))
    made.save_to_directory(str(tmp_path / "saved"), overwrite=True)


def test_all_of_it_is_saved(tmp_path: Path) -> None:
    made = Environment("whole")
    made.spark.precache_packages = False
    made.spark.packages = [SparkPackage(group="org.garden", artifact="bees", version="1.0")]
    made.spark.repositories.append("https://garden.example/maven")
    made.inferencing_stack_version = "latest"
    made.docker.shm_size = "2g"
    made.save_to_directory(str(tmp_path / "saved"))
    loaded = Environment.load_from_directory(str(tmp_path / "saved"))
    assert (loaded.spark.precache_packages, loaded.spark.repositories) == (False, ["https://garden.example/maven"])
    assert [vars(each) for each in loaded.spark.packages] == [vars(each) for each in made.spark.packages]
    assert (loaded.inferencing_stack_version, loaded.docker.shm_size) == ("latest", "2g")


def test_curated_ones_and_what_is_added_to_them(ws: Workspace) -> None:
    curated = Environment.get(ws, "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu")
    assert curated._reference(ws) == curated.asset_id
    mine = curated.clone("mine")
    assert mine.python.conda_dependencies is not None and mine.version is None
    mine.python.conda_dependencies.add_pip_package("six")
    assert mine._dockerfile_of(["six"]).splitlines() == [f"FROM {curated.docker.base_image}", "RUN pip install 'six'"]
    assert "build" in ws._call("GET", mine._reference(ws).partition(ws._scope.path)[2].lstrip("/"))["properties"]
    with pytest.raises(UserErrorException, match="Clone it"):
        curated.register(ws)


def test_one_of_a_dockerfile_is_built(ws: Workspace) -> None:
    made = Environment.from_dockerfile("bare", "FROM python:3.11\nENV A=b\n")
    details = made.build(ws)
    details.wait_for_completion(show_output=False)
    assert details.status == "Succeeded" and made.get_image_details(ws)["imageExistsInRegistry"]


def ran(ws: Workspace, code: Path, environment: Environment, target: str = "local") -> Any:
    """A run of the script in an environment, to its end."""
    config = ScriptRunConfig(
        source_directory=str(code), script="train.py", compute_target=target, environment=environment
    )
    run = Experiment(ws, "garden").submit(config)
    run.wait_for_completion()
    return run


def told(ws: Workspace, run: Any) -> list[str]:
    """Its Python, its colour, and its arguments."""
    path = f"ExperimentRun/dcid.{run.id}/outputs/told.txt"
    return ws._storage.container("workspaceartifactstore").read(path).decode().split("|")


def test_a_script_runs_with_the_packages_of_a_conda_file(ws: Workspace, code: Path, tmp_path: Path) -> None:
    (code / "train.py").write_text("import idna, six\n" + (code / "train.py").read_text())
    file = tmp_path / "conda.yml"
    file.write_text(
        "name: project_environment\nchannels: [conda-forge]\n"
        "dependencies: [idna=3.*, pip, {pip: ['azureml-sdk[notebooks]==1.38.0', azureml-defaults, six]}]\n"
    )
    made = Environment.from_conda_specification(name="from-file", file_path=str(file))
    assert made.python.conda_dependencies is not None
    assert list(made.python.conda_dependencies.conda_packages) == ["idna=3.*", "pip"]
    assert "azureml-sdk[notebooks]==1.38.0" in made.python.conda_dependencies.serialize_to_string()
    made.environment_variables = {"COLOUR": "green"}
    made.inferencing_stack_version = "latest"
    made.spark.precache_packages = False
    made.docker.enabled = True
    kept = made.register(workspace=ws)
    found = Environment.get(workspace=ws, name="from-file", version=kept.version)
    python, colour = told(ws, ran(ws, code, found))
    assert (colour, python != sys.executable) == ("green", True)
    with pytest.raises(TypeError):
        Environment.from_conda_specification(name="x", conda_environment=str(file))  # type: ignore[call-arg]


def test_azures_words_in_requirements(ws: Workspace, code: Path, tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("azureml-core==1.48.0\nazureml-train-automl-client>=1.2\n# ours\nsix==1.16.0\n")
    made = Environment.from_pip_requirements(name="listed", file_path=str(file), pip_version="24.0")
    assert made.python.conda_dependencies is not None
    assert list(made.python.conda_dependencies.conda_packages) == ["pip=24.0"]
    assert len(told(ws, ran(ws, code, made))) == 2
    with pytest.raises(UserErrorException, match="There is no file"):
        Environment.from_pip_requirements("none", str(tmp_path / "none.txt"))


def test_all_sections_are_saved(tmp_path: Path) -> None:
    made = Environment("whole")
    made.python.interpreter_path = "/usr/bin/python3"
    made.python.base_conda_environment = "base"
    made.docker.base_image, made.docker.base_dockerfile = None, "FROM python:3.11"
    made.docker.arguments, made.docker.shm_size, made.docker.gpu_support = ["--ipc=host"], "2g", True
    made.docker.shared_volumes = False
    made.docker.base_image_registry.address = "example.azurecr.io"
    made.docker.base_image_registry.username, made.docker.base_image_registry.password = "me", "secret"
    made.spark.repositories = ["https://example.org/maven"]
    made.spark.packages = [SparkPackage(group="org.example", artifact="roses", version="1.0")]
    made.r = RSection()
    package = RCranPackage()
    package.name = "optparse"
    made.r.cran_packages = [package]
    made.save_to_directory(path=str(tmp_path / "whole"), overwrite=True)
    found = Environment.load_from_directory(path=str(tmp_path / "whole"))
    assert found._to_dict() == made._to_dict() and "secret" not in repr(made)
    assert (found.docker.base_image, found.docker.base_dockerfile) == (None, "FROM python:3.11")
    assert found.spark.packages[0].artifact == "roses" and found.r is not None
    assert found.r.cran_packages[0].name == "optparse"


def test_r_with_packages(ws: Workspace, tmp_path: Path) -> None:
    made = Environment("with-r")
    made.r = RSection()
    assert made.r._dockerfile() == "FROM r-base"
    package = RCranPackage()
    package.name = "optparse"
    made.r.cran_packages = [package]
    assert made.r._dockerfile().splitlines()[1] == """RUN R -e "install.packages(c('optparse'))\""""
    assert made._image(ws)["build"]["dockerfilePath"] == "Dockerfile"
    made.r.github_packages = ["example/roses"]
    with pytest.raises(UserErrorException, match="CRAN's alone"):
        made.r._dockerfile()


@pytest.mark.needs("Rscript")
def test_a_script_of_r_runs(ws: Workspace, tmp_path: Path) -> None:
    made = Environment("r-alone")
    made.r = RSection()
    (tmp_path / "train.R").write_text("dir.create('outputs'); writeLines('grown', 'outputs/told.txt')")
    config = ScriptRunConfig(str(tmp_path), "train.R", run_config=RunConfiguration(framework="R"), environment=made)
    run = Experiment(ws, "garden").submit(config)
    run.wait_for_completion()
    assert told(ws, run) == ["grown\n"]


def test_one_of_condas_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of conda's name on the PATH, which knows one environment."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserErrorException, match="There is no conda"):
        Environment.from_existing_conda_environment("mine", "roses")
    conda = tmp_path / "conda"
    conda.write_text(
        "#!/bin/sh\nif [ \"$4\" = roses ]; then echo 'dependencies: [six=1.16]'; else echo none >&2; exit 1; fi\n"
    )
    conda.chmod(0o755)
    made = Environment.from_existing_conda_environment(name="mine", conda_environment_name="roses")
    assert made.python.conda_dependencies is not None
    assert list(made.python.conda_dependencies.conda_packages) == ["six=1.16"]
    with pytest.raises(UserErrorException, match="cannot export 'tulips': none"):
        Environment.from_existing_conda_environment("mine", "tulips")


def test_images_and_dockerfiles(ws: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dockerfile, conda, pip = (tmp_path / name for name in ("Dockerfile", "conda.yml", "requirements.txt"))
    dockerfile.write_text("FROM python:3.11\nENV A=b\n")
    conda.write_text("dependencies: [{pip: [six]}]\n")
    pip.write_text("six\n")
    one = Environment.from_dockerfile(name="one", dockerfile=str(dockerfile), conda_specification=str(conda))
    assert one.python.conda_dependencies is not None and "six" in one.python.conda_dependencies.pip_packages
    one.build(workspace=ws).wait_for_completion(show_output=True)
    assert capsys.readouterr().out.startswith("Making a virtual environment")
    two = Environment.from_docker_image(name="two", image="python:3.11", pip_requirements=str(pip))
    assert two.docker.base_image == "python:3.11" and not two.python.user_managed_dependencies
    registry = ContainerRegistry()
    registry.address = "docker.io"
    three = Environment.from_docker_image("three", "library/python:3.11", container_registry=registry)
    assert three._image(ws) == {"image": "docker.io/library/python:3.11"}
    details = three.build_local(ws)
    assert details.status == "Succeeded" and three.get_image_details(ws)["imageExistsInRegistry"]
    context = DockerBuildContext.from_local_directory(workspace=ws, path=str(tmp_path))
    four = Environment.from_docker_build_context(name="four", docker_build_context=context)
    assert four.register(ws).docker.build_context.location
    with pytest.raises(UserErrorException, match="not both"):
        Environment.from_dockerfile("five", "FROM x", str(conda), str(pip))
    with pytest.raises(UserErrorException, match="There is no Dockerfile"):
        Environment.from_dockerfile("six", "nowhere/Dockerfile").register(ws)
    wheel = tmp_path / "own-1.0-py3-none-any.whl"
    with pytest.raises(UserErrorException, match="package_links"):
        Environment.add_private_pip_wheel(workspace=ws, file_path=str(wheel), exist_ok=True)


@pytest.mark.parametrize("name", ["AzureML-Minimal", "AzureML-Tutorial", "AzureML-PyTorch-1.6-CPU", "AzureML-AutoML"])
def test_curated_names_of_every_age_are_answered(ws: Workspace, name: str) -> None:
    found = Environment.get(workspace=ws, name=name)
    assert found.name == name or found.name.lower() == name.lower()
    assert Environment.get(ws, name=name, version="12").version == "12"


def test_a_script_runs_in_a_curated_one(ws: Workspace, code: Path) -> None:
    assert told(ws, ran(ws, code, Environment.get(ws, "AzureML-Minimal")))[0] != sys.executable


def test_the_rest_of_conda_dependencies(tmp_path: Path) -> None:
    made = CondaDependencies.create(
        pip_indexurl="https://example.org/simple",
        pip_packages=["six"],
        conda_packages=["numpy"],
        python_version="3.9",
        pin_sdk_version=False,
    )
    assert made.as_dict()["dependencies"][:2] == ["python=3.9", "numpy"]
    assert list(made.pip_options) == ["--index-url https://example.org/simple"]
    made.set_python_version("3.10")
    made.set_pip_option("--pre")
    made.set_pip_option("--pre")
    made.remove_pip_option("--index-url")
    made.add_channel(channel="pytorch")
    made.remove_channel("anaconda")
    made.remove_conda_package("numpy")
    made.add_tensorflow_conda_package(core_type="cpu", version="2.16")
    made.add_tensorflow_pip_package(version="2.16")
    assert list(made.conda_packages) == ["python=3.10", "tensorflow=2.16"]
    assert list(made.conda_channels) == ["conda-forge", "pytorch"]
    assert list(made.pip_packages) == ["azureml-defaults", "six", "tensorflow==2.16"]
    made.set_pip_requirements(["six"])
    assert (list(made.pip_options), list(made.pip_packages)) == (["--pre"], ["six"])
    made.save(str(tmp_path / "a.yml"))
    other = CondaDependencies(conda_dependencies_file_path=str(tmp_path / "a.yml"))
    assert made.save_to_file(base_directory=str(tmp_path), conda_file_path="b.yml") == "b.yml" and other == made
    other.add_conda_package("pandas")
    made._merge_dependencies(other)
    assert "pandas" in made.conda_packages
    with pytest.raises(UserErrorException, match="CNTK"):
        made.add_cntk_package()
    (tmp_path / "c.yml").write_text("[six]")
    with pytest.raises(UserErrorException, match="no mapping"):
        CondaDependencies(str(tmp_path / "c.yml"))


class _Bound:
    def _bind(self, job: dict[str, Any]) -> str:
        job["inputs"]["colour"] = {"jobInputType": "literal", "value": "red"}
        return "${{inputs.colour}}"


def test_a_script_runs_in_the_python_of_its_user(ws: Workspace, code: Path) -> None:
    environment = Environment("user-managed")
    environment.python.user_managed_dependencies = True
    environment.environment_variables["COLOUR"] = "green"
    config = ScriptRunConfig(str(code), "train.py", ["--size", 3, "two words", _Bound()], environment=environment)
    assert finished(ws, "own-python", config._job(ws)) == "Completed"
    told = ws._storage.container("workspaceartifactstore").read("ExperimentRun/dcid.own-python/outputs/told.txt")
    assert told.decode() == f"{sys.executable}|green|--size|3|two words|red"


def test_a_script_runs_where_azures_package_is_listed(ws: Workspace, code: Path) -> None:
    environment = Environment("listed")
    environment.python.conda_dependencies = CondaDependencies.create(pip_packages=["azureml-core==1.48"])
    config = ScriptRunConfig(str(code), command=["python", "train.py"], environment=environment)
    assert finished(ws, "listed", config._job(ws)) == "Completed"


def test_what_cannot_run(ws: Workspace, code: Path) -> None:
    with pytest.raises(UserErrorException, match="no script"):
        ScriptRunConfig(str(code), "other.py")._job(ws)
    with pytest.raises(UserErrorException, match="not both"):
        ScriptRunConfig(str(code), "train.py", command="python train.py")


def test_a_script_is_submitted(ws: Workspace, code: Path) -> None:
    environment = Environment("own")
    environment.python.user_managed_dependencies = True
    run = Experiment(ws, "garden").submit(ScriptRunConfig(str(code), "train.py", environment=environment))
    run.wait_for_completion()
    assert run.get_status() == "Completed"
