"""Known errors of converters, put right in the graph. Whether that helps is for a check to say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["repairs"]

_LEFT_OUT = (
    ("prediction", "Exp", "the exponential link function"),
    ("prediction", "Sigmoid", "the logistic link function"),
    ("probabilities", "Neg", "the sign of margins"),
)
"""An output, the operator that converters of some models leave out before it, and what that is."""


def repairs(model: Any) -> Iterator[tuple[str, Any]]:
    """Every model that might be what was meant by ``model``, with what was changed in it."""
    outputs = {value.name for value in model.graph.output}
    for output, operator, name in _LEFT_OUT:
        if output in outputs:
            yield name, _through(model, output, operator)


def _through(model: Any, output: str, operator: str) -> Any:
    """A copy of the model in which an output goes through one more operator; other outputs stay as they are."""
    from onnx import ModelProto, helper

    copy, before = ModelProto(), f"{output}_before"
    copy.CopyFrom(model)
    for node in copy.graph.node:
        node.output[:] = [before if name == output else name for name in node.output]
        node.input[:] = [before if name == output else name for name in node.input]
    copy.graph.node.append(helper.make_node(operator, [before], [output]))
    return copy
