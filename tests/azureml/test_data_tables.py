"""Tables: how they are written, what is done to them, and what they leave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas
import pytest

from azureml.core import Dataset, Workspace
from azureml.core.dataset import Dataset as FromItsModule
from azureml.data import DataType, FileDataset, TabularDataset
from azureml.data.azure_sql_database_datastore import AzureSqlDatabaseDatastore
from azureml.data.dataset_error_handling import DatasetExecutionError, DatasetValidationError
from azureml.data.dataset_factory import TabularDatasetFactory
from azureml.data.dataset_type_definitions import FileType, PromoteHeadersBehavior
from azureml.exceptions import UserErrorException

ROWS = "id,name,good,day\n1,rose,yes,2024-01-01\n2,oak,no,2024-01-02\n3,,yes,2024-01-03\n"


@pytest.fixture(scope="module")
def store(ws: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The default datastore, with tables."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "a.csv").write_text(ROWS)
    (folder / "semi.csv").write_text("id;text\n1;N/A\n2;\n")
    (folder / "latin.csv").write_bytes("name\nGärtner\n".encode("latin-1"))
    (folder / "lines.csv").write_text('id,text\n1,"two\nlines"\n')
    (folder / "odd.csv").write_text("id,when,good\n1,2024-01-01,yes\nx,soon,maybe\n")
    (folder / "a.tsv").write_text("id\ttext\n1\tx\n")
    (folder / "a.jsonl").write_text('{"id": 1}\n')
    found = ws.get_default_datastore()
    found.upload(str(folder), "tables", show_progress=False)
    return found


def test_how_text_is_read(store: Any) -> None:
    def rows(path: str, **said: Any) -> Any:
        return Dataset.Tabular.from_delimited_files(path=(store, f"tables/{path}"), **said).to_pandas_dataframe()

    assert list(rows("semi.csv", separator=";")["text"].isna()) == [False, True]
    assert list(rows("semi.csv", separator=";", empty_as_string=True)["text"]) == ["N/A", ""]
    assert list(rows("latin.csv", encoding="iso88591")["name"]) == ["Gärtner"]
    assert list(rows("lines.csv", support_multi_line=True)["text"]) == ["two\nlines"]
    same = PromoteHeadersBehavior.ALL_FILES_HAVE_SAME_HEADERS
    assert len(rows("a.csv", validate=False, header=same, include_path=True).columns) == 5
    assert rows("a.csv", infer_column_types=False)["id"].tolist() == ["1", "2", "3"]
    typed = rows("a.csv", set_column_types={"good": DataType.to_bool(true_values=["yes"], false_values=["no"])})
    assert list(typed["good"]) == [True, False, True]
    assert FileType.GENERIC_CSV == "GenericCSV"


def test_values_that_cannot_have_their_type(store: Any) -> None:
    types = {"id": DataType.to_long(), "when": DataType.to_datetime("%Y-%m-%d")}
    table = Dataset.Tabular.from_delimited_files((store, "tables/odd.csv"), set_column_types=types)
    frame = table.to_pandas_dataframe(on_error="null", out_of_range_datetime="null")
    assert frame["id"].isna().tolist() == [False, True] and frame["when"].isna().tolist() == [False, True]
    with pytest.raises(DatasetExecutionError, match="'x' cannot have the type of column 'id'"):
        table.to_pandas_dataframe(on_error="fail")
    assert len(table.drop_columns("id").to_pandas_dataframe(out_of_range_datetime="fail")) == 2
    with pytest.raises(UserErrorException, match="'null' or 'fail'"):
        table.to_pandas_dataframe(on_error="drop")


def test_files_are_read_by_their_names(store: Any) -> None:
    for name, columns in {"a.csv": 4, "a.tsv": 2, "a.jsonl": 1}.items():
        read = FromItsModule.auto_read_files(path=(store, f"tables/{name}"), include_path=False)
        assert isinstance(read, TabularDataset) and len(read.to_pandas_dataframe().columns) == columns
    with pytest.raises(DatasetExecutionError, match="No file is found"):
        Dataset.auto_read_files((store, "tables/none.csv"))


def test_an_address_on_the_web_is_read(store: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{web.server_port}"
        assert len(TabularDatasetFactory.from_delimited_files(path=f"{url}/a.csv").to_pandas_dataframe()) == 3
        (written,) = Dataset.File.from_files(path=[f"{url}/a.csv"], validate=False).download(str(tmp_path / "out"))
        assert Path(written).read_text() == ROWS
        with pytest.raises(DatasetValidationError, match="could not be fetched"):
            Dataset.Tabular.from_delimited_files([f"{url}/none.csv"])
        web.shutdown()


def test_an_address_on_the_web_is_read_through_a_proxy(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "http:" / "data.example"  # a proxy is asked for the whole address
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(ROWS)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        table = Dataset.Tabular.from_delimited_files("http://data.example/a.csv")
        assert len(table.to_pandas_dataframe()) == 3
        proxy.shutdown()


def test_a_file_is_read_once(store: Any, ws: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = []
    respond = type(ws._server).respond
    monkeypatch.setattr(
        type(ws._server), "respond", lambda this, *a, **k: asked.append(a[:2]) or respond(this, *a, **k)
    )
    (tmp_path / "once.csv").write_text(ROWS)
    store.upload_files([str(tmp_path / "once.csv")], target_path="tables", show_progress=False)
    table = Dataset.Tabular.from_delimited_files((store, "tables/once.csv"))
    assert len(table.to_pandas_dataframe()) == len(table.take(3).to_pandas_dataframe()) == 3
    assert sum(method == "GET" and "/once.csv?" in url for method, url in asked) == 1
    (tmp_path / "once.csv").write_text(f"{ROWS}4,elm,yes,2024-01-04\n")
    store.upload_files([str(tmp_path / "once.csv")], target_path="tables", overwrite=True, show_progress=False)
    assert len(table.to_pandas_dataframe()) == 4


def test_rows_of_a_time(store: Any) -> None:
    table = Dataset.Tabular.from_delimited_files((store, "tables/a.csv"))
    timed = table.with_timestamp_columns(timestamp="day", partition_timestamp="day", validate=True)
    second = datetime(2024, 1, 2)
    assert len(timed.time_before(end_time=second, include_boundary=False, validate=True).to_pandas_dataframe()) == 1
    assert len(timed.time_after(start_time=second, validate=False).to_pandas_dataframe()) == 2
    assert len(timed.time_between(start_time=second, end_time=second).to_pandas_dataframe()) == 1
    assert len(timed.time_recent(time_delta=timedelta(days=36500), include_boundary=True).to_pandas_dataframe()) == 3
    assert table.with_timestamp_columns(fine_grain_timestamp="day").timestamp_columns == ("day", None)
    with pytest.raises(DatasetValidationError, match="not moments"):
        table.with_timestamp_columns("name", validate=True)
    with pytest.raises(DatasetValidationError, match=r"DataType\.to_datetime"):
        table.with_timestamp_columns("name").time_before(second)
    with pytest.raises(DatasetValidationError, match="There is no column 'none'"):
        table.keep_columns(columns=["none"], validate=True)


def test_rows_are_chosen(store: Any) -> None:
    table = Dataset.Tabular.from_delimited_files((store, "tables/a.csv"))
    assert len(table.take_sample(probability=1.0, seed=1).to_pandas_dataframe()) == 3
    assert len(table.skip(count=1).take(count=1).to_pandas_dataframe()) == 1
    assert table.filter((table["id"] >= 2) & (table["good"] == "no")).to_pandas_dataframe()["name"].tolist() == ["oak"]
    one, other = table.random_split(percentage=0.3, seed=7)
    assert len(one.to_pandas_dataframe()) + len(other.to_pandas_dataframe()) == 3
    for wrong in (lambda: table.take(-1), lambda: table.take_sample(2), lambda: table.random_split(7)):
        with pytest.raises(UserErrorException):
            wrong()


def test_a_table_is_written_in_parts(ws: Workspace, store: Any) -> None:
    table = Dataset.Tabular.from_delimited_files((store, "tables/a.csv"))
    parts = table.partition_by(
        partition_keys=["good", "id"], target=(store, "parts"), name="parts", show_progress=False
    )
    assert (parts.partition_keys, parts.name, parts.version) == (["good", "id"], "parts", 1)
    frame = Dataset.get_by_name(workspace=ws, name="parts", version="latest").to_pandas_dataframe().sort_values("id")
    assert frame["id"].tolist() == [1, 2, 3] and frame["good"].tolist() == ["yes", "no", "yes"]
    assert parts.get_partition_key_values(["good"]) == [{"good": "no"}, {"good": "yes"}]
    assert {"good": "no", "id": "2"} in parts.get_partition_key_values()
    files = table.partition_by("good", store, partition_as_file_dataset=True, show_progress=False)
    assert isinstance(files, FileDataset) and len(files.filter(files["good"] == "yes").to_path()) == 1
    with pytest.raises(UserErrorException, match="no column 'none'"):
        table.partition_by(["none"], store)
    with pytest.raises(UserErrorException, match="cannot be the name of a folder"):
        table.partition_by(["name"], store)
    with pytest.raises(UserErrorException, match="give a partition_format"):
        table.get_partition_key_values()


def test_a_table_is_written_whole(store: Any) -> None:
    table = Dataset.Tabular.from_delimited_files((store, "tables/a.csv"))
    text = table.to_csv_files(separator=";")
    assert len(Dataset.Tabular.from_delimited_files((store, _place(text)), separator=";").to_pandas_dataframe()) == 3
    rows = Dataset.Tabular.from_parquet_files((store, _place(table.to_parquet_files())), include_path=True)
    assert rows.to_pandas_dataframe()["Path"].tolist() == ["/rows.parquet"] * 3


def _place(written: FileDataset) -> str:
    return next(iter(written._definition.paths[0].values())).partition("/paths/")[2] + "/"


@pytest.fixture
def frame() -> Iterator[Any]:
    """Some rows."""
    yield pandas.DataFrame({"a": [1, 2, 3]})


def test_a_frame_is_kept(ws: Workspace, store: Any, frame: Any, capsys: pytest.CaptureFixture[str]) -> None:
    made = TabularDatasetFactory.register_pandas_dataframe(
        dataframe=frame,
        target=(store, "frames"),
        name="frames",
        description="numbers",
        tags={"of": "trees"},
        show_progress=True,
        row_group_size=2,
        make_target_path_unique=False,
    )
    assert "Uploaded" in capsys.readouterr().out and store._container().has("frames/part-00000.parquet")
    assert (made.description, made.tags) == ("numbers", {"of": "trees"})
    again = Dataset.Tabular.register_pandas_dataframe(frame, store, "frames", show_progress=False)
    assert again.version == 2 and again.to_pandas_dataframe()["a"].tolist() == [1, 2, 3]


def test_a_registered_table_changes_what_it_says(ws: Workspace, store: Any) -> None:
    table = Dataset.Tabular.from_delimited_files(path=[(store, "tables/a.csv")])
    made = table.register(workspace=ws, name="said", description="one", tags={"a": "b"}, create_new_version=True)
    made.update(description="two", tags={"c": "d"})
    made.add_tags({"e": "f"}).remove_tags(["c"])
    found = Dataset.get_by_id(workspace=ws, id=str(made.id))
    assert (found.description, found.tags, found.version) == ("two", {"e": "f"}, 1)
    assert made.id in {each.id for each in Dataset.list(ws)} and Dataset.get_all(ws)["said"].version == 1
    made.unregister_all_versions()
    with pytest.raises(UserErrorException, match="Cannot find dataset"):
        Dataset.get_by_name(ws, name="said")
    with pytest.raises(UserErrorException, match="not registered"):
        table.add_tags({"a": "b"})


def test_what_tables_do_not_do(ws: Workspace, store: Any) -> None:
    table = Dataset.Tabular.from_delimited_files((store, "tables/a.csv"))
    for refused in (
        lambda: table.get_profile(workspace=ws),
        lambda: table.submit_profile_run("cluster", None),
        lambda: table.to_dask_dataframe(sample_size=5),
        lambda: Dataset.Tabular.from_sql_query(query=None, query_timeout=10),
    ):
        with pytest.raises(UserErrorException, match=r"is not available on Lazuli\. .*to_pandas_dataframe|read_sql"):
            refused()
    assert not isinstance(store, AzureSqlDatabaseDatastore)
    assert Dataset.Scenario.TRAINING == "training"
