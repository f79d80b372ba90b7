"""The MLflow door: the REST API that an unmodified ``mlflow`` client speaks, below each workspace.

A client is pointed at it by ``mlflow.set_tracking_uri("{server}/mlflow/v2.0/subscriptions/…/workspaces/{name}")`` and
``MLFLOW_TRACKING_TOKEN``. Problems are answered in MLflow's shape, so that the client raises its own error classes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import orjson
from starlette.responses import PlainTextResponse, Response

from lazuli.schema.problems import NotFound
from lazuli.server.mlflow_files import file_routes
from lazuli.server.mlflow_json import (
    NO_ENDPOINT,
    body_of,
    experiment_json,
    float_json,
    refuse_as_mlflow,
    run_info_json,
    run_json,
    text_list,
    text_of,
    whole_or_none,
)
from lazuli.server.mlflow_models import model_routes
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.tracking import Tracking
from lazuli.tracking.rules import MAX_EXPERIMENT_TAG, MAX_PARAM, MAX_TAG, invalid, page_size, pairs, sequence, whole
from lazuli.tracking.runs import DatasetInput, ModelLink

__all__ = ["API", "PREFIX", "mlflow_routes"]

PREFIX = f"/mlflow/v2.0{WORKSPACE}"
"""The path of a workspace's tracking server."""
API = f"{PREFIX}/api/2.0/mlflow"
"""The path of its calls."""

MAX_PAGE = 50_000
HISTORY_TAG = "mlflow.log-model.history"
CHART_POINTS = 320
MAX_CHART_POINTS = 2500
MAX_SOON = 64 << 10
"""Bytes of a body that may be read on the event loop."""


def mlflow_routes(tracking: Tracking) -> list[Route]:
    """Every route of the door. Those for what is not here (traces and the like) are the last."""
    rows = [*_experiment_rows(tracking), *_run_rows(tracking), *_logging_rows(tracking), *_metric_rows(tracking)]
    routes = [
        Route(method, f"{API}/{path}", handler, permission, summary)
        for method, path, handler, permission, summary in rows
    ]
    routes += [_log_metric_route(tracking), *file_routes(tracking.artifacts, tracking.runs, PREFIX)]
    routes += [*model_routes(tracking, API), *_other_routes()]
    return [replace(route, failure=refuse_as_mlflow, tags=("MLflow",)) for route in routes]


Row = tuple[str, str, Callable[[Call], Response], str, str]


def _done() -> Response:
    return reply({})


async def _after(logged: Future[None]) -> Response:
    await asyncio.wrap_future(logged)
    return _done()


def _run_id(values: Mapping[str, Any]) -> str:
    return text_of(values, "run_id") or text_of(values, "run_uuid") or text_of(values, "run_id", required=True)


def _experiment_rows(tracking: Tracking) -> list[Row]:
    experiments = tracking.experiments

    def create(call: Call) -> Response:
        body = body_of(call)
        tags = pairs(body.get("tags"), "tags", MAX_EXPERIMENT_TAG, None)
        location = text_of(body, "artifact_location")
        return reply({"experiment_id": experiments.create(call.scope, body.get("name"), tags, location)})

    def get(call: Call) -> Response:
        found = experiments.get(call.scope, text_of(call.query, "experiment_id", required=True))
        return reply({"experiment": experiment_json(found)})

    def get_by_name(call: Call) -> Response:
        found = experiments.get_by_name(call.scope, text_of(call.query, "experiment_name", required=True))
        return reply({"experiment": experiment_json(found)})

    def search(call: Call) -> Response:
        sent: dict[str, Any] = body_of(call) if call.method == "POST" else dict(call.query)
        if call.method == "GET" and "order_by" in sent:
            sent["order_by"] = call.query.getlist("order_by")
        found, token = experiments.search(
            call.scope,
            text=text_of(sent, "filter"),
            order_by=text_list(sent, "order_by"),
            view=text_of(sent, "view_type"),
            limit=page_size(sent.get("max_results"), 1000, MAX_PAGE),
            page=text_of(sent, "page_token"),
        )
        return reply(_page("experiments", [experiment_json(one) for one in found], token))

    def update(call: Call) -> Response:
        body = body_of(call)
        if body.get("new_name") is not None:
            experiments.rename(call.scope, text_of(body, "experiment_id", required=True), body["new_name"])
        return _done()

    def delete(call: Call) -> Response:
        experiments.delete(call.scope, text_of(body_of(call), "experiment_id", required=True))
        return _done()

    def restore(call: Call) -> Response:
        experiments.restore(call.scope, text_of(body_of(call), "experiment_id", required=True))
        return _done()

    def set_tag(call: Call) -> Response:
        body = body_of(call)
        tags = pairs([body], "tag", MAX_EXPERIMENT_TAG)
        experiments.set_tags(call.scope, text_of(body, "experiment_id", required=True), tags)
        return _done()

    def delete_tag(call: Call) -> Response:
        body = body_of(call)
        experiment_id = text_of(body, "experiment_id", required=True)
        experiments.delete_tag(call.scope, experiment_id, text_of(body, "key", required=True))
        return _done()

    read, write = "experiments/read", "experiments/write"
    return [
        ("POST", "experiments/create", create, write, "Make an experiment."),
        ("GET", "experiments/get", get, read, "Read an experiment."),
        ("GET", "experiments/get-by-name", get_by_name, read, "Read an experiment by its name."),
        ("POST", "experiments/search", search, read, "Search experiments."),
        ("GET", "experiments/search", search, read, "Search experiments."),
        ("GET", "experiments/list", search, read, "List experiments."),
        ("POST", "experiments/update", update, write, "Rename an experiment."),
        ("POST", "experiments/delete", delete, write, "Delete an experiment."),
        ("POST", "experiments/restore", restore, write, "Bring a deleted experiment back."),
        ("POST", "experiments/set-experiment-tag", set_tag, write, "Set a tag of an experiment."),
        ("POST", "experiments/delete-experiment-tag", delete_tag, write, "Remove a tag of an experiment."),
    ]


