"""Names in an ONNX graph: inputs, outputs and dimensions as they are promised."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["drop_stored_inputs", "name_dimensions", "rename", "rename_outputs", "unknown_operators"]

_FREE_OF_STORED = 4
"""The first version of the format in which stored values are no inputs."""


def rename(graph: Any, names: Mapping[str, str]) -> None:
    """Call values by other names, wherever they stand; a value that has such a name already gets another."""
    taken = {name for node in graph.node for name in (*node.input, *node.output)} - set(names)
    names = {**names, **{name: f"{name}_" for name in taken & set(names.values())}}
    for value in (*graph.input, *graph.output, *graph.value_info):
        value.name = names.get(value.name, value.name)
    for tensor in graph.initializer:
        tensor.name = names.get(tensor.name, tensor.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def rename_outputs(graph: Any, promised: Sequence[str]) -> None:
    """Call the outputs, in their order, as promised; one whose name is that of an input is called ``…_out``."""
    given = {value.name for value in graph.input}
    wanted = [f"{name}_out" if name in given else name for name in promised]
    rename(graph, dict(zip([value.name for value in graph.output], wanted)))


def drop_stored_inputs(model: Any) -> None:
    """Leave among the inputs only what is to be given: early versions of ONNX list stored values there too."""
    stored = {tensor.name for tensor in model.graph.initializer}
    for value in [value for value in model.graph.input if value.name in stored]:
        model.graph.input.remove(value)
    model.ir_version = max(model.ir_version, _FREE_OF_STORED)


def name_dimensions(graph: Any) -> None:
    """Call the dimension that counts rows ``batch``, and others that vary by their input and place."""
    names: dict[str, str] = {}
    for value in graph.input:
        for place, size in enumerate(value.type.tensor_type.shape.dim):
            if size.dim_param:
                names.setdefault(size.dim_param, "batch" if place == 0 else f"{value.name}_{place}")
    for value in graph.output:  # TensorFlow counts through what it does not know
        for size in value.type.tensor_type.shape.dim[:1]:
            if size.dim_param.startswith("unk__"):
                names.setdefault(size.dim_param, "batch")
    if not names:
        return
    words = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in names))
    for value in (*graph.input, *graph.output, *graph.value_info):
        for size in value.type.tensor_type.shape.dim:
            if size.dim_param:
                size.dim_param = words.sub(lambda found: names[found.group()], size.dim_param)


def unknown_operators(model: Any) -> list[str]:
    """Operators that ONNX itself does not have, of those that claim to be of it."""
    from onnx import defs

    own = {function.name for function in model.functions}
    return sorted(
        {
            node.op_type
            for node in model.graph.node
            if node.domain in ("", "ai.onnx") and node.op_type not in own and not defs.has(node.op_type)
        }
    )
