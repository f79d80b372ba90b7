"""Servers say once for all their leases that they are there, and jobs on their way are filed under their target."""

from __future__ import annotations

import json

from sqlalchemy import Connection, text

STATEMENTS = [
    "DROP INDEX lease_due",
    "ALTER TABLE lease DROP COLUMN due_at",
    "ALTER TABLE lease DROP COLUMN expires_at",
    "ALTER TABLE lease DROP COLUMN failures",
    "CREATE INDEX lease_token ON lease (token, kind)",
    "CREATE TABLE holder (token TEXT PRIMARY KEY, expires_at BIGINT NOT NULL)",
]

_ACTIVE = "SELECT id, scope, created_at, status, state FROM resource WHERE kind = 'jobs' AND status IN "
_ACTIVE += "('Queued', 'Preparing', 'Running', 'Finalizing', 'CancelRequested')"
_INSERT = text(
    "INSERT INTO facet (scope, kind, key, value, created_at, resource_id) "
    "VALUES (:scope, 'jobs', :key, :value, :created_at, :resource_id)"
)


def fill(tx: Connection) -> None:
    """File the jobs that are on their way already."""
    for row in tx.execute(text(_ACTIVE)).all():
        if target := json.loads(row.state).get("target"):
            whose = {"scope": row.scope, "created_at": row.created_at, "resource_id": row.id}
            tx.execute(_INSERT, {**whose, "key": "waits" if row.status == "Queued" else "holds", "value": target})
