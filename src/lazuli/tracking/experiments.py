"""Experiments: named groups of runs in a workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from lazuli.schema.identity import Scope
from lazuli.schema.problems import NotFound
from lazuli.store.clock import Clock
from lazuli.store.database import Database
from lazuli.store.tables import experiment, tag
from lazuli.tracking.keys import new_experiment_id
from lazuli.tracking.rows import chunks, put_tags, tags_of
from lazuli.tracking.rules import check_experiment_name, exists_already, invalid, missing
from lazuli.tracking.search import Subject, find

__all__ = ["DEFAULT_ID", "DEFAULT_NAME", "Admit", "Experiment", "Experiments", "lifecycles"]

DEFAULT_ID = "0"
"""The id that MLflow clients use when nobody named an experiment."""
DEFAULT_NAME = "Default"


Admit = Callable[[Connection, Scope], object]
"""Raises :class:`NotFound` where a workspace does not exist; asked in the transaction that begins something in it."""


@dataclass(frozen=True)
class Experiment:
    """An experiment as it stands."""

    id: str
    name: str
    artifact_uri: str
    lifecycle: str
    created_at: int
    modified_at: int
    tags: Mapping[str, str]


def lifecycles(view: str | None) -> tuple[str, ...]:
    """The lifecycles that MLflow's ACTIVE_ONLY (the default), DELETED_ONLY or ALL asks for."""
    views = {"ACTIVE_ONLY": ("active",), "DELETED_ONLY": ("deleted",), "ALL": ("active", "deleted")}
    if view and view not in views:
        raise invalid(f"Invalid view type '{view[:100]}'.", target="view_type", mend=f"Use one of {', '.join(views)}.")
    return views[view or "ACTIVE_ONLY"]


_SUBJECT = Subject(
    experiment,
    {
        "name": experiment.c.name,
        "experiment_id": experiment.c.id,
        "creation_time": experiment.c.created_at,
        "last_update_time": experiment.c.modified_at,
    },
    natural=experiment.c.created_at,
    kinds=frozenset({"tag"}),
)


