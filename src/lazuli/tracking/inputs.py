"""What a run reads and which logged models it makes, as rows beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, select

from lazuli.store.tables import dataset_input, run, run_model
from lazuli.tracking.rows import chunks, put

__all__ = ["DatasetInput", "ModelLink", "datasets_of", "datasets_used", "models_of", "put_inputs"]

CONTEXT_TAG = "mlflow.data.context"


@dataclass(frozen=True)
class DatasetInput:
    """A dataset that a run read: a description of it, not the data."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str = ""
    profile: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelLink:
    """A logged model that a run read (``input``) or made (``output``)."""

    model_id: str
    direction: str
    step: int = 0


def put_inputs(tx: Connection, key: str, datasets: Sequence[DatasetInput], models: Sequence[ModelLink]) -> None:
    """Note what the run of that key reads and makes. Safe to repeat."""
    put(tx, dataset_input, [_dataset_row(key, one) for one in datasets])
    put(tx, run_model, [
        {"run_id": key, "model_id": one.model_id, "direction": one.direction, "step": one.step} for one in models
    ])  # fmt: skip


def datasets_used(tx: Connection, within: ColumnElement[bool], limit: int) -> list[tuple[str, str, str, str]]:
    """Each dataset that runs ``within`` read: experiment id, name, digest and what for (its context)."""
    d = dataset_input.c
    query = select(run.c.experiment_id, d.name, d.digest, d.context).join(run, run.c.id == d.run_id).where(within)
    return [tuple(row) for row in tx.execute(query.distinct().order_by(d.name, d.digest, d.context).limit(limit))]


def datasets_of(tx: Connection, keys: Sequence[str]) -> dict[str, list[DatasetInput]]:
    """The datasets that each run read."""
    found: dict[str, list[DatasetInput]] = {}
    for chunk in chunks(keys):
        for row in tx.execute(select(dataset_input).where(dataset_input.c.run_id.in_(chunk))):
            found.setdefault(row.run_id, []).append(_dataset(row))
    return found


def models_of(tx: Connection, keys: Sequence[str]) -> dict[str, list[ModelLink]]:
    """The logged models that each run read or made."""
    found: dict[str, list[ModelLink]] = {}
    for chunk in chunks(keys):
        for row in tx.execute(select(run_model).where(run_model.c.run_id.in_(chunk)).order_by(run_model.c.step)):
            found.setdefault(row.run_id, []).append(ModelLink(row.model_id, row.direction, row.step))
    return found


def _dataset_row(key: str, dataset: DatasetInput) -> dict[str, Any]:
    return {
        "run_id": key,
        "name": dataset.name,
        "digest": dataset.digest,
        "source_type": dataset.source_type,
        "source": dataset.source,
        "schema": dataset.schema,
        "profile": dataset.profile,
        "context": dataset.tags.get(CONTEXT_TAG, ""),
        "tags": orjson.dumps(dict(dataset.tags)).decode(),
    }


def _dataset(row: Row[Any]) -> DatasetInput:
    tags = orjson.loads(row.tags)
    return DatasetInput(row.name, row.digest, row.source_type, row.source, row.schema, row.profile, tags)
