"""Run by the Python of an environment with a plain mlflow in it: what it logs comes back as it was."""

# pyright: reportMissingImports=false

from __future__ import annotations

import math
import os
import sys
import tempfile
from pathlib import Path

import mlflow
import mlflow.sklearn
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException, RestException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

client = MlflowClient()
IS_3 = int(mlflow.__version__.split(".")[0]) >= 3


def refused(code: str, call, *args, **words) -> str:
    try:
        call(*args, **words)
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, str(error))
        return str(error)
    raise AssertionError(f"{call} was not refused")


def experiments() -> None:
    first = client.create_experiment("first", tags={"team": "blue"})
    found = client.get_experiment(first)
    assert (found.name, found.tags, found.lifecycle_stage) == ("first", {"team": "blue"}, "active")
    assert client.get_experiment_by_name("first").experiment_id == first
    assert client.get_experiment_by_name("none") is None
    refused("RESOURCE_ALREADY_EXISTS", client.create_experiment, "first")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_experiment, "12345")
    client.set_experiment_tag(first, "color", "azure")
    assert client.get_experiment(first).tags == {"team": "blue", "color": "azure"}
    if IS_3:
        client.delete_experiment_tag(first, "team")
        assert client.get_experiment(first).tags == {"color": "azure"}
    client.rename_experiment(first, "renamed")
    assert [e.name for e in client.search_experiments(filter_string="tags.color = 'azure'")] == ["renamed"]
    assert [e.name for e in client.search_experiments(filter_string="name LIKE 'ren%'")] == ["renamed"]
    client.delete_experiment(first)
    assert client.get_experiment(first).lifecycle_stage == "deleted"
    assert first in [e.experiment_id for e in client.search_experiments(view_type=ViewType.DELETED_ONLY)]
    assert first not in [e.experiment_id for e in client.search_experiments()]
    client.restore_experiment(first)
    assert client.get_experiment(first).lifecycle_stage == "active"


def fluent() -> None:
    mlflow.set_experiment("fluent")
    with mlflow.start_run(run_name="outer", tags={"kind": "parent"}) as outer:
        mlflow.log_param("depth", 3)
        mlflow.log_params({"rate": 0.1, "empty": "", "long": "x" * 6000})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"nan": math.nan, "up": math.inf, "down": -math.inf}, step=7)
        mlflow.set_tags({"a": "1", "b": "zwei"})
        refused("INVALID_PARAMETER_VALUE", mlflow.log_param, "depth", 4)
        mlflow.log_param("depth", 3)
        with mlflow.start_run(run_name="inner", nested=True) as inner:
            mlflow.log_metric("loss", 9.0)
    run = client.get_run(outer.info.run_id)
    assert (run.info.status, run.info.run_name, run.info.lifecycle_stage) == ("FINISHED", "outer", "active")
    assert run.info.end_time >= run.info.start_time > 1_600_000_000_000
    assert run.data.params == {"depth": "3", "rate": "0.1", "empty": "", "long": "x" * 6000}
    assert (run.data.metrics["loss"], run.data.metrics["up"], run.data.metrics["down"]) == (0.2, math.inf, -math.inf)
    assert math.isnan(run.data.metrics["nan"])
    assert {"kind": "parent", "a": "1", "b": "zwei"}.items() <= run.data.tags.items()
    history = client.get_metric_history(outer.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(step, 1 / (step + 1)) for step in range(5)]
    assert client.get_run(inner.info.run_id).data.tags["mlflow.parentRunId"] == outer.info.run_id
    children = mlflow.search_runs(
        filter_string=f"tags.mlflow.parentRunId = '{outer.info.run_id}'", output_format="list"
    )
    assert [child.info.run_id for child in children] == [inner.info.run_id]
    with mlflow.start_run(run_id=outer.info.run_id):
        mlflow.log_metric("later", 1.0)
    assert client.get_run(outer.info.run_id).data.metrics["later"] == 1.0
    refused("RESOURCE_DOES_NOT_EXIST", client.get_run, "f" * 32)


