"""A copy of a model as the converters want it: it answers the same, and they understand it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from lazuli.ml.onnx.rows import MISSING_TEXT
from lazuli.schema.problems import Unsupported

__all__ = ["parts", "prepared"]


def prepared(model: Any) -> Any:
    """A copy of the model in which known stumbling blocks are out of the way; the model itself stays as it is."""
    model = copy.deepcopy(model)
    for part in list(parts(model)):
        for name in (kind.__name__ for kind in type(part).__mro__):
            if name in _EASED:
                _EASED[name](part)
    return model


def parts(model: Any) -> Iterator[Any]:
    """The model and all trained estimators and settings within it, however they are nested."""
    import numpy as np

    seen: set[int] = set()
    waiting = [model]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, (list, tuple)) or (isinstance(part, np.ndarray) and part.dtype.hasobject):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())
        elif hasattr(part, "get_params") and not isinstance(part, type):
            yield part
            waiting.extend(vars(part).values())


def _vote_by_column(voting: Any) -> None:
    """The form that ``transform`` would give; no prediction depends on it."""
    voting.flatten_transform = False


def _name_missing_texts(imputer: Any) -> None:
    """What is missing in columns of texts is a word in ONNX."""
    statistics = getattr(imputer, "statistics_", None)
    if statistics is not None and statistics.dtype.kind in "OUT" and not isinstance(imputer.missing_values, str):
        imputer.missing_values = MISSING_TEXT


def _unname_features(boosted: Any) -> None:
    """Features of XGBoost go by their places. Raises :class:`Unsupported` for what are no plain trees."""
    if boosted.booster not in (None, "gbtree"):
        raise Unsupported(
            f"XGBoost's booster '{boosted.booster}' has no converter to ONNX.",
            target="booster",
            mend="Train with booster='gbtree'.",
        )
    if boosted.__sklearn_is_fitted__():
        boosted.get_booster().feature_names = None


def _name_objective(boosted: Any) -> None:
    """An objective that the converter does not know, by one that it knows and whose trees are summed alike."""
    if boosted.__sklearn_is_fitted__() and (known := _OBJECTIVES.get(boosted.objective_)):
        from lightgbm import Booster

        told = boosted.booster_.model_to_string().replace(f"objective={boosted.objective_}", f"objective={known}", 1)
        boosted._Booster = Booster(model_str=told)


_OBJECTIVES = {"mape": "regression", "fair": "regression", "cross_entropy": "regression"}


_EASED = {
    "VotingClassifier": _vote_by_column,
    "SimpleImputer": _name_missing_texts,
    "Boosted": _name_objective,
    "LGBMModel": _name_objective,
    "XGBModel": _unname_features,
}
"""What is changed, by the class that it is changed in."""
