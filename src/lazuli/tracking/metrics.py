"""Metrics: read from what a client sends in one pass, stored as points, given back as series."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from itertools import repeat
from typing import Any

from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput
from lazuli.store.curves import Summary, Window
from lazuli.store.points import Arrival, Latest, ModelPoint, Place, Point, Points, SeriesPoint
from lazuli.tracking.keys import run_key
from lazuli.tracking.paging import read_token, token
from lazuli.tracking.rules import (
    MAX_BATCH,
    MAX_KEY,
    MAX_METRICS,
    MAX_PARAM,
    MAX_TAG,
    check_key,
    check_text,
    invalid,
    number,
    pairs,
    sequence,
    too_many,
    whole,
)
from lazuli.tracking.runs import Runs

__all__ = ["Metrics"]

MAX_BULK_RUNS = 100


class Metrics:
    """The metrics of runs."""

    def __init__(self, points: Points, runs: Runs) -> None:
        self.points = points
        """The points themselves, for those who ask for many at once."""
        self._runs = runs
        self._listeners: dict[str, Callable[[Sequence[Point]], object]] = {}  # by the key of the run

    def listen(self, scope: Scope, run_id: str, listener: Callable[[Sequence[Point]], object]) -> None:
        """Tell a listener of the points that are logged to a run, as soon as they are stored. It must be quick.

        A run has one listener. Who listens to none costs those that log nothing.
        """
        self._listeners[run_key(scope, run_id)] = listener

    def leave(self, scope: Scope, run_id: str) -> None:
        """Listen to a run no more."""
        self._listeners.pop(run_key(scope, run_id), None)

    def log_batch(self, scope: Scope, run_id: str, metrics: Any = None, params: Any = None, tags: Any = None) -> None:
        """Log metrics, parameters and tags of an active run, as MLflow's log-batch sends them.

        Everything is checked before anything is written, so a batch with a mistake leaves no trace.
        """
        metrics = sequence(metrics, "metrics")
        if len(metrics) > MAX_METRICS:
            raise too_many("metrics", MAX_METRICS, len(metrics))
        checked_params = pairs(params, "params", MAX_PARAM)
        checked_tags = pairs(tags, "tags", MAX_TAG)
        total = len(metrics) + len(checked_params) + len(checked_tags)
        if total > MAX_BATCH:
            raise too_many("metrics, params, and tags", MAX_BATCH, total)
        key = run_key(scope, run_id)
        points, on_models = _read(key, metrics)
        experiment_id = self._runs.log(scope, run_id, params=checked_params, tags=checked_tags)
        self.points.add(experiment_id, points, on_models)
        if listener := self._listeners.get(key):
            listener(points)

    def log_before(self, scope: Scope, run_id: str, experiment_id: str, metrics: Any) -> None:
        """Store the metrics of a run that is about to be made: once it is there, they are.

        Where it is not made after all, :meth:`forget` them.
        """
        points, _ = _read(run_key(scope, run_id), sequence(metrics, "metrics"))
        self.points.add(experiment_id, points)

    def forget(self, scope: Scope, run_ids: Sequence[str]) -> None:
        """Forget what was stored of runs that were not made. Safe to repeat."""
        self.points.delete_runs([run_key(scope, run_id) for run_id in run_ids])

    def log(self, scope: Scope, run_id: str, metric: Mapping[str, Any]) -> None:
        """Log one value of one metric of an active run."""
        key = run_key(scope, run_id)
        points, on_models = _read(key, [metric], "")
        self.points.add(self._runs.active_experiment(scope, run_id), points, on_models)
        if listener := self._listeners.get(key):
            listener(points)

    def log_soon(
        self, scope: Scope, run_id: str, metric: Mapping[str, Any], later: Callable[[Callable[[], None]], object]
    ) -> Future[None] | None:
        """The same without waiting: it is logged when the result is there.

        ``later`` runs a function on this thread after what it has to do just now (see :meth:`Points.add_soon`).
        None, and nothing is logged, where the run has to be looked up first: that is for :meth:`log`.
        """
        experiment_id = self._runs.remembered_experiment(scope, run_id)
        if experiment_id is None:
            return None
        key = run_key(scope, run_id)
        points, on_models = _read(key, [metric], "")
        stored = self.points.add_soon(experiment_id, points, on_models, later=later)
        if listener := self._listeners.get(key):
            stored.add_done_callback(lambda _: listener(points))
        return stored

    def arrivals(self, scope: Scope, run_ids: Sequence[str], key: str, after: int = 0) -> dict[str, list[Arrival]]:
        """One metric of several runs in the order in which it was logged, from after an arrival on."""
        keys = {run_id: run_key(scope, run_id) for run_id in run_ids}
        found = self.points.arrivals(list(keys.values()), key, after)
        return {run_id: found[stored] for run_id, stored in keys.items()}

    def history(
        self, scope: Scope, run_id: str, key: str, limit: int | None = None, page: str | None = None
    ) -> tuple[list[SeriesPoint], str]:
        """A page of a series in the order of its steps, and the next page's token. Raises :class:`NotFound`."""
        place = read_token(page, 3)
        self._runs.check(scope, run_id)
        asked = None if limit is None else limit + 1
        points = self.points.history(run_key(scope, run_id), key, asked, Place(*place) if place else None)
        if limit is None or len(points) <= limit:
            return points, ""
        return points[:limit], token(*points[limit - 1].place)

    def newest(self, scope: Scope, run_id: str) -> Sequence[Latest]:
        """The latest value of every metric of a run; none where there is no such run."""
        key = run_key(scope, run_id)
        return self.points.latest([key]).get(key, [])

    def sample(
        self, scope: Scope, run_id: str, key: str, points: int, window: Window | None = None
    ) -> list[SeriesPoint]:
        """The series thinned for a chart of about that many points; its peaks stay. Raises :class:`NotFound`."""
        self._runs.check(scope, run_id)
        return self.points.sample(run_key(scope, run_id), key, points, window)

    def summaries(self, scope: Scope, run_id: str) -> list[Summary]:
        """What there is to say of every metric of a run, sorted by key. Raises :class:`NotFound`."""
        self._runs.check(scope, run_id)
        return self.points.summaries(run_key(scope, run_id))

    def samples(self, scope: Scope, run_ids: Sequence[str], key: str, points: int) -> dict[str, list[SeriesPoint]]:
        """The same for several runs."""
        if len(run_ids) > MAX_BULK_RUNS:
            raise too_many("run_ids", MAX_BULK_RUNS, len(run_ids))
        return {run_id: self.sample(scope, run_id, key, points) for run_id in run_ids}


