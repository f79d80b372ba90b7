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

from lazuli.ml.onnx.loaded import load_model, load_rows, rows_for
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
