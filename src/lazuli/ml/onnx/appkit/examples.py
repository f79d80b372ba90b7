"""An input as its language writes it, for the page that says how to use a kit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["example"]

_FEW = 12
"""Values that are written out; more are filled in with one that means nothing."""

_SUFFIXES = {"float32": "f", "float64": "d", "int64": "L", "uint32": "u", "uint64": "ul"}
"""What C# says after a number of the type."""


def example(language: str, field: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
    """An expression that makes the input of a sample, or one of its shape; ``windows`` is C# for Windows ML."""
    dims, data = sample["dims"], sample["data"]
    is_short = 0 < len(data) <= _FEW and (field["type"] == "string" or not any(isinstance(each, str) for each in data))
    if language == "python":
        return repr(_nested(dims, data)) if is_short else f"np.full({tuple(dims)}, {_blank(field)}, {field['element']})"
    if language == "javascript":
        flat = json.dumps(data, ensure_ascii=False) if is_short else f"new Array({len(data)}).fill({_blank(field)})"
        return f"{{ data: {flat}, dims: {dims} }}"
    if language == "windows" and field["type"] == "int8":  # whose tensor takes unsigned bytes there
        field, data = {**field, "element": "byte"}, [each % 256 for each in data]
    sizes, array = f"{{ {', '.join(map(str, dims))} }}", _array(field, data) if is_short else ""
    if language == "windows":
        made = f"{field['windows']}.Create"
        return f"{made}FromArray(new long[] {sizes}, {array})" if array else f"{made}(new long[] {sizes})"
    return f"new DenseTensor<{field['element']}>({f'{array}, ' if array else ''}new int[] {sizes})"


def _array(field: Mapping[str, Any], data: list[Any]) -> str:
    values = ", ".join(json.dumps(each, ensure_ascii=False) + _SUFFIXES.get(field["type"], "") for each in data)
    return f"new {field['element']}[] {{ {values} }}"


def _nested(dims: list[int], data: list[Any]) -> Any:
    import numpy as np

    return np.array(data, dtype=object).reshape(dims).tolist()


def _blank(field: Mapping[str, Any]) -> str:
    return {"string": '""', "bool": "0 > 1"}.get(field["type"], "0")