def _run_rows(tracking: Tracking) -> list[Row]:
    runs = tracking.runs

    def create(call: Call) -> Response:
        body = body_of(call)
        run = runs.create(
            call.scope,
            text_of(body, "experiment_id"),
            name=text_of(body, "run_name"),
            user=text_of(body, "user_id") or call.principal.name,
            started_at=whole_or_none(body, "start_time"),
            tags=pairs(body.get("tags"), "tags", MAX_TAG, None),
        )
        return reply({"run": run_json(run)})

    def get(call: Call) -> Response:
        return reply({"run": run_json(runs.get(call.scope, _run_id(call.query)))})

    def update(call: Call) -> Response:
        body = body_of(call)
        run = runs.update(
            call.scope,
            _run_id(body),
            status=text_of(body, "status"),
            ended_at=whole_or_none(body, "end_time"),
            name=text_of(body, "run_name"),
        )
        return reply({"run_info": run_info_json(run)})

    def delete(call: Call) -> Response:
        runs.delete(call.scope, _run_id(body_of(call)))
        return _done()

    def restore(call: Call) -> Response:
        runs.restore(call.scope, _run_id(body_of(call)))
        return _done()

    def search(call: Call) -> Response:
        body = body_of(call)
        found, token = runs.search(
            call.scope,
            text_list(body, "experiment_ids"),
            text=text_of(body, "filter"),
            order_by=text_list(body, "order_by"),
            view=text_of(body, "run_view_type"),
            limit=page_size(body.get("max_results"), 1000, MAX_PAGE),
            page=text_of(body, "page_token"),
        )
        return reply(_page("runs", [run_json(run) for run in found], token))

    read, write = "runs/read", "runs/write"
    return [
        ("POST", "runs/create", create, write, "Start a run."),
        ("GET", "runs/get", get, read, "Read a run."),
        ("POST", "runs/update", update, write, "Change a run's status, end or name."),
        ("POST", "runs/delete", delete, write, "Delete a run."),
        ("POST", "runs/restore", restore, write, "Bring a deleted run back."),
        ("POST", "runs/search", search, read, "Search runs."),
    ]


def _log_metric_route(tracking: Tracking) -> Route:
    """The call that training loops make at every step, answered without a worker thread of its own."""
    metrics = tracking.metrics

    def log(call: Call) -> Response:
        body = body_of(call)
        metrics.log(call.scope, _run_id(body), body)
        return _done()

    def log_soon(call: Call) -> Awaitable[Response] | None:
        if len(call.body) > MAX_SOON:
            return None
        body = body_of(call)
        logged = metrics.log_soon(call.scope, _run_id(body), body)
        return _after(logged) if logged else None

    return Route("POST", f"{API}/runs/log-metric", log, "runs/write", "Log one metric value.", soon=log_soon)


