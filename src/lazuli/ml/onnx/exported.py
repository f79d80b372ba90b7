"""Export of a trained model to ONNX, held to what the original answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lazuli.ml.onnx.boosters import estimator_of
from lazuli.ml.onnx.checked import Check, OutputsDiffer, compared
from lazuli.ml.onnx.converted import Width, convert
from lazuli.ml.onnx.originals import Outputs, outputs_of
from lazuli.ml.onnx.repaired import repairs
from lazuli.ml.onnx.rows import columns_of, rows_of
from lazuli.ml.onnx.running import Runnable
from lazuli.ml.onnx.signature import Signature, signature_of
from lazuli.schema.problems import Unsupported

__all__ = ["CHECK", "Export", "export"]

CHECK = "lazuli.check"
"""The key of the model's metadata under which its check is kept, as JSON."""
_WIDER: dict[Width, str] = {"mixed": "float64 up to the last step", "float64": "float64 throughout"}


@dataclass(frozen=True)
class Export:
    """A model that has become an ONNX file."""

    file: Path
    signature: Signature
    check: Check


def export(model: Any, sample: Any, file: str | Path, *, force: bool = False) -> Export:
    """Write a trained model as an ONNX file whose answers were compared with its own.

    ``sample`` are rows as the model was trained on: a DataFrame (each column becomes an input), a table of numbers, or
    a list of texts. More rows make a better check; at most 2,000 are looked at. A known error of a converter is
    repaired. What was compared is kept in the file.

    Raises :class:`OutputsDiffer` where the ONNX model answers otherwise, unless ``force`` is said, and
    :class:`Unsupported` where there is no converter. No file is written then.
    """
    model, rows = estimator_of(model), rows_of(sample)
    outputs = outputs_of(model)
    converted, found = _best(model, outputs, rows)
    if not (found.agrees or force):
        raise OutputsDiffer(found)
    kept = converted.metadata_props.add()
    kept.key, kept.value = CHECK, json.dumps(found.as_dict())
    path = Path(file)
    path.write_bytes(converted.SerializeToString())
    return Export(path, signature_of(converted.graph), found)


def _best(model: Any, outputs: Outputs, rows: Any) -> tuple[Any, Check]:
    """The first conversion that agrees; where none does, the plain one."""
    plain: tuple[Any, Check] | None = None
    for changes, converted in _conversions(model, outputs, rows):
        found = compared(outputs, Runnable(converted.SerializeToString()), rows)
        if found.agrees:
            return converted, replace(found, repaired=changes)
        plain = plain or (converted, found)
    assert plain
    return plain


def _conversions(model: Any, outputs: Outputs, rows: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The model as it is converted, and with every known repair, each with what was changed."""
    columns = columns_of(rows)
    plain = convert(model, columns, outputs)
    yield (), plain
    yield from (((name,), other) for name, other in repairs(plain))
    for width, change in _WIDER.items():
        with suppress(Unsupported):  # not every step has a form for float64
            wide = convert(model, columns, outputs, width)
            Runnable(wide.SerializeToString())
            yield (change,), wide
            yield from (((change, name), other) for name, other in repairs(wide))
