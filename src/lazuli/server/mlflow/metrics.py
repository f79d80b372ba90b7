"""The part of the MLflow door for metrics: one value logged, series read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from concurrent.futures import Future

from starlette.responses import Response

from lazuli.server.mlflow.door import API, Row, body_of, done, page_of, run_id_of, text_of, whole_or_none
from lazuli.server.mlflow.spelling import float_json
from lazuli.server.routes import Call, Route, reply
from lazuli.tracking.metrics import Metrics
from lazuli.tracking.rules import page_size

__all__ = ["log_metric_route", "metric_rows"]

MAX_PAGE = 50_000
CHART_POINTS = 320
MAX_CHART_POINTS = 2500
MAX_SOON = 64 << 10
"""Bytes of a body that may be read on the event loop."""


def log_metric_route(metrics: Metrics) -> Route:
    """The call that training loops make at every step, answered without a worker thread of its own."""

    def log(call: Call) -> Response:
        body = body_of(call)
        metrics.log(call.scope, run_id_of(body), body)
        return done()

    def log_soon(call: Call) -> Awaitable[Response] | None:
        if len(call.body) > MAX_SOON:
            return None
        body = body_of(call)
        logged = metrics.log_soon(call.scope, run_id_of(body), body)
        return _after(logged) if logged else None

    return Route("POST", f"{API}/runs/log-metric", log, "runs/write", "Log one metric value.", soon=log_soon)


async def _after(logged: Future[None]) -> Response:
    await asyncio.wrap_future(logged)
    return done()


def metric_rows(metrics: Metrics) -> list[Row]:
    """The rows for series."""

    def history(call: Call) -> Response:
        key = text_of(call.query, "metric_key", required=True)
        size = call.query.get("max_results")
        limit = None if size is None else page_size(size, MAX_PAGE, MAX_PAGE)
        points, token = metrics.history(call.scope, run_id_of(call.query), key, limit, call.query.get("page_token"))
        found = [
            {"key": key, "value": float_json(value), "timestamp": at, "step": step} for value, step, at, _ in points
        ]
        return page_of("metrics", found, token)

    def interval(call: Call) -> Response:
        key = text_of(call.query, "metric_key", required=True)
        size = page_size(call.query.get("max_results"), CHART_POINTS, MAX_CHART_POINTS)
        first, last = whole_or_none(call.query, "start_step"), whole_or_none(call.query, "end_step")
        series = metrics.samples(call.scope, call.query.getlist("run_ids"), key, size)
        found = [
            {"key": key, "value": float_json(value), "timestamp": at, "step": step, "run_id": run_id}
            for run_id, points in series.items()
            for value, step, at, _ in points
            if (first is None or step >= first) and (last is None or step <= last)
        ]
        return reply({"metrics": found})

    return [
        ("GET", "metrics/get-history", history, "runs/read", "Read a metric's whole series."),
        ("GET", "metrics/get-history-bulk-interval", interval, "runs/read", "Read a metric of several runs, thinned."),
    ]
