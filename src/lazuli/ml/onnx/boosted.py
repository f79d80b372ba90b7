"""Bare Boosters of LightGBM as estimators of scikit-learn, which the converters take. Importing this takes a second."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

__all__ = ["BoostedClassifier", "BoostedRegressor"]


class Boosted(BaseEstimator):
    """A trained Booster, with what its converter asks for."""

    def __init__(self, booster: Any, objective: str) -> None:
        self._Booster = booster
        self.objective_ = objective
        # Only of a random forest are trees averaged; how others were boosted is in their trees.
        self.boosting_type = "rf" if "\naverage_output\n" in booster.model_to_string(num_iteration=1) else "gbdt"
        self.n_features_ = self.n_features_in_ = booster.num_feature()
        self.feature_names_in_ = booster.feature_name()

    @property
    def booster_(self) -> Any:
        """The Booster itself."""
        return self._Booster

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """None: it is trained already."""
        return {}

    def __sklearn_is_fitted__(self) -> bool:
        """Always."""
        return True


class BoostedRegressor(RegressorMixin, Boosted):
    """A Booster of LightGBM that gives a number for a row."""

    def predict(self, rows: Any) -> Any:
        """The prediction for each row."""
        return self.booster_.predict(rows)


class BoostedClassifier(ClassifierMixin, Boosted):
    """A Booster of LightGBM that gives the probability of each class."""

    def __init__(self, booster: Any, objective: str, classes: int) -> None:
        super().__init__(booster, objective)
        self.classes_ = np.arange(classes)

    def predict(self, rows: Any) -> Any:
        """The likeliest class of each row."""
        return self.classes_[self.predict_proba(rows).argmax(axis=1)]

    def predict_proba(self, rows: Any) -> Any:
        """The probabilities of the classes: rows × classes."""
        given = self.booster_.predict(rows)
        return given if given.ndim == 2 else np.column_stack([1 - given, given])
