"""Trained models and rows out of files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

import lazuli.onnx
from lazuli.ml.onnx.loaded import load_model
from lazuli.ml.onnx.program import main
from lazuli.ml.onnx.sampled import load_rows, rows_for
from lazuli.schema.problems import Problem

PATIENTS: Any
PROGRESS: Any
PATIENTS, PROGRESS = load_diabetes(return_X_y=True, as_frame=True)


def describe(folder: Path, flavors: dict[str, Any]) -> None:
    (folder / "MLmodel").write_text(json.dumps({"flavors": {"python_function": {}, **flavors}}))


def test_models_of_mlflow_answer_as_they_did(tmp_path: Path) -> None:
    boosted = xgboost.XGBRegressor(n_estimators=3).fit(PATIENTS, PROGRESS)
    boosted.save_model(tmp_path / "model.ubj")
    describe(tmp_path, {"xgboost": {"data": "model.ubj", "model_class": "xgboost.sklearn.XGBRegressor"}})
    assert (load_model(tmp_path).predict(PATIENTS) == boosted.predict(PATIENTS)).all()
    light = lightgbm.LGBMRegressor(n_estimators=3, verbosity=-1).fit(PATIENTS, PROGRESS)
    joblib.dump(light, tmp_path / "model.pkl")
    describe(tmp_path, {"lightgbm": {"data": "model.pkl", "model_class": "lightgbm.sklearn.LGBMRegressor"}})
    assert (np.asarray(load_model(tmp_path).predict(PATIENTS)) == light.predict(PATIENTS)).all()


def test_bare_boosters_of_mlflow_are_estimators(tmp_path: Path) -> None:
    good = PROGRESS > 140
    xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(PATIENTS, good), 3).save_model(tmp_path / "m.ubj")
    describe(tmp_path, {"xgboost": {"data": "m.ubj", "model_class": "xgboost.core.Booster"}})
    assert load_model(tmp_path).predict_proba(PATIENTS).shape == (len(PATIENTS), 2)
    lightgbm.train({"objective": "binary", "verbosity": -1}, lightgbm.Dataset(PATIENTS, good), 3).save_model(
        tmp_path / "m.lgb"
    )
    describe(tmp_path, {"lightgbm": {"data": "m.lgb", "model_class": "lightgbm.basic.Booster"}})
    model = load_model(tmp_path)
    assert list(rows_for(model, tmp_path, rows_in(tmp_path)).columns) == list(PATIENTS.columns)
    assert model.predict_proba(PATIENTS).shape == (len(PATIENTS), 2)


def rows_in(folder: Path) -> Path:
    PATIENTS.to_csv(folder / "rows.csv", index=False)
    return folder / "rows.csv"


@pytest.mark.parametrize(
    ("flavors", "told"),
    [
        ({"spark": {}}, "SparkML models are not converted here"),
        ({"statsmodels": {}}, "The flavors of the model are statsmodels, of which none is exported"),
        ({}, "The flavors of the model are none"),
        ({"xgboost": {"data": "gone.xgb", "model_class": "xgboost.core.Booster"}}, "The model cannot be loaded: "),
        ({"sklearn": {"pickled_model": "../other.pkl"}}, "leads out of the model's folder"),
        ({"sklearn": {"pickled_model": "gone.pkl"}}, "The model cannot be loaded: FileNotFoundError"),
    ],
)
def test_what_cannot_be_loaded_is_told(tmp_path: Path, flavors: dict[str, Any], told: str) -> None:
    describe(tmp_path, flavors)
    with pytest.raises(Problem, match=told):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("net.mat", "MATLAB models are not converted here"),
        ("net-0000.params", "MXNet models"),
        ("net.bin", "is no model that can be exported"),
        ("broken.pkl", "The model cannot be loaded"),
        ("", "holds no MLflow model"),
        ("gone", "There is no model at"),
    ],
)
def test_a_file_that_is_no_model_is_told(tmp_path: Path, name: str, told: str) -> None:
    if name not in ("", "gone"):
        (tmp_path / name).write_bytes(b"no pickle")
    with pytest.raises(Problem, match=told):
        load_model(tmp_path / name)


@pytest.mark.parametrize(
    "said",
    [
        [{"a": 1, "b": "x"}],
        {"columns": ["a", "b"], "data": [[1, "x"]]},
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"]]}},
        {"inputs": {"a": [1], "b": ["x"]}},
    ],
)
def test_rows_are_read_as_mlflow_writes_them(tmp_path: Path, said: Any) -> None:
    (tmp_path / "rows.json").write_text(json.dumps(said))
    pd.testing.assert_frame_equal(load_rows(tmp_path / "rows.json"), pd.DataFrame({"a": [1], "b": ["x"]}))


def test_rows_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("")
    with pytest.raises(Problem, match=r"The rows in 'rows.csv' cannot be read"):
        load_rows(tmp_path / "rows.csv")
    with pytest.raises(Problem, match="is no file of rows"):
        load_rows(tmp_path / "rows.xml")


def test_arrays_are_read_by_their_ending(tmp_path: Path) -> None:
    pictures = np.ones((3, 2, 2), dtype="float32")
    np.save(tmp_path / "rows.npy", pictures)
    np.savez(tmp_path / "rows.npz", image=pictures)
    assert load_rows(tmp_path / "rows.npy").shape == (3, 2, 2)
    assert load_rows(tmp_path / "rows.npz")["image"].dtype == "float32"


def test_rows_are_drawn_as_the_signature_says_where_there_is_no_example(tmp_path: Path) -> None:
    def signed(inputs: list[dict[str, Any]]) -> Any:
        said = {"flavors": {"sklearn": {}}, "signature": {"inputs": json.dumps(inputs)}}
        (tmp_path / "MLmodel").write_text(json.dumps(said))
        return rows_for(LinearRegression().fit(PATIENTS[["age"]], PROGRESS), tmp_path, None)

    assert list(signed([{"type": "double", "name": "age"}, {"type": "long", "name": "sex"}]).columns) == ["age"]
    tensors = signed([{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1, 5]}}])
    assert tensors[0].shape == (64, 5) and tensors[0].dtype == "int64"
    with pytest.raises(Problem, match="no rows to compare"):  # no text can be drawn that means something
        signed([{"type": "string", "name": "age"}])


def test_an_onnx_model_of_mlflow_stays_as_it_is(tmp_path: Path) -> None:
    made = lazuli.onnx.export(LinearRegression().fit(PATIENTS, PROGRESS), PATIENTS, tmp_path / "model.onnx")
    describe(tmp_path, {"onnx": {"data": "model.onnx"}})
    words = [str(tmp_path), str(tmp_path / "again.onnx"), "--report", str(tmp_path / "report.json")]
    assert main(words) == 0, (tmp_path / "report.json").read_text()
    assert json.loads((tmp_path / "report.json").read_text())["check"]["groups"] == [{"name": "as it is", "rows": 0}]
    again = lazuli.onnx.inspect(tmp_path / "again.onnx")
    assert again.signature == made.signature


def test_the_columns_of_the_model_are_taken_from_the_rows(tmp_path: Path) -> None:
    model = LinearRegression().fit(PATIENTS, PROGRESS)
    PATIENTS.assign(progress=PROGRESS)[["progress", *reversed(PATIENTS.columns)]].to_csv(
        tmp_path / "r.csv", index=False
    )
    rows = rows_for(model, tmp_path, tmp_path / "r.csv")
    assert list(rows.columns) == list(PATIENTS.columns)
    PATIENTS.drop(columns="bmi").to_csv(tmp_path / "r.csv", index=False)
    with pytest.raises(Problem, match="no column 'bmi', which the model was trained on"):
        rows_for(model, tmp_path, tmp_path / "r.csv")
