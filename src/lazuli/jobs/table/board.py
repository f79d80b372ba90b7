"""The board of a workspace: what its jobs are filtered and sorted by, in memory, as the databases have it.

It is read once, and then kept: the journal tells which jobs changed since, and tracking which runs were logged to. A
column of metrics, parameters or tags is read when it is first asked for, or before, by whoever has time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import orjson
from sqlalchemy import Connection, func, select

from lazuli.jobs.closeness import ELSEWHERE, fit
from lazuli.jobs.table.columns import Column, Flags, Numbers, Texts
from lazuli.jobs.table.facts import facts_of
from lazuli.jobs.table.facts import tags_of as own_tags
from lazuli.jobs.table.question import NUMBERS, TEXTS, Question
from lazuli.schema.identity import Scope
from lazuli.store import tables
from lazuli.store.opened import Store
from lazuli.store.points import Points
from lazuli.tracking.keys import run_id_of, run_key
from lazuli.tracking.rows import chunks, params_of, tags_of

__all__ = ["Board"]

_R, _J = tables.resource, tables.journal
_MOST_CHANGES = 20_000
"""How many jobs may have changed before all are read anew."""
_PIECE = 5_000
_READ = (_R.c.id, _R.c.name, _R.c.status, _R.c.archived, _R.c.parent, _R.c.created_at, _R.c.created_by)


class _Facts(NamedTuple):
    """What every job is filtered and sorted by."""

    name: str
    archived: bool
    values: Mapping[str, Any]
    tags: dict[str, str]


class Board:
    """The jobs of one workspace. Its methods may be called by any thread."""

    def __init__(self, store: Store, points: Points, scope: Scope) -> None:
        self._store = store
        self._points = points
        self._scope = scope
        self._lock = threading.Lock()
        self._heard = threading.Lock()
        self._logged: set[str] = set()  # the keys of runs whose metrics were logged since the last look
        self._described: set[str] = set()  # and of those whose parameters or tags were
        self._missed: set[str] | None = None  # the keys of runs that changed while columns are being read beside
        self._begin()

    def _begin(self) -> None:
        self._changes, self._seq = -1, -1
        self._size = 0
        self._rows: dict[str, int] = {}
        self._alive: Flags = np.zeros(64, bool)
        self._archived: Flags = np.zeros(64, bool)
        self._facts: dict[str, Column] = {name: Texts(64) for name in TEXTS} | {name: Numbers(64) for name in NUMBERS}
        self._values: dict[tuple[str, str], Column] = {}
        self._tags: dict[int, dict[str, str]] = {}

    # --- what is asked -----------------------------------------------------------------------------------------

    def answer(self, question: Question) -> tuple[int, list[str]]:
        """How many jobs there are of those that are wanted, and the names of a page of them."""
        with self._lock:
            self._keep_up()
            rows = np.flatnonzero(self._wanted(question))[::-1]  # the newest first
            for order in reversed(question.orders):  # each sort keeps the order of what is equal
                rows = self._column(order.kind, order.key).sort(rows, descending=order.descending)
            page = rows[question.offset : question.offset + question.limit]
            names = self._facts["name"].values(page)
            return len(rows), [str(name) for name in names]

    def nearest(self, text: str, limit: int) -> dict[str, int]:
        """How well the jobs fit a text whose name or display name does best, the newest first; archived ones never."""
        with self._lock:
            self._keep_up()
            first = text.split(maxsplit=1)[0]  # what does not even hold this is passed over quickly
            fits = [self._texts(name).scores(first, partial(fit, text), ELSEWHERE) for name in _NAMED]
            ranks = np.minimum.reduce(fits)
            ranks[~self._wanted(Question(everyone=True))] = ELSEWHERE
            found: dict[str, int] = {}
            for rank in range(ELSEWHERE):
                rows = np.flatnonzero(ranks == rank)[::-1][: limit - len(found)]
                found.update((str(name), rank) for name in self._facts["name"].values(rows))
            return found

    def counts(self, *columns: str) -> dict[str, dict[str, int]]:
        """How many jobs that no other made have each word of some columns."""
        with self._lock:
            self._keep_up()
            return {name: self._texts(name).counts(self._shown()) for name in columns}

    def activity(self) -> dict[str, tuple[int, int]]:
        """How many jobs that no other made each experiment has, and when the last of them was made."""
        with self._lock:
            self._keep_up()
            shown, experiments, created = self._shown(), self._texts("experiment"), self._facts["created"]
            assert isinstance(created, Numbers)
            last = experiments.greatest(created, shown)
            return {name: (count, int(last[name])) for name, count in experiments.counts(shown).items()}

    def tag_names(self) -> dict[str, int]:
        """How many jobs have each tag, of those that were described with any."""
        with self._lock:
            self._keep_up()
            found: dict[str, int] = {}
            for tags in self._tags.values():
                for name in tags:
                    found[name] = found.get(name, 0) + 1
            return found

    def _shown(self) -> Flags:
        return self._wanted(Question())

    def _texts(self, name: str) -> Texts:
        column = self._facts[name]
        assert isinstance(column, Texts)
        return column

    def _wanted(self, question: Question) -> Flags:
        wanted = self._alive.copy()
        if question.archived is not None:
            wanted &= self._archived if question.archived else ~self._archived
        if question.parent or not question.everyone:
            parent = question.parent.lower()
            wanted &= self._texts("parent").of_words(lambda word: word.lower() == parent)
        for condition in question.conditions:
            wanted &= self._column(condition.kind, condition.key).holds(condition)
        for word in question.words:
            found = [self._texts(name).of_words(lambda each, word=word: word in each.lower()) for name in _SEARCHED]
            wanted &= np.logical_or.reduce(found)
        return wanted

    def _column(self, kind: str, key: str) -> Column:
        if kind == "attribute":
            return self._facts[key]
        if (kind, key) not in self._values:
            self._install(kind, self._read(kind, [key]))
        return self._values[kind, key]

    # --- what is had at hand -----------------------------------------------------------------------------------

    def prepare(self, kind: str, keys: Sequence[str]) -> None:
        """Have columns at hand before anybody asks for them. One thread at a time; the others go on meanwhile."""
        with self._lock:
            self._keep_up()
            keys = [key for key in keys if (kind, key) not in self._values]
            board, self._missed = self._rows, set[str]()
        try:
            for key, some in (self._read(kind, keys) if keys else {}).items():
                with self._lock:  # one by one, so that nobody waits for more than that
                    self._keep_up()
                    if self._rows is not board:
                        return  # all jobs were read anew: these are the rows of before
                    if (kind, key) not in self._values:
                        self._install(kind, {key: some})
                        self._renew(self._missed, self._missed)
        finally:
            self._missed = None

    # --- what is heard -----------------------------------------------------------------------------------------

    def logged(self, run: str) -> None:
        """The metrics of a run changed."""
        with self._heard:
            self._logged.add(run)

    def described(self, run: str) -> None:
        """The parameters or tags of a run changed."""
        with self._heard:
            self._described.add(run)

    def _keep_up(self) -> None:
        with self._heard:  # what is heard from now on is looked at the next time
            logged, self._logged = self._logged, set()
            described, self._described = self._described, set()
        changes = self._store.state.changes
        if changes != self._changes:
            with self._store.state.read() as tx:
                new = self._look(tx)
            self._changes = changes
            logged, described = logged | new, described | new
        if self._missed is not None:
            self._missed |= logged | described
        if self._values:
            self._renew(logged, described)

    def _look(self, tx: Connection) -> set[str]:
        """Take in what changed since the last look; the runs of what changed."""
        upto = tx.execute(select(func.max(_J.c.seq))).scalar_one() or 0
        ids = None if self._seq < 0 else self._changed(tx)
        if ids is None:
            self._begin()
            for piece in self._all(tx):
                self._fill(piece)
            self._seq = upto
            return set()  # no column of values is there yet
        self._seq = upto
        there: set[str] = set()
        for chunk in chunks(ids):
            for facts in map(_facts_of, tx.execute(_select().where(_R.c.id.in_(chunk)))):
                self._take(facts)
                there.add(facts.name.lower())
        for id in ids:
            name = id.rpartition("/")[2]
            if name not in there and name in self._rows:
                self._drop(name)
        return {run_key(self._scope, str(self._name(self._rows[name]))) for name in there}

    def _changed(self, tx: Connection) -> list[str] | None:
        """The ids of the jobs that changed since the last look; None where all are to be read."""
        since = select(_J.c.resource_id).where(_J.c.seq > self._seq).limit(_MOST_CHANGES)
        ids = list(tx.execute(since).scalars())
        if len(ids) == _MOST_CHANGES or self._scope.key in ids:  # the workspace itself may have gone and come
            return None
        prefix = f"{self._scope.key}/jobs/"
        return sorted({id for id in ids if id.startswith(prefix)})

    def _all(self, tx: Connection) -> Iterator[list[_Facts]]:
        mine = _select().where(_R.c.kind == "jobs", _R.c.scope == self._scope.key, _R.c.version == "")
        rows = tx.execution_options(yield_per=_PIECE).execute(mine.order_by(_R.c.created_at, _R.c.id))
        for piece in rows.partitions(_PIECE):
            yield [_facts_of(row) for row in piece]

    def _fill(self, piece: list[_Facts]) -> None:
        """Take in many new jobs at once: column by column, that takes half as long."""
        start, self._size = self._size, self._size + len(piece)
        self._make_room()
        rows = range(start, self._size)
        self._rows.update(zip((facts.name.lower() for facts in piece), rows, strict=True))
        self._alive[start : self._size] = True
        self._archived[start : self._size] = [facts.archived for facts in piece]
        for name, column in self._facts.items():
            column.fill(start, [facts.values[name] for facts in piece])
        self._tags.update((row, facts.tags) for row, facts in zip(rows, piece, strict=True) if facts.tags)

    def _take(self, facts: _Facts) -> None:
        row = self._rows.get(facts.name.lower())
        if row is not None and self._facts["created"].values(np.array([row]))[0] != facts.values["created"]:
            self._drop(facts.name.lower())  # another job of the same name
            row = None
        if row is None:
            row = self._rows[facts.name.lower()] = self._size
            self._size += 1
            self._make_room()
        self._alive[row], self._archived[row] = True, facts.archived
        for name, value in facts.values.items():
            self._facts[name].put(row, value)
        if facts.tags:
            self._tags[row] = facts.tags
        else:
            self._tags.pop(row, None)

    def _drop(self, name: str) -> None:
        row = self._rows.pop(name)
        self._alive[row] = False
        self._tags.pop(row, None)

    def _make_room(self) -> None:
        if self._size <= len(self._alive):
            return
        size = 2 * self._size
        self._alive.resize(size, refcheck=False)
        self._archived.resize(size, refcheck=False)
        for column in (*self._facts.values(), *self._values.values()):
            column.grow(size)

    def _name(self, row: int) -> str | float | None:
        return self._facts["name"].values(np.array([row]))[0]

    # --- metrics, parameters and tags --------------------------------------------------------------------------

    def _read(self, kind: str, keys: Sequence[str]) -> dict[str, tuple[list[int], list[Any]]]:
        """The rows that have a value, and their values, for each key."""
        found: dict[str, tuple[list[int], list[Any]]] = {key: ([], []) for key in keys}
        rows, mine = self._rows, run_key(self._scope, "")
        for run, key, value in self._logged_values(kind, keys, mine):
            if (row := rows.get(run[len(mine) :].lower())) is not None:
                some = found[key]
                some[0].append(row)
                some[1].append(value)
        return found

    def _logged_values(self, kind: str, keys: Sequence[str], mine: str) -> Iterator[tuple[str, str, Any]]:
        if kind == "metric":
            yield from self._points.latest_of(mine, keys)
            return
        table, owner = (tables.param, "run_id") if kind == "param" else (tables.tag, "owner_id")
        query = select(table.c[owner], table.c.key, table.c.value).where(table.c.key.in_(keys))
        with self._store.state.read() as tx:
            rows = tx.execution_options(yield_per=_PIECE).execute(
                query.where(table.c[owner].between(mine, f"{mine[:-1]}0"))
            )
            yield from (tuple(row) for row in rows)

    def _install(self, kind: str, found: Mapping[str, tuple[list[int], list[Any]]]) -> None:
        for key, (rows, values) in found.items():
            column: Column = Numbers(len(self._alive)) if kind == "metric" else Texts(len(self._alive))
            if kind == "tag":
                own = {row: tags[key] for row, tags in self._tags.items() if key in tags}
                rows, values = [*rows, *own], [*values, *own.values()]
            column.spread(rows, values)
            self._values[kind, key] = column

    def _renew(self, logged: set[str], described: set[str]) -> None:
        """Read what was logged to runs anew, as far as anybody asked for it."""
        kinds = {kind for kind, _ in self._values}
        if logged and "metric" in kinds:
            newest = self._points.latest(sorted(logged))
            self._put("metric", {run: {each.key: each.value for each in some} for run, some in newest.items()})
        if not described or not kinds & {"param", "tag"}:
            return
        with self._store.state.read() as tx:
            for chunk in chunks(sorted(described)):
                self._put("param", params_of(tx, chunk))
                self._put("tag", {run: tags | self._own_tags(run) for run, tags in tags_of(tx, chunk).items()})

    def _own_tags(self, run: str) -> dict[str, str]:
        return self._tags.get(self._rows.get(run_id_of(run).lower(), -1), {})

    def _put(self, kind: str, found: Mapping[str, Mapping[str, Any]]) -> None:
        keys = [key for each, key in self._values if each == kind]
        for run, values in found.items():
            if (row := self._rows.get(run_id_of(run).lower())) is not None:
                for key in keys:
                    self._values[kind, key].put(row, values.get(key))


_NAMED = ("name", "displayName")
_SEARCHED = (*_NAMED, "experiment")


def _select() -> Any:
    return select(*_READ, _R.c.body, _R.c.state)


def _facts_of(row: Any) -> _Facts:
    body, state = orjson.loads(row.body), orjson.loads(row.state)
    return _Facts(row.name, bool(row.archived), facts_of(row.name, row, body, state), own_tags(body))
