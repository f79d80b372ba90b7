"""Models of CatBoost: its own exporter, with the outputs as those of all other models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lazuli.ml.onnx.files import read
from lazuli.ml.onnx.graphs import rename_outputs
from lazuli.ml.onnx.originals import LABEL, Conversion, Original, Outputs
from lazuli.ml.onnx.repaired import repairs
from lazuli.ml.onnx.rows import Column, columns_of, rows_of
from lazuli.schema.problems import Unsupported

__all__ = ["original"]

_MANY = ("Multi", "RMSEWithUncertainty")
"""How losses of several numbers for a row begin."""


def original(model: Any, sample: Any) -> Original:
    """The trained trees. Raises :class:`Unsupported` for what CatBoost cannot say in ONNX, by name."""
    _check(model)
    rows = rows_of(sample)
    outputs = _outputs(model)
    return Original(rows, outputs, lambda: _conversions(model, columns_of(rows), outputs))


def _outputs(model: Any) -> Outputs:
    """Label and probabilities of a classifier, else the prediction. A bare ``CatBoost`` is what its loss makes it."""
    if len(model.classes_):
        return {
            LABEL: lambda rows: model.predict(rows, prediction_type="Class"),
            "probabilities": lambda rows: model.predict(rows, prediction_type="Probability"),
        }
    if _loss(model) in ("Poisson", "Tweedie"):
        return {"prediction": lambda rows: model.predict(rows, prediction_type="Exponent")}
    return {"prediction": model.predict}


def _loss(model: Any) -> str:
    said = model.get_all_params().get("loss_function", "") if model.is_fitted() else ""
    return str(said if isinstance(said, str) else json.dumps(said)).partition(":")[0]


def _check(model: Any) -> None:
    names = model.feature_names_ or []
    for kind, places in (
        ("categorical", model.get_cat_feature_indices()),
        ("text", model.get_text_feature_indices()),
        ("embedding", model.get_embedding_feature_indices()),
    ):
        if places:
            told = ", ".join(f"'{names[place]}'" for place in places)
            raise Unsupported(
                f"CatBoost exports no {kind} features, and the model has {told}.",
                target="model",
                mend="Train on numbers that you encode before it, or deploy the model as it is.",
            )
    if model.get_all_params().get("grow_policy", "SymmetricTree") != "SymmetricTree":
        raise Unsupported(
            f"CatBoost exports symmetric trees only, and these were grown with "
            f"grow_policy='{model.get_all_params()['grow_policy']}'.",
            target="model",
            mend="Train with grow_policy='SymmetricTree', or deploy the model as it is.",
        )
    if not len(model.classes_) and _loss(model).startswith(_MANY):
        raise Unsupported(
            f"CatBoost exports nothing of the loss '{_loss(model)}', which gives several numbers for a row.",
            target="model",
            mend="Train a model for each of them, or deploy the model as it is.",
        )


def _conversions(model: Any, columns: Sequence[Column], outputs: Outputs) -> Iterator[Conversion]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        try:
            model.save_model(str(file), format="onnx")
        except Exception as error:  # CatBoost has one class of errors for all
            raise Unsupported(
                f"CatBoost cannot export the model: {str(error).rpartition(': ')[2]}",
                target="model",
                mend="Classes can be numbers or texts; else deploy the model as it is.",
            ) from None
        made = read(file)
    _plain_tensors(made.graph)
    if columns[0].width == 1 and not (len(columns) == 1 and columns[0].name == "input"):
        _over_columns(made, columns)
    else:
        _call_input(made.graph, columns[0].name)
    rename_outputs(made.graph, list(outputs))
    yield (), made
    yield from (((name,), other) for name, other in repairs(made))
    if len(model.classes_) > 2:
        yield ("the logistic function of each class",), _one_against_all(made)


def _one_against_all(model: Any) -> Any:
    """A copy in which the score of each class stands for itself: the exporter always takes the softmax of all."""
    copy = type(model)()
    copy.CopyFrom(model)
    for node in copy.graph.node:
        for said in node.attribute:
            if said.name == "post_transform":
                said.s = b"LOGISTIC"
    return copy


def _plain_tensors(graph: Any) -> None:
    """Probabilities as a table, not a map for each row; and shapes as they come out."""
    from onnx import TensorProto, helper

    for node in [node for node in graph.node if node.op_type == "ZipMap"]:
        place = [value.name for value in graph.output].index(node.output[0])
        table = helper.make_tensor_value_info(node.input[0], TensorProto.FLOAT, ["batch", None])
        graph.output[place].CopyFrom(table)
        graph.node.remove(node)
    for value in graph.output:
        if value.name == "predictions":
            value.CopyFrom(helper.make_tensor_value_info(value.name, TensorProto.FLOAT, ["batch", 1]))
        else:
            value.type.tensor_type.shape.dim[0].dim_param = "batch"


def _over_columns(model: Any, columns: Sequence[Column]) -> None:
    """An input for each column, put together before the trees."""
    from onnx import TensorProto, helper

    graph = model.graph
    together = graph.input[0].name
    del graph.input[:]
    graph.input.extend(helper.make_tensor_value_info(each.name, TensorProto.FLOAT, ["batch", 1]) for each in columns)
    graph.node.insert(0, helper.make_node("Concat", [each.name for each in columns], [together], axis=1))
    if not any(said.domain in ("", "ai.onnx") for said in model.opset_import):
        model.opset_import.append(helper.make_opsetid("", 13))


def _call_input(graph: Any, name: str) -> None:
    from lazuli.ml.onnx.graphs import rename

    rename(graph, {graph.input[0].name: name})
    graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
