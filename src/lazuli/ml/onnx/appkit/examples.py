"""An input as its language writes it, for the page that says how to use a kit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["example"]

_FEW = 12
"""Values that are written out; more are filled in with one that means nothing."""


def example(language: str, field: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
    """An expression that makes the input of a sample, or one of its shape."""
    dims, data = sample["dims"], sample["data"]
    is_short = len(data) <= _FEW and (field["type"] == "string" or not any(isinstance(each, str) for each in data))
    if language == "python":
        return repr(_nested(dims, data)) if is_short else f"np.full({tuple(dims)}, {_blank(field)}, {field['element']})"
    if language == "javascript":
        flat = json.dumps(data, ensure_ascii=False) if is_short else f"new Array({len(data)}).fill({_blank(field)})"
        return f"{{ data: {flat}, dims: {dims} }}"
    return f"new DenseTensor<{field['element']}>(new int[] {{ {', '.join(map(str, dims))} }})"


def _nested(dims: list[int], data: list[Any]) -> Any:
    import numpy as np

    return np.array(data, dtype=object).reshape(dims).tolist()


def _blank(field: Mapping[str, Any]) -> str:
    return {"string": '""', "bool": "0 > 1"}.get(field["type"], "0")
