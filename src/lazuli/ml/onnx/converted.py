"""Conversion of trained models into ONNX: which converter, and what it is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Literal

from lazuli.ml.onnx.files import missing
from lazuli.ml.onnx.graphs import rename
from lazuli.ml.onnx.originals import Conversion, Original, Outputs, outputs_of
from lazuli.ml.onnx.prepared import parts, prepared
from lazuli.ml.onnx.registered import register
from lazuli.ml.onnx.repaired import repairs
from lazuli.ml.onnx.rows import Column, columns_of, rows_of
from lazuli.ml.onnx.running import Runnable
from lazuli.ml.onnx.trees import count_trees, track_missing
from lazuli.schema.problems import Unsupported

__all__ = ["OPSETS", "Width", "convert", "original"]

OPSETS = {"": 21, "ai.onnx.ml": 3}
"""The converters fail on some models with newer ones."""

Width = Literal["float32", "mixed", "float64"]
"""The numbers that a model computes with; ``mixed`` is ``float64`` up to the last step of a pipeline."""
_WIDER: dict[Width, str] = {"mixed": "float64 up to the last step", "float64": "float64 throughout"}


def original(model: Any, sample: Any) -> Original:
    """A trained estimator of scikit-learn, LightGBM or XGBoost."""
    rows, outputs = rows_of(sample), outputs_of(model)
    return Original(rows, outputs, lambda: _conversions(model, outputs, rows))


def _conversions(model: Any, outputs: Outputs, rows: Any) -> Iterator[Conversion]:
    """The model as it is converted, and with every known repair, each with what was changed."""
    columns = columns_of(rows)
    plain = convert(model, columns, outputs)
    yield (), plain
    yield from (((name,), other) for name, other in repairs(plain))
    for width, change in _WIDER.items():
        with suppress(Unsupported):  # not every step has a form for float64
            wide = convert(model, columns, outputs, width)
            Runnable(wide.SerializeToString())
            yield (change,), wide
            yield from (((change, name), other) for name, other in repairs(wide))


def convert(model: Any, columns: Sequence[Column], outputs: Outputs, width: Width = "float32") -> Any:
    """The model as an ``onnx.ModelProto`` whose inputs are named as the columns, and its outputs as ``outputs``.

    An output whose name is that of a column is called ``…_out``.

    Raises :class:`Unsupported` for estimators that have no converter.
    """
    try:
        from skl2onnx import convert_sklearn
        from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
    except ModuleNotFoundError:
        raise missing("skl2onnx") from None
    register()
    ready = _over_columns(prepared(model), columns)
    if width == "mixed":
        ready = _narrowed_last(ready)
    number = FloatTensorType if width == "float32" else DoubleTensorType
    types = [
        (column.name, (StringTensorType if column.is_text else number)([None, column.width])) for column in columns
    ]
    options = {id(ready): {"zipmap": False}} if "probabilities" in outputs else None
    try:
        converted: Any = convert_sklearn(ready, initial_types=types, options=options, target_opset=OPSETS)
    except Exception as error:  # converters raise whatever they meet
        raise _not_converted(model, error) from error
    track_missing(converted.graph, model)
    count_trees(converted.graph, model)
    _rename(converted.graph, columns, outputs)
    return converted


def _over_columns(model: Any, columns: Sequence[Column]) -> Any:
    """The model behind a step that puts columns together, unless it takes them one by one."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    first = model.steps[0][1] if isinstance(model, Pipeline) else model
    if len(columns) == 1 or isinstance(first, ColumnTransformer):
        return model
    joined = _joined(columns, getattr(getattr(first, "booster_", None), "pandas_categorical", None) or [])
    return Pipeline([("columns", joined), *(model.steps if isinstance(model, Pipeline) else [("model", model)])])


def _joined(columns: Sequence[Column], categories: Sequence[Sequence[Any]]) -> Any:
    """The columns side by side; texts as the places that they have in LightGBM's ``categories``, where it has any."""
    import pandas as pd
    from sklearn.compose import ColumnTransformer

    names, texts = [column.name for column in columns], [column.name for column in columns if column.is_text]
    known = dict(zip(texts, categories)) if len(texts) == len(categories) else {}
    like = pd.DataFrame({name: [known[name][0] if name in known else 0.0] for name in names})
    steps = [(name, _numbered(known[name]) if name in known else "passthrough", [name]) for name in names]
    return ColumnTransformer(steps if known else [("columns", "passthrough", names)]).fit(like)


def _numbered(categories: Sequence[Any]) -> Any:
    from sklearn.preprocessing import OrdinalEncoder

    known: Any = [categories]
    return OrdinalEncoder(categories=known, handle_unknown="use_encoded_value", unknown_value=-1)


def _narrowed_last(model: Any) -> Any:
    """The pipeline with numbers in ``float32`` before its last step, as trees of scikit-learn and XGBoost take them."""
    from skl2onnx.sklapi import CastTransformer
    from sklearn.pipeline import Pipeline

    if not isinstance(model, Pipeline):
        return model
    return Pipeline([*model.steps[:-1], ("narrowed", CastTransformer()), model.steps[-1]])


def _not_converted(model: Any, error: Exception) -> Unsupported:
    """What to raise: the estimators that have no converter, else what the converter says."""
    from skl2onnx._parse import sklearn_parsers_map
    from skl2onnx._supported_operators import sklearn_operator_name_map
    from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator

    if isinstance(error, (MissingConverter, MissingShapeCalculator)):
        known = {*sklearn_parsers_map, *sklearn_operator_name_map}
        lacking = sorted({type(part).__name__ for part in parts(model) if type(part) not in known})
        plural = "have" if len(lacking) > 1 else "has"
        return Unsupported(
            f"{', '.join(lacking)} {plural} no converter to ONNX.",
            target="model",
            mend="Do that step before the model, or use another one for it.",
        )
    return Unsupported(
        f"The converter fails: {type(error).__name__}: {' '.join(str(error).split())}",
        target="model",
        mend="Simplify the step it names, or deploy the model as it is.",
    )


def _rename(graph: Any, columns: Sequence[Column], outputs: Outputs) -> None:
    """Call inputs and outputs by the names that are promised; drop inputs that nothing uses."""
    given = [column.name for column in columns]
    promised = [f"{name}_out" if name in given else name for name in outputs]
    names = dict(zip([value.name for value in graph.input], given))
    rename(graph, {**names, **dict(zip([value.name for value in graph.output], promised))})
    used = {name for node in graph.node for name in node.input}
    unused = [value for value in graph.input if value.name not in used]
    for value in unused:
        graph.input.remove(value)
