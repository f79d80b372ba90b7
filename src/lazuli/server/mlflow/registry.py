"""The part of the MLflow door for the model registry: the models of the workspace, in MLflow's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from lazuli.assets.labels import labels_of
from lazuli.assets.registry import NO_STAGE, Registered, Registry, download_uri
from lazuli.server.mlflow.door import Row, body_of, done, page_of, sent, text_list, text_of
from lazuli.server.mlflow.spelling import pairs_json
from lazuli.server.routes import REGISTER, Call, reply
from lazuli.store.documents import Record
from lazuli.tracking.paging import read_token, token
from lazuli.tracking.rules import MAX_TAG, check_key, check_text, page_size, pairs

__all__ = ["registry_rows"]

MAX_MODELS = 1000
MAX_VERSIONS = 200_000
MAX_DESCRIPTION = 100_000
READ = "models/read"
WRITE = "models/write"


def registry_rows(registry: Registry) -> list[Row]:
    """The rows for registered models and their versions."""
    return [*_model_rows(registry), *_version_rows(registry), *_tag_rows(registry), *_alias_rows(registry)]


def _model_rows(registry: Registry) -> list[Row]:
    def create(call: Call) -> Response:
        body = body_of(call)
        tags = dict(pairs(body.get("tags"), "tags", MAX_TAG))
        made = registry.create(call.scope, _name(body), _description(body), tags, call.principal)
        return reply({"registered_model": _model_json(made)})

    def get(call: Call) -> Response:
        return reply({"registered_model": _model_json(registry.get(call.scope, _name(call.query)))})

    def rename(call: Call) -> Response:
        body = body_of(call)
        new_name = text_of(body, "new_name", required=True)
        return reply(
            {"registered_model": _model_json(registry.rename(call.scope, _name(body), new_name, call.principal))}
        )

    def describe(call: Call) -> Response:
        body = body_of(call)
        registry.describe(call.scope, _name(body), "", _description(body) or "", call.principal)
        return reply({"registered_model": _model_json(registry.get(call.scope, _name(body)))})

    def delete(call: Call) -> Response:
        registry.delete(call.scope, _name(sent(call)), call.principal)
        return done()

    def search(call: Call) -> Response:
        found, token = _page(call, registry.search, 100, MAX_MODELS)
        return page_of("registered_models", [_model_json(one) for one in found], token)

    def latest(call: Call) -> Response:
        given = sent(call)
        stages = call.query.getlist("stages") if call.method == "GET" else text_list(given, "stages")
        found = registry.get(call.scope, _name(given)).latest(stages)
        return reply({"model_versions": [_version_json(one) for one in found]})

    return [
        ("POST", "registered-models/create", create, REGISTER, "Make a registered model."),
        ("GET", "registered-models/get", get, READ, "Read a registered model."),
        ("POST", "registered-models/rename", rename, WRITE, "Rename a registered model."),
        ("PATCH", "registered-models/update", describe, REGISTER, "Describe a registered model."),
        ("DELETE", "registered-models/delete", delete, WRITE, "Delete a registered model with all its versions."),
        ("GET", "registered-models/search", search, READ, "Search registered models."),
        ("GET", "registered-models/get-latest-versions", latest, READ, "The newest version of each stage."),
        ("POST", "registered-models/get-latest-versions", latest, READ, "The newest version of each stage."),
    ]


def _version_rows(registry: Registry) -> list[Row]:
    def create(call: Call) -> Response:
        body = body_of(call)
        made = registry.add(
            call.scope,
            _name(body),
            text_of(body, "source", required=True),
            call.principal,
            description=_description(body),
            tags=dict(pairs(body.get("tags"), "tags", MAX_TAG)),
            run=text_of(body, "run_id"),
            logged_model=text_of(body, "model_id"),
        )
        return reply({"model_version": _version_json(made)})

    def get(call: Call) -> Response:
        return reply({"model_version": _version_json(registry.version(call.scope, *_named(call.query)))})

    def describe(call: Call) -> Response:
        body = body_of(call)
        changed = registry.describe(call.scope, *_named(body), _description(body) or "", call.principal)
        return reply({"model_version": _version_json(changed)})

    def delete(call: Call) -> Response:
        registry.delete_version(call.scope, *_named(sent(call)), call.principal)
        return done()

    def search(call: Call) -> Response:
        found, token = _page(call, registry.search_versions, 10_000, MAX_VERSIONS)
        return page_of("model_versions", [_version_json(one) for one in found], token)

    def locate(call: Call) -> Response:
        return reply({"artifact_uri": download_uri(registry.version(call.scope, *_named(call.query)))})

    def move(call: Call) -> Response:
        body = body_of(call)
        stage, archive = text_of(body, "stage", required=True), body.get("archive_existing_versions") is True
        moved = registry.move(call.scope, *_named(body), stage, archive, call.principal)
        return reply({"model_version": _version_json(moved)})

    return [
        ("POST", "model-versions/create", create, REGISTER, "Add a version to a registered model."),
        ("GET", "model-versions/get", get, READ, "Read a version of a registered model."),
        ("PATCH", "model-versions/update", describe, REGISTER, "Describe a version of a registered model."),
        ("DELETE", "model-versions/delete", delete, WRITE, "Delete a version of a registered model."),
        ("GET", "model-versions/search", search, READ, "Search the versions of all registered models."),
        ("GET", "model-versions/get-download-uri", locate, READ, "Where the files of a version are read."),
        ("POST", "model-versions/transition-stage", move, REGISTER, "Bring a version to another stage."),
    ]


def _tag_rows(registry: Registry) -> list[Row]:
    def set_tag(call: Call) -> Response:
        body = body_of(call)
        key, value = check_key(body.get("key")), check_text(body.get("value"), MAX_TAG, "value")
        registry.set_tag(call.scope, *_either(call, body), key, value, call.principal)
        return done()

    def delete_tag(call: Call) -> Response:
        given = sent(call)
        registry.delete_tag(call.scope, *_either(call, given), text_of(given, "key", required=True), call.principal)
        return done()

    return [
        ("POST", "registered-models/set-tag", set_tag, REGISTER, "Set a tag of a registered model."),
        ("DELETE", "registered-models/delete-tag", delete_tag, REGISTER, "Remove a tag of a registered model."),
        ("POST", "model-versions/set-tag", set_tag, REGISTER, "Set a tag of a version."),
        ("DELETE", "model-versions/delete-tag", delete_tag, REGISTER, "Remove a tag of a version."),
    ]


def _alias_rows(registry: Registry) -> list[Row]:
    def set_alias(call: Call) -> Response:
        body = body_of(call)
        name, version = _named(body)
        registry.set_alias(call.scope, name, text_of(body, "alias", required=True), version, call.principal)
        return done()

    def delete_alias(call: Call) -> Response:
        given = sent(call)
        registry.delete_alias(call.scope, _name(given), text_of(given, "alias", required=True), call.principal)
        return done()

    def get_alias(call: Call) -> Response:
        found = registry.by_alias(call.scope, _name(call.query), text_of(call.query, "alias", required=True))
        return reply({"model_version": _version_json(found)})

    return [
        ("POST", "registered-models/alias", set_alias, REGISTER, "Let an alias point to a version."),
        ("DELETE", "registered-models/alias", delete_alias, REGISTER, "Remove an alias."),
        ("GET", "registered-models/alias", get_alias, READ, "The version that an alias points to."),
    ]


def _name(values: Any) -> str:
    return text_of(values, "name", required=True)


def _named(values: Any) -> tuple[str, str]:
    return _name(values), text_of(values, "version", required=True)


def _either(call: Call, values: Any) -> tuple[str, str]:
    """The registered model, or with the routes of versions the version, that is meant."""
    return _named(values) if "/model-versions/" in call.path.lower() else (_name(values), "")


def _description(body: dict[str, Any]) -> str | None:
    return check_text(body["description"], MAX_DESCRIPTION, "description") if body.get("description") else None


def _page(call: Call, search: Callable[..., tuple[list[Any], bool]], default: int, most: int) -> tuple[list[Any], str]:
    limit = page_size(call.query.get("max_results"), default, most)
    (skip,) = read_token(call.query.get("page_token")) or (0,)
    skip = max(skip, 0)
    found, more = search(call.scope, text_of(call.query, "filter"), call.query.getlist("order_by"), skip, limit)
    return found, token(skip + limit) if more else ""


def _model_json(model: Registered) -> dict[str, Any]:
    return {
        "name": model.record.id.name,
        "creation_timestamp": model.record.created_at,
        "last_updated_timestamp": max(each.modified_at for each in (model.record, *model.versions)),
        "user_id": model.record.created_by,
        "description": model.record.body.get("description") or "",
        "latest_versions": [_version_json(each) for each in model.latest()],
        "tags": pairs_json(model.record.body.get("tags", {})),
        "aliases": [{"alias": alias, "version": version} for alias, version in sorted(model.aliases.items())],
    }


def _version_json(version: Record) -> dict[str, Any]:
    return {
        "name": version.id.name,
        "version": version.id.version,
        "creation_timestamp": version.created_at,
        "last_updated_timestamp": version.modified_at,
        "user_id": version.created_by,
        "current_stage": version.body.get("stage") or NO_STAGE,
        "description": version.body.get("description") or "",
        "source": version.state.get("source") or download_uri(version),
        "run_id": version.state.get("job_name", ""),
        "model_id": version.state.get("model_id", ""),
        "status": "READY",
        "tags": pairs_json(version.body.get("tags", {})),
        "aliases": labels_of(version),
    }
