"""Whether an ONNX model answers as the original does, on the rows given and on invented ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lazuli.ml.onnx.frameworks import original_of
from lazuli.ml.onnx.invented import groups
from lazuli.ml.onnx.originals import LABEL, Outputs
from lazuli.ml.onnx.rows import taken
from lazuli.ml.onnx.running import Runnable
from lazuli.ml.onnx.tensors import Tensors, tensor_groups
from lazuli.schema.problems import InvalidInput

__all__ = [
    "TOLERANCE",
    "Check",
    "Compared",
    "Difference",
    "OutputsDiffer",
    "check",
    "compared",
    "lines",
    "measured",
    "scale_of",
]

TOLERANCE = 1e-4
"""How far an answer may be off: relative to the largest of its row, or to what is usual on the rows given."""
_GIVEN = "rows given"
_MOST_ROWS = 2000
_SHOWN = 5
_SHOWN_COLUMNS = 8


@dataclass(frozen=True)
class Difference:
    """A row on which the two differ."""

    group: str
    row: int
    """Its place among the rows of the group, from 0."""
    inputs: Mapping[str, Any]
    original: Mapping[str, Any]
    onnx: Mapping[str, Any]

    def __str__(self) -> str:
        """One line: the row, what the original answers, and what ONNX answers."""
        inputs = [f"{name}={_short(value)}" for name, value in self.inputs.items()]
        more = f", … ({len(inputs)} columns)" if len(inputs) > _SHOWN_COLUMNS else ""
        told = [
            f"{name} {_short(value)} became {_short(self.onnx[name])}"
            for name, value in self.original.items()
            if _short(value) != _short(self.onnx[name])
        ]
        return f"{self.group}, row {self.row}: {'; '.join(told)} for {', '.join(inputs[:_SHOWN_COLUMNS])}{more}"


@dataclass(frozen=True)
class Compared:
    """How the two compare on rows of one kind."""

    name: str
    rows: int
    """How many were compared; 0 where the original refuses such rows."""
    max_difference: float = 0
    """The greatest difference between two numbers."""
    mean_difference: float = 0
    labels_differ: int = 0
    """Rows whose labels are not the same."""
    rows_differ: int = 0
    """Rows that differ by more than the tolerance; of labels those that are no tie."""
    left_out: tuple[str, ...] = ()
    """Columns that stayed as they were, as the original refuses such values in them."""


@dataclass(frozen=True)
class Check:
    """How an ONNX model compares with its original."""

    groups: tuple[Compared, ...]
    differences: tuple[Difference, ...] = ()
    """The first rows that differ."""
    repaired: tuple[str, ...] = ()
    """What was put right after a first check."""

    @property
    def agrees(self) -> bool:
        """Whether no row differs."""
        return not any(group.rows_differ for group in self.groups)

    @property
    def max_difference(self) -> float:
        """The greatest difference on the rows given."""
        return self.groups[0].max_difference

    @property
    def mean_difference(self) -> float:
        """The mean difference on the rows given."""
        return self.groups[0].mean_difference

    @property
    def labels_differ(self) -> int:
        """How many labels differ, on all rows."""
        return sum(group.labels_differ for group in self.groups)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data, without the rows that differ."""
        return {
            "agrees": self.agrees,
            "max_difference": self.max_difference,
            "mean_difference": self.mean_difference,
            "labels_differ": self.labels_differ,
            "groups": [asdict(group) if group.rows else {"name": group.name, "rows": 0} for group in self.groups],
            "repaired": list(self.repaired),
        }


class OutputsDiffer(InvalidInput):
    """The ONNX model answers otherwise than its original; ``check`` has all that was found."""

    default_code = "OutputsDiffer"

    def __init__(self, found: Check) -> None:
        where = ", ".join(f"{group.rows_differ} of {group.rows} {group.name}" for group in found.groups if group.rows)
        shown = "".join(f"\n  {each}" for each in found.differences[:_SHOWN])
        super().__init__(
            f"The ONNX model answers otherwise than the original on {where}.{shown}",
            target="model",
            mend="To keep it all the same, force it.",
        )
        self.check = found


