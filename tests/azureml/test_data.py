"""Datastores and datasets."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas
import pytest

from azureml import opendatasets
from azureml.core import Dataset, Datastore, Workspace
from azureml.data import (
    DataType,
    FileDataset,
    HDFSOutputDatasetConfig,
    LinkTabularOutputDatasetConfig,
    TabularDataset,
)
from azureml.data.azure_storage_datastore import AzureBlobDatastore, AzureFileDatastore
from azureml.data.data_reference import DataReference
from azureml.data.datapath import DataPath
from azureml.data.dataset_error_handling import DatasetExecutionError, DatasetValidationError
from azureml.data.dataset_factory import FileDatasetFactory, TabularDatasetFactory
from azureml.data.dataset_type_definitions import PromoteHeadersBehavior
from azureml.data.sql_data_reference import SqlDataReference
from azureml.exceptions import DatasetTimestampMissingError, UserErrorException

ROWS = "id,name,weight,day\n1,rose,0.5,2024-01-01\n2,oak,300,2024-01-02\n3,,1.5,2024-01-03\n"


@pytest.fixture(scope="module")
def store(ws: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The default datastore, with some files."""
    folder = tmp_path_factory.mktemp("plants")
    (folder / "a.csv").write_text(ROWS)
    (folder / "2024" / "05").mkdir(parents=True)
    (folder / "2024" / "05" / "b.csv").write_text(ROWS)
    (folder / "notes.txt").write_text("water")
    found = ws.get_default_datastore()
    found.upload(src_dir=str(folder), target_path="plants", overwrite=True, show_progress=False)
    return found


def table(store: Any, **said: Any) -> TabularDataset:
    return Dataset.Tabular.from_delimited_files(path=(store, "plants/a.csv"), **said)


def test_a_datastore_is_found(ws: Workspace, store: AzureBlobDatastore) -> None:
    assert (store.name, store.datastore_type, store.workspace) == ("workspaceblobstore", "AzureBlob", ws)
    assert isinstance(store, AzureBlobDatastore) and store.account_name and store.container_name
    assert store.protocol.startswith("http") and store.endpoint and store.account_key is None and store.is_sas
    for found in (Datastore(ws, "workspaceblobstore"), Datastore(ws), Datastore.get_default(ws)):
        assert found == store
    assert store.name in ws.datastores and store.account_name in repr(store)
    with pytest.raises(UserErrorException, match="Could not find datastore nowhere"):
        Datastore.get(ws, "nowhere")


def test_a_container_of_ones_own_gets_a_name(ws: Workspace) -> None:
    said: dict[str, Any] = {
        "datastore_name": "mine",
        "container_name": "box",
        "account_name": "garden",
        "account_key": "a2V5",
    }
    made = Datastore.register_azure_blob_container(workspace=ws, **said)
    assert (made.name, made.container_name, made.account_name) == ("mine", "box", "garden")
    assert made.account_key == "a2V5"
    with pytest.raises(UserErrorException, match="already exists"):
        Datastore.register_azure_blob_container(ws, **said)
    Datastore.register_azure_blob_container(ws, **{**said, "container_name": "other"}, overwrite=True)
    assert Datastore.get(ws, "mine").container_name == "other"
    lake = Datastore.register_azure_data_lake_gen2(ws, "lake", "files", "garden", "t", "c", "s")
    assert (lake.datastore_type, lake.container_name) == ("AzureDataLakeGen2", "files")
    made.set_as_default()
    assert ws.get_default_datastore().name == "mine"
    assert [each["name"] for each in ws._pages("datastores", {"isDefault": "true"})] == ["mine"]
    Datastore.register_azure_blob_container(ws, **said, overwrite=True)
    assert Datastore.get_default(ws).container_name == "box"
    with pytest.raises(UserErrorException, match="is the default one"):
        made.unregister()
    ws.set_default_datastore("workspaceblobstore")
    made.unregister()
    assert "mine" not in ws.datastores
    with pytest.raises(UserErrorException):
        ws.get_default_datastore().unregister()


def test_what_cannot_be_a_datastore_says_so(ws: Workspace) -> None:
    with pytest.raises(UserErrorException, match="type local"):
        Datastore.register_azure_file_share(ws, "share", "files", "garden", account_key="a2V5")
    with pytest.raises(UserErrorException, match="lazuli connection create"):
        Datastore.register_azure_sql_database(ws, "sql", "server", "db", username="a", password="b")
    with pytest.raises(UserErrorException, match="register_azure_data_lake_gen2"):
        Datastore.register_azure_data_lake(ws, "lake1", "store")
    with pytest.raises(UserErrorException, match=r"pandas\.read_sql"):
        Datastore.register_azure_postgre_sql(ws, "pg", "server", "db", "me", "secret")
    with pytest.raises(UserErrorException, match=r"pandas\.read_sql"):
        Datastore.register_azure_my_sql(ws, "my", "server", "db", "me", "secret")
    with pytest.raises(UserErrorException, match="Databricks"):
        Datastore.register_dbfs(ws, "dbfs")
    share = AzureFileDatastore(ws, "share", "files", "garden")
    assert (share.datastore_type, share.container_name) == ("AzureFile", "files")


