"""How MLflow's REST API spells things: bodies read, answers and errors written."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from lazuli.schema.problems import InvalidInput, Problem
from lazuli.server.routes import Call, reply
from lazuli.store.points import ModelPoint
from lazuli.tracking.experiments import Experiment
from lazuli.tracking.logged_models import LoggedModel
from lazuli.tracking.rules import invalid, whole
from lazuli.tracking.runs import DatasetInput, Run

__all__ = [
    "NO_ENDPOINT",
    "body_of",
    "experiment_json",
    "float_json",
    "logged_model_json",
    "model_status",
    "pairs_json",
    "refuse_as_mlflow",
    "run_info_json",
    "run_json",
    "text_list",
    "text_of",
    "whole_or_none",
]

_CODES = {
    400: "INVALID_PARAMETER_VALUE",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    409: "RESOURCE_ALREADY_EXISTS",
    412: "INVALID_STATE",
    413: "INVALID_PARAMETER_VALUE",
    501: "NOT_IMPLEMENTED",
    503: "TEMPORARILY_UNAVAILABLE",
}
NO_ENDPOINT = "ENDPOINT_NOT_FOUND"
"""By this code a client knows a server without a part of the API, and does without."""


def refuse_as_mlflow(problem: Problem) -> Response:
    """A problem in MLflow's shape, so that its client raises the error class that it would have raised anyway."""
    code = problem.code if problem.code == NO_ENDPOINT else _CODES.get(problem.status, "INTERNAL_ERROR")
    status = 400 if problem.status == 409 else problem.status  # MLflow answers 400 to what exists already
    return reply({"error_code": code, "message": str(problem)}, status)


def body_of(call: Call) -> dict[str, Any]:
    """The JSON object that was sent. Bare NaN and Infinity are read as well, as Python writes them."""
    try:
        value = orjson.loads(call.body or b"{}")
    except orjson.JSONDecodeError as error:
        value = _lenient(call.body, error)
    if not isinstance(value, dict):
        raise InvalidInput("The request body is not a JSON object.", target="body")
    return value


def _lenient(body: bytes, error: orjson.JSONDecodeError) -> Any:
    try:
        value = json.loads(body)
        orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)  # refuses half characters, which no database takes
    except (ValueError, TypeError, RecursionError):
        raise InvalidInput(f"The request body is not valid JSON: {error}.", target="body") from None
    return value


def text_of(values: Mapping[str, Any], name: str, *, required: bool = False, default: str = "") -> str:
    """A field that is text; a number is written out. Raises :class:`InvalidInput` for anything else."""
    value = values.get(name)
    if type(value) is int:
        value = str(value)
    if value is None:
        value = default
    if not isinstance(value, str) or "\0" in value:
        raise invalid(f"Invalid value for parameter '{name}' supplied: not a text.", target=name)
    if required and not value:
        raise invalid(f"Missing value for required parameter '{name}'.", target=name)
    return value


def text_list(values: Mapping[str, Any], name: str) -> list[str]:
    """A field that is a list of texts; nothing is an empty list."""
    value = values.get(name) or []
    if not isinstance(value, list):
        raise invalid(f"Invalid value for parameter '{name}' supplied: not a list.", target=name)
    return [text_of({name: one}, name) for one in value]


def whole_or_none(values: Mapping[str, Any], name: str) -> int | None:
    """A field that is a whole number, or None where it is absent."""
    return None if values.get(name) is None else whole(values[name], name)


def pairs_json(pairs: Mapping[str, str]) -> list[dict[str, str]]:
    """A map as MLflow's list of ``{"key", "value"}``."""
    return [{"key": key, "value": value} for key, value in pairs.items()]


def float_json(value: float) -> float | str:
    """A number as protobuf's JSON spells it: NaN and the infinities are texts."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def experiment_json(experiment: Experiment) -> dict[str, Any]:
    """An experiment."""
    return {
        "experiment_id": experiment.id,
        "name": experiment.name,
        "artifact_location": experiment.artifact_uri,
        "lifecycle_stage": experiment.lifecycle,
        "creation_time": experiment.created_at,
        "last_update_time": experiment.modified_at,
        "tags": pairs_json(experiment.tags),
    }


def run_json(run: Run) -> dict[str, Any]:
    """A run with all it holds."""
    return {
        "info": run_info_json(run),
        "data": {
            "metrics": [
                {"key": m.key, "value": float_json(m.value), "timestamp": m.timestamp, "step": m.step}
                for m in run.metrics
            ],
            "params": pairs_json(run.params),
            "tags": pairs_json(run.tags),
        },
        "inputs": {
            "dataset_inputs": [_dataset_json(one) for one in run.datasets],
            "model_inputs": [{"model_id": one.model_id} for one in run.models if one.direction == "input"],
        },
        "outputs": {
            "model_outputs": [
                {"model_id": one.model_id, "step": one.step} for one in run.models if one.direction == "output"
            ]
        },
    }


def run_info_json(run: Run) -> dict[str, Any]:
    """A run's own facts."""
    info: dict[str, Any] = {
        "run_id": run.id,
        "run_uuid": run.id,
        "run_name": run.name,
        "experiment_id": run.experiment_id,
        "user_id": run.user,
        "status": run.status,
        "start_time": run.started_at,
        "artifact_uri": run.artifact_uri,
        "lifecycle_stage": run.lifecycle,
    }
    return info if run.ended_at is None else {**info, "end_time": run.ended_at}


def _dataset_json(dataset: DatasetInput) -> dict[str, Any]:
    return {
        "tags": pairs_json(dataset.tags),
        "dataset": {
            "name": dataset.name,
            "digest": dataset.digest,
            "source_type": dataset.source_type,
            "source": dataset.source,
            "schema": dataset.schema,
            "profile": dataset.profile,
        },
    }


_MODEL_STATUS = {
    "PENDING": "LOGGED_MODEL_PENDING",
    "READY": "LOGGED_MODEL_READY",
    "FAILED": "LOGGED_MODEL_UPLOAD_FAILED",
}


def model_status(word: str) -> str:
    """Our word for MLflow's ``LOGGED_MODEL_READY`` and so on; an unknown one stays as it is."""
    return next((ours for ours, theirs in _MODEL_STATUS.items() if theirs == word), word)


def logged_model_json(model: LoggedModel) -> dict[str, Any]:
    """A logged model with all it holds."""
    return {
        "info": {
            "model_id": model.id,
            "experiment_id": model.experiment_id,
            "name": model.name,
            "creation_timestamp_ms": model.created_at,
            "last_updated_timestamp_ms": model.modified_at,
            "artifact_uri": model.artifact_uri,
            "status": _MODEL_STATUS[model.status],
            "status_message": model.status_message,
            "model_type": model.model_type,
            "source_run_id": model.source_run_id,
            "tags": pairs_json(model.tags),
        },
        "data": {"params": pairs_json(model.params), "metrics": [_model_metric_json(m) for m in model.metrics]},
    }


def _model_metric_json(point: ModelPoint) -> dict[str, Any]:
    return {
        "key": point.key,
        "value": float_json(point.value),
        "timestamp": point.timestamp,
        "step": point.step,
        "model_id": point.model_id,
        "run_id": point.run_id,
        "dataset_name": point.dataset_name,
        "dataset_digest": point.dataset_digest,
    }
