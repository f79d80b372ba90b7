"""Many jobs at once: a real one, and copies of its record put beside it while no server runs."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from tests.journeys.crashing import SCOPE, Server

from lazuli.compute.contract import until
from lazuli.schema.identity import parse_resource_id
from lazuli.store.database import open_points, open_state
from lazuli.store.tables import experiment, facet, latest_metric, param, resource, run, spent, tag
from lazuli.tracking.keys import run_key

__all__ = ["NOW", "filled", "logged"]

NOW = 1_790_000_000_000
METRICS = ("auc", "loss", "accuracy", "f1", "seconds")
PARAMS = ("lr", "depth", "seed", "optimizer", "batch")
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


def logged(data_dir: Path, number: int) -> list[str]:
    """Gives copies runs of five metrics and five parameters, while no server runs; the ids of their experiments."""
    found = parse_resource_id(f"{SCOPE}/jobs/model")
    assert found
    scope, rnd = found.scope, random.Random(7)
    state, points = open_state(data_dir), open_points(data_dir)
    with state.write() as tx:
        model = dict(tx.execute(select(run).where(run.c.id == run_key(scope, "model"))).mappings().one())
        about = dict(tx.execute(select(experiment).where(experiment.c.id == model["experiment_id"])).mappings().one())
        ids = [f"e{number}" for number in range(10)]
        tx.execute(insert(experiment), [{**about, "id": id, "name": id} for id in ids])
    for start in range(0, number, _PIECE):
        numbers = range(start, min(start + _PIECE, number))
        keys = [run_key(scope, f"job-{n:06}") for n in numbers]
        runs = [{**model, "id": k, "experiment_id": ids[n % 10]} for n, k in zip(numbers, keys, strict=True)]
        tags = [{"owner_id": k, "key": "batch", "value": str(n % 1000)} for n, k in zip(numbers, keys, strict=True)]
        values = [
            {"run_id": k, "key": key, "value": value}
            for k in keys
            for key, value in zip(PARAMS, _params(rnd), strict=True)
        ]
        latest = [
            {
                "run_id": k, "key": key, "experiment_id": ids[n % 10], "value": rnd.random(),
                "is_nan": 0, "step": 1, "timestamp": NOW,
            }
            for n, k in zip(numbers, keys, strict=True)
            for key in METRICS
        ]  # fmt: skip
        with state.write() as tx:
            for table, some in ((run, runs), (tag, tags), (param, values)):
                tx.execute(insert(table), some)
        with points.write() as tx:
            tx.execute(insert(latest_metric), latest)
    state.close()
    points.close()
    return ids


def _params(rnd: random.Random) -> tuple[str, ...]:
    optimizer = rnd.choice(("adam", "sgd", "lion"))
    return (
        f"{rnd.random():.6f}",
        str(rnd.randrange(1, 33)),
        str(rnd.randrange(10**6)),
        optimizer,
        str(2 ** rnd.randrange(9)),
    )
