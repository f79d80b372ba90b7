"""An ONNX model that is made in a moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def times(factor: float, file: Path) -> None:
    """An ONNX model that multiplies."""
    from onnx import TensorProto, helper, numpy_helper, save

    value = helper.make_tensor_value_info
    node = helper.make_node("Mul", ["x", "factor"], ["y"])
    by = numpy_helper.from_array(np.array(factor, np.float32), "factor")
    sides = [value("x", TensorProto.FLOAT, ["n", 2])], [value("y", TensorProto.FLOAT, ["n", 2])]
    graph = helper.make_graph([node], "times", *sides, [by])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)
