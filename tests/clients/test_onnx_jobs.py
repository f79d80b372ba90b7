"""A registered model becomes an ONNX model by a job in its own environment, from the command line and from Python."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import joblib
import pytest
import sklearn
from sklearn.datasets import load_wine
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from tests.cli import conftest
from tests.cli.conftest import Run

import lazuli.onnx
from lazuli.client.client import Client
from lazuli.client.profile import find
from lazuli.schema.problems import InvalidInput

place, cli, workspace = conftest.place, conftest.lazuli, conftest.workspace
WINE: Any
CULTIVAR: Any
WINE, CULTIVAR = load_wine(return_X_y=True, as_frame=True)
CONDA = f"""\
dependencies:
- python={platform.python_version()}
- pip
- pip: [scikit-learn=={sklearn.__version__}]
"""


def save(folder: Path, model: Any) -> None:
    """The model as MLflow would save it."""
    folder.mkdir()
    joblib.dump(model, folder / "model.pkl")
    (folder / "MLmodel").write_text("flavors: {python_function: {}, sklearn: {pickled_model: model.pkl}}")
    (folder / "conda.yaml").write_text(CONDA)
    (folder / "input_example.json").write_text(json.dumps(WINE.head(20).to_dict(orient="split", index=False)))


@pytest.mark.usefixtures("workspace")
def test_it_is_exported_in_its_own_environment(cli: Run, place: dict[str, str], tmp_path: Path) -> None:
    save(tmp_path / "wine", LogisticRegression(max_iter=5000).fit(WINE, CULTIVAR))
    cli("model", "create", "-n", "wine", "-v", "7", "--path", "wine", "--type", "mlflow_model")
    done = cli("model", "export", "wine:7")
    assert done.stdout.splitlines()[-1] == "wine-onnx:1" and "rows given" in done.stdout, done.output
    made = json.loads(cli("model", "show", "-n", "wine-onnx", "-o", "json").stdout)
    assert made["properties"]["lazuli.exported_from"] == "azureml:wine:7"
    assert float(made["properties"]["lazuli.max_difference"]) < 1e-5
    nodes = json.loads(cli("model", "lineage", "-n", "wine-onnx", "-o", "json").stdout)["nodes"]
    assert {(node["kind"], node["name"]) for node in nodes} >= {("model", "wine"), ("job", made["job_name"])}
    told = json.loads(cli("model", "inspect", "wine-onnx:1", "-o", "json").stdout)
    assert [port["name"] for port in told["signature"]["inputs"]] == list(WINE.columns)

    frame = WINE.mask(WINE.quantile(0.9) < WINE)
    wrong = make_pipeline(SimpleImputer(add_indicator=True), LogisticRegression(max_iter=50)).fit(frame, CULTIVAR)
    save(tmp_path / "wrong", wrong)  # whose converter forgets the indicator
    frame.to_csv(tmp_path / "rows.csv", index=False)
    cli("model", "create", "-n", "wrong", "-v", "1", "--path", "wrong", "--type", "mlflow_model")
    with Client(find(environ=place)) as client:
        with pytest.raises(InvalidInput, match="answers otherwise than the original") as refused:
            lazuli.onnx.export_registered("wrong:1", sample=str(tmp_path / "rows.csv"), client=client)
        assert refused.value.code == "OutputsDiffer"
        assert "wrong-onnx" not in [model["name"] for model in client.models.list()]
        kept = lazuli.onnx.export_registered("wrong:1", name="kept", force=True, client=client)
    assert (kept.model["name"], kept.report["check"]["agrees"]) == ("kept", False)
