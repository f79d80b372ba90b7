"""Datasets on their way into jobs and out of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azureml.core import Dataset, Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.compute_target import ComputeTargetException
from azureml.data import DataType, OutputFileDatasetConfig, TabularDataset
from azureml.data._inputs import datasets_of_job
from azureml.data.data_reference import DataReference
from azureml.data.datapath import DataPath, DataPathComputeBinding
from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from azureml.exceptions import UserErrorException

SCRIPT = """\
set -e
test "$(cat {folder}/a.csv)" = "$(cat $pictures/a.csv)"
cat {one} > {out}/copy.csv
cat {reference}/a.csv >> {out}/copy.csv
test -e "$AZUREML_DATAREFERENCE_ref/a.csv"
test "$(ls {some})" = a.csv
"""

WRITER = """\
import pathlib, sys, time
folder = pathlib.Path(sys.argv[2])
assert pathlib.Path("given/raw/a.csv").read_text() == pathlib.Path(sys.argv[3], "a.csv").read_text()
pathlib.Path("left/here.txt").write_text("here")
(folder / "a.csv").write_text("a;b\\n1;x\\n2;y\\n")
(folder / "notes.txt").write_text("no rows")
time.sleep(1)
"""


@pytest.fixture(scope="module")
def store(ws: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The default datastore, with two files."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "a.csv").write_text("a\n1\n2\n")
    (folder / "b.txt").write_text("b")
    found = ws.get_default_datastore()
    found.upload(str(folder), "data", show_progress=False)
    return found


def test_a_job_gets_and_leaves_data(ws: Workspace, store: Any) -> None:
    job: dict[str, Any] = {"properties": {"jobType": "Command", "environmentId": "azureml:AzureML-minimal@latest"}}
    folder = Dataset.File.from_files((store, "data/"))
    one = Dataset.File.from_files((store, "data/a.csv"))
    some = Dataset.File.from_files((store, "data/*.csv"))
    out = OutputFileDatasetConfig(name="out", destination=(store, "kept/{run-id}/{output-name}"))
    words = {
        "folder": folder.as_named_input("pictures").as_mount()._bind(job),
        "one": one.as_named_input("one").as_download()._bind(job),
        "some": some.as_mount()._bind(job),
        "reference": store.path("data", data_reference_name="ref").as_mount()._bind(job),
        "out": out.as_upload().register_on_complete("left")._bind(job),
    }
    table = Dataset.Tabular.from_delimited_files((store, "data/a.csv"))
    kept = table.as_named_input("raw")._bind(job)
    registered = table.register(ws, "table").as_named_input("known")
    assert registered._bind(job) == registered.dataset.id
    inputs = job["properties"]["inputs"]
    assert inputs["pictures"]["jobInputType"] == "uri_folder" and inputs["one"]["jobInputType"] == "uri_file"
    job["properties"]["command"] = SCRIPT.format(**words)
    done = _run(ws, "reader", job)
    assert done["properties"]["status"] == "Completed", done
    left = Dataset.get_by_name(ws, "left")
    assert left.to_path() == ["/copy.csv"]
    assert store._container().read("kept/reader/out/copy.csv") == b"a\n1\n2\na\n1\n2\n"
    variables = {**job["properties"]["environmentVariables"], "pictures": "/here"}
    given = datasets_of_job(variables, ws)
    assert given["pictures"] == "/here" and isinstance(given["raw"], TabularDataset)
    assert list(given["known"].to_pandas_dataframe()["a"]) == [1, 2]
    assert list(Dataset.get_by_id(ws, kept).to_pandas_dataframe()["a"]) == [1, 2]
    assert datasets_of_job({}, ws) == {}


def _run(ws: Workspace, name: str, job: dict[str, Any]) -> dict[str, Any]:
    ws._call("PUT", f"jobs/{name}", job)
    over = ("Completed", "Failed", "Canceled")
    return ws._server.wait(ws._path(f"jobs/{name}"), lambda said: said["properties"]["status"] in over, 120)


def test_references_say_how(store: Any) -> None:
    reference = store.path("data")
    assert str(reference) == f"$AZUREML_DATAREFERENCE_{reference.data_reference_name}"
    assert reference.as_download().mode == "download" and reference.path("x").path_on_datastore == "data/x"
    assert store.as_mount().mode == "mount" and store.as_download().mode == "download"
    job: dict[str, Any] = {"jobType": "Command"}
    assert store.as_upload()._bind(job) == "${{outputs.workspaceblobstore}}"
    assert job["outputs"]["workspaceblobstore"]["jobOutputType"] == "uri_folder"
    how = DataPathComputeBinding(mode="download")
    made = DataPath(store, "data").create_data_reference("named", how)
    assert isinstance(made, DataReference) and (made.name, made.mode) == ("named", "download")
    with pytest.raises(UserErrorException, match="Invalid mode"):
        DataReference(store, mode="fly")
    with pytest.raises(ValueError, match="datastore"):
        DataPath().create_data_reference()


def test_a_table_is_not_mounted(store: Any, tmp_path: Path) -> None:
    table = Dataset.Tabular.from_delimited_files((store, "data/a.csv"))
    with pytest.raises(UserErrorException, match="Only FileDataset supports mount"):
        table.as_named_input("a").as_mount()
    config = DatasetConsumptionConfig("a b", Dataset.File.from_files((store, "data/")), mode="mount")
    assert (config.name, config.as_direct().mode, config.path_on_compute) == ("a_b", "direct", None)
    with pytest.raises(UserErrorException, match="Invalid mode"):
        DatasetConsumptionConfig("a", table, mode="fly")
    (tmp_path / "a.csv").write_text("a\n1\n")
    local = Dataset.Tabular.from_delimited_files(str(tmp_path / "a.csv"))
    with pytest.raises(UserErrorException, match="belongs to no workspace"):
        local.as_named_input("a")._bind({})


def test_outputs_say_what_they_are(store: Any) -> None:
    out = OutputFileDatasetConfig(destination=store)
    assert out.name.startswith("output_") and out._uri() == f"{store._uri('dataset/${{name}}/')}{out.name}/"
    assert out.as_mount().mode == "mount" and out.as_input("next").name == "next"
    read = out.read_delimited_files(separator=";").drop_columns(["a"]).keep_columns(["b"])
    assert [next(iter(step)) for step in read._steps] == ["read_delimited", "drop_columns", "keep_columns"]
    one, other = out.read_parquet_files().random_split(0.5, seed=1)
    assert len(one._steps) == len(other._steps) == 2
    with pytest.raises(UserErrorException, match="no name for an output"):
        OutputFileDatasetConfig(name="1 2")
    with pytest.raises(UserErrorException, match="destination"):
        OutputFileDatasetConfig(destination=("a", "b"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs a name"):
        out.register_on_complete("")
    for refused in (
        lambda: out.register_on_complete("a", tags={"b": "c"}),
        lambda: out.as_upload(source_globs="*.csv"),
        lambda: OutputFileDatasetConfig(source="elsewhere"),
        lambda: OutputFileDatasetConfig(partition_format="/{year}"),
    ):
        with pytest.raises(UserErrorException):
            refused()


def test_a_table_that_a_job_writes_is_registered_as_one(ws: Workspace, store: Any, tmp_path: Path) -> None:
    (tmp_path / "write.py").write_text(WRITER)
    asked = AmlCompute.provisioning_configuration(vm_size="STANDARD_D2_V2", max_nodes=1)
    cluster = ComputeTarget.create(ws, "one", asked)
    assert isinstance(cluster, AmlCompute)
    out = OutputFileDatasetConfig(name="rows").as_upload(overwrite=True)
    types = {"a": DataType.to_string()}
    table = out.read_delimited_files(separator=";", path_glob="*.csv", set_column_types=types).drop_columns("b")
    written = table.register_on_complete(name="written rows", description="by a job")
    raw = Dataset.File.from_files((store, "data/")).as_download(path_on_compute="given/raw")
    left = store.path("left").as_upload(path_on_compute="left")
    run = Experiment(ws, "writing").submit(
        ScriptRunConfig(
            str(tmp_path),
            "write.py",
            arguments=["--out", written, raw, left],
            compute_target=cluster,
            environment=Environment.get(ws, "AzureML-minimal"),
        ),
        tags={"of": "rows"},
    )
    active = list(cluster.get_active_runs(type="azureml.scriptrun", tags={"of": "rows"}))
    assert [each.id for each in active] == [run.id] and not list(cluster.get_active_runs(tags={"of": "trees"}))
    with pytest.raises(ComputeTargetException):
        cluster.delete()
    run.wait_for_completion(raise_on_error=True)
    assert store._container().read("left/here.txt") == b"here"
    found = Dataset.get_by_name(ws, "written rows")
    assert isinstance(found, TabularDataset) and found.description == "by a job"
    frame = found.to_pandas_dataframe()
    assert list(frame.columns) == ["a"] and frame["a"].tolist() == ["1", "2"]
    shown = ws._call("GET", f"{str(found.id).partition(ws._scope.path)[2].lstrip('/')}/preview")
    assert [each["name"] for each in shown["columns"]] == ["a"]
    assert list(cluster.get_active_runs(status="Running")) == []
