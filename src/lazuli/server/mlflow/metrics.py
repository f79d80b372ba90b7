"""The part of the MLflow door for metrics: one value logged, series read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from concurrent.futures import Future
from typing import Any

from starlette.responses import Response

from lazuli.server.mlflow.door import API, Row, body_of, done, page_of, run_id_of, text_of, whole_or_none
from lazuli.server.mlflow.spelling import float_json
from lazuli.server.routes import Call, Route, reply
from lazuli.store.points import SeriesPoint
from lazuli.tracking.metrics import MAX_BULK_RUNS, Metrics
from lazuli.tracking.rules import invalid, page_size

__all__ = ["log_metric_route", "metric_rows"]

MAX_PAGE = 50_000
MAX_BULK_POINTS = 25_000
CHART_POINTS = 320
MAX_CHART_POINTS = 2500


def log_metric_route(metrics: Metrics) -> Route:
    """The call that training loops make at every step, answered without a worker thread of its own."""

    def log(call: Call) -> Response:
        body = body_of(call)
        metrics.log(call.scope, run_id_of(body), body)
        return done()

    def log_soon(call: Call) -> Awaitable[Response] | None:
        body = body_of(call)
        logged = metrics.log_soon(call.scope, run_id_of(body), body, asyncio.get_running_loop().call_soon)
        return _after(logged) if logged else None

    return Route("POST", f"{API}/runs/log-metric", log, "runs/write", "Log one metric value.", soon=log_soon)


_LOGGED = done()
"""The same answer for every value logged."""


async def _after(logged: Future[None]) -> Response:
    await asyncio.sleep(0)  # all that came at the same moment is stored meanwhile, or given to a thread
    await asyncio.wrap_future(logged) if not logged.done() else logged.result()
    return _LOGGED


def metric_rows(metrics: Metrics) -> list[Row]:
    """The rows for series."""

    def history(call: Call) -> Response:
        key = text_of(call.query, "metric_key", required=True)
        size = call.query.get("max_results")
        limit = None if size is None else page_size(size, MAX_PAGE, MAX_PAGE)
        points, token = metrics.history(call.scope, run_id_of(call.query), key, limit, call.query.get("page_token"))
        return page_of("metrics", [_point_json(key, point) for point in points], token)

    def histories(call: Call) -> Response:
        run_ids, key = call.query.getlist("run_id"), text_of(call.query, "metric_key")
        if not run_ids:
            raise invalid("GetMetricHistoryBulk request must specify at least one run_id.", target="run_id")
        if len(run_ids) > MAX_BULK_RUNS:
            raise invalid(
                f"GetMetricHistoryBulk request cannot specify more than {MAX_BULK_RUNS} run_ids."
                f" Received {len(run_ids)} run_ids.",
                target="run_id",
            )
        if not key:
            raise invalid("GetMetricHistoryBulk request must specify a metric_key.", target="metric_key")
        left = page_size(call.query.get("max_results"), MAX_BULK_POINTS, MAX_BULK_POINTS)
        found: list[dict[str, Any]] = []
        for run_id in sorted(run_ids):
            points, _ = metrics.history(call.scope, run_id, key, left - len(found)) if len(found) < left else ([], "")
            found += [_point_json(key, point, run_id) for point in points]
        return reply({"metrics": found})

    def interval(call: Call) -> Response:
        run_ids, key = call.query.getlist("run_ids"), text_of(call.query, "metric_key", required=True)
        if not run_ids:
            raise invalid("Missing value for required parameter 'run_ids'.", target="run_ids")
        if len(run_ids) > MAX_BULK_RUNS:
            raise invalid(
                f"GetMetricHistoryBulkInterval request must specify at most {MAX_BULK_RUNS} run_ids."
                f" Received {len(run_ids)} run_ids.",
                target="run_ids",
            )
        size = page_size(call.query.get("max_results"), CHART_POINTS, MAX_CHART_POINTS)
        first, last = whole_or_none(call.query, "start_step"), whole_or_none(call.query, "end_step")
        if (first is None) != (last is None):
            raise invalid("If either start step or end step are specified, both must be specified.")
        if first is not None and last is not None and first > last:
            raise invalid(
                f"end_step must be greater than start_step. Found start_step={first} and end_step={last}.",
                target="end_step",
            )
        series = metrics.samples(call.scope, run_ids, key, size)
        found = [
            _point_json(key, point, run_id)
            for run_id, points in series.items()
            for point in points
            if first is None or last is None or first <= point.step <= last
        ]
        return reply({"metrics": found})

    return [
        ("GET", "metrics/get-history-bulk", histories, "runs/read", "Read a metric's whole series in several runs."),
        ("GET", "metrics/get-history", history, "runs/read", "Read a metric's whole series."),
        ("GET", "metrics/get-history-bulk-interval", interval, "runs/read", "Read a metric of several runs, thinned."),
    ]


def _point_json(key: str, point: SeriesPoint, run_id: str = "") -> dict[str, Any]:
    told = {"key": key, "value": float_json(point.value), "timestamp": point.timestamp, "step": point.step}
    return {**told, "run_id": run_id} if run_id else told
