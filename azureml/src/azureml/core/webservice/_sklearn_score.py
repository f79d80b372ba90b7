"""The scoring script of services for models of scikit-learn that have none."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform")
model: Any = None


def init() -> None:
    """Load the one file of the model."""
    global model  # noqa: PLW0603 - what init() loads, run() asks
    import joblib

    root = Path(os.environ["AZUREML_MODEL_DIR"])
    [file] = [path for path in root.rglob("*") if path.is_file()]
    model = joblib.load(str(file))


def run(data: str) -> dict[str, Any]:
    """What a method, ``predict`` unless ``method`` says another, answers to the rows of ``data``."""
    asked = json.loads(data)
    method = asked.get("method", "predict")
    if method not in METHODS:
        raise ValueError(f"'{method}' is none of {', '.join(METHODS)}.")
    return {method: getattr(model, method)(asked["data"]).tolist()}