_BIG = 2**63
_TOLD = operator.itemgetter("key", "value", "step", "timestamp")


def _plain(run: str, entries: Sequence[Mapping[str, Any]]) -> list[Point]:
    """The points of entries as clients nearly always write them; none where any must be read with care.

    Column by column, as each look at all of a column costs what a look at one entry would.
    """
    if {*map(len, entries)} != {4}:  # the four that are told, or there is more to read
        return []
    try:
        keys, values, steps, ats = zip(*map(_TOLD, entries), strict=True)
        for key in {*keys}:
            check_key(key, "key")
    except (KeyError, TypeError, InvalidInput):  # the careful reading says of which entry, and in what order
        return []
    if {*map(type, values)} != {float} or {*map(type, steps), *map(type, ats)} != {int}:
        return []
    if min(steps) <= -_BIG or max(steps) >= _BIG or min(ats) < 0 or max(ats) >= _BIG:
        return []
    return [*map(Point, repeat(run), keys, values, steps, ats)]


def _read(
    run: str, entries: Sequence[Mapping[str, Any]], path: str = "metrics"
) -> tuple[list[Point], list[ModelPoint]]:
    if points := _plain(run, entries):
        return points, []
    on_models: list[ModelPoint] = []
    for index, entry in enumerate(entries):
        key, value, step, at = entry.get("key"), entry.get("value"), entry.get("step", 0), entry.get("timestamp")
        # Clients send exactly these types nearly always, so the careful reading is kept for the rest.
        if type(value) is not float or type(step) is not int or type(at) is not int or at < 0:
            where = f"{path}[{index}]." if path else ""
            check_key(key, "key")  # first, so that what is told is told in the order of the fields
            value = number(value, f"{where}value")
            step = whole(step, f"{where}step", default=0)
            at = whole(at, f"{where}timestamp", least=0)
        elif not -_BIG < step < _BIG or at >= _BIG:
            raise invalid(f"Invalid value for metric '{key}': step or timestamp is out of range.", target=path)
        points.append(Point(run, check_key(key, "key"), value, step, at))
        if entry.get("model_id"):
            on_models.append(_on_model(points[-1], entry))
    return points, on_models


def _on_model(point: Point, entry: Mapping[str, Any]) -> ModelPoint:
    return ModelPoint(
        check_text(entry["model_id"], MAX_KEY, "model_id"),
        *point,
        check_text(entry.get("dataset_name"), 500, "dataset_name"),
        check_text(entry.get("dataset_digest"), 500, "dataset_digest"),
    )
