"""What an ONNX model takes and gives: names, types and shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Port", "Signature", "signature_of", "text"]

_TYPES = {
    "FLOAT": "float32",
    "DOUBLE": "float64",
    "STRING": "string",
    "BOOL": "bool",
    "UNDEFINED": "unknown",
}
"""The element types whose names numpy says otherwise; the rest are spelt alike."""


@dataclass(frozen=True)
class Port:
    """One input or output."""

    name: str
    type: str
    """``float32``, ``int64``, ``string``, …; of what is no tensor ``sequence(map(int64, float32))`` and the like."""
    shape: tuple[int | str | None, ...] | None = None
    """The size of each dimension: a number, the name of one that varies, None where nothing is said.

    None as a whole where not even the number of dimensions is known.
    """

    def __str__(self) -> str:
        """``age: float32[batch, 1]``."""
        if self.shape is None:
            return f"{self.name}: {self.type}"
        return f"{self.name}: {self.type}[{', '.join('?' if size is None else str(size) for size in self.shape)}]"


@dataclass(frozen=True)
class Signature:
    """All inputs and outputs, in the order of the model."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def signature_of(graph: Any) -> Signature:
    """What the graph of a ``ModelProto`` takes and gives; inputs that have a stored value need not be given."""
    stored = {tensor.name for tensor in graph.initializer}
    stored |= {tensor.values.name for tensor in graph.sparse_initializer}
    return Signature(
        tuple(_port(value) for value in graph.input if value.name not in stored),
        tuple(_port(value) for value in graph.output),
    )


def _port(value: Any) -> Port:
    kind, shape = _said(value.type)
    return Port(text(value.name), kind, shape)


def text(said: str | bytes) -> str:
    """Words of a model; protobuf gives bytes where a file holds what is no UTF-8."""
    return said if isinstance(said, str) else said.decode(errors="replace")


def _said(kind: Any) -> tuple[str, tuple[int | str | None, ...] | None]:
    """The type in words, and the shape where it is that of a tensor."""
    which = kind.WhichOneof("value")
    if which == "map_type":
        return f"map({_element(kind.map_type.key_type)}, {_said(kind.map_type.value_type)[0]})", None
    if which in ("sequence_type", "optional_type"):
        return f"{which.removesuffix('_type')}({_said(getattr(kind, which).elem_type)[0]})", None
    if which not in ("tensor_type", "sparse_tensor_type"):
        return "unknown", None
    tensor = getattr(kind, which)
    shape = tuple(_size(dim) for dim in tensor.shape.dim) if tensor.HasField("shape") else None
    return _element(tensor.elem_type), shape


def _size(dim: Any) -> int | str | None:
    which = dim.WhichOneof("value")
    if which == "dim_param":
        return text(dim.dim_param) or None
    return dim.dim_value if which else None


def _element(number: int) -> str:
    from onnx import TensorProto

    try:
        name = TensorProto.DataType.Name(number)
    except ValueError:
        return f"type {number}"
    return _TYPES.get(name, name.lower())