def _logging_rows(tracking: Tracking) -> list[Row]:
    runs, metrics = tracking.runs, tracking.metrics

    def log_batch(call: Call) -> Response:
        body = body_of(call)
        metrics.log_batch(call.scope, _run_id(body), body.get("metrics"), body.get("params"), body.get("tags"))
        return _done()

    def log_param(call: Call) -> Response:
        body = body_of(call)
        runs.log(call.scope, _run_id(body), params=pairs([body], "param", MAX_PARAM))
        return _done()

    def set_tag(call: Call) -> Response:
        body = body_of(call)
        runs.log(call.scope, _run_id(body), tags=pairs([body], "tag", MAX_TAG))
        return _done()

    def delete_tag(call: Call) -> Response:
        body = body_of(call)
        runs.delete_tag(call.scope, _run_id(body), text_of(body, "key", required=True))
        return _done()

    def log_model(call: Call) -> Response:
        body = body_of(call)
        try:
            model = orjson.loads(text_of(body, "model_json", required=True))
            known = orjson.loads(runs.get(call.scope, _run_id(body)).tags.get(HISTORY_TAG, "[]"))
        except orjson.JSONDecodeError as error:
            raise invalid(f"Malformed model info, not valid JSON: {error}.", target="model_json") from None
        runs.log(call.scope, _run_id(body), tags=[(HISTORY_TAG, orjson.dumps([*known, model]).decode())])
        return _done()

    def log_inputs(call: Call) -> Response:
        body = body_of(call)
        datasets = [_dataset(one) for one in sequence(body.get("datasets"), "datasets")]
        models = [ModelLink(text_of(one, "model_id"), "input") for one in sequence(body.get("models"), "models")]
        runs.log_inputs(call.scope, _run_id(body), datasets, models)
        return _done()

    def log_outputs(call: Call) -> Response:
        body = body_of(call)
        models = [
            ModelLink(text_of(one, "model_id"), "output", whole(one.get("step"), "step", default=0))
            for one in sequence(body.get("models"), "models")
        ]
        runs.log_inputs(call.scope, _run_id(body), models=models)
        return _done()

    write = "runs/write"
    return [
        ("POST", "runs/log-batch", log_batch, write, "Log metrics, parameters and tags."),
        ("POST", "runs/log-parameter", log_param, write, "Log a parameter."),
        ("POST", "runs/set-tag", set_tag, write, "Set a tag of a run."),
        ("POST", "runs/delete-tag", delete_tag, write, "Remove a tag of a run."),
        ("POST", "runs/log-model", log_model, write, "Note a model's description."),
        ("POST", "runs/log-inputs", log_inputs, write, "Note what a run reads."),
        ("POST", "runs/outputs", log_outputs, write, "Note which models a run makes."),
    ]


def _dataset(entry: Mapping[str, Any]) -> DatasetInput:
    dataset = entry.get("dataset")
    if not isinstance(dataset, dict):
        raise invalid("Missing value for required parameter 'dataset'.", target="datasets")
    return DatasetInput(
        name=text_of(dataset, "name", required=True),
        digest=text_of(dataset, "digest", required=True),
        source_type=text_of(dataset, "source_type"),
        source=text_of(dataset, "source"),
        schema=text_of(dataset, "schema"),
        profile=text_of(dataset, "profile"),
        tags=dict(pairs(entry.get("tags"), "tags", MAX_TAG)),
    )


def _metric_rows(tracking: Tracking) -> list[Row]:
    metrics = tracking.metrics

    def history(call: Call) -> Response:
        key = text_of(call.query, "metric_key", required=True)
        size = call.query.get("max_results")
        limit = None if size is None else page_size(size, MAX_PAGE, MAX_PAGE)
        points, token = metrics.history(call.scope, _run_id(call.query), key, limit, call.query.get("page_token"))
        found = [
            {"key": key, "value": float_json(value), "timestamp": at, "step": step} for value, step, at, _ in points
        ]
        return reply(_page("metrics", found, token))

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


def _other_routes() -> list[Route]:
    def health(_: Call) -> Response:
        return PlainTextResponse("OK")

    def server_info(_: Call) -> Response:
        return reply({
            "store_type": "SqlStore",
            "workspaces_enabled": False,
            "trace_archival_enabled": False,
            "multipart_uploads_enabled": False,
            "multipart_downloads_enabled": False,
        })  # fmt: skip

    def absent(call: Call) -> Response:
        raise NotFound(f"This server has no {call.method} {call.path}.", code=NO_ENDPOINT)

    return [
        Route("GET", f"{PREFIX}/health", health, "runs/read", "Whether the tracking server answers."),
        Route("GET", f"{PREFIX}/api/3.0/mlflow/server-info", server_info, "runs/read", "What this server can do."),
        *(
            Route(method, f"{PREFIX}/api/{path}", absent, "runs/read", "Not here; answered in MLflow's shape.")
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
            for path in ("2.0/mlflow/traces", "2.0/mlflow/traces/{rest:path}", "3.0/mlflow/{rest:path}")
        ),
    ]


def _page(word: str, found: list[dict[str, Any]], token: str) -> dict[str, Any]:
    return {word: found, "next_page_token": token} if token else {word: found}