def batches() -> None:
    run_id = client.create_run(client.create_experiment("batches")).info.run_id
    points = [Metric("m", float(i), 1_700_000_000_000 + i, i) for i in range(1000)]
    client.log_batch(run_id, metrics=points)
    client.log_batch(run_id, params=[Param("p", "1")], tags=[RunTag("t", "2")])
    history = client.get_metric_history(run_id, "m")
    assert [(m.key, m.value, m.timestamp, m.step) for m in history] == [
        (m.key, m.value, m.timestamp, m.step) for m in points
    ]
    assert client.get_run(run_id).data.to_dictionary()["params"] == {"p": "1"}
    refused("INVALID_PARAMETER_VALUE", client.log_metric, run_id, "bad\nname", 1.0)
    refused("INVALID_PARAMETER_VALUE", client.log_param, run_id, "p", "other")
    client.delete_tag(run_id, "t")
    assert "t" not in client.get_run(run_id).data.tags
    refused("RESOURCE_DOES_NOT_EXIST", client.delete_tag, run_id, "t")
    client.delete_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    refused("INVALID_PARAMETER_VALUE", client.log_metric, run_id, "m", 1.0)
    client.restore_run(run_id)
    client.update_run(run_id, status="FAILED", name="renamed")
    info = client.get_run(run_id).info
    assert (info.status, info.run_name, info.lifecycle_stage) == ("FAILED", "renamed", "active")


def searches() -> None:
    experiment = client.create_experiment("searches")
    for i, value in enumerate([0.3, math.nan, 0.1, None, 0.2]):
        run = client.create_run(experiment, run_name=f"r{i}", start_time=1000 + i, tags={"even": str(i % 2 == 0)})
        client.log_param(run.info.run_id, "size", f"s{i}")
        if value is not None:
            client.log_metric(run.info.run_id, "acc", value)
        client.set_terminated(run.info.run_id)

    def names(filter_string: str = "", **words) -> list[str]:
        return [run.info.run_name for run in client.search_runs([experiment], filter_string, **words)]

    assert names() == ["r4", "r3", "r2", "r1", "r0"]
    assert names("metrics.acc > 0.15", order_by=["metrics.acc DESC"]) == ["r0", "r4"]
    assert names(order_by=["metrics.acc ASC"]) == ["r2", "r4", "r0", "r1", "r3"]
    assert names(order_by=["metrics.`acc` DESC"]) == ["r0", "r4", "r2", "r1", "r3"]
    assert names("params.size = 's1' AND attributes.status = 'FINISHED'") == ["r1"]
    assert names("tags.even = 'True' and params.size != 's0'", order_by=["params.size"]) == ["r2", "r4"]
    assert names("run_name LIKE 'R%'") == []
    assert names("run_name ILIKE 'R%'", max_results=2) == ["r4", "r3"]
    assert names("attributes.start_time >= 1003") == ["r4", "r3"]
    some = [run.info.run_id for run in client.search_runs([experiment])[:2]]
    assert names(f"run_id IN ('{some[0]}', '{some[1]}')") == ["r4", "r3"]
    page = client.search_runs([experiment], max_results=3)
    assert len(client.search_runs([experiment], max_results=3, page_token=page.token)) == 2
    refused("INVALID_PARAMETER_VALUE", client.search_runs, [experiment], "metrics.acc = 'x'")
    refused("INVALID_PARAMETER_VALUE", client.search_runs, [experiment], "this is no filter")


