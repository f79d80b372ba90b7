"""Rows that a network is asked about: an array of any shape for each of its inputs; and such as nobody has seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lazuli.ml.onnx.invented import Group
from lazuli.schema.problems import InvalidInput

__all__ = ["Tensors", "tensor_groups", "tensors_of"]

_MOST_ROWS = 2000
_MOST_NUMBERS = 2_000_000
"""Numbers of one input that are looked at: thirteen pictures of 224 × 224 × 3, all rows of a table."""


@dataclass(frozen=True)
class Tensors:
    """The inputs of a network by name; the first dimension of each counts the rows."""

    arrays: Mapping[str, Any]
    dynamic: Mapping[str, Sequence[int]]
    """Beside the first, the dimensions of an input that vary."""

    def __len__(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.arrays.values())))

    def at(self, places: Any) -> Tensors:
        """The rows at ``places``."""
        return self.each(lambda array: array[places])

    def each(self, change: Callable[[Any], Any]) -> Tensors:
        """The same with every array changed."""
        return replace(self, arrays={name: change(array) for name, array in self.arrays.items()})

    def cast(self, kinds: Mapping[str, str]) -> Tensors:
        """The same with the inputs named in ``kinds`` of another type."""
        return replace(
            self, arrays={name: array.astype(kinds.get(name, array.dtype)) for name, array in self.arrays.items()}
        )


def tensors_of(sample: Any, names: Sequence[str], dynamic: Mapping[str, Sequence[int]] | None = None) -> Tensors:
    """The sample as inputs of a network: a mapping by name, a tuple in order, or the array or table of the first.

    Numbers become ``float32``, the type that networks compute with; whole numbers stay. Raises :class:`InvalidInput`
    where there are no rows, where inputs differ in their number, or where one is no number.
    """
    if isinstance(sample, Tensors):
        return sample
    if hasattr(sample, "columns"):
        sample = _table(sample, names)
    if isinstance(sample, tuple):
        sample = dict(zip(names, sample))
    elif not isinstance(sample, Mapping):
        sample = {names[0]: sample}
    arrays = {str(name): _array(str(name), values) for name, values in sample.items()}
    if unknown := [name for name in (*arrays, *(dynamic or {})) if name not in names]:
        raise InvalidInput(
            f"The model has no input '{unknown[0]}'.", target="sample", mend=f"It has: {', '.join(names)}."
        )
    counts = {len(array) for array in arrays.values()}
    if len(counts) != 1 or 0 in counts:
        raise InvalidInput(
            "The sample has no rows."
            if len(counts) < 2
            else "The inputs in the sample differ in how many rows they have.",
            target="sample",
            mend="Give each input an array whose first dimension counts the rows.",
        )
    most = max(1, min(_MOST_ROWS, _MOST_NUMBERS // max(array[0].size for array in arrays.values())))
    return Tensors(arrays, dict(dynamic or {})).at(slice(most))


def _table(frame: Any, names: Sequence[str]) -> Any:
    """A DataFrame as inputs by the names of its columns where these are the model's, else as the one table it is."""
    import numpy as np

    columns = [str(name) for name in frame.columns]
    if set(columns) <= set(names):
        return {name: np.array(frame[name].tolist()) for name in columns}
    return np.array(frame.to_numpy().tolist())  # cells may be lists: arrays of more dimensions


def _array(name: str, values: Any) -> Any:
    import numpy as np

    array = np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)
    if array.dtype.kind not in "biuf" or not array.ndim:
        raise InvalidInput(
            f"The input '{name}' holds {array.dtype}, not an array of numbers.",
            target="sample",
            mend="Give what the network itself takes, after whatever prepares it.",
        )
    return array.astype(np.float32) if array.dtype == np.float64 else array


def tensor_groups(rows: Tensors, ask: Callable[[Any], Any]) -> Iterator[Group]:
    """What a network may meet once it is used, made from ``rows``. The same rows give the same groups.

    ``ask`` raises for what the original refuses. Missing values count only where the original answers them with
    numbers: a network that does not know them gives none.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    yield _borne("one row", rows.at(slice(1)), ask)
    yield _borne("new combinations", rows.each(lambda array: _mixed(array, rng)), ask)
    if any(array.dtype.kind == "f" for array in rows.arrays.values()):
        holes = rows.each(lambda array: _with_holes(array, rng))
        yield _borne("missing values", holes, lambda asked: _check_finite(ask(asked)))
        yield _borne("large values", rows.each(lambda array: _large(array, rng)), ask)
    yield _borne("extremes", rows.each(lambda array: _extreme(array, rng)), ask)
    if any(rows.dynamic.values()):
        shorter = {name: _shortened(array, rows.dynamic.get(name, ())) for name, array in rows.arrays.items()}
        yield _borne("other sizes", replace(rows, arrays=shorter), ask)


def _borne(name: str, rows: Tensors, ask: Callable[[Any], Any]) -> Group:
    try:
        ask(rows)
    except Exception:  # whatever it raises, it says no
        return Group(name, None)
    return Group(name, rows)


def _check_finite(answers: Mapping[str, Any]) -> None:
    import numpy as np

    if not all(np.isfinite(answer).all() for answer in answers.values()):
        raise ValueError("no numbers")


def _mixed(array: Any, rng: Any) -> Any:
    """The values of each place, from other rows."""
    return rng.permuted(array, axis=0)


def _with_holes(array: Any, rng: Any) -> Any:
    import numpy as np

    return np.where(rng.random(array.shape) < 1 / 3, np.nan, array).astype(array.dtype) if _is_real(array) else array


def _large(array: Any, rng: Any) -> Any:
    factors = 10 ** rng.uniform(1, 4, (len(array), *[1] * (array.ndim - 1)))
    return (array * factors).astype(array.dtype) if _is_real(array) else array


def _extreme(array: Any, rng: Any) -> Any:
    """Least and greatest values; of real numbers also such beyond them. Whole ones may be places in a table."""
    least, most = array.min(), array.max()
    beyond = [0.0, -most, 2 * least - most, 2 * most - least] if _is_real(array) else []
    return rng.choice([least, most, *beyond], array.shape).astype(array.dtype)


def _shortened(array: Any, axes: Sequence[int]) -> Any:
    for axis in axes:
        array = array.take(range(max(1, array.shape[axis] // 2)), axis)
    return array


def _is_real(array: Any) -> bool:
    return array.dtype.kind == "f"
