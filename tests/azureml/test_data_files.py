"""Files on datastores: as they come, go, are chosen and are referred to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from azureml.core import Dataset, Datastore, Workspace
from azureml.core.runconfig import DataReferenceConfiguration
from azureml.data import FileDataset
from azureml.data.azure_storage_datastore import AzureBlobDatastore
from azureml.data.data_reference import DataReference
from azureml.data.datapath import DataPath
from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from azureml.data.dataset_error_handling import DatasetValidationError
from azureml.data.dataset_factory import FileDatasetFactory
from azureml.exceptions import UserErrorException
from azureml.opendatasets import Diabetes, OjSalesSimulated


@pytest.fixture(scope="module")
def store(ws: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The default datastore, with files of two years."""
    folder = tmp_path_factory.mktemp("files")
    for name, content in {"2023/a.csv": "a\n1\n", "2024/a.csv": "a\n1\n2\n3\n", "2024/b.txt": "b"}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    found = Datastore.get(workspace=ws, datastore_name="workspaceblobstore")
    sent = found.upload(src_dir=str(folder), target_path="files", overwrite=True, show_progress=False)
    assert isinstance(sent, DataReference) and sent.path_on_datastore == "files"
    return found


def test_files_go_and_come(store: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "c.txt").write_text("c")
    store.upload_files(
        files=[str(tmp_path / "deep" / "c.txt")],
        relative_root=str(tmp_path),
        target_path="sent",
        overwrite=True,
        show_progress=True,
    )
    assert "Uploaded 1 files" in capsys.readouterr().out
    out = tmp_path / "out"
    assert store.download(target_path=str(out), prefix="sent/", overwrite=True, show_progress=True) == 1
    assert (
        out / "sent" / "deep" / "c.txt"
    ).read_text() == "c" and "Downloaded sent/deep/c.txt" in capsys.readouterr().out
    with pytest.raises(UserErrorException, match="is not below"):
        store.upload_files([str(tmp_path / "deep" / "c.txt")], relative_root=str(out))


def test_a_datastore_of_ones_own(ws: Workspace) -> None:
    made = Datastore.register_azure_blob_container(
        workspace=ws,
        datastore_name="own",
        container_name="box",
        account_name="garden",
        sas_token="?sv=1&sig=abc",
        protocol="https",
        endpoint="core.windows.net",
        overwrite=True,
        create_if_not_exists=True,
        skip_validation=True,
        grant_workspace_access=False,
        subscription_id="garden",
        resource_group="beds",
    )
    assert isinstance(made, AzureBlobDatastore) and made.is_sas and made.sas_token
    assert (made.account_name, made.container_name, made.protocol) == ("garden", "box", "https")
    assert made.endpoint == "core.windows.net"
    lake = Datastore.register_azure_data_lake_gen2(
        workspace=ws,
        datastore_name="lake",
        filesystem="files",
        account_name="garden",
        tenant_id="t",
        client_id="c",
        client_secret="s",
        overwrite=True,
    )
    assert (lake.datastore_type, lake.container_name) == ("AzureDataLakeGen2", "files")
    ws.set_default_datastore("own")
    assert Datastore.get_default(ws).name == Workspace(*ws._scope).get_default_datastore().name == "own"
    ws.set_default_datastore(name="workspaceblobstore")
    for each in (made, lake):
        each.unregister()
    assert {"own", "lake"}.isdisjoint(ws.datastores)


def test_files_are_chosen(store: Any, tmp_path: Path) -> None:
    files = Dataset.File.from_files(path=(store, "files/*/*"), partition_format="/{year}/{name}", is_file=False)
    assert files.partition_keys == ["year", "name"]
    assert files.get_partition_key_values(["year"]) == [{"year": "2023"}, {"year": "2024"}]
    assert files.filter(files["year"] == "2024").to_path() == ["/2024/a.csv", "/2024/b.txt"]
    assert files.filter(files.file_metadata("Size") > 5).to_path() == ["/2024/a.csv"]
    text = files.filter(~(files.file_metadata("Extension") == ".csv"))
    assert text.to_path() == ["/2024/b.txt"]
    now = datetime.now(UTC).replace(tzinfo=None)
    for word in ("LastModifiedTime", "CreationTime"):
        assert len(files.filter(files.file_metadata(word) > now - timedelta(hours=1)).to_path()) == 3
        assert files.filter(files.file_metadata(word) > now + timedelta(hours=1)).to_path() == []
    assert files.skip(1).take(count=1).to_path() == ["/2024/a.csv"]
    (tmp_path / "big.bin").write_bytes(b"0" * 100)
    (tmp_path / "small.bin").write_bytes(b"0")
    local = FileDatasetFactory.from_files(f"{tmp_path}/*.bin")
    assert local.filter(local.file_metadata("Size") >= 100).to_path() == ["/big.bin"]
    with pytest.raises(UserErrorException, match="Known are: Size"):
        files.file_metadata("Colour")


