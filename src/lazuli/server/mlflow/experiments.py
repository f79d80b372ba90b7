"""The part of the MLflow door for experiments."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from lazuli.server.mlflow.door import Row, body_of, done, page_of, text_list, text_of
from lazuli.server.mlflow.spelling import experiment_json
from lazuli.server.routes import Call, reply
from lazuli.tracking.experiments import Experiments
from lazuli.tracking.rules import MAX_EXPERIMENT_TAG, page_size, pair, pairs

__all__ = ["experiment_rows"]

MAX_PAGE = 50_000


def experiment_rows(experiments: Experiments) -> list[Row]:
    """The rows for experiments."""

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
        return page_of("experiments", [experiment_json(one) for one in found], token)

    def update(call: Call) -> Response:
        body = body_of(call)
        if body.get("new_name") is not None:
            experiments.rename(call.scope, text_of(body, "experiment_id", required=True), body["new_name"])
        return done()

    def delete(call: Call) -> Response:
        experiments.delete(call.scope, text_of(body_of(call), "experiment_id", required=True))
        return done()

    def restore(call: Call) -> Response:
        experiments.restore(call.scope, text_of(body_of(call), "experiment_id", required=True))
        return done()

    def set_tag(call: Call) -> Response:
        body = body_of(call)
        tags = [pair(body, MAX_EXPERIMENT_TAG)]
        experiments.set_tags(call.scope, text_of(body, "experiment_id", required=True), tags)
        return done()

    def delete_tag(call: Call) -> Response:
        body = body_of(call)
        experiment_id = text_of(body, "experiment_id", required=True)
        experiments.delete_tag(call.scope, experiment_id, text_of(body, "key", required=True))
        return done()

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
