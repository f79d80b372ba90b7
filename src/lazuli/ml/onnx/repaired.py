"""Known errors of converters, put right in the graph. Whether that helps is for a check to say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["repairs"]

_LINKS = {"Exp": "exponential", "Sigmoid": "logistic"}
"""Link functions that converters leave out where the loss of a regression asks for them."""


def repairs(model: Any) -> Iterator[tuple[str, Any]]:
    """Every model that might be what was meant by ``model``, with what was changed in it."""
    if [value.name for value in model.graph.output] == ["prediction"]:
        for operator, name in _LINKS.items():
            yield f"the {name} link function", _linked(model, operator)


def _linked(model: Any, operator: str) -> Any:
    """A copy of the model whose prediction goes through one more operator."""
    from onnx import ModelProto, helper

    linked = ModelProto()
    linked.CopyFrom(model)
    for node in linked.graph.node:
        node.output[:] = ["unlinked" if name == "prediction" else name for name in node.output]
        node.input[:] = ["unlinked" if name == "prediction" else name for name in node.input]
    linked.graph.node.append(helper.make_node(operator, ["unlinked"], ["prediction"]))
    return linked