def artifacts() -> None:
    mlflow.set_experiment("artifacts")
    with tempfile.TemporaryDirectory() as folder, mlflow.start_run() as run:
        root = Path(folder) / "files"
        (root / "deep").mkdir(parents=True)
        (root / "one.txt").write_text("eins")
        (root / "deep" / "zwei drei.bin").write_bytes(bytes(range(256)) * 4096)
        mlflow.log_artifact(str(root / "one.txt"))
        mlflow.log_artifacts(str(root), artifact_path="all")
        mlflow.log_dict({"a": [1, 2]}, "a.json")
        mlflow.log_text("<b>text</b>", "notes/page.html")
        run_id = run.info.run_id
        assert mlflow.get_artifact_uri() == f"mlflow-artifacts:/ExperimentRun/dcid.{run_id}"
        listed = {(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id)}
        folders = {("all", True, None), ("notes", True, None)}
        assert listed == {("a.json", False, 29), ("one.txt", False, 4), *folders}
        assert [f.path for f in client.list_artifacts(run_id, "all/deep")] == ["all/deep/zwei drei.bin"]
        assert client.list_artifacts(run_id, "one.txt") == []
        assert mlflow.artifacts.load_dict(f"runs:/{run_id}/a.json") == {"a": [1, 2]}
        assert mlflow.artifacts.load_text(f"runs:/{run_id}/notes/page.html") == "<b>text</b>"
        copy = Path(client.download_artifacts(run_id, "all", folder))
        assert (copy / "deep" / "zwei drei.bin").read_bytes() == bytes(range(256)) * 4096
        get_artifact_repository(run.info.artifact_uri).delete_artifacts("all")
        assert [f.path for f in client.list_artifacts(run_id)] == ["a.json", "notes", "one.txt"]
        # A file beyond the size from which the client would like to send it in parts.
        os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "true"
        os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = "1"
        mlflow.log_text("in one piece", "big.txt")
        assert mlflow.artifacts.load_text(f"runs:/{run_id}/big.txt") == "in one piece"


def inputs() -> None:
    experiment = client.create_experiment("inputs")
    run_id = client.create_run(experiment).info.run_id
    dataset = Dataset("iris", "d1", "local", '{"uri": "x"}', schema="{}", profile='{"rows": 150}')
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
    known = client.get_run(run_id).inputs.dataset_inputs[0]
    assert (known.dataset.to_dictionary(), known.tags[0].value) == (dataset.to_dictionary(), "training")
    assert len(client.search_runs([experiment], "dataset.name = 'iris' AND dataset.context = 'training'")) == 1
    assert len(client.search_runs([experiment], "dataset.digest = 'other'")) == 0


def logged_models() -> None:
    from mlflow.entities import LoggedModelOutput

    experiment = client.create_experiment("models")
    run_id = client.create_run(experiment).info.run_id
    model = client.create_logged_model(experiment, "net", source_run_id=run_id, params={"k": "3"}, tags={"t": "1"})
    assert (model.status.value, model.params, model.tags) == ("PENDING", {"k": "3"}, {"t": "1"})
    assert client.finalize_logged_model(model.model_id, "READY").status.value == "READY"
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 2)])
    assert [one.model_id for one in client.get_run(run_id).outputs.model_outputs] == [model.model_id]
    client.log_metric(run_id, "acc", 0.9, model_id=model.model_id, dataset_name="iris", dataset_digest="d1")
    metric = client.get_logged_model(model.model_id).metrics[0]
    assert (metric.key, metric.value, metric.dataset_name, metric.run_id) == ("acc", 0.9, "iris", run_id)
    client.set_logged_model_tags(model.model_id, {"stage": "good"})
    client.delete_logged_model_tag(model.model_id, "t")
    assert client.get_logged_model(model.model_id).tags == {"stage": "good"}
    found = client.search_logged_models(
        [experiment], "metrics.acc > 0.5 AND name = 'net'", order_by=[{"field_name": "metrics.acc", "ascending": False}]
    )
    assert [one.model_id for one in found] == [model.model_id]
    assert len(client.search_logged_models([experiment], "metrics.acc > 0.95")) == 0
    client.delete_logged_model(model.model_id)
    refused("RESOURCE_DOES_NOT_EXIST", client.get_logged_model, model.model_id)


