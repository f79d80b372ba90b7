"""What the columns of a classifier's answers stand for, and answers without maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lazuli.ml.onnx.signature import text

__all__ = ["Labels", "labels_of", "without_maps"]

Labels = Sequence[str] | Sequence[int]
_PASSING = ("Cast", "Identity", "Normalizer")
"""Operators that leave columns in their places."""


def labels_of(graph: Any) -> dict[str, Labels]:
    """The labels of each output that is a classifier's table of numbers, a column for each label."""
    makers = {name: node for node in graph.node for name in node.output}
    found = {}
    for output in graph.output:
        name = output.name
        while (node := makers.get(name)) is not None and node.op_type in _PASSING:
            name = node.input[0]
        labels = _said(node) if node is not None and list(node.output).index(name) == 1 else ()
        dims = output.type.tensor_type.shape.dim
        if labels and len(dims) == 2 and dims[1].dim_value == len(labels):
            found[text(output.name)] = labels
    return found


def _said(node: Any) -> Labels:
    """The labels in the attributes of a node: ``classlabels_strings``, ``classlabels_ints``, ``classlabels_int64s``."""
    for attribute in node.attribute:
        if attribute.name.startswith("classlabels_") and (attribute.strings or attribute.ints):
            return [text(label) for label in attribute.strings] or list(attribute.ints)
    return ()


def without_maps(model: Any) -> dict[str, Labels]:
    """Let the model answer with tables of numbers in place of maps, and tell what their columns stand for.

    For runtimes that know no maps. A map that is made by anything but ``ZipMap`` stays.
    """
    from onnx import TensorProto, helper

    outputs = {value.name: value for value in model.graph.output}
    found: dict[str, Labels] = {}
    for node in model.graph.node:
        if node.op_type != "ZipMap" or node.output[0] not in outputs:
            continue
        name, labels = node.output[0], _said(node)
        found[text(name)] = labels
        node.CopyFrom(helper.make_node("Identity", list(node.input), [name], name=node.name))
        outputs[name].CopyFrom(helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, len(labels)]))
    if found and not any(said.domain in ("", "ai.onnx") for said in model.opset_import):
        model.opset_import.append(helper.make_opsetid("", 13))
    return found
