"""Rows to compare answers on: out of files, as a model brings them along, or as its signature tells them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lazuli.ml.onnx.loaded import said_of
from lazuli.schema.problems import InvalidInput

__all__ = ["load_rows", "rows_for"]

_DRAWN = 64


def load_rows(file: str | Path) -> Any:
    """The rows of a CSV, Parquet or JSON file as a DataFrame; of ``.npy`` an array, of ``.npz`` arrays by name.

    Raises :class:`InvalidInput` where it holds none.
    """
    import numpy as np
    import pandas as pd

    path = Path(file)
    readers: dict[str, Any] = {
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
        ".json": _read_json,
        ".npy": np.load,
        ".npz": lambda file: dict(np.load(file)),
    }
    if path.suffix not in readers:
        raise InvalidInput(
            f"'{path.name}' is no file of rows.", target="sample", mend=f"Name one that ends in {', '.join(readers)}."
        )
    try:
        return readers[path.suffix](path)
    except Exception as error:  # each reader has its own errors
        raise InvalidInput(f"The rows in '{path.name}' cannot be read: {error}", target="sample") from None


def _read_json(file: Path) -> Any:
    """As MLflow writes an example: rows with names (``split``), rows as maps, or bare rows."""
    import pandas as pd

    said = json.loads(file.read_text(encoding="utf-8"))
    said = said.get("dataframe_split", said.get("inputs", said)) if isinstance(said, dict) else said
    if isinstance(said, dict) and "data" in said:
        return pd.DataFrame(said["data"], columns=said.get("columns"))
    return pd.DataFrame(said)


def rows_for(model: Any, source: str | Path, sample: str | Path | None) -> Any:
    """The rows to compare on, in the form in which the model takes them: of ``sample``, else its own example.

    Where a model of MLflow has no example, rows of numbers are drawn as its signature tells. Columns that the model was
    not trained on are left out. Raises :class:`InvalidInput` where there are no rows.
    """
    folder = Path(source)
    example = folder / "input_example.json"
    said = said_of(folder) if folder.is_dir() else {}
    given = sample or (example if example.is_file() else None)
    rows = load_rows(given) if given else _drawn(_signature(said))
    if not hasattr(rows, "columns"):
        return rows
    rows = _typed(rows, _signature(said))
    names = _trained_on(model)
    if names is None:
        return rows if _is_network(model) else rows.to_numpy()
    if absent := [name for name in names if name not in rows.columns]:
        raise InvalidInput(
            f"The sample has no column '{absent[0]}', which the model was trained on.",
            target="sample",
            mend=f"It has: {', '.join(map(str, rows.columns))}.",
        )
    return rows[list(names)]


def _trained_on(model: Any) -> Sequence[str] | None:
    """The names of the columns; None where the model knows none."""
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        names = getattr(model, "feature_names_", None)  # of CatBoost, which numbers columns without names
        names = None if names == [str(place) for place in range(len(names or ()))] else names
    return names


def _is_network(model: Any) -> bool:
    return any(kind.__module__.partition(".")[0] in ("torch", "keras", "tensorflow") for kind in type(model).__mro__)


def _signature(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a model of MLflow says of its inputs: their names and types; nothing where that cannot be read."""
    try:
        told = json.loads((said.get("signature") or {}).get("inputs") or "[]")
    except (ValueError, TypeError, AttributeError):
        return []
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def _typed(rows: Any, signature: Sequence[Mapping[str, Any]]) -> Any:
    """The rows with numbers where the signature says so: a file does not tell 1 from 1.0."""
    real = {each.get("name") for each in signature if each.get("type") in ("double", "float")}
    return rows.astype({name: float for name in rows.columns if name in real})


def _drawn(signature: Sequence[Mapping[str, Any]]) -> Any:
    """Numbers of the types that the signature tells: tensors by name, or a DataFrame."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    if not signature or any(each.get("type") not in ("tensor", *_NUMBERS) for each in signature):
        raise InvalidInput(
            "There are no rows to compare the answers on.",
            target="sample",
            mend="Name a file of rows, as many as you like, with --sample.",
        )
    if signature[0].get("type") != "tensor":
        return pd.DataFrame(
            {each.get("name", place): _NUMBERS[each["type"]](rng) for place, each in enumerate(signature)}
        )
    arrays = [_tensor(each["tensor-spec"], rng) for each in signature]
    return dict(zip((each["name"] for each in signature), arrays)) if "name" in signature[0] else tuple(arrays)


_NUMBERS = {
    "double": lambda rng: rng.standard_normal(_DRAWN),
    "float": lambda rng: rng.standard_normal(_DRAWN).astype("float32"),
    "long": lambda rng: rng.integers(0, 10, _DRAWN),
    "integer": lambda rng: rng.integers(0, 10, _DRAWN).astype("int32"),
    "boolean": lambda rng: rng.random(_DRAWN) < 0.5,
}


def _tensor(spec: Mapping[str, Any], rng: Any) -> Any:
    shape = [_DRAWN if place == 0 else 8 if size < 0 else size for place, size in enumerate(spec["shape"])]
    if str(spec["dtype"]).startswith("float"):
        return rng.standard_normal(shape).astype(spec["dtype"])
    return rng.integers(0, 2, shape).astype(spec["dtype"])