def test_files_come_down(store: Any, tmp_path: Path) -> None:
    files = Dataset.File.from_files(path=[DataPath(store, "files/2023"), store.path("files/2024")], validate=True)
    assert isinstance(files, FileDataset)
    out = tmp_path / "out"
    first = files.download(target_path=str(out), overwrite=False)
    assert sorted(first) == sorted(str(path.resolve()) for path in out.rglob("*.*")) and len(first) == 3
    (out / "2024" / "b.txt").write_text("changed")
    files.download(target_path=str(out), overwrite=True)
    assert (out / "2024" / "b.txt").read_text() == "b"
    assert all(Path(each).is_file() for each in files.download())
    gone = FileDatasetFactory.from_files((store, "nothing/"), validate=False)
    assert gone.download(ignore_not_found=True) == []
    with pytest.raises(DatasetValidationError):
        FileDatasetFactory.from_files((store, "nothing/"))


def test_files_are_a_folder_for_a_while(store: Any, tmp_path: Path) -> None:
    files = Dataset.File.from_files((store, "files"))
    place = tmp_path / "mounted"
    context = files.mount(mount_point=str(place))
    context.start()
    assert context.mount_point == str(place) and (place / "2024" / "b.txt").read_text() == "b"
    context.stop()
    assert place.is_dir() and not (place / "2024" / "b.txt").exists()


def test_a_folder_is_sent_whole(ws: Workspace, store: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1")
    said = {"src_dir": str(tmp_path), "target": DataPath(store, "folder")}
    Dataset.File.upload_directory(**said, show_progress=False)
    (tmp_path / "a.txt").write_text("2")
    sent = Dataset.File.upload_directory(**said, pattern="*.txt", overwrite=True, show_progress=True)
    (path,) = sent.download(str(tmp_path / "out"))
    assert Path(path).read_text() == "2"
    made = sent.register(workspace=ws, name="folder", create_new_version=True)
    assert Dataset.get_by_name(ws, name="folder").to_path() == made.to_path() == ["/a.txt"]


def test_how_a_job_is_to_have_files(store: Any) -> None:
    files = Dataset.File.from_files((store, "files/"))
    for asked, mode in ((files.as_mount(path_on_compute="/tmp/x"), "mount"), (files.as_download(), "download")):
        assert isinstance(asked, DatasetConsumptionConfig) and (asked.mode, asked.dataset) == (mode, files)
    named = files.as_named_input(name="files")
    assert named.as_download(path_on_compute="x").path_on_compute == "x" and named.as_mount().mode == "mount"
    reference = DataReference(
        datastore=store, data_reference_name="ref", path_on_datastore="files", mode="download", overwrite=True
    )
    said = reference.to_config()
    assert isinstance(said, DataReferenceConfiguration)
    assert (said.datastore_name, said.mode, said.path_on_datastore, said.overwrite) == (
        "workspaceblobstore",
        "download",
        "files",
        True,
    )
    assert store.path(path="a", data_reference_name="b").data_reference_name == "b"
    assert reference.as_upload(path_on_compute="x", overwrite=False).path_on_compute == "x"


def test_samples_are_read_as_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAZULI_OPENDATASETS", str(tmp_path))
    for kind in (Diabetes, OjSalesSimulated):
        (tmp_path / kind._FOLDER).mkdir()
        (tmp_path / kind._FOLDER / "a.csv").write_text("a\n1\n")
        assert kind().to_pandas_dataframe()["a"].tolist() == [1]
        assert kind.get_tabular_dataset(enable_telemetry=False).take(1).to_pandas_dataframe()["a"].tolist() == [1]
