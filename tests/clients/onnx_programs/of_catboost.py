"""Models of CatBoost become ONNX files that answer as they do, or are refused. Runs where CatBoost is installed."""

# pyright: reportMissingImports=false

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, CatBoostRanker, CatBoostRegressor

from lazuli.ml.onnx import OutputsDiffer, export
from lazuli.ml.onnx.program import main
from lazuli.schema.problems import Problem

RNG = np.random.default_rng(0)
QUIET: dict[str, Any] = {"iterations": 20, "verbose": 0, "allow_writing_files": False}
ROWS = pd.DataFrame(RNG.normal(size=(200, 4)), columns=list("abcd"))
GOOD = (ROWS["a"] + ROWS["c"] > 0).astype(int)
ROWS.iloc[::7, 1] = np.nan
THREE = np.digitize(ROWS["a"], [-0.5, 0.5])


def told(model: Any, rows: Any = ROWS) -> str:
    try:
        export(model, rows, "never.onnx")
    except Problem as problem:
        return str(problem)
    raise AssertionError("it was exported")


def trees_answer_alike(folder: Path) -> None:
    words = np.where(GOOD, "yes", "no")
    for number, (model, target, repaired) in enumerate(
        [
            (CatBoostClassifier(**QUIET), GOOD, ()),
            (CatBoostClassifier(**QUIET), words, ()),
            (CatBoostClassifier(**QUIET), THREE, ()),
            (
                CatBoostClassifier(loss_function="MultiClassOneVsAll", **QUIET),
                THREE,
                ("the logistic function of each class",),
            ),
            (CatBoostRegressor(**QUIET), ROWS["a"], ()),
            (CatBoostRegressor(loss_function="Poisson", **QUIET), ROWS["a"].abs(), ("the exponential link function",)),
        ]
    ):
        made = export(model.fit(ROWS, target), ROWS, folder / f"{number}.onnx")
        assert made.check.max_difference < 1e-5 and made.check.repaired == repaired, made.check
        assert [port.name for port in made.signature.inputs] == list("abcd")
        names = [port.name for port in made.signature.outputs]
        assert names == (["label", "probabilities"] if hasattr(model, "predict_proba") else ["prediction"])
        assert {"missing values", "extremes"} <= {group.name for group in made.check.groups if group.rows}
    ranker = CatBoostRanker(**QUIET).fit(ROWS, GOOD, group_id=np.arange(len(ROWS)) // 10)
    assert export(ranker, ROWS.to_numpy(), folder / "ranker.onnx").signature.inputs[0].shape == ("batch", 4)


def what_cannot_be_is_told() -> None:
    sorted_rows = ROWS.assign(kind=np.where(GOOD, "u", "v"), level=1)
    sorted_by = CatBoostClassifier(cat_features=["kind", "level"], **QUIET).fit(sorted_rows, GOOD)
    assert "no categorical features, and the model has 'kind', 'level'" in told(sorted_by, sorted_rows)
    assert "grow_policy='Lossguide'" in told(CatBoostRegressor(grow_policy="Lossguide", **QUIET).fit(ROWS, ROWS["a"]))
    two = np.stack([ROWS["a"], ROWS["c"]], 1)
    assert "loss 'MultiRMSE'" in told(CatBoostRegressor(loss_function="MultiRMSE", **QUIET).fit(ROWS, two))
    several = CatBoostClassifier(loss_function="MultiLogloss", **QUIET).fit(ROWS, (two > 0).astype(int))
    try:  # the exporter takes one class for each row, and answers it wrong
        export(several, ROWS, "never.onnx")
        raise AssertionError("it was exported")
    except OutputsDiffer as differs:
        assert differs.check.groups[0].rows_differ > 100


def a_model_of_mlflow_is_exported(folder: Path) -> None:
    (folder / "m").mkdir()
    CatBoostClassifier(**QUIET).fit(ROWS, GOOD).save_model(str(folder / "m/model.cb"))
    flavor = {"data": "model.cb", "model_type": "CatBoostClassifier", "save_format": "cbm"}
    inputs = json.dumps([{"type": "double", "name": name, "required": True} for name in "abcd"])
    said = {"flavors": {"catboost": flavor}, "signature": {"inputs": inputs}}
    (folder / "m/MLmodel").write_text(json.dumps(said))
    report = folder / "report.json"
    assert main([str(folder / "m"), str(folder / "m.onnx"), "--report", str(report)]) == 0, report.read_text()
    assert json.loads(report.read_text())["inputs"][0]["name"] == "a"


if __name__ == "__main__":
    where = Path(sys.argv[1])
    trees_answer_alike(where)
    what_cannot_be_is_told()
    a_model_of_mlflow_is_exported(where)
