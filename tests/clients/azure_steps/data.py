"""Data assets."""

# pyright: reportMissingImports=false
from __future__ import annotations

from azure.ai.ml.entities import AccountKeyConfiguration, AzureBlobDatastore, Data
from azure.core.exceptions import ResourceNotFoundError

from azure_steps.tour import Tour, expected, lazuli


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


def register_folders_and_addresses(tour: Tour) -> None:
    """data.create_or_update, list: a folder, a URL, a datastore path"""
    data = tour.client.data
    folder = data.create_or_update(Data(name="folder", version="1", path=str(tour.here / "net"), type="uri_folder"))
    assert folder.path.startswith("azureml://") and data.get("folder", "1").type == "uri_folder"
    far = "https://example.org/rows.csv"
    assert data.create_or_update(Data(name="far", version="1", path=far, type="uri_file")).path == far
    same = data.create_or_update(Data(name="same", version="1", path=folder.path, type="uri_folder"))
    assert same.path == folder.path
    assert {"folder", "far", "same"} <= {each.name for each in data.list()}
    assert [each.version for each in data.list("folder")] == ["1"]


def archive_and_restore_data(tour: Tour) -> None:
    """data.archive, restore: a version, a whole asset"""
    data = tour.client.data
    data.archive("far", version="1")
    assert not list(data.list("far"))
    data.restore("far", version="1")
    assert [each.version for each in data.list("far")] == ["1"]
    data.archive("far")
    assert "far" not in [each.name for each in data.list()]
    data.restore("far")
    assert "far" in [each.name for each in data.list()]


def keep_datastores(tour: Tour) -> None:
    """datastores.create_or_update, get, get_default, list, delete"""
    datastores = tour.client.datastores
    assert datastores.get_default().name == "workspaceblobstore"
    key = AccountKeyConfiguration(account_key="aHVzaA==")
    wanted = AzureBlobDatastore(name="theirs", account_name="acc", container_name="box", credentials=key)
    datastores.create_or_update(wanted)
    seen = datastores.get("theirs")
    assert (seen.account_name, seen.container_name) == ("acc", "box")
    if tour.version >= (1, 28):  # before, the client reads no credentials of a datastore
        assert datastores.get("theirs", include_secrets=True).credentials.account_key == "aHVzaA=="
    assert {"theirs", "workspaceblobstore"} <= {each.name for each in datastores.list()}
    assert lazuli("datastore", "show", "-n", "theirs")["container_name"] == "box"
    datastores.delete("theirs")
    with expected(ResourceNotFoundError):
        datastores.get("theirs")


def register_a_table(tour: Tour) -> None:
    """data.create_or_update: an MLTable, whose schema the client asks Azure for and goes without"""
    folder = tour.here / "table"
    folder.mkdir()
    (folder / "rows.csv").write_text("a,b\n1,2\n")
    (folder / "MLTable").write_text("paths:\n  - file: ./rows.csv\ntransformations:\n  - read_delimited: {}\n")
    made = tour.client.data.create_or_update(Data(name="table", version="1", path=str(folder), type="mltable"))
    assert made.type == "mltable" and tour.client.data.get("table", "1").path == made.path
