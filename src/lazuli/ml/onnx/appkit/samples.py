"""Inputs and what the reference answers to them, kept beside a kit so that its code can be held to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lazuli.ml.onnx.rows import feeds, rows_of, taken
from lazuli.ml.onnx.running import Runnable
from lazuli.ml.onnx.sampled import load_rows
from lazuli.ml.onnx.signature import Port, text
from lazuli.schema.problems import InvalidInput, Unsupported

__all__ = ["TOLERANCE", "Sample", "inputs_of", "invented", "plain"]

Sample = Mapping[str, Any]
"""A tensor for each input, by name."""
TOLERANCE = 1e-4
"""How far a number may be off, relative to the largest of its output: processors add in different orders."""
_MOST = 5
_SIZES = (4, 16, 64, 224)
"""Tried for dimensions that are free and not the first."""
_LARGE = 50_000
"""Numbers in an input from which on one sample is enough."""
_EXACT = 2**53


def inputs_of(file: str | Path, ports: Sequence[Port]) -> list[Sample]:
    """The first rows of a file of rows, each by itself; arrays (``.npy``, ``.npz``) as they are, all at once.

    Raises :class:`InvalidInput` where it lacks an input.
    """
    rows = load_rows(file)
    if hasattr(rows, "columns"):
        rows = taken(rows_of(rows), slice(_MOST))
        given = [feeds(taken(rows, [place]), ports) for place in range(len(rows))]
        return [{port.name: _shaped(sample[port.name], port) for port in ports} for sample in given]
    arrays = rows if isinstance(rows, Mapping) else {port.name: rows for port in ports[:1]}
    if absent := [port.name for port in ports if port.name not in arrays]:
        raise InvalidInput(
            f"The sample has no array '{absent[0]}'.", target="sample", mend=f"It has: {', '.join(arrays)}."
        )
    return [{port.name: _shaped(_typed(arrays[port.name], port), port) for port in ports}]


def _typed(values: Any, port: Port) -> Any:
    try:
        return values.astype(_dtype(port))
    except (TypeError, ValueError):
        raise InvalidInput(
            f"'{port.name}' takes {port.type}, and the sample has {values.dtype}.", target="sample"
        ) from None


def _shaped(values: Any, port: Port) -> Any:
    """The values in the model's own shape, where one row has as many."""
    if port.shape is None or values.ndim == len(port.shape):
        return values
    sizes = [size if isinstance(size, int) else 1 for size in port.shape]
    try:
        return values.reshape(sizes)
    except ValueError:
        raise InvalidInput(
            f"'{port.name}' takes {port}, and the sample has the shape {list(values.shape)}.", target="sample"
        ) from None


def invented(runnable: Runnable, ports: Sequence[Port], graph: Any) -> list[Sample]:
    """Inputs that the model runs on: always the same, one row and then three where it takes several.

    Raises :class:`Unsupported` where it refuses all that was tried.
    """
    said = ""
    for size in _SIZES:
        first, *more = _made(ports, graph, size)
        try:
            runnable.run(first)
        except Unsupported as problem:
            said = problem.message
            continue
        return [first, *(sample for sample in more if _runs(runnable, sample))]
    raise Unsupported(
        f"The model refuses every input that was invented for it. {said}",
        target="sample",
        mend="Name a file of inputs that it takes with --sample (.csv, .parquet, .json, .npz).",
    )


def _runs(runnable: Runnable, sample: Sample) -> bool:
    try:
        runnable.run(sample)
    except Unsupported:
        return False
    return True


def _made(ports: Sequence[Port], graph: Any, size: int) -> Iterator[Sample]:
    """One row, and three where the first dimension is free; free dimensions else are of ``size``."""
    import numpy as np

    rng = np.random.default_rng(0)
    takes_several = any(port.shape and not isinstance(port.shape[0], int) for port in ports)
    for rows in (1, 3) if takes_several else (1,):
        sizes: dict[str, int] = {}
        sample = {port.name: _values(port, _sizes(port, rows, size, sizes), graph, rng) for port in ports}
        yield sample
        if any(values.size > _LARGE for values in sample.values()):
            return


def _sizes(port: Port, rows: int, size: int, named: dict[str, int]) -> list[int]:
    """A size for each dimension; those of one name have one size."""
    found = []
    for place, said in enumerate(port.shape or ()):
        free = rows if place == 0 else size
        found.append(said if isinstance(said, int) else named.setdefault(said, free) if said else free)
    return found


def _values(port: Port, sizes: Sequence[int], graph: Any, rng: Any) -> Any:
    import numpy as np

    if port.type == "string":
        return np.asarray(rng.choice(_known(graph, port.name) or ["some text"], sizes), dtype=object)
    if port.type == "bool":
        return np.asarray(rng.random(sizes) < 0.5)
    if port.type.startswith("float"):
        return np.asarray(np.round(rng.normal(size=sizes), 3), dtype=port.type)
    return np.asarray(rng.integers(0, 3, size=sizes), dtype=_dtype(port))


def _dtype(port: Port) -> str:
    return "object" if port.type == "string" else port.type


def _known(graph: Any, name: str) -> list[str]:
    """The texts that the first node on the input's way that knows any, knows: categories, words."""
    reached = {name}
    for node in graph.node:
        if reached.isdisjoint(node.input):
            continue
        for attribute in node.attribute:
            if attribute.strings:
                return sorted(map(text, attribute.strings))
        reached.update(node.output)
    return []


def plain(value: Any) -> Any:
    """A tensor as ``{"dims": …, "data": …}``, a list of maps as it is, in what JSON can say in every language.

    Whole numbers that a double cannot hold, and what is no number or infinite, become texts.
    """
    if isinstance(value, list):
        import numpy as np

        return [{str(key): _scalar(np.float32(number)) for key, number in row.items()} for row in value]
    return {"dims": list(value.shape), "data": [_scalar(each) for each in value.ravel()]}


def _scalar(each: Any) -> Any:
    if isinstance(each, str):
        return each
    if each.dtype.kind == "b":
        return bool(each)
    if each.dtype.kind == "f":
        return _number(float(str(each)))  # as short as its own type allows: 0.1, not 0.10000000149
    return int(each) if abs(int(each)) < _EXACT else str(each)


def _number(number: float) -> float | str:
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    return float(number)
