"""The inputs and outputs of a model as fields of classes: the words that templates say of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lazuli.ml.onnx.appkit.languages import Language
from lazuli.ml.onnx.signature import Port, text
from lazuli.schema.problems import Unsupported

__all__ = ["Labels", "fields", "notes_of", "without_maps"]

Labels = Sequence[str] | Sequence[int]
"""What the columns of a table of probabilities stand for."""
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
            "note": language.note(f"{port}{f' – {notes[port.name]}' if notes.get(port.name) else ''}"),
            "row": _in_markdown(f"{port}{f' – {notes[port.name]}' if notes.get(port.name) else ''}"),
            **_typed(language, port, labels.get(port.name, ())),
            "place": place,
            "last": place == len(ports) - 1,
        }
        for place, port in enumerate(ports)
    ]


def _in_markdown(said: str) -> str:
    """One cell of a table, in which nothing is markup."""
    line = " ".join("".join(char if char.isprintable() else " " for char in said).split())
    return re.sub(r"([\\\\`*_{}\[\]<>|#])", r"\\\1", line)


def _typed(language: Language, port: Port, labels: Labels) -> dict[str, Any]:
    maps = _MAPS.fullmatch(port.type)
    if maps and (language.knows_maps or labels):
        key = language.elements[maps[1]]["key"]
        return {"is_maps": True, "is_tensor": False, "key": key, "labels": _labels(language, labels)}
    if port.type not in language.elements:
        raise Unsupported(
            f"'{port.name}' is {port.type}, which app kits in {language.title} cannot pass.",
            target="model",
            mend=f"They pass tensors of {', '.join(language.elements)}, and labels with probabilities.",
        )
    sizes = [str(size) if isinstance(size, int) else language.nothing for size in port.shape or ()]
    return {
        "is_maps": False,
        "is_tensor": True,
        "type": port.type,
        "has_shape": port.shape is not None,
        "shape": ", ".join(sizes),
        "dims": language.text(", ".join("?" if size is None else str(size) for size in port.shape or ())),
        **language.elements[port.type],
    }


def _labels(language: Language, labels: Labels) -> str:
    return ", ".join(language.text(label) if isinstance(label, str) else f"{label}n" for label in labels)


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
        name = node.output[0]
        said = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        labels = [text(label) for label in said.get("classlabels_strings", ())] or said.get("classlabels_int64s", ())
        found[text(name)] = labels
        node.CopyFrom(helper.make_node("Identity", list(node.input), [name], name=node.name))
        outputs[name].CopyFrom(helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, len(labels)]))
    if found and not any(said.domain in ("", "ai.onnx") for said in model.opset_import):
        model.opset_import.append(helper.make_opsetid("", 13))
    return found