def scikit_learn() -> None:
    import pandas
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    mlflow.set_experiment("scikit-learn")
    features, target = load_iris(return_X_y=True)
    mlflow.sklearn.autolog(log_models=False, log_datasets=False)
    where = {"name": "classifier"} if IS_3 else {"artifact_path": "classifier"}
    with mlflow.start_run() as run:
        model = LogisticRegression(max_iter=500).fit(features, target)
        mlflow.log_input(mlflow.data.from_pandas(pandas.DataFrame(features)), context="training")
        info = mlflow.sklearn.log_model(
            model, **where, pip_requirements=[], input_example=features[:2], registered_model_name="iris"
        )
    mlflow.sklearn.autolog(disable=True)
    known = client.get_run(run.info.run_id)
    assert known.data.params["max_iter"] == "500"
    assert known.data.metrics["training_score"] == model.score(features, target)
    assert math.isfinite(known.data.metrics["training_log_loss"])
    assert known.inputs.dataset_inputs[0].dataset.name == "dataset"
    addresses = [f"runs:/{run.info.run_id}/classifier", "models:/iris/1", "models:/iris/latest"]
    if IS_3:
        assert [one.model_id for one in known.outputs.model_outputs] == [info.model_id]
        logged = mlflow.get_logged_model(info.model_id)
        assert (logged.name, logged.status.value, logged.source_run_id) == ("classifier", "READY", run.info.run_id)
        addresses.append(f"models:/{info.model_id}")
    for address in addresses:
        local = Path(mlflow.artifacts.download_artifacts(address))
        assert "sklearn" in mlflow.models.Model.load(str(local)).flavors
        assert (local / "input_example.json").exists()
    again = mlflow.register_model(f"runs:/{run.info.run_id}/classifier", "iris", tags={"by": "hand"})
    assert (again.version, again.run_id, again.tags) == ("2", run.info.run_id, {"by": "hand"})


def registered_models() -> None:
    with mlflow.start_run() as run:
        mlflow.log_text("weights", "net/weights.txt")
    made = client.create_registered_model("net", tags={"team": "blue"}, description="A net.")
    assert (made.name, made.tags, made.description, made.latest_versions) == ("net", {"team": "blue"}, "A net.", [])
    refused("RESOURCE_ALREADY_EXISTS", client.create_registered_model, "net")
    refused("INVALID_PARAMETER_VALUE", client.create_registered_model, "no/name")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, "none")
    source = f"{run.info.artifact_uri}/net"
    first = client.create_model_version("net", source, run.info.run_id, tags={"k": "1"}, description="First.")
    assert (first.version, first.source, first.run_id, first.status) == ("1", source, run.info.run_id, "READY")
    assert (first.current_stage, first.description, first.tags) == ("None", "First.", {"k": "1"})
    second = client.create_model_version("net", f"runs:/{run.info.run_id}/net")
    assert (second.version, second.run_id) == ("2", run.info.run_id)
    for bad in ("mlflow-artifacts:/no/where", "/etc", "file:///etc", "s3://bucket/x", "mlflow-artifacts:/../../x"):
        try:
            client.create_model_version("net", bad)
        except MlflowException as error:
            assert error.error_code in ("INVALID_PARAMETER_VALUE", "NOT_IMPLEMENTED"), str(error)
        else:
            raise AssertionError(f"{bad} was not refused")
    refused("RESOURCE_DOES_NOT_EXIST", client.create_model_version, "none", source)

    client.update_model_version("net", "2", "Better.")
    client.set_model_version_tag("net", "2", "k", "2")
    client.set_model_version_tag("net", "2", "gone", "x")
    client.delete_model_version_tag("net", "2", "gone")
    found = client.get_model_version("net", "2")
    assert (found.description, found.tags) == ("Better.", {"k": "2"})
    client.set_registered_model_tag("net", "color", "azure")
    client.delete_registered_model_tag("net", "team")
    client.update_registered_model("net", "Described.")
    known = client.get_registered_model("net")
    assert (known.tags, known.description) == ({"color": "azure"}, "Described.")
    assert [v.version for v in known.latest_versions] == ["2"]

    client.set_registered_model_alias("net", "champion", "1")
    client.set_registered_model_alias("net", "champion", "2")
    client.set_registered_model_alias("net", "old", "1")
    assert client.get_model_version_by_alias("net", "champion").version == "2"
    assert client.get_registered_model("net").aliases == {"champion": "2", "old": "1"}
    assert client.get_model_version("net", "2").aliases == ["champion"]
    client.delete_registered_model_alias("net", "old")
    refused("INVALID_PARAMETER_VALUE", client.set_registered_model_alias, "net", "latest", "1")
    assert Path(mlflow.artifacts.download_artifacts("models:/net@champion")).joinpath("weights.txt").read_text()

    client.transition_model_version_stage("net", "1", "Production")
    client.transition_model_version_stage("net", "2", "production", archive_existing_versions=True)
    assert [client.get_model_version("net", v).current_stage for v in "12"] == ["Archived", "Production"]
    assert [v.version for v in client.get_latest_versions("net", ["Production"])] == ["2"]
    assert sorted(v.version for v in client.get_latest_versions("net")) == ["1", "2"]
    refused("INVALID_PARAMETER_VALUE", client.transition_model_version_stage, "net", "1", "Nowhere")

    def versions(text: str, **words) -> list[str]:
        return [f"{v.name}:{v.version}" for v in client.search_model_versions(text, **words)]

    assert versions("name = 'net'", order_by=["version_number ASC"]) == ["net:1", "net:2"]
    assert versions(f"run_id = '{run.info.run_id}' AND tags.k = '2'") == ["net:2"]
    assert versions("version_number > 1 AND name LIKE 'n%'") == ["net:2"]
    client.create_registered_model("other")
    assert [m.name for m in client.search_registered_models("name ILIKE 'NE_'")] == ["net"]
    assert [m.name for m in client.search_registered_models("tags.color = 'azure'")] == ["net"]
    page = client.search_registered_models(
        max_results=1, order_by=["name DESC"], filter_string="name IN ('net','other')"
    )
    assert [m.name for m in page] == ["other"]
    words = {"max_results": 1, "order_by": ["name DESC"], "filter_string": "name IN ('net','other')"}
    assert [m.name for m in client.search_registered_models(page_token=page.token, **words)] == ["net"]

    client.rename_registered_model("net", "network")
    assert client.get_registered_model("network").tags == {"color": "azure"}
    refused("RESOURCE_ALREADY_EXISTS", client.rename_registered_model, "network", "other")
    assert client.get_model_version_by_alias("network", "champion").version == "2"
    refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, "net")
    client.delete_model_version("network", "2")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_model_version, "network", "2")
    refused("INVALID_PARAMETER_VALUE", client.get_model_version_by_alias, "network", "champion")
    client.delete_registered_model("network")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_model_version, "network", "1")


