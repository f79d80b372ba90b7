"""Registries."""

# pyright: reportMissingImports=false
from __future__ import annotations

from pathlib import Path

from azure.ai.ml import Input, MLClient, command
from azure.ai.ml.entities import BuildContext, Data, Environment, Model, Registry, RegistryRegionDetails
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential

from azure_steps.tour import Tour, expected, lazuli


def _name(tour: Tour) -> str:
    return f"shared{tour.version[1]}"


def _inside(tour: Tour) -> MLClient:
    return MLClient(DefaultAzureCredential(), registry_name=_name(tour), show_progress=False)


def make_a_registry(tour: Tour) -> None:
    """registries.begin_create, get, list"""
    regions = [RegistryRegionDetails(location="local")]
    said = Registry(name=_name(tour), location="local", tags={"team": "a"}, replication_locations=regions)
    made = tour.client.registries.begin_create(said).result()
    assert made.name == _name(tour)
    seen = tour.client.registries.get(_name(tour))
    assert (seen.location, seen.tags) == ("local", {"team": "a"})
    assert _name(tour) in [each.name for each in tour.client.registries.list()]
    assert lazuli("registry", "show", "-n", _name(tour))["tags"] == {"team": "a"}


def share_an_environment(tour: Tour) -> None:
    """MLClient(registry_name=…).environments.create_or_update, get, list: a conda file, a build context"""
    shelf = _inside(tour).environments
    conda = str(tour.here / "conda.yml")
    shelf.create_or_update(Environment(name="place", version="1", image="python:3.11", conda_file=conda))
    assert shelf.get("place", label="latest").version == "1"
    context = tour.here / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM python:3.11\n")
    shelf.create_or_update(Environment(name="built", version="1", build=BuildContext(path=str(context))))
    assert sorted(each.name for each in shelf.list()) == ["built", "place"]
    with expected(ResourceNotFoundError, "Versions here: 1"):
        shelf.get("place", version="7")


def share_a_model(tour: Tour) -> None:
    """MLClient(registry_name=…).models.create_or_update, get, list, download: a folder"""
    shelf = _inside(tour).models
    shelf.create_or_update(Model(name="net", version="1", path=str(tour.here / "net"), type="custom_model"))
    assert [each.version for each in shelf.list("net")] == ["1"]
    assert shelf.get("net", version="1").type == "custom_model"
    shelf.download("net", "1", download_path=str(tour.here / "shared"))
    found = [file for file in Path(tour.here / "shared").rglob("*") if file.is_file() and file.stat().st_size]
    assert [file.read_text() for file in found] == ["weights"]


def share_data(tour: Tour) -> None:
    """MLClient(registry_name=…).data.create_or_update, get, list: a file"""
    shelf = _inside(tour).data
    shelf.create_or_update(Data(name="rows", version="1", path=str(tour.here / "rows.csv"), type="uri_file"))
    assert shelf.get("rows", label="latest").version == "1"
    assert [each.name for each in shelf.list()] == ["rows"]


def share_a_component(tour: Tour) -> None:
    """MLClient(registry_name=…).components.create_or_update, get, list: with code and an environment of the registry"""
    shelf = _inside(tour).components
    made = command(
        name="count",
        version="1",
        code=str(tour.here / "code"),
        command="wc -l ${{inputs.rows}}",
        inputs={"rows": Input(type="uri_file")},
        environment=f"azureml://registries/{_name(tour)}/environments/place/versions/1",
    ).component
    made.version = "1"
    shelf.create_or_update(made)
    assert shelf.get("count", version="1").command == "wc -l ${{inputs.rows}}"
    assert [each.name for each in shelf.list()] == ["count"]


def run_with_what_is_shared(tour: Tour) -> None:
    """jobs: environment, data and model of a registry, by azureml://registries/…"""
    place = f"azureml://registries/{_name(tour)}"
    job = command(
        command="cat ${{inputs.rows}} && ls -R ${{inputs.net}}",
        environment=f"{place}/environments/place/labels/latest",
        inputs={
            "rows": Input(type="uri_file", path=f"{place}/data/rows/versions/1"),
            "net": Input(type="custom_model", path=f"{place}/models/net/versions/1"),
        },
        compute="crew",
    )
    done = tour.client.jobs.create_or_update(job)
    tour.client.jobs.stream(done.name)
    told = lazuli("job", "show", "-n", done.name)
    assert told["status"] == "Completed", told
    assert told["environment"] == f"{place}/environments/place/versions/1"
    with expected(HttpResponseError, "There is no registry 'nowhere'", "not here"):
        tour.client.jobs.create_or_update(
            command(
                command="true", environment="azureml://registries/nowhere/environments/e/versions/1", compute="crew"
            )
        )


def remove_a_registry(tour: Tour) -> None:
    """registries.begin_delete"""
    tour.client.registries.begin_delete(name=_name(tour)).result()
    with expected(ResourceNotFoundError, f"'{_name(tour)}' does not exist"):
        tour.client.registries.get(_name(tour))
