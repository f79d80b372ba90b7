"""A linear model in a JSON file: how far diabetes is after a year, by body mass index and blood pressure."""

import json
import os
from pathlib import Path

MODEL = {}


def init():
    """Load the model, once for each worker."""
    MODEL.update(json.loads((Path(os.environ["AZUREML_MODEL_DIR"]) / "model.json").read_text()))


def run(data):
    """Predict for every row: ``{"data": [{"bmi": …, "bp": …}, …]}``."""
    weights = MODEL["coefficients"]
    rows = json.loads(data)["data"]
    return [round(MODEL["intercept"] + sum(weights[name] * row[name] for name in weights), 1) for row in rows]
