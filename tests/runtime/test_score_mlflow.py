"""Models that MLflow saved are served without a script."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.clients.environments import client_environment
from tests.runtime.scoring import Shell
from tests.runtime.steps import Step

MAKES = """
import sys
import mlflow, numpy as np, pandas as pd
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import Schema, TensorSpec
from sklearn.linear_model import LinearRegression

place = sys.argv[1]
how = {"pip_requirements": [], "serialization_format": "cloudpickle"}
table = pd.DataFrame({"rooms": [1, 2, 3], "size": [30.0, 50.0, 70.0]})
model = LinearRegression().fit(table, [100.0, 200.0, 300.0])
mlflow.sklearn.save_model(model, f"{place}/table/model", signature=infer_signature(table), **how)
model = LinearRegression().fit(np.array(table), [[1.0, 2.0]] * 3)
tensors = ModelSignature(Schema([TensorSpec(np.dtype("float32"), (-1, 2))]))
mlflow.sklearn.save_model(model, f"{place}/tensor", signature=tensors, **how)

class Dated(mlflow.pyfunc.PythonModel):
    def predict(self, context, data, params=None):
        return pd.DataFrame({"year": data["day"].dt.year, "text": data["text"] + (params or {}).get("end", "")})

signature = infer_signature(pd.DataFrame({"day": [pd.Timestamp("2026-01-01")], "text": ["a"]}), params={"end": ""})
mlflow.pyfunc.save_model(f"{place}/dated", python_model=Dated(), signature=signature, pip_requirements=[])
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A Python that has MLflow, and a folder of models."""
    python = client_environment("mlflow-model", ["mlflow-skinny==3.17.2", "pandas<4", "scikit-learn>=1.6"])
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([python, "-c", MAKES, folder], check=True, capture_output=True, cwd=folder)
    return str(python), folder


def served(models: tuple[str, Path], root: Path, name: str) -> Shell:
    python, folder = models
    shell = Shell(root, python)
    return shell.start(variables={"AZUREML_MODEL_DIR": str(folder / name)}, flavor="mlflow").ready()


@pytest.fixture(scope="module")
def table(models: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    shell = served(models, tmp_path_factory.mktemp("table"), "table")
    yield shell
    assert shell.stop() == 0


ROWS = [[2, 50.0], [4, 90]]


@pytest.mark.parametrize(
    "body",
    [
        {"input_data": {"columns": ["size", "rooms"], "index": [0, 1], "data": [[50, 2], [90, 4]]}},
        {"input_data": {"data": ROWS}},
        {"input_data": ROWS},
        {"input_data": [{"rooms": 2, "size": 50}, {"rooms": 4, "size": 90}]},
        {"input_data": {"rooms": [2, 4], "size": [50, 90]}},
        {"dataframe_split": {"columns": ["rooms", "size"], "data": ROWS}},
        {"dataframe_records": [{"rooms": 2, "size": 50}, {"rooms": 4, "size": 90}]},
        {"inputs": {"rooms": [2, 4], "size": [50, 90]}},
    ],
    ids=json.dumps,
)
def test_a_table_comes_in_many_forms(table: Shell, body: Any) -> None:
    answer = table.score(body)
    assert answer.status == 200 and answer.says == pytest.approx([200.0, 400.0])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "The body is no JSON"),
        ({"rows": []}, "'input_data' is missing."),
        ({"input_data": {"rooms": [1]}}, "size"),
        ({"input_data": {"columns": ["rooms"], "data": [[1, 2]]}}, "The data are no table that the model takes"),
    ],
    ids=str,
)
def test_data_that_do_not_fit_are_refused(table: Shell, body: Any, says: str) -> None:
    answer = table.score(body)
    assert answer.status == 400 and says in answer.says["message"]


def test_its_document_tells_the_types_of_its_signature(table: Shell) -> None:
    document = table.ask("GET", "/swagger.json").says
    row = {"rooms": {"type": "integer", "format": "int64"}, "size": {"type": "number", "format": "double"}}
    schema = {"type": "object", "required": ["rooms", "size"], "properties": row}
    assert document["definitions"]["ServiceInput"] == {
        "type": "object", "required": ["input_data"],
        "properties": {"input_data": {"type": "array", "items": schema}},
        "example": {"input_data": [{"rooms": 1, "size": 1.0}]},
    }  # fmt: skip
    assert table.score(document["definitions"]["ServiceInput"]["example"]).status == 200
    again = table.ask("GET", "/swagger.json?version=3.1").says
    assert again["components"]["schemas"]["ServiceInput"] == document["definitions"]["ServiceInput"]


def test_tensors_go_to_a_model_of_tensors(models: tuple[str, Path], tmp_path: Path) -> None:
    shell = served(models, tmp_path, "tensor")
    assert shell.score({"input_data": ROWS}).says == [pytest.approx([1, 2])] * 2
    taken = shell.ask("GET", "/swagger.json").says["definitions"]["ServiceInput"]
    assert taken["properties"]["input_data"]["items"] == {
        "type": "array", "items": {"type": "number", "format": "double"}, "minItems": 2, "maxItems": 2,
    }  # fmt: skip
    assert shell.score(taken["example"]).says == [pytest.approx([1, 2])]
    shell.stop()


def test_types_of_the_signature_and_parameters_are_kept(models: tuple[str, Path], tmp_path: Path) -> None:
    shell = served(models, tmp_path, "dated")
    body = {"input_data": {"day": ["2026-03-04"], "text": ["a"]}, "params": {"end": "!"}}
    assert shell.score(body).says == [{"year": 2026, "text": "a!"}]
    taken = shell.ask("GET", "/swagger.json").says["definitions"]["ServiceInput"]
    assert taken["properties"]["params"]["properties"] == {"end": {"type": "string"}}
    assert shell.score(taken["example"]).status == 200
    shell.stop()


@pytest.mark.parametrize(
    ("here", "says"), [(False, "The model has no file 'MLmodel'"), (True, "needs 'mlflow-skinny'")]
)
def test_what_cannot_be_loaded_is_told(tmp_path: Path, here: bool, says: str) -> None:
    shell = Shell(tmp_path)
    (tmp_path / "model").mkdir()
    if here:
        (tmp_path / "model" / "MLmodel").touch()
        shell.write("mlflow.py", "")  # stands for an environment without it
    variables = {"AZUREML_MODEL_DIR": str(tmp_path / "model"), "PYTHONPATH": str(tmp_path / "code")}
    shell.start(variables=variables, flavor="mlflow")
    assert shell.process and shell.process.wait(60) == 3
    assert says in shell.told() and "Traceback" not in shell.told()


@pytest.mark.parametrize(
    ("name", "file", "text", "rows"),
    [
        ("table", "a.csv", "size,rooms,more\n30,1,x\n50,2,y\n", ["0,100.0", "1,200.0"]),
        ("tensor", "a.csv", "1,2\n3,4\n5,6\n", ['0,"[1.0, 2.0]"', '1,"[1.0, 2.0]"']),
        ("dated", "a.jsonl", '{"day": "2026-03-04", "text": "b"}\n', ['0,"{""year"": 2026, ""text"": ""b""}"']),
    ],
)
def test_a_parallel_step_asks_it_file_by_file(
    models: tuple[str, Path], tmp_path: Path, name: str, file: str, text: str, rows: list[str]
) -> None:
    python, folder = models
    step = Step(tmp_path, python)
    step.write(f"in/{file}", text)
    step.run(entry_script=None, variables={"AZUREML_MODEL_DIR": str(folder / name)}, max_retries=0)
    assert [re.sub(r"\.\d+", lambda digits: f"{float(digits[0]):.1f}"[1:], row) for row in step.rows()] == [
        f"{row},{file}" for row in rows
    ]
