"""Metric points: written in batches, read as series, kept in a database of their own.

NaN is stored as 0 beside a flag, because SQLite turns a NaN into NULL; it comes back as NaN. Infinities are kept.
"""

from __future__ import annotations

import math
import operator
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from itertools import chain
from queue import SimpleQueue
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select, tuple_

from lazuli.store.curves import Summary, Window, drawn, series_of, summaries
from lazuli.store.database import Database
from lazuli.store.peaks import STRETCH, Peaks, Seen
from lazuli.store.tables import latest_metric, metric_point, model_metric

__all__ = ["Arrival", "Latest", "ModelPoint", "Place", "Point", "Points", "SeriesPoint"]

CHUNK = 500
"""How many ids one statement names at most; databases limit the number of parameters."""
AT_ONCE = 100
"""How many points at most are stored by a caller that must not be held up."""
PIECES = (64, 8, 1)
"""How many points of a series one statement stores: the database finds the place of a series once for all of them."""
_PIECE = 5_000
"""How many rows are fetched at once where they may be many."""
SETTLE_AFTER = 256
"""After how many transactions what they wrote is brought into its place, by a thread that holds nobody up."""


class Point(NamedTuple):
    """One value of one metric of one run."""

    run_id: str
    key: str
    value: float
    step: int
    timestamp: int


class Place(NamedTuple):
    """Where in a series a point stands; reading goes on after it."""

    step: int
    timestamp: int
    seq: int


class SeriesPoint(NamedTuple):
    """A point of a known series."""

    value: float
    step: int
    timestamp: int
    seq: int

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.step, self.timestamp, self.seq)


class Arrival(NamedTuple):
    """A value of a known series, with its place in the order in which all points came."""

    seq: int
    value: float


class Latest(NamedTuple):
    """The newest value of a metric."""

    key: str
    value: float
    step: int
    timestamp: int


class ModelPoint(NamedTuple):
    """A metric value that says which logged model, and perhaps which dataset, it was measured on."""

    model_id: str
    run_id: str
    key: str
    value: float
    step: int
    timestamp: int
    dataset_name: str = ""
    dataset_digest: str = ""