def test_files_go_up_and_come_down(store: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    one, two = tmp_path / "one.txt", tmp_path / "in" / "two.txt"
    one.write_text("1")
    two.write_text("2")
    reference = store.upload_files(files=[str(one), str(two)], target_path="notes/", overwrite=False)
    assert isinstance(reference, DataReference) and reference.path_on_datastore == "notes"
    one.write_text("changed")
    store.upload_files([str(one)], target_path="notes", overwrite=False, show_progress=True)
    assert "Target already exists. Skipping upload for notes/one.txt" in capsys.readouterr().out
    assert store.download(str(tmp_path / "out"), prefix="notes", show_progress=False) == 2
    assert (tmp_path / "out" / "notes" / "one.txt").read_text() == "1"
    assert (tmp_path / "out" / "notes" / "in" / "two.txt").read_text() == "2"
    assert store.download(str(tmp_path / "out"), prefix="notes", show_progress=False) == 0
    with pytest.raises(UserErrorException, match="does not point to a file"):
        store.upload_files([str(tmp_path / "none")])
    with pytest.raises(UserErrorException, match="no folder"):
        store.upload(str(tmp_path / "none"))


def test_a_table_is_read(store: Any) -> None:
    read = table(store)
    assert isinstance(read, TabularDataset) and Dataset.Tabular is TabularDatasetFactory
    frame = read.to_pandas_dataframe()
    assert list(frame.columns) == ["id", "name", "weight", "day"] and len(frame) == 3
    assert frame["day"][1] == datetime(2024, 1, 2) and frame["name"].isna().sum() == 1
    assert frame["weight"].sum() == 302
    assert read.id is None and read.name is None and read.version is None
    with pytest.raises(DatasetValidationError):
        Dataset.Tabular.from_delimited_files((store, "plants/none.csv"))
    with pytest.raises(TypeError):
        Dataset.Tabular.from_delimited_files((store, "plants/a.csv"), seperator=",")  # type: ignore[call-arg]


def test_what_is_done_to_a_table_waits(store: Any) -> None:
    read = table(store)
    assert list(read.keep_columns(["id"], validate=True).to_pandas_dataframe()) == ["id"]
    assert list(read.drop_columns("name").to_pandas_dataframe()) == ["id", "weight", "day"]
    assert list(read.take(2).to_pandas_dataframe()["id"]) == [1, 2]
    assert list(read.skip(2).to_pandas_dataframe()["id"]) == [3]
    chosen = read.filter((read["weight"] > 1) & ~(read["name"] == "oak"))
    assert list(chosen.to_pandas_dataframe()["id"]) == [3]
    train, test = read.random_split(percentage=0.5, seed=4)
    both = [*train.to_pandas_dataframe()["id"], *test.to_pandas_dataframe()["id"]]
    assert sorted(both) == [1, 2, 3]
    again = read.random_split(0.5, seed=4)[0].to_pandas_dataframe()
    assert again.equals(train.to_pandas_dataframe())
    with pytest.raises(DatasetValidationError, match="no column 'none'"):
        read.keep_columns("none", validate=True)
    with pytest.raises(DatasetValidationError, match="no condition"):
        read.filter("drop everything").to_pandas_dataframe()


def test_a_table_in_time(store: Any) -> None:
    read = table(store).with_timestamp_columns("day")
    assert read.timestamp_columns == ("day", None)
    second = datetime(2024, 1, 2)
    assert list(read.time_before(second).to_pandas_dataframe()["id"]) == [1, 2]
    assert list(read.time_before(second, include_boundary=False).to_pandas_dataframe()["id"]) == [1]
    assert list(read.time_after(second, include_boundary=False).to_pandas_dataframe()["id"]) == [3]
    assert list(read.time_between(second, second).to_pandas_dataframe()["id"]) == [2]
    assert read.time_recent(timedelta(days=1)).to_pandas_dataframe().empty
    with pytest.raises(DatasetTimestampMissingError):
        table(store).time_before(second)


def test_a_table_of_several_files_and_their_paths(store: Any) -> None:
    both = Dataset.Tabular.from_delimited_files([(store, "plants/a.csv"), (store, "plants/2024/**/*.csv")])
    assert len(both.to_pandas_dataframe()) == 6
    parted = Dataset.Tabular.from_delimited_files(
        path=(store, "plants/2024/05/*.csv"), partition_format="/{when:yyyy/MM}/b.csv", include_path=True
    )
    assert parted.partition_keys == ["when"]
    frame = parted.to_pandas_dataframe()
    assert list(frame["when"].unique()) == [datetime(2024, 5, 1)] and frame["Path"][0] == "/b.csv"


def test_how_a_table_is_written(store: Any) -> None:
    typed = table(
        store,
        set_column_types={"id": DataType.to_string(), "weight": DataType.to_float(), "day": DataType.to_datetime()},
    )
    frame = typed.to_pandas_dataframe()
    assert list(frame["id"]) == ["1", "2", "3"] and frame["weight"].dtype == "float64"
    bare = table(store, header=PromoteHeadersBehavior.NO_HEADERS, infer_column_types=False)
    assert list(bare.to_pandas_dataframe()["Column1"]) == ["id", "1", "2", "3"]
    with pytest.raises(DatasetExecutionError, match="no column 'none'"):
        table(store, validate=False, set_column_types={"none": DataType.to_bool()}).to_pandas_dataframe()
    with pytest.raises(UserErrorException, match="to_long"):
        table(store, set_column_types={"id": "int"})


def test_other_formats(store: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\nnone\n{"a": 2}\n')
    lines = Dataset.Tabular.from_json_lines_files(str(tmp_path / "a.jsonl"), invalid_lines="drop")
    assert list(lines.to_pandas_dataframe()["a"]) == [1, 2]
    pandas.DataFrame({"a": [1, 2]}).to_parquet(tmp_path / "a.parquet")
    store.upload_files([str(tmp_path / "a.parquet")], target_path="columns", show_progress=False)
    columns = TabularDatasetFactory.from_parquet_files(path=DataPath(store, "columns/a.parquet"))
    assert list(columns.to_pandas_dataframe()["a"]) == [1, 2]
    assert columns.to_csv_files().to_path() == ["/rows.csv"]
    assert columns.to_parquet_files().to_path() == ["/rows.parquet"]
    with pytest.raises(UserErrorException, match=r"pandas\.read_sql"):
        Dataset.Tabular.from_sql_query("select 1")


def test_a_table_is_registered(ws: Workspace, store: Any) -> None:
    made = table(store).register(workspace=ws, name="diabetes dataset", description="of plants", tags={"a": "b"})
    assert (made.name, made.version, made.description, made.tags) == ("diabetes dataset", 1, "of plants", {"a": "b"})
    assert made.data_changed_time.year >= 2026
    shown = ws._call("GET", "data/diabetes-dataset/versions/1/preview")
    assert [each["name"] for each in shown["columns"]] == ["id", "name", "weight", "day"]
    found = Dataset.get_by_name(ws, "diabetes dataset")
    assert isinstance(found, TabularDataset) and (found.id, found.version) == (made.id, 1)
    assert len(found.to_pandas_dataframe()) == 3
    assert table(store).register(ws, "diabetes dataset").version == 1
    with pytest.raises(UserErrorException, match="create_new_version=True"):
        table(store).take(1).register(ws, "diabetes dataset")
    newer = table(store).take(1).register(ws, "diabetes dataset", create_new_version=True)
    assert newer.version == 2 and Dataset.get_by_name(ws, "diabetes dataset").version == 2
    assert Dataset.get_by_name(ws, "diabetes dataset", version=1).version == 1
    assert len(Dataset.get_by_id(ws, str(newer.id)).to_pandas_dataframe()) == 1
    assert Dataset.get(ws, name="diabetes dataset").id == newer.id
    assert "diabetes dataset" in ws.datasets and "diabetes dataset" in list(ws.datasets)
    assert ws.datasets["diabetes dataset"].version == 2 and str(newer.name) in repr(newer)
    assert newer.add_tags({"c": "d"}).remove_tags(["none"]).tags == {"c": "d"}
    with pytest.raises(UserErrorException, match="Cannot find dataset"):
        Dataset.get_by_name(ws, "none")
    newer.unregister_all_versions()
    assert "diabetes dataset" not in ws.datasets


def test_a_frame_is_registered(ws: Workspace, store: Any) -> None:
    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    made = Dataset.Tabular.register_pandas_dataframe(dataframe=frame, target=(store, "frames"), name="frame")
    assert made.version == 1 and Dataset.get_by_name(ws, "frame").to_pandas_dataframe().equals(frame)


def test_files_as_they_are(ws: Workspace, store: Any, tmp_path: Path) -> None:
    found = Dataset.File.from_files(path=(store, "plants"))
    assert isinstance(found, FileDataset) and Dataset.File is FileDatasetFactory
    assert sorted(found.to_path()) == ["/2024/05/b.csv", "/a.csv", "/notes.txt"]
    assert Dataset.File.from_files((store, "plants/*.csv")).to_path() == ["/a.csv"]
    some = Dataset.File.from_files([(store, "plants/*.csv"), (store, "plants/2024/**")])
    assert sorted(some.to_path()) == ["/2024/05/b.csv", "/a.csv"]
    written = found.download(str(tmp_path / "out"))
    assert sorted(Path(path).name for path in written) == ["a.csv", "b.csv", "notes.txt"]
    with pytest.raises(UserErrorException, match="already exists"):
        found.download(str(tmp_path / "out"))
    with found.mount() as mounted:
        assert (Path(mounted.mount_point) / "notes.txt").read_text() == "water"
    assert not Path(mounted.mount_point).exists()
    one, other = found.random_split(0.5, seed=1)
    assert sorted([*one.to_path(), *other.to_path()]) == sorted(found.to_path())
    made = found.register(ws, "files")
    assert ws._call("GET", "data/files/versions/1")["properties"]["dataType"] == "uri_folder"
    assert sorted(Dataset.get_by_name(ws, "files").to_path()) == sorted(made.to_path())
    some.register(ws, "some")
    assert sorted(Dataset.get_by_name(ws, "some").to_path()) == sorted(some.to_path())
    with pytest.raises(DatasetValidationError):
        Dataset.File.from_files((store, "nowhere/**"))


def test_a_folder_is_sent(store: Any, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"1")
    (tmp_path / "a.txt").write_bytes(b"2")
    sent = Dataset.File.upload_directory(src_dir=str(tmp_path), target=(store, "pictures"), pattern="*.png")
    assert sent.to_path() == ["/a.png"]
    with pytest.raises(UserErrorException, match="overwrite=True"):
        Dataset.File.upload_directory(str(tmp_path), DataPath(store, "pictures"))


def test_open_datasets_are_read_from_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAZULI_OPENDATASETS", raising=False)
    with pytest.raises(UserErrorException, match="LAZULI_OPENDATASETS is not set"):
        opendatasets.MNIST.get_file_dataset()
    monkeypatch.setenv("LAZULI_OPENDATASETS", str(tmp_path))
    with pytest.raises(UserErrorException, match="there is no folder"):
        opendatasets.Diabetes.get_tabular_dataset()
    for name in ("mnist/train-labels.gz", "mnist/t10k-labels.gz", "oj_sales_simulated/a.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a\n1\n")
    assert opendatasets.MNIST.get_file_dataset(dataset_filter="train").to_path() == ["/train-labels.gz"]
    assert len(opendatasets.MNIST.get_file_dataset().to_path()) == 2
    assert opendatasets.OjSalesSimulated.get_file_dataset().to_path() == ["/a.csv"]
    assert list(opendatasets.OjSalesSimulated.get_tabular_dataset().to_pandas_dataframe()["a"]) == [1]
    (tmp_path / "noaa_isd_weather").mkdir()
    (tmp_path / "noaa_isd_weather" / "a.csv").write_text("datetime,wind,rain\n2020-01-01,1,2\n2022-01-01,3,4\n")
    weather = opendatasets.NoaaIsdWeather(datetime(2021, 1, 1), datetime(2023, 1, 1), cols=["wind"])
    frame = weather.to_pandas_dataframe()
    assert list(frame.columns) == ["datetime", "wind"] and list(frame["wind"]) == [3]
    (tmp_path / "public_holidays").mkdir()
    (tmp_path / "public_holidays" / "a.csv").write_text("date,countryOrRegion\n2020-01-01,Norway\n2020-01-02,Chad\n")
    assert len(opendatasets.PublicHolidays("Chad").to_pandas_dataframe()) == 1
    for kind in (opendatasets.NycTlcGreen, opendatasets.NycTlcYellow):
        with pytest.raises(UserErrorException, match="Download the files once"):
            kind(limit=5).to_pandas_dataframe()
    (tmp_path / "nyc_tlc_green").mkdir()
    (tmp_path / "nyc_tlc_green" / "a.csv").write_text("lpepPickupDatetime\n2020-01-01\n2020-01-02\n")
    assert len(opendatasets.NycTlcGreen(limit=1).to_pandas_dataframe()) == 1


def test_what_needs_spark_or_a_database_says_so(store: Any) -> None:
    with pytest.raises(UserErrorException, match="no Spark"):
        table(store).to_spark_dataframe()
    with pytest.raises(UserErrorException, match="no Spark"):
        HDFSOutputDatasetConfig(destination=(store, "a"))
    with pytest.raises(UserErrorException, match="OutputFileDatasetConfig"):
        LinkTabularOutputDatasetConfig("a")
    with pytest.raises(UserErrorException, match="a database"):
        SqlDataReference(store, "a", sql_query="select 1")
    with pytest.raises(UserErrorException, match="no Spark"):
        Dataset.File.from_files((store, "plants")).as_hdfs()
