"""Logged models: what ``mlflow.<flavour>.log_model(name=…)`` makes in MLflow 3, with its own tags and metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from lazuli.schema.identity import Scope
from lazuli.schema.problems import NotFound
from lazuli.store.clock import Clock
from lazuli.store.database import Database
from lazuli.store.points import ModelPoint, Points
from lazuli.store.tables import logged_model, param, tag
from lazuli.tracking.experiments import Experiments
from lazuli.tracking.keys import new_model_id, new_run_name, run_id_of
from lazuli.tracking.rows import add_params, chunks, params_of, put_tags, tags_of
from lazuli.tracking.rules import MAX_EXPERIMENT_NAME, check_text, invalid, missing
from lazuli.tracking.search import Subject, find

__all__ = ["LoggedModel", "LoggedModels"]

STATUSES = ("PENDING", "READY", "FAILED")
MODEL_ROOT = "LoggedModels"
"""The folder of the artifact container that holds a folder for each logged model."""


@dataclass(frozen=True)
class LoggedModel:
    """A logged model as it stands. Its metrics are the newest of each key and dataset."""

    id: str
    experiment_id: str
    name: str
    model_type: str
    source_run_id: str
    status: str
    status_message: str
    lifecycle: str
    artifact_uri: str
    created_at: int
    modified_at: int
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Sequence[ModelPoint] = ()


_SUBJECT = Subject(
    logged_model,
    {
        "model_id": logged_model.c.id,
        "name": logged_model.c.name,
        "model_type": logged_model.c.model_type,
        "source_run_id": logged_model.c.source_run_id,
        "status": logged_model.c.status,
        "experiment_id": logged_model.c.experiment_id,
        "creation_timestamp_ms": logged_model.c.created_at,
        "last_updated_timestamp_ms": logged_model.c.modified_at,
    },
    natural=logged_model.c.created_at,
    kinds=frozenset({"metric", "param", "tag"}),
    aliases={
        "creation_time": "creation_timestamp_ms",
        "creation_timestamp": "creation_timestamp_ms",
        "last_updated_timestamp": "last_updated_timestamp_ms",
    },
)


class LoggedModels:
    """The logged models of every workspace."""

    def __init__(self, state: Database, points: Points, experiments: Experiments, clock: Clock) -> None:
        self._state = state
        self._points = points
        self._experiments = experiments
        self._clock = clock

    def create(
        self,
        scope: Scope,
        experiment_id: Any,
        *,
        name: str = "",
        model_type: str = "",
        source_run_id: str = "",
        params: Sequence[tuple[str, str]] = (),
        tags: Sequence[tuple[str, str]] = (),
    ) -> LoggedModel:
        """Begin a logged model, whose files come next; it is PENDING until :meth:`finish`."""
        if any(character in name for character in "/:.%\"'"):
            raise invalid(f"Invalid model name '{name[:100]}'.", target="name", mend="Leave out / : . % \" and '.")
        experiment_id = self._experiments.get_active(scope, experiment_id).id
        new_id, now = new_model_id(), self._clock()
        with self._state.write() as tx:
            self._experiments.admit(tx, scope)
            tx.execute(
                insert(logged_model).values(
                    id=new_id,
                    scope=scope.key,
                    experiment_id=experiment_id,
                    name=check_text(name or new_run_name(), MAX_EXPERIMENT_NAME, "name"),
                    model_type=check_text(model_type, MAX_EXPERIMENT_NAME, "model_type"),
                    source_run_id=check_text(source_run_id, MAX_EXPERIMENT_NAME, "source_run_id"),
                    status="PENDING",
                    status_message="",
                    lifecycle="active",
                    artifact_uri=f"mlflow-artifacts:/{MODEL_ROOT}/{new_id}/artifacts",
                    created_at=now,
                    modified_at=now,
                )
            )
            add_params(tx, new_id, params)
            put_tags(tx, new_id, tags)
        return self.get(scope, new_id)

    def get(self, scope: Scope, model_id: str, *, deleted: bool = False) -> LoggedModel:
        """The logged model with that id; a deleted one only where ``deleted``. Raises :class:`NotFound`."""
        with self._state.read() as tx:
            found = self._read(tx, scope, [model_id])
        if not found or (found[0].lifecycle == "deleted" and not deleted):
            raise missing("Logged model", model_id)
        return found[0]

    def finish(self, scope: Scope, model_id: str, status: str, message: str = "") -> LoggedModel:
        """Say that the files are complete (READY) or never will be (FAILED)."""
        if status not in STATUSES:
            raise invalid(f"Invalid model status '{status[:100]}'.", target="status")
        with self._state.write() as tx:
            self._change(tx, scope, model_id, status=status, status_message=message)
        return self.get(scope, model_id)

    def log_params(self, scope: Scope, model_id: str, params: Sequence[tuple[str, str]]) -> None:
        """Add parameters, which never change afterwards."""
        with self._state.write() as tx:
            self._change(tx, scope, model_id)
            add_params(tx, model_id, params)

    def set_tags(self, scope: Scope, model_id: str, tags: Sequence[tuple[str, str]]) -> LoggedModel:
        """Set tags."""
        with self._state.write() as tx:
            self._change(tx, scope, model_id)
            put_tags(tx, model_id, tags)
        return self.get(scope, model_id)

    def delete_tag(self, scope: Scope, model_id: str, key: str) -> None:
        """Remove a tag. Raises :class:`NotFound` where it has none of that name."""
        with self._state.write() as tx:
            self._change(tx, scope, model_id)
            if not tx.execute(delete(tag).where(tag.c.owner_id == model_id, tag.c.key == key)).rowcount:
                raise NotFound(f"No tag with key: {key[:300]} in logged model '{model_id}'.", target=key[:300])

    def delete(self, scope: Scope, model_id: str) -> None:
        """Move a logged model into the deleted ones."""
        with self._state.write() as tx:
            self._change(tx, scope, model_id, lifecycle="deleted")

    def search(
        self,
        scope: Scope,
        experiment_ids: Sequence[Any],
        *,
        text: str | None = None,
        order_by: Sequence[str] | None = None,
        datasets: Sequence[tuple[str, str]] = (),
        limit: int = 100,
        page: str | None = None,
    ) -> tuple[list[LoggedModel], str]:
        """A page of the active logged models of these experiments, and the next one's token.

        Where ``datasets`` (names, with or without digests) are given, only models that were measured on one of them
        are found, and only metrics measured on them are compared.
        """
        question = _SUBJECT.ask(text, order_by, page, limit)
        ids = [self._experiments.resolve(scope, one) for one in experiment_ids]
        mine = (logged_model.c.scope == scope.key, logged_model.c.experiment_id.in_(ids))
        within = (*mine, logged_model.c.lifecycle == "active")
        with self._state.read() as tx:
            candidates: list[str] = []
            if datasets or question.names("metric"):
                candidates = list(tx.execute(select(logged_model.c.id).where(*within)).scalars())
            if datasets:
                measured = self._points.of_models(candidates)
                candidates = [one for one in candidates if _on(measured[one], datasets)]

            def newest(key: str) -> Mapping[str, float]:
                found = self._points.of_models(candidates, key).items()
                return {one: points[-1].value for one, measured in found if (points := _on(measured, datasets))}

            page_ids, following = find(
                tx, _SUBJECT, question, within, newest, frozenset(candidates) if datasets else None
            )
            return self._read(tx, scope, page_ids), following

    def forget(self, scope: Scope) -> None:
        """Forget every logged model of a workspace. Safe to repeat."""
        mine = select(logged_model.c.id).where(logged_model.c.scope == scope.key)
        with self._state.write() as tx:
            tx.execute(delete(tag).where(tag.c.owner_id.in_(mine)))
            tx.execute(delete(param).where(param.c.run_id.in_(mine)))
            tx.execute(delete(logged_model).where(logged_model.c.scope == scope.key))

    def _change(self, tx: Connection, scope: Scope, model_id: str, **values: Any) -> None:
        changed = tx.execute(
            update(logged_model)
            .where(logged_model.c.id == model_id, logged_model.c.scope == scope.key)
            .where(logged_model.c.lifecycle == "active")
            .values(modified_at=self._clock(), **values)
        ).rowcount
        if not changed:
            raise missing("Logged model", model_id)

    def _read(self, tx: Connection, scope: Scope, ids: Sequence[str]) -> list[LoggedModel]:
        found: dict[str, LoggedModel] = {}
        for chunk in chunks(ids):
            query = select(logged_model).where(logged_model.c.scope == scope.key, logged_model.c.id.in_(chunk))
            for row in tx.execute(query):
                values = dict(row._mapping)
                del values["scope"]
                found[row.id] = LoggedModel(**values)
        there = [one for one in ids if one in found]
        params, tags, points = params_of(tx, there), tags_of(tx, there), self._points.of_models(there)
        return [replace(found[one], params=params[one], tags=tags[one], metrics=_newest(points[one])) for one in there]


def _newest(points: Sequence[ModelPoint]) -> list[ModelPoint]:
    newest = {(point.key, point.dataset_name, point.dataset_digest): point for point in points}
    return [point._replace(run_id=run_id_of(point.run_id)) for point in newest.values()]


def _on(points: Sequence[ModelPoint], datasets: Sequence[tuple[str, str]]) -> list[ModelPoint]:
    return [
        point
        for point in points
        if not datasets
        or any(point.dataset_name == name and digest in ("", point.dataset_digest) for name, digest in datasets)
    ]
