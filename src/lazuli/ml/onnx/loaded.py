"""Trained models out of files. Loading a pickled model runs its code: only where its owner asks for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lazuli.ml.onnx.boosters import estimator_of
from lazuli.ml.onnx.files import read
from lazuli.ml.onnx.frameworks import comes_as_onnx
from lazuli.schema.problems import InvalidInput, NotFound, Problem, Unsupported

__all__ = ["DESCRIPTION", "load_model", "place_of", "said_of"]

DESCRIPTION = "MLmodel"
_SAVED_MODEL = "saved_model.pb"


def load_model(source: str | Path) -> Any:
    """The trained model in a folder of MLflow, a SavedModel of TensorFlow, or a file, by its ending.

    An ONNX file is an ``onnx.ModelProto``. Raises :class:`NotFound` where nothing is there, :class:`Unsupported` for
    models of other kinds, and :class:`InvalidInput` where it cannot be loaded with the packages of this Python.
    """
    path = Path(source)
    if not path.exists():
        raise NotFound(f"There is no model at '{path}'.", target="source", mend="Name a file or a folder.")
    try:
        return estimator_of(_described(path) if path.is_dir() else _of_file(path))
    except Problem:
        raise
    except Exception as error:  # a pickle raises whatever its classes raise
        raise InvalidInput(
            f"The model cannot be loaded: {type(error).__name__}: {error}",
            target="source",
            mend="Load it with the packages it was saved with: --python names the Python of another environment.",
        ) from None


def place_of(source: str | Path) -> Path:
    """Where the trained model lies: in a folder the one with MLflow's description, else the only file."""
    place = Path(source)
    if not place.is_dir() or (place / DESCRIPTION).is_file() or (place / _SAVED_MODEL).is_file():
        return place
    inside = sorted(place.rglob("*"))
    found = [file.parent for file in inside if file.name in (DESCRIPTION, _SAVED_MODEL)]
    found = found or [file for file in inside if file.is_file()]
    return found[0] if len(found) == 1 else place


def said_of(folder: Path) -> dict[str, Any]:
    """What the folder's ``MLmodel`` says; nothing where there is none."""
    import yaml

    file = folder / DESCRIPTION
    said = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None
    return said if isinstance(said, dict) else {}


def _of_file(path: Path) -> Any:
    if foreign := comes_as_onnx(path.suffix):
        raise foreign
    if path.suffix not in _BY_ENDING:
        raise InvalidInput(
            f"'{path.name}' is no model that can be exported.",
            target="source",
            mend=f"Name a folder of MLflow, or a file that ends in {', '.join(_BY_ENDING)}.",
        )
    return _BY_ENDING[path.suffix](path)


def _described(folder: Path) -> Any:
    """The model that the folder's ``MLmodel`` describes, by the first of its flavors that is known."""
    if (folder / _SAVED_MODEL).is_file():
        return _saved_model(folder)
    if not (folder / DESCRIPTION).is_file():
        raise InvalidInput(
            f"The folder '{folder.name}' holds no MLflow model.", target="source", mend="Name the folder with MLmodel."
        )
    flavors = said_of(folder).get("flavors") or {}
    for name, load in _BY_FLAVOR.items():
        if name in flavors:
            if code := flavors[name].get("code"):
                sys.path.insert(0, str(_within(folder, code)))
            return load(folder, flavors[name])
    if foreign := comes_as_onnx(*flavors):
        raise foreign
    told = ", ".join(sorted(set(flavors) - {"python_function"})) or "none"
    raise Unsupported(
        f"The flavors of the model are {told}, of which none is exported.",
        target="source",
        mend=f"These are: {', '.join(_BY_FLAVOR)}.",
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


def _catboost(folder: Path, flavor: Mapping[str, Any]) -> Any:
    import catboost  # pyright: ignore[reportMissingImports]

    kinds = ("CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker")
    kind = flavor.get("model_type")
    model = getattr(catboost, kind if kind in kinds else "CatBoost")()
    return model.load_model(
        str(_within(folder, flavor.get("data", "model.cb"))), format=flavor.get("save_format", "cbm")
    )


def _cbm(file: Path) -> Any:
    import catboost  # pyright: ignore[reportMissingImports]

    return catboost.CatBoost().load_model(str(file))


def _pytorch(folder: Path, flavor: Mapping[str, Any]) -> Any:
    data = _within(folder, flavor.get("model_data", "data"))
    program = data / "model.pt2"
    return _pt2(program) if program.is_file() else _pth(data / "model.pth" if data.is_dir() else data)


def _pt2(file: Path) -> Any:
    import torch  # pyright: ignore[reportMissingImports]

    return torch.export.load(str(file))


def _pth(file: Path) -> Any:
    import torch  # pyright: ignore[reportMissingImports]

    model = torch.load(str(file), map_location="cpu", weights_only=False)
    if isinstance(model, dict):
        raise Unsupported(
            f"'{file.name}' holds weights, and not the network that they belong to.",
            target="source",
            mend="Save the network itself with torch.save, or as a program with torch.export.save.",
        )
    return model


def _tensorflow(folder: Path, flavor: Mapping[str, Any]) -> Any:
    if "saved_model_dir" in flavor:
        return _saved_model(_within(folder, flavor["saved_model_dir"]))
    data = _within(folder, flavor.get("data", "data"))
    if data.is_file():
        return _keras(data)
    found = [data / f"model{ending}" for ending in (".keras", ".h5", "")]
    return _keras(next((file for file in found if file.exists()), found[0]))


def _keras(file: Path) -> Any:
    import keras  # pyright: ignore[reportMissingImports]

    return keras.saving.load_model(str(file), compile=False)


def _saved_model(folder: Path) -> Any:
    import tensorflow as tf

    return tf.saved_model.load(str(folder))


def _onnx(folder: Path, flavor: Mapping[str, Any]) -> Any:
    return read(_within(folder, flavor.get("data", "model.onnx")))


def _pickled(file: Path) -> Any:
    import joblib

    return joblib.load(file)


def _within(folder: Path, name: Any) -> Path:
    file = folder / str(name)
    if not file.resolve().is_relative_to(folder.resolve()):
        raise InvalidInput(f"'{name}' leads out of the model's folder.", target="source")
    return file


_PICKLED = (".joblib", ".pkl", ".pickle")
_BY_ENDING: dict[str, Callable[[Path], Any]] = {
    **dict.fromkeys(_PICKLED, _pickled),
    ".cbm": _cbm,
    ".pt2": _pt2,
    ".pt": _pth,
    ".pth": _pth,
    ".keras": _keras,
    ".h5": _keras,
    ".onnx": read,
}
_BY_FLAVOR: dict[str, Callable[[Path, Mapping[str, Any]], Any]] = {
    "onnx": _onnx,
    "sklearn": _sklearn,
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
    "catboost": _catboost,
    "pytorch": _pytorch,
    "keras": _tensorflow,
    "tensorflow": _tensorflow,
}
