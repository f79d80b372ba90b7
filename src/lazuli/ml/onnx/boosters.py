"""Bare Boosters of LightGBM and XGBoost, as the classifiers and regressions that they are."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["estimator_of"]


def estimator_of(model: Any) -> Any:
    """The model; a bare Booster as an estimator, whose classes are 0, 1 and so on."""
    library = type(model).__module__.partition(".")[0]
    if type(model).__name__ != "Booster" or library not in ("lightgbm", "xgboost"):
        return model
    return _of_lightgbm(model) if library == "lightgbm" else _of_xgboost(model)


def _of_lightgbm(booster: Any) -> Any:
    from lazuli.ml.onnx.boosted import BoostedClassifier, BoostedRegressor

    told = booster.dump_model(num_iteration=1)
    objective = told["objective"].split()[0]
    if objective in ("binary", "multiclass", "multiclassova"):
        return BoostedClassifier(booster, objective, max(told["num_class"], 2))
    return BoostedRegressor(booster, objective)


def _of_xgboost(booster: Any) -> Any:
    import xgboost

    objective = json.loads(booster.save_config())["learner"]["objective"]["name"]
    kind = xgboost.XGBClassifier if objective.startswith(("binary:", "multi:")) else xgboost.XGBRegressor
    model = kind()
    model.load_model(booster.save_raw("ubj"))
    return model
