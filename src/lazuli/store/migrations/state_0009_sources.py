"""Lineage: what is there already is filed under what it was made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

STATEMENTS: list[str] = []

_INSERT = text(
    "INSERT INTO facet (scope, kind, key, value, created_at, resource_id) "
    "VALUES (:scope, :kind, 'made_from', :value, :created_at, :resource_id)"
)
_READ = text(
    "SELECT id, scope, kind, name, created_at, body, state FROM resource "
    "WHERE kind IN ('jobs', 'models', 'data', 'onlineEndpoints', 'onlineDeployments')"
)
_FOLDERS = {
    "azureml://datastores/workspaceblobstore/paths/azureml/",
    "azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.",
}


def fill(tx: Connection) -> None:
    """File jobs, assets made by jobs, endpoints and deployments."""
    for row in tx.execute(_READ).all():
        whose = {"scope": row.scope, "kind": row.kind, "created_at": row.created_at, "resource_id": row.id}
        values = {_brief(each.lower()) for each in _sources(row, json.loads(row.body), json.loads(row.state))}
        if values:
            tx.execute(_INSERT, [{**whose, "value": value} for value in sorted(values)])


def _sources(row: Any, body: Mapping[str, Any], state: Mapping[str, Any]) -> Iterator[str]:
    scope = row.scope
    if row.kind == "jobs":
        yield from _of_job(scope, body, state)
    elif row.kind in ("models", "data") and body.get("path"):
        properties = body.get("properties") or {}
        job = state.get("job_name") or properties.get("azureml.job")
        yield f"{scope}/jobs/{job}" if job else _place(scope, str(body["path"]))
    elif row.kind == "onlineEndpoints":
        shares = [*(body.get("traffic") or {}).items(), *(body.get("mirror_traffic") or {}).items()]
        yield from (f"{scope}/onlineEndpoints/{row.name}/deployments/{name}" for name, part in shares if part)
    elif row.kind == "onlineDeployments":
        yield from _named(scope, "models", body.get("model"))
        yield from _named(scope, "codes", (body.get("code_configuration") or {}).get("code"))
        yield from _named(scope, "environments", body.get("environment"))


def _of_job(scope: str, body: Mapping[str, Any], state: Mapping[str, Any]) -> Iterator[str]:
    work = {**body, **(body.get("task") or {}), **(body.get("trial") or {})}
    for kind in ("codes", "environments", "components"):
        yield from _named(scope, kind, work.get(kind[:-1]))
    for given in (body.get("inputs") or {}).values():
        if not (isinstance(given, Mapping) and given.get("path")):
            continue
        path = str(given["path"])
        kind = "models" if str(given.get("type") or "").endswith("_model") else "data"
        is_place = "://" in path and not path.lower().startswith("azureml://registries/")
        yield from [_place(scope, path)] if is_place else _named(scope, kind, path)
    if state.get("reused"):
        yield f"{scope}/jobs/{state['reused']}"


def _named(scope: str, kind: str, said: Any) -> Iterator[str]:
    """The id that a reference names; a place in a registry is its own."""
    if not isinstance(said, str):
        return
    name, _, version = said.removeprefix("azureml:").partition(":")
    yield said if "://" in said or said.startswith("/") else f"{scope}/{kind}/{name}/versions/{version}"


def _place(scope: str, path: str) -> str:
    for folder in _FOLDERS:
        if path.startswith(folder):
            return f"{scope}/jobs/{path.removeprefix(folder).partition('/')[0]}"
    return path


def _brief(text: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= 120 and "\0" not in text and data.decode("utf-8", "replace") == text:
        return text
    return f"{data[:48].decode('utf-8', 'ignore').replace(chr(0), '')}…{hashlib.sha256(data).hexdigest()[:32]}"
