"""The part of the MLflow door for runs, and for what is logged to them but for single metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from lazuli.server.mlflow.door import Row, body_of, done, page_of, run_id_of, text_list, text_of, whole_or_none
from lazuli.server.mlflow.spelling import run_info_json, run_json
from lazuli.server.routes import Call, reply
from lazuli.tracking.inputs import DatasetInput, ModelLink
from lazuli.tracking.metrics import Metrics
from lazuli.tracking.rules import MAX_PARAM, MAX_TAG, invalid, page_size, pair, pairs, sequence, whole
from lazuli.tracking.runs import PARENT_TAG, Runs

__all__ = ["logging_rows", "run_rows"]

MAX_PAGE = 50_000
MAX_EXPERIMENTS = 20
"""How many experiments the datasets of which may be asked for at once."""
USER_TAG = "mlflow.user"
HISTORY_TAG = "mlflow.log-model.history"


def run_rows(runs: Runs) -> list[Row]:
    """The rows for runs themselves."""

    def create(call: Call) -> Response:
        body = body_of(call)
        tags = pairs(body.get("tags"), "tags", MAX_TAG, None)
        user = text_of(body, "user_id") or call.principal.name
        if job := _job_of(call):
            user = call.principal.name  # the client tells whom the machine runs jobs as
            tags = [*({PARENT_TAG: job} | dict(tags) | {USER_TAG: user}).items()]  # what it begins is a part of it
        run = runs.create(
            call.scope,
            text_of(body, "experiment_id"),
            name=text_of(body, "run_name"),
            user=user,
            started_at=whole_or_none(body, "start_time"),
            tags=tags,
        )
        return reply({"run": run_json(run)})

    def get(call: Call) -> Response:
        return reply({"run": run_json(runs.get(call.scope, run_id_of(call.query)))})

    def update(call: Call) -> Response:
        body = body_of(call)
        run_id, status, ended_at = run_id_of(body), text_of(body, "status"), whole_or_none(body, "end_time")
        if run_id == _job_of(call):
            status, ended_at = "", None  # its program may call it done as it likes: it is when the job is
        run = runs.update(call.scope, run_id, status=status, ended_at=ended_at, name=text_of(body, "run_name"))
        return reply({"run_info": run_info_json(run)})

    def delete(call: Call) -> Response:
        runs.delete(call.scope, run_id_of(body_of(call)))
        return done()

    def restore(call: Call) -> Response:
        runs.restore(call.scope, run_id_of(body_of(call)))
        return done()

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
        return page_of("runs", [run_json(run) for run in found], token)

    def datasets(call: Call) -> Response:
        ids = text_list(body_of(call), "experiment_ids")
        if not ids:
            raise invalid("SearchDatasets request must specify at least one experiment_id.", target="experiment_ids")
        if len(ids) > MAX_EXPERIMENTS:
            raise invalid(
                f"SearchDatasets request cannot specify more than {MAX_EXPERIMENTS} experiment_ids."
                f" Received {len(ids)} experiment_ids.",
                target="experiment_ids",
            )
        words = ("experiment_id", "name", "digest", "context")
        found = [dict(zip(words, one, strict=True)) for one in runs.datasets(call.scope, ids)]
        return reply({"dataset_summaries": found})

    read, write = "runs/read", "runs/write"
    return [
        ("POST", "experiments/search-datasets", datasets, read, "The datasets that runs of experiments read."),
        ("POST", "runs/create", create, write, "Start a run."),
        ("GET", "runs/get", get, read, "Read a run."),
        ("POST", "runs/update", update, write, "Change a run's status, end or name."),
        ("POST", "runs/delete", delete, write, "Delete a run."),
        ("POST", "runs/restore", restore, write, "Bring a deleted run back."),
        ("POST", "runs/search", search, read, "Search runs."),
    ]


def _job_of(call: Call) -> str:
    """The job that calls, whose run has its name; '' for anybody else."""
    return call.principal.id if call.principal.role == "job" else ""


def logging_rows(runs: Runs, metrics: Metrics) -> list[Row]:
    """The rows for what is logged to a run."""

    def log_batch(call: Call) -> Response:
        body = body_of(call)
        metrics.log_batch(call.scope, run_id_of(body), body.get("metrics"), body.get("params"), body.get("tags"))
        return done()

    def log_param(call: Call) -> Response:
        body = body_of(call)
        runs.log(call.scope, run_id_of(body), params=[pair(body, MAX_PARAM)])
        return done()

    def set_tag(call: Call) -> Response:
        body = body_of(call)
        runs.log(call.scope, run_id_of(body), tags=[pair(body, MAX_TAG)])
        return done()

    def delete_tag(call: Call) -> Response:
        body = body_of(call)
        runs.delete_tag(call.scope, run_id_of(body), text_of(body, "key", required=True))
        return done()

    def log_model(call: Call) -> Response:
        body = body_of(call)
        try:
            model = orjson.loads(text_of(body, "model_json", required=True))
            known = orjson.loads(runs.get(call.scope, run_id_of(body)).tags.get(HISTORY_TAG, "[]"))
        except orjson.JSONDecodeError as error:
            raise invalid(f"Malformed model info, not valid JSON: {error}.", target="model_json") from None
        runs.log(call.scope, run_id_of(body), tags=[(HISTORY_TAG, orjson.dumps([*known, model]).decode())])
        return done()

    def log_inputs(call: Call) -> Response:
        body = body_of(call)
        datasets = [_dataset(one) for one in sequence(body.get("datasets"), "datasets")]
        models = [ModelLink(text_of(one, "model_id"), "input") for one in sequence(body.get("models"), "models")]
        runs.log_inputs(call.scope, run_id_of(body), datasets, models)
        return done()

    def log_outputs(call: Call) -> Response:
        body = body_of(call)
        models = [
            ModelLink(text_of(one, "model_id"), "output", whole(one.get("step"), "step", default=0))
            for one in sequence(body.get("models"), "models")
        ]
        runs.log_inputs(call.scope, run_id_of(body), models=models)
        return done()

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
