"""What jobs used stands in a table of its own, to be added up by the database."""

from __future__ import annotations

import json

from sqlalchemy import Connection, text

STATEMENTS = [
    """CREATE TABLE spent (
        resource_id TEXT PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, target TEXT NOT NULL,
        created_at BIGINT NOT NULL, node_ms BIGINT NOT NULL, micros BIGINT NOT NULL)""",
    "CREATE INDEX spent_sums ON spent (scope, created_at, target, node_ms, micros)",
]

_INSERT = text(
    "INSERT INTO spent (resource_id, scope, name, target, created_at, node_ms, micros) "
    "VALUES (:resource_id, :scope, :name, :target, :created_at, :node_ms, :micros)"
)


def fill(tx: Connection) -> None:
    """Note what is used already."""
    query = "SELECT id, scope, name, created_at, state FROM resource WHERE kind = 'jobs'"
    for row in tx.execute(text(query)).all():
        state = json.loads(row.state)
        node_ms, micros = (round(float(state.get(word) or 0) * n) for word, n in (("node_seconds", 1e3), ("cost", 1e6)))
        if node_ms and state.get("target"):
            whose = {"resource_id": row.id, "scope": row.scope, "name": row.name, "created_at": row.created_at}
            tx.execute(_INSERT, {**whose, "target": state["target"], "node_ms": node_ms, "micros": micros})
