"""Data assets."""

# pyright: reportMissingImports=false
from __future__ import annotations

from azure.ai.ml.entities import Data

from azure_steps.tour import Tour


def register_data(tour: Tour) -> None:
    """data.create_or_update, get: a local file, next version, label"""
    file = str(tour.here / "rows.csv")
    first = tour.client.data.create_or_update(Data(name="rows", version="1", path=file, type="uri_file"))
    assert first.path.endswith("/rows.csv")
    second = tour.client.data.create_or_update(Data(name="rows", path=file, type="uri_file"))
    assert second.version == "2", second.version
    assert tour.client.data.get("rows", label="latest").version == "2"
    assert tour.client.data.get("rows", version="1").path == first.path


def register_a_large_file(tour: Tour) -> None:
    """data.create_or_update: a large file, in blocks"""
    made = tour.client.data.create_or_update(
        Data(name="large", version="1", path=str(tour.here / "large"), type="uri_file")
    )
    assert made.id.endswith("/data/large/versions/1")
