"""Export of a trained model to ONNX, held to what the original answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lazuli.ml.onnx.checked import Check, Compared, OutputsDiffer, compared
from lazuli.ml.onnx.files import LARGEST
from lazuli.ml.onnx.frameworks import original_of
from lazuli.ml.onnx.originals import Original
from lazuli.ml.onnx.running import Runnable
from lazuli.ml.onnx.signature import Signature, signature_of
from lazuli.schema.problems import Unsupported

__all__ = ["CHECK", "Export", "export"]

CHECK = "lazuli.check"
"""The key of the model's metadata under which its check is kept, as JSON."""


@dataclass(frozen=True)
class Export:
    """A model that has become an ONNX file."""

    file: Path
    signature: Signature
    check: Check


def export(
    model: Any,
    sample: Any,
    file: str | Path,
    *,
    force: bool = False,
    dynamic: Mapping[str, Sequence[int]] | None = None,
) -> Export:
    """Write a trained model as an ONNX file whose answers were compared with its own.

    ``sample`` are rows as the model was trained on: a DataFrame (each column becomes an input), a table of numbers, or
    a list of texts; of a network an array for each input, by name or in order. A network is followed through on them,
    so there must be some. More rows make a better check; at most 2,000 are looked at. ``dynamic`` names dimensions of a
    network's inputs that vary beside the first: ``{"tokens": [1]}``. A known error of a converter is repaired. What was
    compared is kept in the file. An ``onnx.ModelProto`` is written as it is, if ONNX Runtime takes it.

    Raises :class:`OutputsDiffer` where the ONNX model answers otherwise, unless ``force`` is said, and
    :class:`Unsupported` where there is no converter. No file is written then.
    """
    if type(model).__name__ == "ModelProto":
        converted, found = model, Check((Compared("as it is", 0),))
        Runnable(model.SerializeToString())
    else:
        converted, found = _best(original_of(model, sample, dynamic))
    if not (found.agrees or force):
        raise OutputsDiffer(found)
    _keep(converted, found)
    path = Path(file)
    path.write_bytes(converted.SerializeToString())
    return Export(path, signature_of(converted.graph), found)


def _best(original: Original) -> tuple[Any, Check]:
    """The first conversion that agrees; where none does, the plain one."""
    plain: tuple[Any, Check] | None = None
    for changes, converted in original.conversions():
        found = compared(original.outputs, _runnable(converted), original.rows)
        if found.agrees:
            return converted, replace(found, repaired=changes)
        plain = plain or (converted, found)
    assert plain
    return plain


def _runnable(converted: Any) -> Runnable:
    """Raises :class:`Unsupported` for more than ONNX holds in one file."""
    if converted.ByteSize() > LARGEST:
        raise Unsupported(
            "The model is larger than the 2 GiB that one ONNX file can hold.",
            target="model",
            mend="Export it with the library's own exporter, with its weights as external data.",
        )
    return Runnable(converted.SerializeToString())


def _keep(model: Any, found: Check) -> None:
    """Write the check into the model, instead of an earlier one."""
    others = [said for said in model.metadata_props if said.key != CHECK]
    del model.metadata_props[:]
    model.metadata_props.extend(others)
    model.metadata_props.add(key=CHECK, value=json.dumps(found.as_dict()))
