"""What a model answers by itself: the outputs that its ONNX form is held to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from lazuli.schema.problems import Unsupported

__all__ = ["LABEL", "Conversion", "Original", "Outputs", "outputs_of", "together"]

LABEL = "label"
"""The output whose values are classes, not numbers to be measured."""

Outputs = Mapping[str, Callable[[Any], Any]]
"""The outputs by name, in the order of the ONNX model, each as the method that gives it for rows."""

Conversion = tuple[tuple[str, ...], Any]
"""What was changed, in words, and the ``onnx.ModelProto`` that came of it."""


@dataclass(frozen=True)
class Original:
    """A trained model, of whatever library: what it answers, and what it may look like in ONNX."""

    rows: Any
    """The rows to compare on, in the form in which it takes them."""
    outputs: Outputs
    conversions: Callable[[], Iterator[Conversion]]
    """The plain conversion first, then such with known errors repaired."""


def together(ask: Callable[[Any], Mapping[str, Any]], names: Sequence[str]) -> Outputs:
    """Outputs that one call gives; the call is made once for the same rows."""
    last: dict[str, Any] = {"rows": None}

    def output(rows: Any, name: str) -> Any:
        if last["rows"] is not rows:
            last.update(answers=ask(rows), rows=rows)
        return last["answers"][name]

    return {name: partial(output, name=name) for name in names}


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
