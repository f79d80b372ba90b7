"""Trained models and rows out of files. Loading a pickled model runs its code: only where its owner asks for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lazuli.ml.onnx.boosters import estimator_of
from lazuli.schema.problems import InvalidInput, NotFound, Unsupported

__all__ = ["load_model", "load_rows", "rows_for"]

_DESCRIPTION = "MLmodel"
_PICKLED = (".joblib", ".pkl", ".pickle")
_COMES_AS_ONNX = {"spark": "SparkML", "mleap": "SparkML", "gluon": "MXNet", ".mat": "MATLAB", ".params": "MXNet"}
"""Flavors of MLflow and endings of files whose models are exported by their own tools."""


def load_model(source: str | Path) -> Any:
    """The trained model in a folder as MLflow writes it (scikit-learn, LightGBM, XGBoost) or in a pickled file.

    Raises :class:`NotFound` where nothing is there, :class:`Unsupported` for models of other kinds, and
    :class:`InvalidInput` where it cannot be loaded with the packages of this Python.
    """
    path = Path(source)
    if not path.exists():
        raise NotFound(f"There is no model at '{path}'.", target="source", mend="Name a file or a folder.")
    try:
        if path.is_dir():
            return estimator_of(_described(path))
        if path.suffix in _COMES_AS_ONNX:
            raise _own_tools(path.suffix)
        if path.suffix not in _PICKLED:
            raise InvalidInput(
                f"'{path.name}' is no model that can be exported.",
                target="source",
                mend=f"Name a folder of MLflow, or a file that ends in {', '.join(_PICKLED)}.",
            )
        return estimator_of(_pickled(path))
    except (InvalidInput, Unsupported):
        raise
    except Exception as error:  # a pickle raises whatever its classes raise
        raise InvalidInput(
            f"The model cannot be loaded: {type(error).__name__}: {error}",
            target="source",
            mend="Load it with the packages it was saved with: --python names the Python of another environment.",
        ) from None


def _described(folder: Path) -> Any:
    """The model that the folder's ``MLmodel`` describes."""
    import yaml

    if not (folder / _DESCRIPTION).is_file():
        raise InvalidInput(
            f"The folder '{folder.name}' holds no MLflow model.", target="source", mend="Name the folder with MLmodel."
        )
    said = yaml.safe_load((folder / _DESCRIPTION).read_text(encoding="utf-8"))
    flavors = said.get("flavors", {}) if isinstance(said, dict) else {}
    for name, load in {"sklearn": _sklearn, "lightgbm": _lightgbm, "xgboost": _xgboost}.items():
        if name in flavors:
            return load(folder, flavors[name])
    if foreign := _COMES_AS_ONNX.keys() & flavors:
        raise _own_tools(foreign.pop())
    told = ", ".join(sorted(set(flavors) - {"python_function"})) or "none"
    raise Unsupported(
        f"The flavors of the model are {told}, of which none is exported in this version.",
        target="source",
        mend="Models of scikit-learn, LightGBM and XGBoost are.",
    )


def _sklearn(folder: Path, flavor: Mapping[str, Any]) -> Any:
    return _pickled(_within(folder, flavor.get("pickled_model", "model.pkl")))


def _lightgbm(folder: Path, flavor: Mapping[str, Any]) -> Any:
    file = _within(folder, flavor.get("data", "model.pkl"))
    if file.suffix in _PICKLED:
        return _pickled(file)
    import lightgbm

    return lightgbm.Booster(model_file=str(file))


def _xgboost(folder: Path, flavor: Mapping[str, Any]) -> Any:
    import xgboost

    kind = str(flavor.get("model_class", "")).rpartition(".")[2]
    model = getattr(xgboost, kind if kind in ("XGBClassifier", "XGBRegressor") else "Booster")()
    model.load_model(_within(folder, flavor.get("data", "model.xgb")))
    return model


def _pickled(file: Path) -> Any:
    import joblib

    return joblib.load(file)


def _within(folder: Path, name: Any) -> Path:
    file = folder / str(name)
    if not file.resolve().is_relative_to(folder.resolve()):
        raise InvalidInput(f"'{name}' leads out of the model's folder.", target="source")
    return file


def _own_tools(kind: str) -> Unsupported:
    return Unsupported(
        f"{_COMES_AS_ONNX[kind]} models are not converted here.",
        target="source",
        mend="Export it to ONNX there, and bring the file: 'lazuli model inspect' tells what is in it.",
    )


def load_rows(file: str | Path) -> Any:
    """The rows of a CSV, Parquet or JSON file as a DataFrame. Raises :class:`InvalidInput` where it holds none."""
    import pandas as pd

    path = Path(file)
    readers: dict[str, Any] = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".json": _read_json}
    if path.suffix not in readers:
        raise InvalidInput(
            f"'{path.name}' is no file of rows.", target="sample", mend="Name a .csv, .parquet or .json."
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

    Columns that the model was not trained on are left out. Raises :class:`InvalidInput` where there are no rows.
    """
    example = Path(source) / "input_example.json"
    if sample is None and not example.is_file():
        raise InvalidInput(
            "There are no rows to compare the answers on.",
            target="sample",
            mend="Name a file of rows, as many as you like, with --sample.",
        )
    frame = load_rows(sample or example)
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        return frame.to_numpy()
    if absent := [name for name in names if name not in frame.columns]:
        raise InvalidInput(
            f"The sample has no column '{absent[0]}', which the model was trained on.",
            target="sample",
            mend=f"It has: {', '.join(map(str, frame.columns))}.",
        )
    return frame[list(names)]
