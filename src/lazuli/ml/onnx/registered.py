"""What skl2onnx is told beside what it knows: LightGBM, XGBoost, and converters that it lacks or has wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

__all__ = ["register"]

_ZIPMAP = {"zipmap": [True, False, "columns"]}


def register() -> None:
    """Tell skl2onnx, for the libraries that are in use."""
    _register_of_sklearn()
    from skl2onnx import update_registered_converter
    from skl2onnx.common import shape_calculator as shapes

    for kind, alias, converter in _boosters():
        if kind.__name__.endswith("Classifier"):
            options: Any = {"nocl": [True, False], **_ZIPMAP}
            shape = shapes.calculate_linear_classifier_output_shapes
            update_registered_converter(kind, alias, shape, converter, options=options)
        else:
            update_registered_converter(kind, alias, shapes.calculate_linear_regressor_output_shapes, converter)


def _boosters() -> Iterator[tuple[type, str, Any]]:
    if lightgbm := sys.modules.get("lightgbm"):
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm

        from lazuli.ml.onnx.boosted import BoostedClassifier, BoostedRegressor

        for kind in (lightgbm.LGBMClassifier, BoostedClassifier):
            yield kind, "LgbmClassifier", convert_lightgbm
        for kind in (lightgbm.LGBMRegressor, BoostedRegressor):
            yield kind, "LgbmRegressor", convert_lightgbm
    if xgboost := sys.modules.get("xgboost"):
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost

        yield xgboost.XGBClassifier, "XGBoostXGBClassifier", convert_xgboost
        yield xgboost.XGBRegressor, "XGBoostXGBRegressor", convert_xgboost


@cache
def _register_of_sklearn() -> None:
    from skl2onnx import update_registered_converter
    from skl2onnx.common._registration import get_converter, get_shape_calculator
    from sklearn.impute import SimpleImputer
    from sklearn.svm import LinearSVC

    def own(alias: str) -> tuple[Any, Any]:
        return get_shape_calculator(alias), get_converter(alias)._fct

    shape, converter = own("SklearnLinearSVC")  # every classifier is asked for the option, and this has none
    options: Any = {"nocl": [True, False], "output_class_labels": [True, False], "raw_scores": [True, False]}
    update_registered_converter(LinearSVC, "SklearnLinearSVC", shape, converter, options={**options, **_ZIPMAP})
    shape, converter = own("SklearnSimpleImputer")  # ONNX Runtime's Imputer knows no float64
    update_registered_converter(SimpleImputer, "SklearnSimpleImputer", shape, _imputer(converter))


def _imputer(own: Any) -> Any:
    """The converter of SimpleImputer that uses plain operators for ``float64``, and ``own`` for all else."""
    import numpy as np
    from skl2onnx.algebra.onnx_ops import OnnxIsNaN, OnnxWhere  # type: ignore[attr-defined]
    from skl2onnx.common.data_types import DoubleTensorType

    def convert(scope: Any, operator: Any, container: Any) -> None:
        imputer, taken = operator.raw_operator, operator.inputs[0]
        statistics = imputer.statistics_
        is_plain = len(operator.inputs) == 1 and not imputer.add_indicator and isinstance(imputer.missing_values, float)
        if not isinstance(taken.type, DoubleTensorType) or not is_plain or np.isnan(statistics).any():
            own(scope, operator, container)
            return
        version = container.target_opset
        filled = OnnxWhere(
            OnnxIsNaN(taken, op_version=version),
            statistics.astype(np.float64),
            taken,
            op_version=version,
            output_names=operator.outputs[:1],
        )
        filled.add_to(scope, container)

    return convert
