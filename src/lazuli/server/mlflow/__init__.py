"""The MLflow door: the REST API that an unmodified ``mlflow`` client speaks, below each workspace.

A client is pointed at it by ``mlflow.set_tracking_uri("{server}/mlflow/v2.0/subscriptions/…/workspaces/{name}")`` and
``MLFLOW_TRACKING_TOKEN``. Problems are answered in MLflow's shape, so that the client raises its own error classes.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import PlainTextResponse, Response

from lazuli.assets.registry import Registry
from lazuli.schema.problems import NotFound
from lazuli.server.mlflow.confined import Above, confined
from lazuli.server.mlflow.door import NO_ENDPOINT, PREFIX, refuse_as_mlflow, routes_of
from lazuli.server.mlflow.experiments import experiment_rows
from lazuli.server.mlflow.files import file_routes
from lazuli.server.mlflow.logged_models import model_routes
from lazuli.server.mlflow.metrics import log_metric_route, metric_rows
from lazuli.server.mlflow.registry import registry_rows
from lazuli.server.mlflow.runs import logging_rows, run_rows
from lazuli.server.routes import Call, Route, reply
from lazuli.tracking import Tracking

__all__ = ["mlflow_routes"]


def mlflow_routes(tracking: Tracking, registry: Registry, above: Above) -> list[Route]:
    """Every route of the door. Those for what is not here (traces and the like) are the last.

    ``above`` tells which jobs a job is a part of.
    """
    rows = [
        *experiment_rows(tracking.experiments),
        *run_rows(tracking.runs),
        *logging_rows(tracking.runs, tracking.metrics),
        *metric_rows(tracking.metrics),
        *registry_rows(registry),
    ]
    routes = [*routes_of(rows), log_metric_route(tracking.metrics)]
    routes += [*file_routes(tracking.artifacts, tracking.runs), *model_routes(tracking.models, tracking.artifacts)]
    routes += _other_routes()
    routes = confined(routes, tracking, above)
    return [replace(route, failure=refuse_as_mlflow, tags=("MLflow",)) for route in routes]


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
