"""What a model answers by itself: the outputs that its ONNX form is held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lazuli.schema.problems import Unsupported

__all__ = ["LABEL", "Outputs", "outputs_of"]

LABEL = "label"
"""The output whose values are classes, not numbers to be measured."""

Outputs = Mapping[str, Callable[[Any], Any]]
"""The outputs by name, in the order of the ONNX model, each as the method that gives it for rows."""


def outputs_of(model: Any) -> Outputs:
    """How the model's answers are got. Raises :class:`Unsupported` for what neither predicts nor transforms."""
    if isinstance(getattr(model, "classes_", None), list):
        raise Unsupported(
            f"This {type(model).__name__} gives several labels for a row.",
            target="model",
            mend="Export a classifier for each of them.",
        )
    scores = _first(model, "predict_proba", "decision_function")
    if hasattr(model, "classes_"):
        return {LABEL: model.predict, **({"probabilities": scores} if scores else {})}
    if hasattr(model, "fit_predict") and hasattr(model, "predict"):  # clusters and outliers
        scores = _first(model, "decision_function", "transform")
        return {LABEL: model.predict, **({"scores": scores} if scores else {})}
    if hasattr(model, "predict"):
        return {"prediction": model.predict}
    if hasattr(model, "transform"):
        return {"features": model.transform}
    raise Unsupported(
        f"A {type(model).__name__} neither predicts nor transforms.", target="model", mend="Give the trained model."
    )


def _first(model: Any, *methods: str) -> Callable[[Any], Any] | None:
    return next((getattr(model, name) for name in methods if hasattr(model, name)), None)
