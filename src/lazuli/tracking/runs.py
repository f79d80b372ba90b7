"""Runs: what one execution was given, measured and made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from lazuli.schema.identity import Scope, check_name
from lazuli.schema.places import artifact_folder
from lazuli.schema.problems import NotFound
from lazuli.store.clock import Clock
from lazuli.store.database import Database
from lazuli.store.inserts import Rows
from lazuli.store.points import Latest, Points
from lazuli.store.tables import dataset_input, param, run, run_model, tag
from lazuli.tracking.experiments import DEFAULT_NAME, Experiments, lifecycles
from lazuli.tracking.filters import Condition
from lazuli.tracking.inputs import DatasetInput, ModelLink, datasets_of, datasets_used, models_of, put_inputs
from lazuli.tracking.keys import new_run_id, new_run_name, run_id_of, run_key
from lazuli.tracking.rows import add_params, chunks, params_of, put_tags, tags_of
from lazuli.tracking.rules import MAX_KEY, check_text, exists_already, invalid, missing, once, too_many
from lazuli.tracking.search import Newest, Question, Subject, find
from lazuli.tracking.writable import Writable

__all__ = ["PARENT_TAG", "STATUSES", "Run", "Runs"]

STATUSES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
NAME_TAG = "mlflow.runName"
PARENT_TAG = "mlflow.parentRunId"
MAX_EXPERIMENTS = 10_000
MAX_DATASETS = 1000


@dataclass(frozen=True)
class Run:
    """A run as it stands."""

    id: str
    experiment_id: str
    name: str
    user: str
    status: str
    lifecycle: str
    started_at: int
    ended_at: int | None
    artifact_uri: str
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Sequence[Latest] = ()
    datasets: Sequence[DatasetInput] = ()
    models: Sequence[ModelLink] = ()


_SUBJECT = Subject(
    run,
    {
        "run_name": run.c.name,
        "user_id": run.c.user,
        "status": run.c.status,
        "artifact_uri": run.c.artifact_uri,
        "experiment_id": run.c.experiment_id,
        "lifecycle_stage": run.c.lifecycle,
        "start_time": run.c.started_at,
        "end_time": run.c.ended_at,
        "run_id": run.c.id,
    },
    natural=run.c.started_at,
    kinds=frozenset({"metric", "param", "tag", "dataset"}),
    aliases={
        "created": "start_time",
        "Created": "start_time",
        "run name": "run_name",
        "Run name": "run_name",
        "Run Name": "run_name",
        "run_uuid": "run_id",
    },
)


class Runs:
    """The runs of every workspace. Every call names the workspace, and sees no other's runs."""

    def __init__(self, state: Database, points: Points, experiments: Experiments, clock: Clock) -> None:
        self._state = state
        self._points = points
        self._experiments = experiments
        self._clock = clock
        self._writable = Writable()
        self.heard: list[Callable[[Iterable[str]], object]] = []
        """Told of the keys of runs whose parameters or tags were written, just after. They must be quick."""

    def create(
        self,
        scope: Scope,
        experiment_id: Any = None,
        *,
        name: str = "",
        user: str = "",
        started_at: int | None = None,
        tags: Sequence[tuple[str, str]] = (),
    ) -> Run:
        """Start a run in an active experiment."""
        tagged = dict(tags).get(NAME_TAG, "")
        if name and tagged and name != tagged:
            raise invalid(
                f"Both 'run_name' and the tag '{NAME_TAG}' are given, and they differ: '{name}', '{tagged}'.",
                target="run_name",
            )
        found = self._experiments.get_active(scope, experiment_id)
        run_id = new_run_id()
        custom = not found.artifact_uri.startswith("mlflow-artifacts:/Experiments/")
        uri = f"{found.artifact_uri.rstrip('/')}/{run_id}/artifacts" if custom else ""
        name = name or tagged or new_run_name()
        with self._state.write() as tx:
            self._insert(tx, scope, run_id, found.id, name, user, "RUNNING", started_at, tags, uri)
        return self.get(scope, run_id)

    def open_in(
        self,
        tx: Connection,
        scope: Scope,
        run_id: str,
        *,
        experiment: str = DEFAULT_NAME,
        name: str = "",
        user: str = "",
        status: str = "SCHEDULED",
        tags: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Make the run of a job, whose id is the job's name, in the transaction that makes the job.

        Raises :class:`Conflict` where the id is taken.
        """
        check_name(run_id, target="run_id", what="run id")
        if self._known(tx, scope, run_id):
            raise exists_already("Run", run_id, "Choose another name.")
        experiment_id = self._experiments.ensure_in(tx, scope, experiment)
        self._insert(tx, scope, run_id, experiment_id, name or run_id, user, status, None, tags, "")

    def get(self, scope: Scope, run_id: str) -> Run:
        """The run with all it holds, deleted or not. Raises :class:`NotFound`."""
        with self._state.read() as tx:
            found = self._read(tx, [run_key(scope, run_id)])
        if not found:
            raise missing("Run", run_id)
        return found[0]

    def those(self, scope: Scope, run_ids: Iterable[str]) -> list[Run]:
        """Those of some runs that are there, as :meth:`get` tells each, in the order in which they are named."""
        with self._state.read() as tx:
            return self._read(tx, [run_key(scope, run_id) for run_id in run_ids])

    def check(self, scope: Scope, run_id: str) -> None:
        """Raise :class:`NotFound` where there is no such run."""
        with self._state.read() as tx:
            if not self._known(tx, scope, run_id):
                raise missing("Run", run_id)

    def remembered_experiment(self, scope: Scope, run_id: str) -> str | None:
        """What :meth:`active_experiment` says, where it needs no database; else None."""
        return self._writable.find(run_key(scope, run_id))

    def active_experiment(self, scope: Scope, run_id: str) -> str:
        """The experiment of a run that may be written to: the check before anything is logged, as light as can be.

        Raises :class:`NotFound`, or :class:`InvalidInput` where the run is deleted.
        """
        key = run_key(scope, run_id)
        found = self._writable.find(key)
        if found is None:
            as_of = self._writable.changes
            with self._state.read() as tx:
                found = self._check_writable(tx, scope, run_id)
            self._writable.keep(key, found, as_of)
        return found

    def update(
        self, scope: Scope, run_id: str, *, status: str = "", ended_at: int | None = None, name: str = ""
    ) -> Run:
        """Change status, end time or name of an active run."""
        if status and status not in STATUSES:
            raise invalid(
                f"Invalid run status '{status[:100]}'.", target="status", mend=f"Use one of {', '.join(STATUSES)}."
            )
        values: dict[str, Any] = {"status": status, "ended_at": ended_at, "name": name}
        values = {word: value for word, value in values.items() if value not in ("", None)}
        key = run_key(scope, run_id)
        with self._state.write() as tx:
            self._check_writable(tx, scope, run_id)
            if values:
                tx.execute(update(run).where(run.c.id == key).values(values))
            if name:
                put_tags(tx, key, [(NAME_TAG, name)])
        self._tell([key])
        return self.get(scope, run_id)

    def mark(self, tx: Connection, scope: Scope, run_id: str, status: str, **times: int | None) -> None:
        """Set the status of a job's run (and ``started_at``, ``ended_at``) in the transaction that moves the job."""
        tx.execute(update(run).where(run.c.id == run_key(scope, run_id)).values(status=status, **times))

    def delete(self, scope: Scope, run_id: str) -> None:
        """Move a run into the deleted ones. Safe to repeat."""
        self._set_lifecycle(scope, run_id, "deleted")

    def restore(self, scope: Scope, run_id: str) -> None:
        """Bring a deleted run back. Safe to repeat."""
        self._set_lifecycle(scope, run_id, "active")

    def log(
        self,
        scope: Scope,
        run_id: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        tags: Sequence[tuple[str, str]] = (),
    ) -> str:
        """Log parameters and set tags of an active run, all or none; its experiment's id.

        A parameter never changes: the same value again is fine, another raises :class:`InvalidInput`.
        """
        once((key for key, _ in params), "params")
        if not params and not tags:
            return self.active_experiment(scope, run_id)
        key = run_key(scope, run_id)
        with self._state.write() as tx:
            experiment_id = self._check_writable(tx, scope, run_id)
            add_params(tx, key, params)
            put_tags(tx, key, tags)
            if name := dict(tags).get(NAME_TAG):
                tx.execute(update(run).where(run.c.id == key).values(name=name))
        self._tell([key])
        return experiment_id

    def _tell(self, keys: Iterable[str]) -> None:
        for listener in self.heard:
            listener(keys)

    def delete_tag(self, scope: Scope, run_id: str, name: str) -> None:
        """Remove a tag of an active run. Raises :class:`NotFound` where it has none of that name."""
        key = run_key(scope, run_id)
        with self._state.write() as tx:
            self._check_writable(tx, scope, run_id)
            if not tx.execute(delete(tag).where(tag.c.owner_id == key, tag.c.key == name)).rowcount:
                raise NotFound(f"No tag with name: {name[:300]} in run '{run_id}'.", target=name[:300])
        self._tell([key])

    def log_inputs(
        self, scope: Scope, run_id: str, datasets: Sequence[DatasetInput] = (), models: Sequence[ModelLink] = ()
    ) -> None:
        """Note datasets and logged models that a run reads or makes. Safe to repeat."""
        if len(datasets) > MAX_DATASETS:
            raise too_many("datasets", MAX_DATASETS, len(datasets))
        key = run_key(scope, run_id)
        with self._state.write() as tx:
            self._check_writable(tx, scope, run_id)
            put_inputs(tx, key, datasets, models)

    def search(
        self,
        scope: Scope,
        experiment_ids: Sequence[Any],
        *,
        text: str | None = None,
        order_by: Sequence[str] | None = None,
        view: str | None = None,
        limit: int = 1000,
        page: str | None = None,
    ) -> tuple[list[Run], str]:
        """A page of runs of these experiments, latest first unless ``order_by`` says else, and the next one's token."""
        question = _by_keys(scope, _SUBJECT.ask(text, order_by, page, limit))
        if len(experiment_ids) > MAX_EXPERIMENTS:
            raise too_many("experiment_ids", MAX_EXPERIMENTS, len(experiment_ids))
        ids = [self._experiments.resolve(scope, one) for one in experiment_ids]
        within = (run.c.scope == scope.key, run.c.experiment_id.in_(ids), run.c.lifecycle.in_(lifecycles(view)))
        metrics = self._newest_values(ids)
        with self._state.read() as tx:
            page_ids, following = find(tx, _SUBJECT, question, within, metrics)
            return self._read(tx, page_ids), following

    def datasets(self, scope: Scope, experiment_ids: Sequence[Any]) -> list[tuple[str, str, str, str]]:
        """Every dataset that active runs of these experiments read: experiment id, name, digest and context."""
        within = and_(run.c.scope == scope.key, run.c.experiment_id.in_(experiment_ids), run.c.lifecycle == "active")
        with self._state.read() as tx:
            return datasets_used(tx, within, MAX_DATASETS)

    def children(self, scope: Scope, run_id: str) -> list[Run]:
        """The active runs nested in this one, oldest first."""
        query = (
            select(run.c.id)
            .join(tag, tag.c.owner_id == run.c.id)
            .where(run.c.scope == scope.key, run.c.lifecycle == "active")
            .where(tag.c.key == PARENT_TAG, tag.c.value == run_id)
            .order_by(run.c.started_at, run.c.id)
        )
        with self._state.read() as tx:
            return self._read(tx, list(tx.execute(query).scalars()))

    def forget(self, scope: Scope) -> None:
        """Forget every run of a workspace. Safe to repeat."""
        with self._state.read() as tx:
            keys = list(tx.execute(select(run.c.id).where(run.c.scope == scope.key)).scalars())
        try:
            self._forget_rows(keys)
        finally:
            self._writable.forget(keys)

    def _forget_rows(self, keys: Sequence[str]) -> None:
        # Points first: a run that a crash leaves half forgotten is still known, and forgotten the next time.
        self._points.delete_runs(keys)
        for chunk in chunks(keys):
            with self._state.write() as tx:
                for column in (run.c.id, param.c.run_id, tag.c.owner_id, dataset_input.c.run_id, run_model.c.run_id):
                    tx.execute(delete(column.table).where(column.in_(chunk)))

    def _insert(
        self,
        tx: Connection,
        scope: Scope,
        run_id: str,
        experiment_id: str,
        name: str,
        user: str,
        status: str,
        started_at: int | None,
        tags: Sequence[tuple[str, str]],
        artifact_uri: str,
    ) -> None:
        self._experiments.admit(tx, scope)
        for table, rows in self.rows_of(
            scope, run_id, experiment_id, name, user, status, started_at, tags=tags, artifact_uri=artifact_uri
        ):
            if rows:
                tx.execute(insert(table), list(rows))

    def rows_of(
        self,
        scope: Scope,
        run_id: str,
        experiment_id: str,
        name: str,
        user: str,
        status: str,
        started_at: int | None = None,
        ended_at: int | None = None,
        *,
        params: Sequence[tuple[str, str]] = (),
        tags: Sequence[tuple[str, str]] = (),
        artifact_uri: str = "",
    ) -> Rows:
        """All that is written of a new run."""
        key = run_key(scope, run_id)
        row = {
            "id": key,
            "scope": scope.key,
            "experiment_id": experiment_id,
            "name": check_text(name, MAX_KEY, "run_name"),
            "user": check_text(user, MAX_KEY, "user_id"),
            "status": status,
            "lifecycle": "active",
            "started_at": self._clock() if started_at is None else started_at,
            "ended_at": ended_at,
            "artifact_uri": artifact_uri or f"mlflow-artifacts:/{artifact_folder(run_id)}",
        }
        told = {**dict(tags), NAME_TAG: name}
        return [
            (run, [row]),
            (tag, [{"owner_id": key, "key": word, "value": value} for word, value in told.items()]),
            (param, [{"run_id": key, "key": word, "value": value} for word, value in params]),
        ]

    def existing(self, scope: Scope, run_ids: Sequence[str]) -> set[str]:
        """Those of some ids that are a run's, deleted or not."""
        keys = [run_key(scope, run_id) for run_id in run_ids]
        with self._state.read() as tx:
            found = (tx.execute(select(run.c.id).where(run.c.id.in_(chunk))).scalars() for chunk in chunks(keys))
            return {run_id_of(key) for some in found for key in some}

    def _known(self, tx: Connection, scope: Scope, run_id: str) -> bool:
        return tx.execute(select(run.c.id).where(run.c.id == run_key(scope, run_id))).one_or_none() is not None

    def _check_writable(self, tx: Connection, scope: Scope, run_id: str) -> str:
        query = select(run.c.experiment_id, run.c.lifecycle).where(run.c.id == run_key(scope, run_id))
        found = tx.execute(query).one_or_none()
        if found is None:
            raise missing("Run", run_id)
        if found.lifecycle != "active":
            raise invalid(f"The run {run_id} must be in the 'active' state. Current state is {found.lifecycle}.")
        return found.experiment_id

    def _set_lifecycle(self, scope: Scope, run_id: str, lifecycle: str) -> None:
        with self._state.write() as tx:
            changed = tx.execute(
                update(run).where(run.c.id == run_key(scope, run_id)).values(lifecycle=lifecycle)
            ).rowcount
        self._writable.forget([run_key(scope, run_id)])
        if not changed:
            raise missing("Run", run_id)

    def _newest_values(self, experiment_ids: Sequence[str]) -> Newest:
        known: dict[str, Mapping[str, float]] = {}

        def values(key: str) -> Mapping[str, float]:
            if key not in known:
                known[key] = self._points.latest_values(experiment_ids, key)
            return known[key]

        return values

    def _read(self, tx: Connection, keys: Sequence[str]) -> list[Run]:
        rows = {row.id: row for chunk in chunks(keys) for row in tx.execute(select(run).where(run.c.id.in_(chunk)))}
        there = [key for key in keys if key in rows]
        params, tags, metrics = params_of(tx, there), tags_of(tx, there), self._points.latest(there)
        datasets, models = datasets_of(tx, there), models_of(tx, there)
        return [
            Run(
                id=run_id_of(key),
                experiment_id=rows[key].experiment_id,
                name=rows[key].name,
                user=rows[key].user,
                status=rows[key].status,
                lifecycle=rows[key].lifecycle,
                started_at=rows[key].started_at,
                ended_at=rows[key].ended_at,
                artifact_uri=rows[key].artifact_uri,
                params=params[key],
                tags=tags[key],
                metrics=metrics[key],
                datasets=datasets.get(key, ()),
                models=models.get(key, ()),
            )
            for key in there
        ]


def _by_keys(scope: Scope, question: Question) -> Question:
    """The question with what the user calls a run id said of the key that is stored."""
    return replace(question, conditions=[_by_key(scope, condition) for condition in question.conditions])


def _by_key(scope: Scope, condition: Condition) -> Condition:
    if (condition.kind, condition.key) != ("attribute", "run_id"):
        return condition
    value = condition.value
    prefix = run_key(scope, "")
    stored = tuple(prefix + one for one in value) if isinstance(value, tuple) else f"{prefix}{value}"
    return replace(condition, value=stored)