def models_of_others() -> None:
    """Models that came in by another door: the test made them before."""
    found = client.get_model_version("uploaded", "7")
    assert (found.status, found.tags, found.description) == ("READY", {"from": "azure"}, "By the other door.")
    local = Path(mlflow.artifacts.download_artifacts("models:/uploaded/7"))
    assert (local / "deep" / "weights.bin").read_bytes() == b"123"
    assert [m.name for m in client.search_registered_models("name = 'uploaded'")] == ["uploaded"]


def without_experiment() -> None:
    mlflow.tracking.fluent._active_experiment_id = None
    run = client.create_run("0")
    assert client.get_experiment(run.info.experiment_id).name == "Default"
    assert [one.info.run_id for one in client.search_runs(["0"])] == [run.info.run_id]


def unsigned() -> None:
    del os.environ["MLFLOW_TRACKING_TOKEN"]
    try:
        client.get_experiment_by_name("first")
    except RestException as error:
        assert error.error_code == "UNAUTHENTICATED", str(error)
    else:
        raise AssertionError("a call without a token was answered")


def no_workspace() -> None:
    home = mlflow.get_tracking_uri()
    elsewhere = MlflowClient(tracking_uri=home.rpartition("/")[0] + "/nowhere")
    refused("RESOURCE_DOES_NOT_EXIST", elsewhere.create_experiment, "lost")
    refused("RESOURCE_DOES_NOT_EXIST", elsewhere.create_run, "0")


PARTS = (
    experiments, fluent, batches, searches, artifacts, inputs, *([logged_models] if IS_3 else []), scikit_learn,
    registered_models, models_of_others, without_experiment, no_workspace, unsigned,
)  # fmt: skip

for part in PARTS:
    part()
    print(f"passed: {part.__name__}", flush=True)
print("passed with", mlflow.__version__, "on", sys.version.split()[0])
