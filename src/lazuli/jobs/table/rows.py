"""The table of jobs as it is shown: pages of rows, and the words that a filter can be made of."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import func, select

from lazuli.jobs.submit import Jobs
from lazuli.jobs.table.facts import facts_of
from lazuli.jobs.table.facts import tags_of as own_tags
from lazuli.schema.identity import ResourceId, Scope, parse_resource_id
from lazuli.schema.problems import NotFound
from lazuli.store import tables
from lazuli.store.documents import Record
from lazuli.tracking import Tracking
from lazuli.tracking.keys import run_key
from lazuli.tracking.rows import params_of, tags_of

if TYPE_CHECKING:
    from lazuli.jobs.table.board import Board
    from lazuli.jobs.table.question import Question

__all__ = ["JobTable", "Page"]

T = TypeVar("T")

_MOST_BOARDS = 16
_MOST_WORDS = 500
LARGE = 2_000
"""How many jobs of a workspace are read so quickly that nothing is prepared: for them NumPy is not even loaded."""
_MOST_PREPARED_BOARDS = 4
_MOST_PREPARED = 10
"""How many columns of metrics, parameters and tags each are prepared: one takes some megabytes of 100,000 jobs."""
_AT_ONCE_S = 0.03
"""What takes no longer is counted anew whenever anything changed; what does, as often as it is worth."""
_WORTH = 50
_OF_MLFLOW = "mlflow."
"""Before the names of the tags that MLflow keeps for itself."""


@dataclass(frozen=True)
class Page:
    """Some rows of the table, and how many there are in all."""

    total: int
    rows: Sequence[Mapping[str, Any]]


class JobTable:
    """The tables of jobs of every workspace."""

    def __init__(self, jobs: Jobs, tracking: Tracking) -> None:
        self._jobs = jobs
        self._points = tracking.metrics.points
        self._boards: OrderedDict[str, Board] = OrderedDict()  # by what stands before the keys of their runs
        self._counted: dict[tuple[str, str], tuple[int, float, float, Any]] = {}
        self._opening = threading.Lock()
        self._points.heard.append(lambda runs: self._hear(runs, logged=True))
        tracking.runs.heard.append(lambda runs: self._hear(runs, logged=False))

    def page(self, scope: Scope, question: Question) -> Page:
        """The rows that a question asks for. Raises :class:`NotFound` where there is no such workspace."""
        scope = self._placed(scope)
        total, names = self._board(scope).answer(question)
        return Page(total, self._rows(scope, names, question))

    def find(self, scope: Scope, text: str, limit: int) -> list[tuple[int, dict[str, Any]]]:
        """The jobs whose name or display name fits ``text``, each with its closeness, the best and newest first."""
        from lazuli.jobs.table.question import Question

        scope = self._placed(scope)
        found = self._board(scope).nearest(text, limit)
        rows = {row["name"]: row for row in self._rows(scope, list(found), Question())}
        return [(found[name], rows[name]) for name in found if name in rows]

    def words(self, scope: Scope) -> dict[str, list[dict[str, Any]]]:
        """What jobs can be filtered and sorted by, with how many have each: the most used first, bounded."""
        scope = self._placed(scope)
        board = self._board(scope)
        counted = board.counts("experiment", "status", "compute", "createdBy", "type")
        tags = self._often(scope, "tags", self._jobs.store.state.changes, board.tag_names)
        return {
            "metrics": _ranked(self._metric_names(scope)),
            "params": _ranked(self._param_names(scope)),
            "tags": _ranked(tags),
            "experiments": _ranked(counted["experiment"]),
            "statuses": _ranked(counted["status"]),
            "computes": _ranked(counted["compute"]),
            "users": _ranked(counted["createdBy"]),
            "types": _ranked(counted["type"]),
        }

    def activity(self, scope: Scope) -> dict[str, tuple[int, int]]:
        """How many jobs each experiment has that no other made, and when the last of them was made."""
        scope = self._placed(scope)
        return self._board(scope).activity()

    def prepare(self) -> None:
        """Have at hand what the first who looks at a large workspace would wait for. Safe to repeat.

        That is for a thread that nobody waits for: the jobs, the words for filters, and the columns most used.
        """
        for scope in self._large():
            try:
                words = self.words(scope)
            except NotFound:
                continue  # deleted, and kept to be restored
            board = self._board(scope)
            for kind in ("metric", "param", "tag"):
                board.prepare(kind, [word["name"] for word in words[f"{kind}s"][:_MOST_PREPARED]])

    def _large(self) -> list[Scope]:
        """The workspaces with so many jobs that somebody would wait, the largest first."""
        table = tables.resource.c
        query = select(table.scope, func.count()).where(table.kind == "jobs").group_by(table.scope)
        with self._jobs.store.state.read() as tx:
            counts = [(row[1], row[0]) for row in tx.execute(query) if row[1] >= LARGE]
        found = [parse_resource_id(key) for _, key in sorted(counts, reverse=True)[:_MOST_PREPARED_BOARDS]]
        return [id.scope for id in found if id is not None]

    # --- boards ------------------------------------------------------------------------------------------------

    def _placed(self, scope: Scope) -> Scope:
        with self._jobs.store.state.read() as tx:
            return self._jobs.place(tx, ResourceId(scope)).scope

    def _board(self, scope: Scope) -> Board:
        from lazuli.jobs.table.board import Board  # with NumPy, which takes as long as all else when a server starts

        key = run_key(scope, "")
        with self._opening:
            board = self._boards.get(key)
            if board is None:
                board = self._boards[key] = Board(self._jobs.store, self._points, scope)
            self._boards.move_to_end(key)
            while len(self._boards) > _MOST_BOARDS:
                self._boards.popitem(last=False)
        return board

    def _hear(self, runs: Iterable[str], *, logged: bool) -> None:
        if not self._boards:
            return
        for run in runs:
            board = self._boards.get(run[: run.index("/") + 1])
            if board is not None:
                board.logged(run) if logged else board.described(run)

    # --- rows --------------------------------------------------------------------------------------------------

    def _rows(self, scope: Scope, names: Sequence[str], question: Question) -> list[dict[str, Any]]:
        """The rows of some jobs as they stand now; one that went meanwhile is left out."""
        keys = {name: run_key(scope, name) for name in names}
        store = self._jobs.store
        with store.state.read() as tx:
            records = store.documents.several(tx, [ResourceId(scope, "jobs", name) for name in names])
            records = self._jobs.all_shown(tx, records)
            tags = tags_of(tx, list(keys.values()))
            params = params_of(tx, list(keys.values())) if _asks(question, "param") else {}
        metrics = self._points.latest(list(keys.values())) if _asks(question, "metric") else {}
        rows: list[dict[str, Any]] = []
        for record in records:
            key = keys[record.id.name]
            known = {
                "metric": {each.key: each.value for each in metrics.get(key, ())},
                "param": params.get(key, {}),
                "tag": {**tags[key], **own_tags(record.body)},
            }
            values = {word: known[kind][name] for word, kind, name in question.columns if name in known[kind]}
            rows.append({**_row(record, known["tag"]), "values": values})
        return rows

    # --- words -------------------------------------------------------------------------------------------------

    def _metric_names(self, scope: Scope) -> dict[str, int]:
        def count() -> dict[str, int]:
            table = tables.experiment.c
            with self._jobs.store.state.read() as tx:
                ids = list(tx.execute(select(table.id).where(table.scope == scope.key)).scalars())
            return self._points.keys_of(ids)

        return self._often(scope, "metrics", self._jobs.store.points.changes, count)

    def _param_names(self, scope: Scope) -> dict[str, int]:
        def count() -> dict[str, int]:
            table, mine = tables.param.c, run_key(scope, "")
            query = select(table.key, func.count()).where(table.run_id > mine, table.run_id < f"{mine}\U0010ffff")
            with self._jobs.store.state.read() as tx:
                return {row.key: int(row[1]) for row in tx.execute(query.group_by(table.key))}

        return self._often(scope, "params", self._jobs.store.state.changes, count)

    def _often(self, scope: Scope, what: str, changes: int, count: Callable[[], T]) -> T:
        """What ``count`` gives: counted anew after a change, but no more than a small share of the time."""
        key = (run_key(scope, ""), what)
        seen, at, took, found = self._counted.get(key, (-1, 0.0, 0.0, None))
        now = time.monotonic()
        if found is not None and (seen == changes or (took > _AT_ONCE_S and now - at < _WORTH * took)):
            return found
        found = count()
        self._counted[key] = (changes, time.monotonic(), time.monotonic() - now, found)
        return found


def _asks(question: Question, kind: str) -> bool:
    return any(each == kind for _, each, _ in question.columns)


def _row(record: Record, tags: Mapping[str, str]) -> dict[str, Any]:
    facts = facts_of(record.id.name, record, record.body, record.state)
    return {
        **{word: facts[word] for word in facts if word != "duration"},
        "parent": record.parent or None,
        "reason": record.state.get("status_reason") or None,
        "archived": record.archived,
        "tags": {name: value for name, value in tags.items() if not name.startswith(_OF_MLFLOW)},
    }


def _ranked(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The most used first."""
    some = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:_MOST_WORDS]
    return [{"name": name, "count": count} for name, count in some]
