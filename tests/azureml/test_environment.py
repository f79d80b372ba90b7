"""Environments, what they are made of, and scripts that run in them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from azureml.core import Experiment, Workspace
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.environment import DEFAULT_CPU_IMAGE, Environment, SparkPackage
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