def check(model: Any, file: str | Path | bytes, sample: Any) -> Check:
    """How an ONNX model (a file, or its bytes) compares with ``model``, on ``sample`` and on rows invented from it.

    Invented are new combinations of values, missing values and unseen categories where the original takes them,
    extremes, and large values. Of the rows given at most 2,000 are looked at. Outputs are compared in their order.
    """
    original = original_of(model, sample)
    return compared(original.outputs, Runnable(file), original.rows)


def compared(original: Outputs, onnx: Runnable, rows: Any) -> Check:
    """The same for outputs of any origin."""
    rows = taken(rows, _spread(len(rows)))
    try:
        scale = scale_of(_asked(original, rows))
    except Exception as error:  # whatever it raises, it says no
        raise InvalidInput(
            f"The model itself refuses the sample: {type(error).__name__}: {' '.join(str(error).split())}",
            target="sample",
            mend="Give rows as the model was trained on.",
        ) from None
    first, differences = _compare(_GIVEN, rows, original, onnx, scale)
    results = [first]
    invent = tensor_groups if isinstance(rows, Tensors) else groups
    for group in invent(rows, lambda asked: _asked(original, asked)):
        if group.rows is None:
            results.append(Compared(group.name, 0, left_out=group.left_out))
            continue
        result, more = _compare(group.name, group.rows, original, onnx, scale, group.left_out)
        results.append(result)
        differences += more
    return Check(tuple(results), tuple(differences))


def _spread(count: int) -> Any:
    import numpy as np

    return np.unique(np.linspace(0, count - 1, min(count, _MOST_ROWS)).astype(int))


def _asked(original: Outputs, rows: Any) -> dict[str, Any]:
    """What the original answers, each output with a line for each row."""
    import warnings

    import numpy as np

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # rows that make it warn are what it is to be asked about
        answers = {name: ask(rows) for name, ask in original.items()}
    return {name: lines(answer, len(rows)) for name, answer in answers.items()}


def lines(answer: Any, count: int) -> Any:
    """An output as a table with a line for each row."""
    import numpy as np

    if isinstance(answer, list):  # a map for each row, from class to number
        answer = [list(row.values()) for row in answer]
    dense = answer.toarray() if hasattr(answer, "toarray") else np.asarray(answer)
    if dense.shape[:1] != (count,):  # rows are counted further inside, as in the state of a recurrent network
        axes = [axis for axis, size in enumerate(dense.shape) if size == count]
        dense = np.moveaxis(dense, axes[0], 0) if axes else np.broadcast_to(dense, (count, *dense.shape))
    return dense.reshape(count, -1)


def scale_of(answers: Mapping[str, Any]) -> dict[str, float]:
    """What is usual for each output that is a number; the others are labels."""
    import numpy as np

    found = {}
    for name, answer in answers.items():
        if name != LABEL and answer.dtype.kind in "biuf":
            finite = np.abs(answer[np.isfinite(answer)])
            found[name] = float(np.median(finite)) if len(finite) else 0.0
    return found


def _compare(
    name: str,
    rows: Any,
    original: Outputs,
    onnx: Runnable,
    scale: Mapping[str, float],
    left_out: tuple[str, ...] = (),
) -> tuple[Compared, list[Difference]]:
    import numpy as np

    wanted = _asked(original, rows)
    got = {name: lines(answer, len(rows)) for name, answer in zip(wanted, onnx.answers(rows).values())}
    found, wrong = measured(name, wanted, got, scale)
    shown = [_difference(name, int(place), rows, wanted, got) for place in np.flatnonzero(wrong)[:_SHOWN]]
    return replace(found, left_out=left_out), shown


