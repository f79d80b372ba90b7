"""Rows that a model is asked about: a DataFrame, a table of numbers, or a list of texts; the same, said to ONNX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lazuli.ml.onnx.signature import Port
from lazuli.schema.problems import InvalidInput, Unsupported

__all__ = ["MISSING_TEXT", "Column", "columns_of", "feeds", "numbers", "rows_of", "taken"]

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
    return rows.iloc[places] if hasattr(rows, "iloc") else rows.at(places) if hasattr(rows, "at") else rows[places]


def feeds(rows: Any, inputs: Sequence[Port]) -> Mapping[str, Any]:
    """The rows as ONNX Runtime takes them: each input by its name, where there are several, in its type.

    Raises :class:`InvalidInput` where an input has no column.
    """
    import numpy as np

    if hasattr(rows, "arrays"):
        return {port.name: _given(rows.arrays, port) for port in inputs}
    if not hasattr(rows, "columns"):
        table = rows.reshape(len(rows), -1)
        if len(inputs) == 1:
            return {inputs[0].name: _typed(table, inputs[0])}
        if table.shape[1] != len(inputs):
            raise InvalidInput(
                f"The model has {len(inputs)} inputs, and a row {table.shape[1]} values.",
                target="sample",
                mend=f"Give a DataFrame with the columns {', '.join(port.name for port in inputs)}.",
            )
        return {port.name: _typed(table[:, [place]], port) for place, port in enumerate(inputs)}
    columns = {str(name): rows.iloc[:, place].array for place, name in enumerate(rows.columns)}
    absent = [port.name for port in inputs if port.name not in columns]
    if absent and len(inputs) == 1:  # one input for all columns
        return {inputs[0].name: np.hstack([_typed(values, inputs[0]) for values in columns.values()])}
    if absent:
        raise InvalidInput(
            f"The sample has no column '{absent[0]}'.", target="sample", mend=f"It has: {', '.join(columns)}."
        )
    return {port.name: _typed(columns[port.name], port) for port in inputs}


def _given(arrays: Mapping[str, Any], port: Port) -> Any:
    if port.name not in arrays:
        raise InvalidInput(
            f"The sample has no input '{port.name}'.", target="sample", mend=f"It has: {', '.join(arrays)}."
        )
    return arrays[port.name].astype("bool" if port.type == "bool" else port.type)


def numbers(values: Any) -> Any:
    """A column as ``float64``, NaN where a value is missing, however that is said."""
    import numpy as np

    if hasattr(values, "to_numpy"):
        return values.to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(values, dtype=float)


def _typed(values: Any, port: Port) -> Any:
    """A table, or a column as a table of one, in the type of the input."""
    import numpy as np

    if port.type == "string":
        import pandas as pd

        texts = np.asarray(values, dtype=object)
        typed = np.where(pd.isna(texts), MISSING_TEXT, texts).astype(str).astype(object)
    elif port.type.startswith("float"):
        typed = numbers(values).astype(port.type)
    else:
        typed = np.asarray(values).astype(port.type)
    return np.ascontiguousarray(typed.reshape(len(typed), -1))
