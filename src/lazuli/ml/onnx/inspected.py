"""What an ONNX file is made of, told without running it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from math import prod
from pathlib import Path, PurePosixPath
from typing import Any

from lazuli.ml.onnx.files import read
from lazuli.ml.onnx.signature import Signature, signature_of, text

__all__ = ["External", "Summary", "inspect"]


@dataclass(frozen=True)
class External:
    """A file beside the model in which weights lie."""

    location: str
    """Relative to the model's folder, as the model says it."""
    tensors: int
    """How many lie in it."""
    state: str
    """``present``, ``missing``, or ``outside`` where it leads out of the model's folder; that one is not looked at."""


@dataclass(frozen=True)
class Summary:
    """What an ONNX file is made of."""

    file: str
    size: int
    """Bytes, without those of external files."""
    signature: Signature
    ir_version: int
    opsets: dict[str, int]
    """The version of each set of operators, by its domain; that of ONNX itself is ``ai.onnx``."""
    producer: str
    producer_version: str
    name: str
    """The name of the graph."""
    description: str
    metadata: dict[str, str] = field(repr=False)
    parameters: int
    """Numbers in its weights: initialisers, constants and the tables of tree ensembles and other such operators."""
    operators: dict[str, int]
    """How many nodes of each operator there are, subgraphs included, the most frequent first."""
    external: tuple[External, ...]
    graph: tuple[str, ...] = field(repr=False)
    """The nodes of the main graph, each as ``Operator(inputs) -> outputs``, without the weights it takes."""

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)


def inspect(file: str | Path) -> Summary:
    """What an ONNX file is made of. Nothing of it is executed, and no other file is opened.

    Raises :class:`NotFound` where there is no file and :class:`InvalidInput` where it holds no ONNX model.
    """
    path = Path(file)
    model = read(path)
    nodes = [node for graph in _graphs(model.graph) for node in graph.node]
    nodes += [node for function in model.functions for node in function.node]
    tensors = [tensor for graph in _graphs(model.graph) for tensor in _tensors(graph)]
    tensors += [tensor for function in model.functions for tensor in _constants(function)]
    return Summary(
        file=str(path),
        size=path.stat().st_size,
        signature=signature_of(model.graph),
        ir_version=model.ir_version,
        opsets={text(said.domain) or "ai.onnx": said.version for said in model.opset_import},
        producer=text(model.producer_name),
        producer_version=text(model.producer_version),
        name=text(model.graph.name),
        description=text(model.doc_string or model.graph.doc_string),
        metadata={text(said.key): text(said.value) for said in model.metadata_props},
        parameters=sum(prod(tensor.dims) for tensor in tensors) + sum(map(_held, nodes)),
        operators=dict(Counter(_operator(node) for node in nodes).most_common()),
        external=_external(tensors, path.parent),
        graph=tuple(_lines(model.graph)),
    )


def _graphs(graph: Any) -> Iterator[Any]:
    """The graph, and those inside its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _graphs(attribute.g)
            for inner in attribute.graphs:
                yield from _graphs(inner)


def _tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield sparse.values
    yield from _constants(graph)


def _constants(graph: Any) -> Iterator[Any]:
    """The tensors that the nodes of a graph or a function hold."""
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _held(node: Any) -> int:
    """How many numbers the node itself holds in lists, as the operators of ``ai.onnx.ml`` do."""
    return sum(len(attribute.floats) + len(attribute.ints) for attribute in node.attribute) if node.domain else 0


def _external(tensors: list[Any], folder: Path) -> tuple[External, ...]:
    found = Counter(
        location for tensor in tensors if tensor.data_location == tensor.EXTERNAL for location in _locations(tensor)
    )
    return tuple(External(location, count, _state(location, folder)) for location, count in found.items())


def _locations(tensor: Any) -> list[str]:
    """Where a tensor lies; where it says that more than once, readers differ in which of them they take."""
    return [text(said.value) for said in tensor.external_data if said.key == "location"] or [""]


def _state(location: str, folder: Path) -> str:
    place = PurePosixPath(location.replace("\\", "/"))
    if not location or "\0" in location or place.is_absolute() or ".." in place.parts:
        return "outside"
    file = folder / location
    if not file.resolve().is_relative_to(folder.resolve()):
        return "outside"
    return "present" if file.is_file() else "missing"


def _lines(graph: Any) -> Iterator[str]:
    stored = {tensor.name for tensor in graph.initializer}
    for node in graph.node:
        takes = ", ".join(text(name) for name in node.input if name and name not in stored)
        yield f"{_operator(node)}({takes}) -> {', '.join(map(text, node.output))}"


def _operator(node: Any) -> str:
    """``MatMul``; with its domain where that is not one of ONNX's own."""
    domain, name = text(node.domain), text(node.op_type)
    return name if domain in ("", "ai.onnx", "ai.onnx.ml") else f"{domain}.{name}"