def measured(
    name: str, wanted: Mapping[str, Any], got: Mapping[str, Any], scale: Mapping[str, float]
) -> tuple[Compared, Any]:
    """How two models' answers to the same rows compare, and which rows differ; outputs that one lacks are left out."""
    import numpy as np

    count = len(next(iter(wanted.values())))
    wrong, others = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    offs = [np.zeros(1)]
    for output in wanted.keys() & got.keys():
        if output in scale:
            off, is_wrong = _off(wanted[output], got[output], scale[output])
            offs.append(off.ravel())
            wrong |= is_wrong
        else:
            others |= ~_same(wanted[output], got[output])
    off = np.concatenate(offs[1:] or offs)
    wrong |= others & ~_ties([wanted[output] for output in scale], count)
    return Compared(name, count, float(off.max()), float(off.mean()), int(others.sum()), int(wrong.sum())), wrong


def _off(wanted: Any, got: Any, scale: float) -> tuple[Any, Any]:
    """By how much each number is off, and which rows are off by too much."""
    import numpy as np

    reach = float(np.finfo(np.float32).max)  # what is beyond is infinite in ONNX, and no error
    if wanted.shape[1] == 1 and got.shape[1] == 2:  # the margin of two classes, said of both
        got = got[:, 1:]
    if wanted.shape != got.shape:
        return np.full(wanted.shape, reach), np.ones(len(wanted), dtype=bool)
    wanted, got = (np.clip(numbers.astype(float), -reach, reach) for numbers in (wanted, got))
    with np.errstate(all="ignore"):
        off = np.where((wanted == got) | (np.isnan(wanted) & np.isnan(got)), 0.0, np.abs(wanted - got))
        off = np.where(np.isnan(off), reach, off)
        largest = np.nanmax(np.abs(wanted), axis=1, keepdims=True, initial=0.0)
        return off, (off > TOLERANCE * np.maximum(largest, scale)).any(axis=1)


def _same(wanted: Any, got: Any) -> Any:
    """Which rows have the same labels, whatever the type that says them."""
    import numpy as np

    if wanted.shape != got.shape:
        return np.zeros(len(wanted), dtype=bool)
    if wanted.dtype.kind in "biuf" and got.dtype.kind in "biuf":
        return (wanted.astype(float) == got.astype(float)).all(axis=1)
    return (wanted.astype(str) == got.astype(str)).all(axis=1)


def _ties(numbers: Sequence[Any], count: int) -> Any:
    """Which rows might as well have another label, by the numbers beside it."""
    import numpy as np

    if not numbers or not numbers[0].shape[1]:
        return np.zeros(count, dtype=bool)
    scores = np.sort(numbers[0], axis=1)
    if scores.shape[1] == 1:
        return np.abs(scores[:, 0]) <= TOLERANCE
    return scores[:, -1] - scores[:, -2] <= TOLERANCE


def _difference(group: str, place: int, rows: Any, wanted: Mapping[str, Any], got: Mapping[str, Any]) -> Difference:
    row = taken(rows, [place])
    if isinstance(row, Tensors):
        inputs = {name: [_plain(value) for value in array.ravel()] for name, array in row.arrays.items()}
    elif hasattr(row, "columns"):
        inputs = {str(name): value for name, value in zip(row.columns, row.to_numpy(dtype=object)[0])}
    else:
        inputs = {f"[{column}]": value for column, value in enumerate(row.ravel())}
    return Difference(
        group,
        place,
        {name: _plain(value) for name, value in inputs.items()},
        {name: _said(answer[place]) for name, answer in wanted.items()},
        {name: _said(answer[place]) for name, answer in got.items()},
    )


def _said(answer: Any) -> Any:
    values = [_plain(value) for value in answer]
    return values[0] if len(values) == 1 else values


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return int(value) if isinstance(value, bool) else value


def _short(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_short, value[:4]))}{', …' if len(value) > 4 else ''}]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:40]
