"""Published batch endpoints, unchanged, taken step by step as the scripts beside them do."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.cases.conftest import Checkout, Lab

MODELS, PIPELINES = "cli/endpoints/batch/deploy-models", "cli/endpoints/batch/deploy-pipelines"
HEART = f"{MODELS}/heart-classifier-mlflow"


@pytest.fixture(scope="module")
def batch(lab: Lab) -> Lab:
    """A lab with the cluster that all of them run on."""
    lab.lazuli("compute", "create", "-n", "batch-cluster", "--type", "amlcompute", "--max-instances", "5")
    return lab


def deployed(lab: Lab, home: Path, endpoint: str, deployment: str) -> None:
    """An endpoint with a deployment that is its default."""
    lab.lazuli("batch-endpoint", "create", "-n", endpoint, "-f", home / "endpoint.yml")
    lab.lazuli("batch-deployment", "create", "-f", home / deployment, "--endpoint-name", endpoint, "--set-default")


def answered(lab: Lab, endpoint: str, output: str, words: Sequence[str | Path]) -> list[Path]:
    """The files that the job which answers left in an output."""
    asked = ["batch-endpoint", "invoke", "-n", endpoint, *words, "--query", "name", "-o", "tsv"]
    job = lab.lazuli(*asked).strip()
    lab.lazuli("job", "stream", "-n", job)
    if not output:
        return []
    lab.lazuli("job", "download", "--name", job, "--output-name", output, "--download-path", lab.folder / job)
    return sorted((lab.folder / job / "named-outputs" / output).rglob("*.*"))


def test_a_model_of_mlflow_without_a_script(batch: Lab, examples: Checkout) -> None:
    home = examples.file(HEART)
    model = home / "deployment-simple" / "model"
    batch.lazuli("model", "create", "--name", "heart-classifier-mlflow", "--type", "mlflow_model", "--path", model)
    batch.lazuli("data", "create", "-f", home / "heart-dataset-unlabeled.yml")
    deployed(batch, home, "heart-mlflow", "deployment-simple/deployment.yml")
    (file,) = answered(batch, "heart-mlflow", "score", ["--input", "azureml:heart-dataset-unlabeled@latest"])
    rows = list(csv.reader(file.open()))
    assert file.name == "predictions.csv" and len(rows) == 303
    assert {prediction for _, prediction, _ in rows} == {"0", "1"}
    assert {name for *_, name in rows} == {f"heart-unlabeled-{number}.csv" for number in range(4)}
    words = ["--name", "classifier-xgboost-mlflow", "--endpoint-name", "heart-mlflow", "--query", "[].name"]
    assert len(json.loads(batch.lazuli("batch-deployment", "list-jobs", *words, "-o", "json"))) == 1
    batch.lazuli("batch-endpoint", "delete", "--name", "heart-mlflow", "--yes")


def test_a_script_that_writes_parquet(batch: Lab, examples: Checkout) -> None:
    home = examples.file(f"{MODELS}/custom-outputs-parquet")
    batch.lazuli("model", "create", "-n", "heart-classifier-sklpipe", "--type", "custom_model", "-p", home / "model")
    deployed(batch, home, "heart-custom", "deployment.yml")
    files = answered(batch, "heart-custom", "score", ["--input", examples.file(f"{HEART}/data")])
    assert [file.name for file in files] == [f"heart-unlabeled-{number}.parquet" for number in range(4)]
    assert all(file.read_bytes()[:4] == b"PAR1" for file in files)


def test_a_pipeline_and_the_job_of_one(batch: Lab, examples: Checkout) -> None:
    home = examples.file(f"{PIPELINES}/hello-batch")
    batch.lazuli("component", "create", "-f", home / "hello-component" / "hello.yml")
    deployed(batch, home, "hello-batch", "deployment.yml")
    answered(batch, "hello-batch", "", [])
    job = batch.lazuli("job", "create", "-f", home / "pipeline-job.yml", "--query", "name", "-o", "tsv").strip()
    batch.lazuli("job", "stream", "-n", job)
    words = ["--endpoint", "hello-batch", "--set", f"job_definition=azureml:{job}"]
    batch.lazuli("batch-deployment", "create", *words, "-f", home / "deployment-from-job.yml")
    answered(batch, "hello-batch", "", ["-d", "hello-batch-from-job"])


def test_a_pipeline_with_models_and_inputs_of_a_file(batch: Lab, examples: Checkout) -> None:
    home = examples.file(f"{PIPELINES}/batch-scoring-with-preprocessing")
    batch.lazuli("environment", "create", "-f", home / "environment" / "xgboost-sklearn-py38.yml")
    for name, kind, folder in (
        ("heart-classifier", "mlflow_model", "model"),
        ("heart-classifier-transforms", "custom_model", "transformations"),
    ):
        batch.lazuli("model", "create", "--name", name, "--type", kind, "--path", home / folder)
    for part in ("prepare", "score"):
        batch.lazuli("component", "create", "-f", home / "components" / part / f"{part}.yml")
    deployed(batch, home, "uci-classifier", "deployment.yml")
    (file,) = answered(batch, "uci-classifier", "scores", ["--f", home / "inputs.yml"])
    head, *rows = csv.reader(file.open())
    assert file.name == "heart.csv" and head[-1] == "prediction" and {row[-1] for row in rows} <= {"0", "1"}