class Points:
    """The metric points of every run, and the newest value of each metric.

    The newest value is the one of the highest step, then the latest timestamp, then the greatest value, in whatever
    order the points arrive.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        mark = "?" if database.is_sqlite else "%s"
        self._insert_point = _insert("metric_point", _POINT_COLUMNS, mark)
        self._insert_pieces = [(size, _insert_piece(size)) for size in PIECES]
        self._insert_model_point = _insert("model_metric", _MODEL_COLUMNS, mark)
        self._insert_latest = _insert("latest_metric", _LATEST_COLUMNS, mark) + _KEEP_NEWEST
        self._mark_peak = _MARK_PEAK.replace("?", mark)
        self._known_keys = _KNOWN_KEYS.replace("?", mark)
        self._last_points = _LAST_POINTS.replace("?", mark)
        self._peaks = Peaks()
        self.heard: list[Callable[[Iterable[str]], object]] = []
        """Told of every run whose points were stored, or forgotten, just after. They must be quick."""
        self._waiting: deque[_Batch] = deque()
        self._turn = threading.Lock()
        self._asked: SimpleQueue[None] = SimpleQueue()
        self._writer_asked = False
        self._unsettled = 0
        threading.Thread(target=self._store_when_asked, name="points", daemon=True).start()

    def add(self, experiment_id: str, points: Sequence[Point], model_points: Sequence[ModelPoint] = ()) -> None:
        """Store points of runs of one experiment, all or none; they are stored when this returns.

        Who comes while another's points are being stored waits, and is then stored together with all who wait: many
        small calls cost few transactions.
        """
        if not points:
            return
        batch = _Batch(experiment_id, points, model_points)
        self._waiting.append(batch)
        with self._turn:
            if not batch.stored.done():
                self._store_waiting()
        batch.stored.result()

    def add_soon(
        self,
        experiment_id: str,
        points: Sequence[Point],
        model_points: Sequence[ModelPoint] = (),
        *,
        later: Callable[[Callable[[], None]], object],
    ) -> Future[None]:
        """The same for a caller that does not wait here: the points are stored when the result is there.

        ``later`` runs a function on the caller's thread after what it has to do just now: what came at the same
        moment is stored there in one go, without a switch of threads, where that takes no longer than a moment.
        """
        batch = _Batch(experiment_id, points, model_points)
        self._waiting.append(batch)
        if not self._writer_asked:
            self._writer_asked = True
            later(self._store_or_ask) if self._database.is_sqlite else self._asked.put(None)
        return batch.stored

    def _store_or_ask(self) -> None:
        """Store what waits if it is little and nobody is storing; else leave it to the writer."""
        waiting = tuple(self._waiting)  # others add to it meanwhile
        if sum(len(batch.points) for batch in waiting) <= AT_ONCE and self._turn.acquire(blocking=False):
            try:
                self._writer_asked = False
                self._store_waiting()
            finally:
                self._turn.release()
        else:
            self._asked.put(None)

    def _store_when_asked(self) -> None:
        while True:
            self._asked.get()
            if self._unsettled >= SETTLE_AFTER:
                self._unsettled = 0
                self._database.settle()
            with self._turn:
                self._writer_asked = False  # first: what comes from now on may be too late for the loop below
                while self._waiting:
                    self._store_waiting()

    def _store_waiting(self) -> None:
        if not self._waiting:
            return
        self._store([self._waiting.popleft() for _ in range(len(self._waiting))])
        self._unsettled += 1
        if self._unsettled == SETTLE_AFTER:
            self._asked.put(None)

    def _store(self, batches: Sequence[_Batch]) -> None:
        try:
            self._write(batches)
        except Exception as problem:
            self._peaks.forget()
            if len(batches) == 1:
                batches[0].stored.set_exception(problem)
            else:  # one of them is at fault: the others must not suffer
                for batch in batches:
                    self._store([batch])
            return
        for batch in batches:
            batch.stored.set_result(None)

    def _write(self, batches: Sequence[_Batch]) -> None:
        series: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        experiments: dict[str, str] = {}
        for batch in batches:
            for run, key, value, step, at in batch.points:
                series[run, key].append((*_stored(value), step, at))
                experiments[run] = batch.experiment_id
        newest = [(*one, experiments[one[0]], *max(rows, key=_AGE)) for one, rows in series.items()]
        on_models = [_model_row(point) for batch in batches for point in batch.model_points]
        with self._database.write_by_driver() as cursor:
            marks = self._peaks.mark(series, lambda some: self._recent(cursor, some))
            for one, rows in series.items():
                self._insert(cursor, one, rows)
            cursor.executemany(self._insert_latest, newest)
            if marks:
                cursor.executemany(self._mark_peak, [(*one, step, at, value) for one, (value, _, step, at) in marks])
            if on_models:
                cursor.executemany(self._insert_model_point, on_models)
        self._tell(experiments)

    def _tell(self, run_ids: Iterable[str]) -> None:
        for listener in self.heard:
            listener(run_ids)

    def _recent(self, cursor: Any, series: Sequence[tuple[str, str]]) -> list[tuple[tuple[str, str], list[Seen]]]:
        """The last points of each series that has any, newest first."""
        keys_of: dict[str, list[str]] = {}
        for run_id, key in series:
            keys_of.setdefault(run_id, []).append(key)
        found: list[tuple[tuple[str, str], list[Seen]]] = []
        for run_id, keys in keys_of.items():
            cursor.execute(self._known_keys, (run_id,))
            for key in {key for (key,) in cursor.fetchall()}.intersection(keys):
                cursor.execute(self._last_points, (run_id, key, STRETCH - 1))
                found.append(((run_id, key), [tuple(row) for row in cursor.fetchall()]))
        return found

    def _insert(self, cursor: Any, series: tuple[str, str], rows: Sequence[Seen]) -> None:
        if not self._database.is_sqlite:
            cursor.executemany(self._insert_point, [(*series, *row) for row in rows])
            return
        start = 0
        for size, statement in self._insert_pieces:
            while len(rows) - start >= size:
                cursor.execute(statement, (*series, *chain.from_iterable(rows[start : start + size])))
                start += size

    def history(self, run_id: str, key: str, limit: int | None = None, after: Place | None = None) -> list[SeriesPoint]:
        """The series in the order of step, then time, then arrival; at most ``limit`` points, those ``after``."""
        query = series_of(run_id, key)
        if after is not None:
            columns = tuple_(metric_point.c.step, metric_point.c.timestamp, metric_point.c.seq)
            query = query.where(columns > tuple_(*after))
        with self._database.read() as tx:
            return [_series_point(row) for row in tx.execute(query.limit(limit))]

    def arrivals(self, run_ids: Sequence[str], key: str, after: int = 0) -> dict[str, list[Arrival]]:
        """Every point of one metric of these runs in the order in which they came, from after an arrival on."""
        table = metric_point.c
        found: dict[str, list[Arrival]] = {run_id: [] for run_id in run_ids}
        with self._database.read() as tx:
            for chunk in _chunks(run_ids):
                query = select(table.run_id, table.seq, table.value, table.is_nan)
                # A sum is no key: the series leads to its points, and not the key to all points since.
                query = query.where(table.run_id.in_(chunk), table.key == key, table.seq + 0 > after)
                for run_id, seq, value, is_nan in tx.execute(query):
                    found[run_id].append(Arrival(seq, math.nan if is_nan else value))
        for points in found.values():
            points.sort()
        return found

    def sample(self, run_id: str, key: str, points: int, window: Window | None = None) -> list[SeriesPoint]:
        """The series in about ``points`` points: the least and the greatest of each stretch, the first and the last.

        What a chart of that many pixels would show of the whole series, so no peak is lost. A long series is drawn
        from its marked peaks and its end, so that its length does not matter. Of a ``window`` with no more points than
        that it is all of them.
        """
        with self._database.read() as tx:
            return [_series_point(row) for row in drawn(tx, run_id, key, points, window)]

    def summaries(self, run_id: str) -> list[Summary]:
        """What there is to say of every metric of a run, sorted by key; of a long series too without reading it."""
        with self._database.read() as tx:
            return summaries(tx, run_id)

    def latest(self, run_ids: Sequence[str]) -> dict[str, list[Latest]]:
        """The newest value of every metric of these runs, sorted by key."""
        table = latest_metric.c
        found: dict[str, list[Latest]] = {run_id: [] for run_id in run_ids}
        with self._database.read() as tx:
            for chunk in _chunks(run_ids):
                query = select(table.run_id, table.key, table.value, table.is_nan, table.step, table.timestamp)
                for row in tx.execute(query.where(table.run_id.in_(chunk)).order_by(table.run_id, table.key)):
                    run_id, key, value, is_nan, step, at = row
                    found[run_id].append(Latest(key, math.nan if is_nan else value, step, at))
        return found

    def latest_values(self, experiment_ids: Sequence[str], key: str) -> dict[str, float]:
        """The newest value of one metric for every run of these experiments that has it."""
        table = latest_metric.c
        found: dict[str, float] = {}
        with self._database.read() as tx:
            for chunk in _chunks(experiment_ids):
                query = select(table.run_id, table.value, table.is_nan)
                rows = tx.execute(query.where(table.experiment_id.in_(chunk), table.key == key))
                found.update((run_id, math.nan if is_nan else value) for run_id, value, is_nan in rows)
        return found

    def latest_of(self, prefix: str, keys: Sequence[str]) -> Iterator[tuple[str, str, float]]:
        """The newest values of some metrics of every run whose id begins with ``prefix``: run, key and value."""
        table = latest_metric.c
        query = select(table.run_id, table.key, table.value, table.is_nan).where(table.key.in_(keys))
        query = query.where(table.run_id > prefix, table.run_id < f"{prefix}\U0010ffff")
        with self._database.read() as tx:
            for run_id, key, value, is_nan in tx.execution_options(yield_per=_PIECE).execute(query):
                yield run_id, key, math.nan if is_nan else value

    def keys_of(self, experiment_ids: Sequence[str]) -> dict[str, int]:
        """How many runs of these experiments have each metric."""
        table = latest_metric.c
        found: dict[str, int] = defaultdict(int)
        with self._database.read() as tx:
            for chunk in _chunks(experiment_ids):
                query = select(table.key, func.count()).where(table.experiment_id.in_(chunk))
                for key, number in tx.execute(query.group_by(table.experiment_id, table.key)):
                    found[key] += number
        return dict(found)

    def of_models(self, model_ids: Sequence[str], key: str | None = None) -> dict[str, list[ModelPoint]]:
        """The points measured on these logged models, in the order of step and time; of one metric where ``key``."""
        table = model_metric.c
        found: dict[str, list[ModelPoint]] = {model_id: [] for model_id in model_ids}
        with self._database.read() as tx:
            for chunk in _chunks(model_ids):
                query = select(*(model_metric.c[name] for name in _MODEL_COLUMNS)).where(table.model_id.in_(chunk))
                if key is not None:
                    query = query.where(table.key == key)
                for row in tx.execute(query.order_by(table.model_id, table.key, table.step, table.timestamp)):
                    point = _model_point(tuple(row))
                    found[point.model_id].append(point)
        return found

    def delete_runs(self, run_ids: Sequence[str]) -> None:
        """Forget every point of these runs. Safe to repeat."""
        for chunk in _chunks(run_ids):  # a transaction each, so that other writers get their turn
            with self._turn, self._database.write() as tx:  # whose turn it is finds the database free
                _delete(tx, chunk)
            self._tell(chunk)
        with self._turn:
            self._peaks.forget()


_POINT_COLUMNS = ("run_id", "key", "value", "is_nan", "step", "timestamp", "peak")
_LATEST_COLUMNS = ("run_id", "key", "experiment_id", "value", "is_nan", "step", "timestamp")
_MODEL_COLUMNS = (
    "model_id", "run_id", "key", "value", "is_nan", "step", "timestamp", "dataset_name", "dataset_digest",
)  # fmt: skip
_KEEP_NEWEST = """
 ON CONFLICT (run_id, key) DO UPDATE SET
  value = excluded.value, is_nan = excluded.is_nan, step = excluded.step, timestamp = excluded.timestamp
 WHERE (excluded.step, excluded.timestamp, excluded.value)
  > (latest_metric.step, latest_metric.timestamp, latest_metric.value)"""

# The last to come of several at one place: of those before it there may be any number.
_MARK_PEAK = """
UPDATE metric_point SET peak = 1 WHERE seq = (
 SELECT seq FROM metric_point
 WHERE run_id = ? AND key = ? AND step = ? AND timestamp = ? AND value = ? AND is_nan = 0
 ORDER BY seq DESC LIMIT 1)"""


_KNOWN_KEYS = "SELECT key FROM latest_metric WHERE run_id = ?"
_LAST_POINTS = """
SELECT value, is_nan, step, timestamp FROM metric_point
 WHERE run_id = ? AND key = ? AND is_nan = 0 ORDER BY step DESC, timestamp DESC LIMIT ?"""


class _Batch:
    """Points that came together, and what became of them."""

    __slots__ = ("experiment_id", "model_points", "points", "stored")

    def __init__(self, experiment_id: str, points: Sequence[Point], model_points: Sequence[ModelPoint]) -> None:
        self.experiment_id = experiment_id
        self.points = points
        self.model_points = model_points
        self.stored: Future[None] = Future()
        self.stored.set_running_or_notify_cancel()  # who hangs up meanwhile cancels nothing


def _insert(table: str, columns: Sequence[str], mark: str) -> str:
    marks = ", ".join("0" if name == "peak" else mark for name in columns)  # what is one is known later
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608  (nothing of it is a user's)


def _insert_piece(size: int) -> str:
    """The statement that puts ``size`` points of one series into SQLite. Its run and key are given once."""
    one = _insert("metric_point", _POINT_COLUMNS, "?")
    rows = (f"(?1, ?2, ?{n}, ?{n + 1}, ?{n + 2}, ?{n + 3}, 0)" for n in range(3, 3 + 4 * size, 4))
    return f"{one.partition('(?')[0]}{', '.join(rows)}"


def _stored(value: float) -> tuple[float, int]:
    return (value, 0) if value == value else (0.0, 1)  # only NaN differs from itself


def _model_row(point: ModelPoint) -> tuple[Any, ...]:
    return (*point[:3], *_stored(point.value), *point[4:])


def _model_point(row: tuple[Any, ...]) -> ModelPoint:
    model_id, run_id, key, value, is_nan, *rest = row
    return ModelPoint(model_id, run_id, key, math.nan if is_nan else value, *rest)


def _series_point(row: Any) -> SeriesPoint:
    value, is_nan, step, timestamp, seq = row
    return SeriesPoint(math.nan if is_nan else value, step, timestamp, seq)


_AGE = operator.itemgetter(2, 3, 0)
"""By what the newest row of a series is found, as :data:`_KEEP_NEWEST` does: step, timestamp, value."""


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _delete(tx: Connection, run_ids: Sequence[str]) -> None:
    for table in (metric_point, latest_metric, model_metric):
        tx.execute(delete(table).where(table.c.run_id.in_(run_ids)))
