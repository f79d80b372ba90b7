"""How MLflow's REST API spells what it answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lazuli.store.points import ModelPoint
from lazuli.tracking.experiments import Experiment
from lazuli.tracking.logged_models import LoggedModel
from lazuli.tracking.runs import DatasetInput, Run

__all__ = [
    "experiment_json",
    "float_json",
    "logged_model_json",
    "model_status",
    "pairs_json",
    "run_info_json",
    "run_json",
]


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
