"""Lists of any length: their pages are found by indexes, and so is what they are narrowed by."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, text

STATEMENTS = [
    "DROP INDEX resource_versions",  # names are compared without case, by an index of their own
    "DROP INDEX resource_listing",
    "DROP INDEX resource_hash",
    "DROP INDEX resource_parent",
    "CREATE INDEX resource_listing ON resource (kind, scope, created_at, id) WHERE version = ''",
    "CREATE INDEX resource_view ON resource (kind, scope, archived, created_at, id) WHERE version = ''",
    "CREATE INDEX resource_hash ON resource (kind, scope, hash, created_at, id) WHERE hash <> ''",
    "CREATE INDEX resource_parent ON resource (kind, scope, parent, created_at, id) WHERE parent <> ''",
    "DROP INDEX resource_names",
    "CREATE INDEX resource_names ON resource (kind, scope, lower(name), created_at, id)",
    "CREATE INDEX resource_status ON resource (kind, status, scope, created_at, id)",
    """CREATE TABLE facet (
        kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, scope TEXT NOT NULL, created_at BIGINT NOT NULL,
        resource_id TEXT NOT NULL, PRIMARY KEY (kind, key, value, scope, created_at, resource_id)) {clustered}""",
]

_INSERT = text(
    "INSERT INTO facet (scope, kind, key, value, created_at, resource_id) "
    "VALUES (:scope, :kind, :key, :value, :created_at, :resource_id)"
)


def fill(tx: Connection) -> None:
    """File what is there already."""
    for row in tx.execute(text("SELECT id, scope, kind, created_at, body, state FROM resource")).all():
        body = json.loads(row.body)
        facets: list[tuple[str, str]] = []
        for name, value in (body.get("tags") or {}).items():
            facets += [("tag", str(name)), (f"tag:{name}", str(value))]
        if row.kind == "jobs":
            facets.append(("type", str(body.get("type") or "command")))
            facets.append(("experiment_name", str(body.get("experiment_name") or "Default").lower()))
            if json.loads(row.state).get("unkept"):
                facets.append(("unkept", ""))
        whose = {"scope": row.scope, "kind": row.kind, "created_at": row.created_at, "resource_id": row.id}
        filed: list[dict[str, Any]] = [{**whose, "key": _brief(k), "value": _brief(v)} for k, v in facets]
        if filed:
            tx.execute(_INSERT, filed)


def _brief(text: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= 120 and "\0" not in text and data.decode("utf-8", "replace") == text:
        return text
    return f"{data[:48].decode('utf-8', 'ignore').replace(chr(0), '')}…{hashlib.sha256(data).hexdigest()[:32]}"
