"""Environments and models."""

# pyright: reportMissingImports=false
from __future__ import annotations

from azure.ai.ml.entities import Environment, Model

from azure_steps.tour import Tour


def register_an_environment(tour: Tour) -> None:
    """environments.create_or_update, get: a conda file, label"""
    conda = str(tour.here / "conda.yml")
    made = tour.client.environments.create_or_update(Environment(name="place", image="python:3.11", conda_file=conda))
    assert tour.client.environments.get("place", label="latest").version == made.version


def register_models(tour: Tour) -> None:
    """models.create_or_update, list, download: a folder, a job's output"""
    folder = Model(name="net", version="1", path=str(tour.here / "net"), type="custom_model")
    assert tour.client.models.create_or_update(folder).path.startswith("azureml://")
    origin = f"azureml://jobs/{tour.job.name}/outputs/model"
    assert tour.client.models.create_or_update(Model(name="net", path=origin, type="custom_model")).version == "2"
    assert sorted(each.version for each in tour.client.models.list("net")) == ["1", "2"]
    tour.client.models.download("net", "1", download_path=str(tour.here / "back"))
    assert (tour.here / "back/net/net/deep er/ü").read_text() == "weights"


def archive_and_restore_a_model(tour: Tour) -> None:
    """models.archive, restore"""
    tour.client.models.archive("net", version="1")
    assert [each.version for each in tour.client.models.list("net")] == ["2"]
    tour.client.models.restore("net", version="1")
    assert len(list(tour.client.models.list("net"))) == 2
