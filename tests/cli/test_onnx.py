"""``lazuli model inspect``, ``export`` and ``optimize``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pytest
from click.testing import CliRunner, Result
from onnx import TensorProto, helper, save_model
from sklearn.datasets import load_wine
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.ml.onnx.models import picture

from lazuli.cli.commands import root
from lazuli.ml.onnx.appkit import LANGUAGES

Run = Callable[..., Result]


def write_model(file: Path) -> None:
    """``y = x @ w`` with a name that is not for terminals."""
    weight = helper.make_tensor("w", TensorProto.FLOAT, [2, 1], [1, 2])
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "graph\x1b[31m[bold]",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 1])],
        [weight],
    )
    save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), file)


def test_a_file_is_told_without_a_server(tmp_path: Path) -> None:
    file = tmp_path / "m.onnx"
    write_model(file)
    env = {"LAZULI_DATA_DIR": str(tmp_path), "LAZULI_URL": None}
    done = CliRunner().invoke(root, ["model", "inspect", str(file)], env=env)
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert {"input x float32[batch, 2]", "output y float32[batch, 1]", "MatMul 1", "MatMul(x) -> y"} <= set(lines)
    assert "graph graph [31m[bold]" in lines
    assert "\x1b" not in done.stdout
    data = json.loads(CliRunner().invoke(root, ["model", "inspect", str(file), "-o", "json"], env=env).stdout)
    assert data["signature"]["inputs"] == [{"name": "x", "type": "float32", "shape": ["batch", 2]}]


def test_a_file_that_is_none_is_one_neat_message(tmp_path: Path) -> None:
    done = CliRunner().invoke(root, ["model", "inspect", str(tmp_path / "none.onnx")])
    assert done.exit_code == 1
    assert done.stderr.startswith("error: There is no file")


def test_a_model_of_the_workspace_is_fetched_to_be_told(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    write_model(tmp_path / "m" / "m.onnx")
    lazuli("model", "create", "-n", "told", "-v", "3", "--path", "m")
    for said in ("azureml:told:3", "azureml:told@latest", "told:3", "told@latest"):
        assert json.loads(lazuli("model", "inspect", said, "-o", "json").stdout)["operators"] == {"MatMul": 1}
    write_model(tmp_path / "m" / "other.onnx")
    lazuli("model", "create", "-n", "told", "--path", "m")
    assert "not one ONNX file but m.onnx, other.onnx" in lazuli("model", "inspect", "azureml:told:4", fails=1).stderr


WINE: Any
CULTIVAR: Any
WINE, CULTIVAR = load_wine(return_X_y=True, as_frame=True)


def model_of_mlflow(folder: Path) -> None:
    """A folder as MLflow writes it, with an example."""
    folder.mkdir()
    joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(WINE, CULTIVAR), folder / "model.pkl")
    (folder / "MLmodel").write_text("flavors:\n  python_function: {}\n  sklearn: {pickled_model: model.pkl}\n")
    split = WINE.head().to_dict(orient="split", index=False)
    (folder / "input_example.json").write_text(json.dumps(split))


def without_server(*words: str, fails: int = 0) -> Result:
    done = CliRunner().invoke(root, ["model", *words], env={"LAZULI_URL": None})
    assert done.exit_code == fails, done.output
    return done


def test_a_model_becomes_a_file_and_its_variants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model_of_mlflow(tmp_path / "wine")
    WINE.assign(cultivar=CULTIVAR).to_csv("rows.csv", index=False)
    done = without_server("export", "wine", "--sample", "rows.csv", "--to", "wine.onnx")
    assert done.stdout.splitlines()[-1] == "wine.onnx"
    assert "rows given" in done.stdout
    told = json.loads(without_server("inspect", "wine.onnx", "-o", "json").stdout)
    assert [port["name"] for port in told["signature"]["inputs"]] == list(WINE.columns)
    assert json.loads(told["metadata"]["lazuli.check"])["groups"][0]["rows"] == len(WINE)
    words = ("optimize", "wine.onnx", "--sample", "rows.csv", "-p", "out")
    found = json.loads(without_server(*words, "-o", "json").stdout)
    assert [each["name"] for each in found] == ["parent", "graph", "int8", "float16"]
    assert all(each["file"] or each["note"] for each in found)
    assert "quantise" in without_server(*words, "--variant", "int8").stdout


def test_the_models_own_example_is_compared_on_where_there_is_no_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model_of_mlflow(tmp_path / "wine")
    answer = json.loads(without_server("export", "wine", "-o", "json").stdout)
    assert answer["file"] == "model.onnx" and answer["check"]["groups"][0]["rows"] == 5
    (tmp_path / "wine/input_example.json").unlink()
    assert "There are no rows to compare the answers on." in without_server("export", "wine", fails=1).stderr


def test_a_model_that_would_answer_otherwise_is_refused_unless_forced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = WINE.mask(WINE.quantile(0.9) < WINE)
    wrong = make_pipeline(SimpleImputer(add_indicator=True), LogisticRegression(max_iter=50)).fit(frame, CULTIVAR)
    joblib.dump(wrong, "m.joblib")  # whose converter forgets the indicator
    frame.to_csv("rows.csv", index=False)
    refused = without_server("export", "m.joblib", "--sample", "rows.csv", fails=1)
    assert refused.stderr.startswith("error: The ONNX model answers otherwise than the original on")
    assert not Path("model.onnx").exists()
    forced = without_server("export", "m.joblib", "--sample", "rows.csv", "--force")
    assert "warning: rows given, row" in forced.stderr and Path("model.onnx").exists()


def test_a_python_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = without_server("export", str(tmp_path), "--python", str(tmp_path / "no"), fails=1)
    assert "There is no Python at" in done.stderr


def test_a_model_of_the_workspace_is_exported(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    model_of_mlflow(tmp_path / "wine")
    lazuli("model", "create", "-n", "wine", "-v", "1", "--path", "wine", "--type", "mlflow_model")
    lazuli("model", "export", "azureml:wine:1", "--to", "w.onnx")
    lazuli("model", "create", "-n", "wine-onnx", "-v", "1", "--path", "w.onnx")
    made = json.loads(lazuli("model", "optimize", "azureml:wine-onnx:1", "-p", ".", "--graph", "-o", "json").stdout)
    assert made[0]["file"] == "azureml:wine-onnx:1"


def test_variants_of_a_registered_model_lie_beside_it(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    data = json.dumps([[0.5, 1.5], [2, -1]])
    (tmp_path / "rows.json").write_text(data)
    write_model(tmp_path / "m.onnx")
    lazuli("model", "create", "-n", "product", "-v", "4", "--path", "m.onnx")
    words = ("model", "optimize", "product:4", "--sample", "rows.json")
    made = json.loads(lazuli(*words, "--quantize", "dynamic", "--float16", "-o", "json").stdout)
    assert [each["model"] for each in made] == ["product-int8:4", "product-float16:4"]
    kept = json.loads(lazuli("model", "show", "-n", "product-int8", "-o", "json").stdout)["properties"]
    assert kept["lazuli.variant_of"] == "azureml:product:4"
    assert float(kept["lazuli.latency_ms"]) > 0 and float(kept["lazuli.parent_latency_ms"]) > 0
    assert 0 <= float(kept["lazuli.max_difference"]) < 0.1
    again = lazuli(*words)  # what is there stays, and the third has nothing to merge
    assert "product-float16:4" in again.stdout and "No graph: There is nothing to merge" in again.stderr
    told = json.loads(lazuli("model", "inspect", "product:4", "-o", "json").stdout)
    assert told["variants"] == made
    assert "product-int8:4" in lazuli("model", "inspect", "product:4").stdout
    assert json.loads(lazuli("model", "inspect", "product-int8:4", "-o", "json").stdout)["variants"] == []


def test_a_model_becomes_an_app_kit(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    picture(tmp_path / "m" / "weights.onnx")
    done = lazuli("model", "app-kit", "m/weights.onnx", "--language", "python")
    assert "weights-python/weights_model/model.py" in done.stdout and "2 stored answers" in done.stderr
    again = lazuli("model", "app-kit", "m/weights.onnx", "-l", "python", fails=1)
    assert "is not empty" in again.stderr and "--force" in again.stderr
    lazuli("model", "create", "-n", "kitted", "-v", "3", "--path", "m")
    lazuli("model", "app-kit", "kitted:3", "-l", "python")
    lazuli("model", "app-kit", "azureml:kitted@latest", "-l", "python", "-o", "other", "--name", "price list")
    assert (tmp_path / "kitted-python/kitted_model/model.onnx").exists()
    assert "class PriceListInput" in (tmp_path / "other/price_list_model/model.py").read_text()
    for language in LANGUAGES:
        lazuli("model", "app-kit", "kitted:3", "-l", language, "-o", language)


def test_a_model_that_brings_no_environment_along_is_told(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    joblib.dump(LogisticRegression().fit(WINE, CULTIVAR), tmp_path / "m.joblib")
    lazuli("model", "create", "-n", "bare", "-v", "1", "--path", "m.joblib")
    told = lazuli("model", "export", "bare:1", fails=1).stderr
    assert "does not tell its environment" in told and "--environment" in told
