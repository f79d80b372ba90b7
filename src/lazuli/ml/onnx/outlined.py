"""What an ONNX file is made of, told without the package ``onnx`` and without its weights in memory."""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import Any, BinaryIO

from lazuli.ml.onnx.wire import Damaged, Span, Wire
from lazuli.schema.problems import InvalidInput

__all__ = ["outline"]

_DEEPEST = 50
_TYPES = (
    *("unknown", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16"),
    *("float64", "uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz"),
    *("float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1", "float8e8m0"),
)
_OWN = ("", "ai.onnx", "ai.onnx.ml")


def outline(source: BinaryIO, size: int) -> dict[str, Any]:
    """The same as ``inspect`` tells, but for the lines of the graph, as plain data; and the number of ``nodes``.

    ``external`` tells the files in which weights lie as the model names them, unchecked. Raises
    :class:`InvalidInput` for what is no ONNX model.
    """
    found = _Outline(Wire(source, size))
    try:
        found.read_model((0, size))
    except (Damaged, RecursionError) as problem:
        raise InvalidInput(
            f"This is no ONNX model that can be read: {problem}.",
            target="file",
            mend="It may have been cut short.",
        ) from None
    return found.told(size)


class _Outline:
    """What was found so far."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._facts: dict[str, Any] = {"ir_version": 0, "producer": "", "producer_version": "", "description": ""}
        self._name = self._about = ""
        self._opsets: dict[str, int] = {}
        self._metadata: dict[str, str] = {}
        self._operators: Counter[str] = Counter()
        self._external: Counter[str] = Counter()
        self._parameters = 0
        self._inputs: list[dict[str, Any]] = []
        self._outputs: list[dict[str, Any]] = []
        self._stored: set[str] = set()
        self._has_graph = False

    def told(self, size: int) -> dict[str, Any]:
        return {
            "size": size,
            **self._facts,
            "description": self._facts["description"] or self._about,
            "name": self._name,
            "inputs": [port for port in self._inputs if port["name"] not in self._stored],
            "outputs": self._outputs,
            "opsets": self._opsets,
            "metadata": self._metadata,
            "nodes": sum(self._operators.values()),
            "operators": dict(self._operators.most_common()),
            "parameters": self._parameters,
            "external": [{"location": place, "tensors": number} for place, number in self._external.items()],
        }

    def read_model(self, span: Span) -> None:
        wire = self._wire
        texts = {2: "producer", 3: "producer_version", 6: "description"}
        for number, value in wire.fields(span):
            if number == 1 and isinstance(value, int):
                self._facts["ir_version"] = value
            elif number in texts:
                self._facts[texts[number]] = wire.text(value)
            elif number == 7:
                self._graph(_span(value), 0)
            elif number == 8:
                said = dict(wire.fields(_span(value)))
                self._opsets[wire.text(said.get(1)) or "ai.onnx"] = said.get(2, 0)
            elif number == 14:
                self._metadata.update([self._pair(value)])
            elif number == 25:
                for part, inner in wire.fields(_span(value)):
                    if part == 7:
                        self._node(_span(inner), 0)
        if not self._facts["ir_version"] or not self._has_graph:
            raise Damaged("it has no graph")
        if not self._outputs:
            raise Damaged("its graph has no output")

    def _pair(self, value: Any) -> tuple[str, str]:
        said = dict(self._wire.fields(_span(value)))
        return self._wire.text(said.get(1)), self._wire.text(said.get(2))

    def _graph(self, span: Span, depth: int) -> None:
        if depth > _DEEPEST:
            raise Damaged("its graphs are nested too deep")
        self._has_graph = True
        for number, value in self._wire.fields(span):
            if number == 1:
                self._node(_span(value), depth)
            elif number == 5:
                self._tensor(_span(value), is_stored=depth == 0)
            elif number == 15:
                for part, inner in self._wire.fields(_span(value)):
                    if part == 1:
                        self._tensor(_span(inner), is_stored=depth == 0)
            elif depth == 0 and number in (11, 12):
                (self._inputs if number == 11 else self._outputs).append(self._port(_span(value)))
            elif depth == 0 and number == 2:
                self._name = self._wire.text(value)
            elif depth == 0 and number == 10:
                self._about = self._wire.text(value)

    def _node(self, span: Span, depth: int) -> None:
        operator = domain = ""
        held = 0
        for number, value in self._wire.fields(span):
            if number == 4:
                operator = self._wire.text(value, 1000)
            elif number == 7:
                domain = self._wire.text(value, 1000)
            elif number == 5:
                held += self._attribute(_span(value), depth)
        self._operators[operator if domain in _OWN else f"{domain}.{operator}"] += 1
        self._parameters += held if domain else 0

    def _attribute(self, span: Span, depth: int) -> int:
        """Reads an attribute; how many numbers it holds in lists."""
        held = 0
        for number, value in self._wire.fields(span):
            if number in (5, 10):
                self._tensor(_span(value), is_stored=False)
            elif number in (6, 11):
                self._graph(_span(value), depth + 1)
            elif number == 7:
                start, end = _span(value)
                held += (end - start) // 4
            elif number == 8:
                held += self._wire.count(value)
        return held

    def _tensor(self, span: Span, *, is_stored: bool) -> None:
        sizes: list[int] = []
        places: list[str] = []
        name, is_external = "", False
        for number, value in self._wire.fields(span):
            if number == 1:
                sizes += self._wire.numbers(value)
            elif number == 8:
                name = self._wire.text(value)
            elif number == 13:
                word, said = self._pair(value)
                places += [said] if word == "location" else []
            elif number == 14:
                is_external = value == 1
        self._parameters += prod(sizes)
        if is_stored:
            self._stored.add(name)
        if is_external:
            self._external.update(places or [""])

    # --- what it takes and gives -------------------------------------------------------------------------------

    def _port(self, span: Span) -> dict[str, Any]:
        said = dict(self._wire.fields(span))
        kind, shape = self._type(said[2], 0) if isinstance(said.get(2), tuple) else ("unknown", None)
        return {"name": self._wire.text(said.get(1)), "type": kind, "shape": shape}

    def _type(self, span: Span, depth: int) -> tuple[str, list[Any] | None]:
        """The type in words, and the shape where it is that of a tensor."""
        if depth > _DEEPEST:
            raise Damaged("a type is nested too deep")
        wire = self._wire
        for number, value in wire.fields(span):
            if number in (1, 8):
                said = dict(wire.fields(_span(value)))
                shape = said.get(2)
                return _element(said.get(1, 0)), self._shape(shape) if isinstance(shape, tuple) else None
            if number in (4, 9):
                inner = dict(wire.fields(_span(value))).get(1)
                kind = self._type(inner, depth + 1)[0] if isinstance(inner, tuple) else "unknown"
                return f"{'sequence' if number == 4 else 'optional'}({kind})", None
            if number == 5:
                said = dict(wire.fields(_span(value)))
                inner = said.get(2)
                kind = self._type(inner, depth + 1)[0] if isinstance(inner, tuple) else "unknown"
                return f"map({_element(said.get(1, 0))}, {kind})", None
        return "unknown", None

    def _shape(self, span: Span) -> list[Any]:
        return [self._size(_span(value)) for number, value in self._wire.fields(span) if number == 1]

    def _size(self, span: Span) -> int | str | None:
        for number, value in self._wire.fields(span):
            if number == 1 and isinstance(value, int):
                return value
            if number == 2:
                return self._wire.text(value, 1000) or None
        return None


def _span(value: Any) -> Span:
    if not isinstance(value, tuple):
        raise Damaged("a part of it is of another kind")
    return value


def _element(number: Any) -> str:
    return _TYPES[number] if isinstance(number, int) and 0 <= number < len(_TYPES) else f"type {number}"
