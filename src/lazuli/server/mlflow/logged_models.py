"""The part of the MLflow door for logged models, which ``log_model`` makes in MLflow 3."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from lazuli.server.mlflow.door import API, body_of, done, page_of, text_list, text_of
from lazuli.server.mlflow.files import SCHEME, file_of, listing
from lazuli.server.mlflow.spelling import logged_model_json, model_status
from lazuli.server.routes import Call, Route, reply
from lazuli.store.paths import clean
from lazuli.tracking.artifacts import Artifacts
from lazuli.tracking.logged_models import LoggedModels
from lazuli.tracking.rules import MAX_PARAM, MAX_TAG, invalid, page_size, pairs, sequence

__all__ = ["model_routes"]

MAX_PAGE = 1000


def model_routes(models: LoggedModels, artifacts: Artifacts) -> list[Route]:
    """The routes for logged models."""

    def create(call: Call) -> Response:
        body = body_of(call)
        model = models.create(
            call.scope,
            text_of(body, "experiment_id"),
            name=text_of(body, "name"),
            model_type=text_of(body, "model_type"),
            source_run_id=text_of(body, "source_run_id"),
            params=pairs(body.get("params"), "params", MAX_PARAM),
            tags=pairs(body.get("tags"), "tags", MAX_TAG),
        )
        return reply({"model": logged_model_json(model)})

    def get(call: Call) -> Response:
        deleted = call.query.get("allow_deleted", "").lower() == "true"
        return reply({"model": logged_model_json(models.get(call.scope, call.params["model_id"], deleted=deleted))})

    def finish(call: Call) -> Response:
        status = model_status(text_of(body_of(call), "status", required=True))
        return reply({"model": logged_model_json(models.finish(call.scope, call.params["model_id"], status))})

    def delete(call: Call) -> Response:
        models.delete(call.scope, call.params["model_id"])
        return done()

    def search(call: Call) -> Response:
        body = body_of(call)
        datasets = [
            (text_of(one, "dataset_name", required=True), text_of(one, "dataset_digest"))
            for one in sequence(body.get("datasets"), "datasets")
        ]
        found, token = models.search(
            call.scope,
            text_list(body, "experiment_ids"),
            text=text_of(body, "filter"),
            order_by=[_order(one) for one in sequence(body.get("order_by"), "order_by")],
            datasets=datasets,
            limit=page_size(body.get("max_results"), 100, MAX_PAGE),
            page=text_of(body, "page_token"),
        )
        return page_of("models", [logged_model_json(one) for one in found], token)

    def set_tags(call: Call) -> Response:
        tags = pairs(body_of(call).get("tags"), "tags", MAX_TAG)
        return reply({"model": logged_model_json(models.set_tags(call.scope, call.params["model_id"], tags))})

    def delete_tag(call: Call) -> Response:
        models.delete_tag(call.scope, call.params["model_id"], call.params["tag_key"])
        return done()

    def log_params(call: Call) -> Response:
        params = pairs(body_of(call).get("params"), "params", MAX_PARAM)
        models.log_params(call.scope, call.params["model_id"], params)
        return done()

    def list_files(call: Call) -> Response:
        model = models.get(call.scope, call.params["model_id"])
        root, folder = model.artifact_uri.removeprefix(SCHEME), text_of(call.query, "artifact_directory_path")
        path = f"{root}/{clean(folder)}" if folder else root
        files = listing(artifacts.list(call.scope, path), root)
        return reply({"root_uri": model.artifact_uri, "files": files})

    def get_file(call: Call) -> Response:
        root = models.get(call.scope, call.params["model_id"]).artifact_uri.removeprefix(SCHEME)
        return file_of(artifacts, call, f"{root}/{clean(text_of(call.query, 'artifact_file_path', required=True))}")

    one = f"{API}/logged-models/{{model_id}}"
    read, write = "runs/read", "runs/write"
    return [
        Route("POST", f"{API}/logged-models", create, write, "Begin a logged model."),
        Route("POST", f"{API}/logged-models/search", search, read, "Search logged models."),
        Route("GET", one, get, read, "Read a logged model."),
        Route("PATCH", one, finish, write, "Say that a logged model is complete, or failed."),
        Route("DELETE", one, delete, write, "Delete a logged model."),
        Route("PATCH", f"{one}/tags", set_tags, write, "Set tags of a logged model."),
        Route("DELETE", f"{one}/tags/{{tag_key:path}}", delete_tag, write, "Remove a tag of a logged model."),
        Route("POST", f"{one}/params", log_params, write, "Add parameters to a logged model."),
        Route("GET", f"{one}/artifacts/directories", list_files, read, "List a logged model's files."),
        Route("GET", f"{one}/artifacts/files", get_file, read, "Read a file of a logged model."),
    ]


def _order(entry: Any) -> str:
    name = text_of(entry, "field_name", required=True)
    kind, dot, key = name.partition(".")
    if '"' in key or "`" in name:
        raise invalid(f"Invalid order by field name: {name[:100]}.", target="order_by")
    field = f"{kind}.`{key}`" if dot else name
    return f"{field} {'ASC' if entry.get('ascending', True) else 'DESC'}"
