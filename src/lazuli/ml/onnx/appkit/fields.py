"""The inputs and outputs of a model as fields of classes: the words that templates say of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lazuli.ml.onnx.appkit.labels import Labels
from lazuli.ml.onnx.appkit.languages import Language
from lazuli.ml.onnx.signature import Port, text
from lazuli.schema.problems import Unsupported

__all__ = ["fields", "in_markdown", "notes_of"]

_FEW = 10
"""Labels that a comment names."""
_MAPS = re.compile(r"seq(?:uence)?\(map\((string|int64), ?(?:tensor\(float\)|float32)\)\)")


def fields(
    language: Language, ports: Sequence[Port], notes: Mapping[str, str], labels: Mapping[str, Labels], taken: set[str]
) -> list[dict[str, Any]]:
    """What the templates say of each port, in order. ``taken`` are names that no field may have.

    Raises :class:`Unsupported` for a type that the runtime of the language cannot take or give.
    """
    return [
        {
            "name": language.text(port.name),
            "field": language.identifier(port.name, taken),
            "note": language.note(told := _told(port, notes.get(port.name, ""), labels.get(port.name, ()))),
            "row": in_markdown(told),
            **_typed(language, port, labels.get(port.name, ()), taken),
            "place": place,
            "last": place == len(ports) - 1,
        }
        for place, port in enumerate(ports)
    ]


def _told(port: Port, note: str, labels: Labels) -> str:
    """Name, type and shape, and what else is known."""
    columns = ", ".join(map(str, labels[:_FEW])) + (", …" if len(labels) > _FEW else "")
    return " – ".join(said for said in (str(port), note, columns and f"of the labels {columns}") if said)


def in_markdown(said: str) -> str:
    """A line, or a cell of a table, in which nothing is markup."""
    line = " ".join("".join(char if char.isprintable() else " " for char in said).split())
    return re.sub(r"([\\\\`*_{}\[\]<>|#])", r"\\\1", line)


def _typed(language: Language, port: Port, labels: Labels, taken: set[str]) -> dict[str, Any]:
    maps = _MAPS.fullmatch(port.type)
    if maps and (language.knows_maps or labels):
        key = language.elements[maps[1]]["key"]
        return {
            "is_maps": True,
            "is_tensor": False,
            "key": key,
            "labels": _written(language, labels),
            "has_labels": False,
        }
    if port.type not in language.elements:
        raise Unsupported(
            f"'{port.name}' is {port.type}, which app kits in {language.title} cannot pass.",
            target="model",
            mend=f"They pass tensors of {', '.join(language.elements)}, and labels with probabilities.",
        )
    return {
        "is_maps": False,
        "is_tensor": True,
        "type": port.type,
        "has_shape": port.shape is not None,
        "shape": ", ".join(str(size) if isinstance(size, int) else language.nothing for size in port.shape or ()),
        **language.elements[port.type],
        "has_labels": bool(labels),
        **(_labelled(language, port, labels, taken) if labels else {}),
    }


def _labelled(language: Language, port: Port, labels: Labels, taken: set[str]) -> dict[str, str]:
    """What a table says whose columns stand for labels."""
    return {
        "columns": language.identifier(f"{port.name}_labels", taken),
        "labels": _written(language, labels),
        "key": language.elements["string" if isinstance(labels[0], str) else "int64"]["key"],
    }


def _written(language: Language, labels: Labels) -> str:
    return ", ".join(language.text(label) if isinstance(label, str) else f"{label}{language.big}" for label in labels)


def notes_of(graph: Any) -> dict[str, str]:
    """What the model itself says of its inputs and outputs: its words, and what their dimensions denote."""
    return {text(value.name): " ".join(_said(value)) for value in (*graph.input, *graph.output)}


def _said(value: Any) -> Iterator[str]:
    if value.doc_string:
        yield text(value.doc_string)
    if value.type.denotation:
        yield f"({text(value.type.denotation)})"
    denoted = [text(dim.denotation) for dim in value.type.tensor_type.shape.dim if dim.denotation]
    if denoted:
        yield f"[{', '.join(denoted)}]"
