"""Rows that a model is asked about: a DataFrame, a table of numbers, or a list of texts; the same, said to ONNX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lazuli.ml.onnx.signature import Port
from lazuli.schema.problems import InvalidInput, Unsupported

__all__ = ["MISSING_TEXT", "Column", "columns_of", "feeds", "rows_of", "taken"]

MISSING_TEXT = "nan"
"""How a missing text is said to an ONNX model, which knows none: the word that scikit-learn's converter looks for."""


@dataclass(frozen=True)
class Column:
    """What becomes one input of the ONNX model."""

    name: str
    is_text: bool
    width: int = 1


def rows_of(sample: Any) -> Any:
    """The sample as a DataFrame, a two-dimensional array of numbers, or a one-dimensional one of texts.

    Raises :class:`InvalidInput` for anything else, and where it has no row.
    """
    import numpy as np

    rows = sample if hasattr(sample, "columns") else np.asarray(sample)
    if not hasattr(rows, "columns") and rows.dtype.kind in "UT":
        rows = rows.astype(object)
    if rows.ndim not in (1, 2) or (rows.ndim == 1 and rows.dtype != object):
        raise InvalidInput(
            f"The sample has {rows.ndim} dimensions and holds {rows.dtype}.",
            target="sample",
            mend="Give a DataFrame, a table of numbers (rows × columns), or a list of texts.",
        )
    if not len(rows):
        raise InvalidInput("The sample has no rows.", target="sample", mend="Give rows as the model was trained on.")
    return rows


def columns_of(rows: Any) -> list[Column]:
    """The inputs that stand for the columns of ``rows``: one each in a DataFrame, else one for all.

    Raises :class:`Unsupported` for a column of dates or the like, :class:`InvalidInput` for two of one name.
    """
    if not hasattr(rows, "columns"):
        return [Column("input", rows.dtype == object, rows.shape[1] if rows.ndim == 2 else 1)]
    found = [Column(str(name), _is_text(rows.iloc[:, place], str(name))) for place, name in enumerate(rows.columns)]
    if len({column.name for column in found}) < len(found):
        raise InvalidInput("Two columns have the same name.", target="sample", mend="Name each column differently.")
    return found


def _is_text(column: Any, name: str) -> bool:
    import pandas as pd

    values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    if pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        return False
    if pd.api.types.infer_dtype(values, skipna=True) in ("string", "empty"):
        return True
    raise Unsupported(
        f"The column '{name}' holds {values.dtype}, which is neither number nor text.",
        target=name,
        mend="Turn it into numbers or texts before the model.",
    )


def taken(rows: Any, places: Sequence[int] | Any) -> Any:
    """The rows at ``places``, in the same form."""
    return rows.iloc[places] if hasattr(rows, "iloc") else rows[places]


def feeds(rows: Any, inputs: Sequence[Port]) -> Mapping[str, Any]:
    """The rows as ONNX Runtime takes them: each input by its name, where there are several, in its type.

    Raises :class:`InvalidInput` where an input has no column.
    """
    import numpy as np

    if len(inputs) == 1:
        whole = rows.to_numpy() if hasattr(rows, "to_numpy") else rows
        return {inputs[0].name: _typed(whole.reshape(len(rows), -1) if whole.ndim == 1 else whole, inputs[0])}
    if not hasattr(rows, "columns"):
        if rows.ndim != 2 or rows.shape[1] != len(inputs):
            raise InvalidInput(
                f"The model has {len(inputs)} inputs, and a row {np.size(rows[0])} values.",
                target="sample",
                mend=f"Give a DataFrame with the columns {', '.join(port.name for port in inputs)}.",
            )
        return {port.name: _typed(rows[:, [place]], port) for place, port in enumerate(inputs)}
    named = {str(name): place for place, name in enumerate(rows.columns)}
    if absent := [port.name for port in inputs if port.name not in named]:
        raise InvalidInput(
            f"The sample has no column '{absent[0]}'.", target="sample", mend=f"It has: {', '.join(named)}."
        )
    return {port.name: _typed(rows.iloc[:, [named[port.name]]].to_numpy(), port) for port in inputs}


def _typed(values: Any, port: Port) -> Any:
    import numpy as np

    if port.type == "string":
        import pandas as pd

        texts = values.astype(object)
        return np.where(pd.isna(texts), MISSING_TEXT, texts).astype(str).astype(object)
    return np.ascontiguousarray(values.astype(port.type))