class Experiments:
    """The experiments of every workspace. A name is taken in its workspace even while its experiment is deleted."""

    def __init__(self, state: Database, clock: Clock, admit: Admit) -> None:
        self._state = state
        self._clock = clock
        self.admit = admit

    def create(self, scope: Scope, name: Any, tags: Sequence[tuple[str, str]] = (), artifact_uri: str = "") -> str:
        """Make an experiment; its id. Raises :class:`Conflict` where the name is taken."""
        name = check_experiment_name(name)
        with self._state.write() as tx:
            known = tx.execute(_rows(scope).where(experiment.c.name == name)).one_or_none()
            if known is None:
                return self._insert(tx, scope, name, tags, artifact_uri)
        mend = "It is deleted: restore it, or choose another name." if known.lifecycle == "deleted" else ""
        raise exists_already("Experiment", name, mend)

    def ensure(self, scope: Scope, name: str) -> str:
        """The id of the experiment of that name, made where it does not exist. Safe to repeat."""
        with self._state.read() as tx:
            known = _id_of(tx, scope, name)
        if known is not None:
            return known
        with self._state.write() as tx:
            return self.ensure_in(tx, scope, name)

    def ensure_in(self, tx: Connection, scope: Scope, name: str) -> str:
        """The same as :meth:`ensure`, in a transaction that writes more than that, and not for a deleted one."""
        known = tx.execute(_rows(scope).where(experiment.c.name == name)).one_or_none()
        if known is None:
            return self._insert(tx, scope, check_experiment_name(name, "experiment_name"), (), "")
        if known.lifecycle != "active":
            mend = "Restore it ('mlflow experiments restore'), or choose another."
            raise invalid(f"The experiment '{name}' is deleted.", target="experiment_name", mend=mend)
        return known.id

    def resolve(self, scope: Scope, experiment_id: Any) -> str:
        """The id itself, that of the workspace's default experiment for "0" and for none."""
        if experiment_id in (None, "", DEFAULT_ID, 0):
            return self.ensure(scope, DEFAULT_NAME)
        return str(experiment_id)

    def get(self, scope: Scope, experiment_id: Any) -> Experiment:
        """The experiment with that id. Raises :class:`NotFound`."""
        experiment_id = self.resolve(scope, experiment_id)
        with self._state.read() as tx:
            found = self._read(tx, _rows(scope).where(experiment.c.id == experiment_id))
        if not found:
            raise missing("Experiment", experiment_id)
        return found[0]

    def get_active(self, scope: Scope, experiment_id: Any) -> Experiment:
        """The same, where it is not deleted."""
        found = self.get(scope, experiment_id)
        if found.lifecycle != "active":
            raise invalid(
                f"The experiment '{found.id}' must be in the 'active' state. Current state is {found.lifecycle}."
            )
        return found

    def get_by_name(self, scope: Scope, name: str) -> Experiment:
        """The experiment of that name, deleted ones too. Raises :class:`NotFound`."""
        if name == DEFAULT_NAME:
            self.ensure(scope, DEFAULT_NAME)
        with self._state.read() as tx:
            found = self._read(tx, _rows(scope).where(experiment.c.name == name))
        if not found:
            raise missing("Experiment", name)
        return found[0]

    def search(
        self,
        scope: Scope,
        *,
        text: str | None = None,
        order_by: Sequence[str] | None = None,
        view: str | None = None,
        limit: int = 1000,
        page: str | None = None,
    ) -> tuple[list[Experiment], str]:
        """A page of experiments, latest first unless ``order_by`` says else, and the next page's token."""
        question = _SUBJECT.ask(text, order_by, page, limit)
        self.ensure(scope, DEFAULT_NAME)
        within = (experiment.c.scope == scope.key, experiment.c.lifecycle.in_(lifecycles(view)))
        with self._state.read() as tx:
            ids, following = find(tx, _SUBJECT, question, within, lambda _: {})
            by_id = {
                one.id: one
                for chunk in chunks(ids)
                for one in self._read(tx, _rows(scope).where(experiment.c.id.in_(chunk)))
            }
        return [by_id[i] for i in ids], following

    def rename(self, scope: Scope, experiment_id: Any, name: Any) -> None:
        """Give an active experiment another name."""
        name = check_experiment_name(name)
        known = self.get_active(scope, experiment_id)
        with self._state.write() as tx:
            other = tx.execute(_rows(scope).where(experiment.c.name == name)).one_or_none()
            if other is None:
                self._change(tx, known.id, name=name)
        if other is not None and other.id != known.id:
            raise exists_already("Experiment", name)

    def delete(self, scope: Scope, experiment_id: Any) -> None:
        """Move an active experiment into the deleted ones; its runs stay as they are."""
        known = self.get_active(scope, experiment_id)
        with self._state.write() as tx:
            self._change(tx, known.id, lifecycle="deleted")

    def restore(self, scope: Scope, experiment_id: Any) -> None:
        """Bring a deleted experiment back."""
        known = self.get(scope, experiment_id)
        if known.lifecycle != "deleted":
            raise invalid(f"The experiment '{known.id}' must be in the 'deleted' state. Current state is active.")
        with self._state.write() as tx:
            self._change(tx, known.id, lifecycle="active")

    def set_tags(self, scope: Scope, experiment_id: Any, tags: Sequence[tuple[str, str]]) -> None:
        """Set tags of an active experiment."""
        known = self.get_active(scope, experiment_id)
        with self._state.write() as tx:
            put_tags(tx, known.id, tags)
            self._change(tx, known.id)

    def delete_tag(self, scope: Scope, experiment_id: Any, key: str) -> None:
        """Remove a tag of an active experiment. Raises :class:`NotFound` where it has none of that name."""
        known = self.get_active(scope, experiment_id)
        with self._state.write() as tx:
            if not tx.execute(delete(tag).where(tag.c.owner_id == known.id, tag.c.key == key)).rowcount:
                raise NotFound(f"No tag with name: {key[:300]} in experiment '{known.id}'.", target=key[:300])
            self._change(tx, known.id)

    def forget(self, scope: Scope) -> None:
        """Forget every experiment of a workspace; their runs are forgotten first. Safe to repeat."""
        mine = select(experiment.c.id).where(experiment.c.scope == scope.key)
        with self._state.write() as tx:
            tx.execute(delete(tag).where(tag.c.owner_id.in_(mine)))
            tx.execute(delete(experiment).where(experiment.c.scope == scope.key))

    def _insert(
        self, tx: Connection, scope: Scope, name: str, tags: Sequence[tuple[str, str]], artifact_uri: str
    ) -> str:
        self.admit(tx, scope)
        now, new_id = self._clock(), new_experiment_id()
        tx.execute(
            insert(experiment).values(
                id=new_id,
                scope=scope.key,
                name=name,
                artifact_uri=artifact_uri or f"mlflow-artifacts:/Experiments/{new_id}",
                lifecycle="active",
                created_at=now,
                modified_at=now,
            )
        )
        put_tags(tx, new_id, tags)
        return new_id

    def _change(self, tx: Connection, experiment_id: str, **values: Any) -> None:
        tx.execute(
            update(experiment).where(experiment.c.id == experiment_id).values(modified_at=self._clock(), **values)
        )

    def _read(self, tx: Connection, query: Select[Any]) -> list[Experiment]:
        rows = tx.execute(query).all()
        tags = tags_of(tx, [row.id for row in rows])
        return [_experiment(row, tags[row.id]) for row in rows]


def _rows(scope: Scope) -> Select[Any]:
    return select(experiment).where(experiment.c.scope == scope.key)


def _experiment(row: Row[Any], tags: Mapping[str, str]) -> Experiment:
    return Experiment(row.id, row.name, row.artifact_uri, row.lifecycle, row.created_at, row.modified_at, tags)


def _id_of(tx: Connection, scope: Scope, name: str) -> str | None:
    query = select(experiment.c.id).where(experiment.c.scope == scope.key, experiment.c.name == name)
    return tx.execute(query).scalar_one_or_none()
