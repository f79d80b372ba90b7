"""Many jobs at once: a real one, and copies of its record put beside it while no server runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from tests.journeys.crashing import SCOPE, Server

from lazuli.compute.contract import until
from lazuli.schema.identity import parse_resource_id
from lazuli.store.database import open_state
from lazuli.store.tables import facet, resource, spent

__all__ = ["filled"]

NOW = 1_790_000_000_000
_PIECE = 5_000


def filled(house: Server, number: int) -> None:
    """A server that is up, with a workspace, an environment and ``number`` jobs that have ended."""
    house.data_dir.mkdir(parents=True, exist_ok=True)
    house.start()
    house.found()
    house.job("model", "true", tags={"kind": "model"}, properties={"origin": "bench"})
    until(lambda: house.status("model") == "Completed", "the first job")
    house.end()
    if number:
        _copy(house.data_dir, number)
    house.start()


def _copy(data_dir: Path, number: int) -> None:
    """The rows of copies, written as they stand: made one by one they would take minutes."""
    found = parse_resource_id(f"{SCOPE}/jobs/model")
    assert found
    state = open_state(data_dir)
    with state.read() as tx:
        model = dict(tx.execute(select(resource).where(resource.c.id == found.key)).mappings().one())
    body = json.loads(model["body"])
    for start in range(0, number, _PIECE):
        rows: list[dict[str, Any]] = []
        facets: list[dict[str, Any]] = []
        used: list[dict[str, Any]] = []
        for n in range(start, min(start + _PIECE, number)):
            id = replace(found, name=f"job-{n:06}")
            tags = {"kind": "copy", "batch": str(n % 1000)}
            own = {"experiment_name": f"e{n % 10}", "tags": tags}
            row = {**model, "id": id.key, "name": id.name, "created_at": NOW + n, "body": json.dumps(body | own)}
            rows.append({**row, "status": "Failed" if n % 50 == 0 else "Completed"})
            filed = [("type", "command"), ("experiment_name", f"e{n % 10}"), ("root", "")]
            filed += [pair for name, value in tags.items() for pair in (("tag", name), (f"tag:{name}", value))]
            whose = {"scope": row["scope"], "kind": "jobs", "created_at": row["created_at"], "resource_id": id.key}
            known = {"resource_id": id.key, "scope": row["scope"], "name": id.name, "created_at": row["created_at"]}
            used.append({**known, "target": "local", "node_ms": 700 + n, "micros": n})
            facets += [{**whose, "key": key, "value": value} for key, value in filed]
        with state.write() as tx:
            tx.execute(insert(resource), rows)
            tx.execute(insert(facet), facets)
            tx.execute(insert(spent), used)
    state.close()
