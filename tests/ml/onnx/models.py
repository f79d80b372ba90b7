"""ONNX models of the kinds that app kits are made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper, save_model
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from lazuli.ml.onnx import export

HOSTILE = '2nd "value"\\ */ {{title}}\n`${x}`'
"""A name that is no identifier, and would break out of a text, a comment or a template."""


def applicants() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({
        "age": rng.uniform(18, 80, 200).astype("float32"),
        "children": rng.integers(0, 5, 200),
        "job": rng.choice(["clerk", "cook", "smith"], 200),
    })  # fmt: skip


def mixed(file: Path) -> None:
    """A pipeline over columns of numbers and of texts, whose probabilities are maps from label to number."""
    rows = applicants()
    columns = [("numbers", StandardScaler(), ["age", "children"]), ("texts", OneHotEncoder(), ["job"])]
    model = make_pipeline(ColumnTransformer(columns), LogisticRegression())
    model.fit(rows, np.where(rows["age"] > 40, "yes", "no"))
    kinds = {"age": FloatTensorType, "children": Int64TensorType, "job": StringTensorType}
    taken = [(name, kind([None, 1])) for name, kind in kinds.items()]
    converted: Any = to_onnx(model, initial_types=taken, target_opset=17)
    save_model(converted, file)


def grades(file: Path) -> None:
    """A classifier as ``lazuli model export`` writes it: its probabilities are a table, a column for each label."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(90, 2)), columns=["height", "weight"])
    model = LogisticRegression().fit(rows, np.digitize(rows["height"], [-0.5, 0.5]) * 10)
    export(model, rows, file)


def picture(file: Path) -> None:
    """A small convolution over a batch of any size, with what it takes told in the model."""
    rng = np.random.default_rng(0)
    weights = numpy_helper.from_array(rng.normal(size=(2, 3, 3, 3)).astype(np.float32), "weights")
    nodes = [
        helper.make_node("Conv", ["image", "weights"], ["filtered"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["filtered"], ["kept"]),
        helper.make_node("GlobalAveragePool", ["kept"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["scores"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, 8, 8], "brightness in cd/m²")
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 2])
    save_model(_model([image], [scores], nodes, [weights]), file)


def odd_names(file: Path) -> None:
    """Names that are no identifiers, that are words of a language, that collide, and one that is an attack."""
    inputs = ["class", HOSTILE, "a-b", "a b", "größe"]
    nodes = [helper.make_node("Sum", inputs, ["return"])]
    nodes += [helper.make_node("Identity", ["return"], [name]) for name in ("a-b:0", "*/ alert(1) /*")]
    outputs = ["return", "a-b:0", "*/ alert(1) /*"]
    save_model(
        _model(
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in inputs],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in outputs],
            nodes,
        ),
        file,
    )


def every_type(file: Path) -> None:
    """Passes on a tensor of each type, of one value, of several, and of any shape; and counts far beyond a double."""
    huge = numpy_helper.from_array(np.array(2**60 + 1, dtype=np.int64), "huge")
    shapes = {"FLOAT": None, "DOUBLE": [], "INT64": ["rows"], "STRING": ["rows", 2]}
    names = [
        "FLOAT",
        "DOUBLE",
        "INT8",
        "INT16",
        "INT32",
        "INT64",
        "UINT8",
        "UINT16",
        "UINT32",
        "UINT64",
        "BOOL",
        "STRING",
    ]
    inputs, outputs = (
        [
            helper.make_tensor_value_info(prefix + name, getattr(TensorProto, name), shapes.get(name, ["rows", 3]))
            for name in names
        ]
        for prefix in ("", "same ")
    )
    outputs += [
        helper.make_tensor_value_info("far", TensorProto.INT64, ["rows"]),
        helper.make_tensor_value_info("none", TensorProto.FLOAT, None),
    ]
    nodes = [helper.make_node("Identity", [name], [f"same {name}"]) for name in names]
    nodes += [helper.make_node("Add", ["INT64", "huge"], ["far"]), helper.make_node("Log", ["minus"], ["none"])]
    minus = numpy_helper.from_array(np.array([-1, 0, 1], dtype=np.float32), "minus")  # NaN, -Infinity, 0
    save_model(_model(inputs, outputs, nodes, [huge, minus]), file)


def _model(
    inputs: list[ValueInfoProto],
    outputs: list[ValueInfoProto],
    nodes: list[NodeProto],
    stored: list[TensorProto] | None = None,
) -> ModelProto:
    graph = helper.make_graph(nodes, "graph", inputs, outputs, stored or [])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


MODELS = {"mixed": mixed, "grades": grades, "picture": picture, "odd-names": odd_names, "every type": every_type}
"""What writes each model, by the name of its file."""
