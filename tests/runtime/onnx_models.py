"""Small ONNX models, each of one kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

FLOAT, INT, TEXT = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


def saved(path: Path, nodes: list[Any], inputs: list[Any], outputs: list[Any], stored: list[Any] | None = None) -> Path:
    graph = helper.make_graph(nodes, "graph", inputs, outputs, stored or [])
    sets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(graph, opset_imports=sets, ir_version=10), path)
    return path


def tensor(name: str, kind: int, *shape: Any) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def classifier(path: Path) -> Path:
    """Of rows of two numbers: which is larger, and probabilities."""
    node = helper.make_node(
        "LinearClassifier", ["x"], ["label", "scores"], domain="ai.onnx.ml", classlabels_strings=["first", "second"],
        coefficients=[1.0, 0.0, 0.0, 1.0], intercepts=[0.0, 0.0], post_transform="SOFTMAX",
    )  # fmt: skip
    outputs = [tensor("label", TEXT, None), tensor("scores", FLOAT, None, 2)]
    return saved(path, [node], [tensor("x", FLOAT, "rows", 2)], outputs)


def regressor(path: Path) -> Path:
    """One more than the sum of a row of two."""
    node = helper.make_node(
        "LinearRegressor", ["x"], ["y"], domain="ai.onnx.ml", coefficients=[1.0, 1.0], intercepts=[1.0]
    )
    return saved(path, [node], [tensor("x", FLOAT, None, 2)], [tensor("y", FLOAT, None, 1)])


def table(path: Path) -> Path:
    """A column of numbers, one of whole numbers and one of texts, as they came."""
    kinds = {"age": FLOAT, "rooms": INT, "town": TEXT}
    nodes = [helper.make_node("Identity", [name], [f"{name}_out"]) for name in kinds]
    inputs = [tensor(name, kind, None, 1) for name, kind in kinds.items()]
    return saved(path, nodes, inputs, [tensor(f"{name}_out", kind, None, 1) for name, kind in kinds.items()])


def pictures(path: Path) -> Path:
    """The sum of each picture of three by three, times a number of its own."""
    axes = helper.make_tensor("axes", INT, [2], [1, 2])
    nodes = [
        helper.make_node("ReduceSum", ["pictures", "axes"], ["sums"], keepdims=0),
        helper.make_node("Mul", ["sums", "times"], ["y"]),
    ]
    inputs = [tensor("pictures", FLOAT, None, 3, 3), tensor("times", FLOAT, None)]
    return saved(path, nodes, inputs, [tensor("y", FLOAT, None)], [axes])


def named_scores(path: Path) -> Path:
    """Scores as an object for each row, as converters of scikit-learn make them by default."""
    nodes = [
        helper.make_node(
            "LinearClassifier", ["x"], ["label", "scores"], domain="ai.onnx.ml", classlabels_ints=[0, 1],
            coefficients=[1.0, 0.0, 0.0, 1.0], intercepts=[0.0, 0.0],
        ),
        helper.make_node("ZipMap", ["scores"], ["maps"], domain="ai.onnx.ml", classlabels_int64s=[0, 1]),
    ]  # fmt: skip
    of = helper.make_map_type_proto(INT, helper.make_tensor_type_proto(FLOAT, []))
    maps = helper.make_value_info("maps", helper.make_sequence_type_proto(of))
    return saved(path, nodes, [tensor("x", FLOAT, None, 2)], [maps])
