"""How fast runs are tracked, beside ``mlflow server`` on SQLite in the same minutes on the same machine.

Both servers, each as it starts by itself, get the same raw keep-alive load of prepared requests, answered before the
next is sent; then MLflow's own client drives both. 10,000 runs to search and one metric of 1,000,000 points are put
into both before. Promises: ten times the points of ``log-batch`` and the searches, fifteen times the single calls of
``log-metric``, and the million points drawn (thinned to 320) within 100 ms.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.load import once, request, seconds_for
from benchmarks.peers import MLFLOW, mlflow_python, mlflow_server
from sqlalchemy import insert
from tests.journeys.crashing import SCOPE, server

from lazuli.schema.identity import parse_resource_id
from lazuli.store.database import open_points, open_state
from lazuli.store.points import Point, Points
from lazuli.store.tables import param, run, tag
from lazuli.tracking.keys import run_key

CONNECTIONS = 4
RUNS = 10_000
LONG = 1_000_000
ROUNDS = 3
NOISE = 1.3
"""By how much a busy machine may miss a promise before it counts as missed."""
NOW = 1_795_000_000_000

Figures = dict[str, list[float]]


@dataclass
class Peer:
    """One server under load, and how much of it: enough for a second or two."""

    name: str
    url: str
    calls: int
    batches: int
    headers: Mapping[str, str] = field(default_factory=dict)

    def post(self, path: str, body: Any) -> bytes:
        return request(self.url, "POST", f"/api/2.0/mlflow/{path}", body, self.headers)

    def get(self, path: str) -> bytes:
        return request(self.url, "GET", path, None, self.headers)

    def new_run(self) -> str:
        made = once(self.url, self.post("runs/create", {"experiment_id": "0", "start_time": NOW}))
        return made["run"]["info"]["run_id"]

    def experiment(self, name: str) -> str:
        return once(self.url, self.post("experiments/create", {"name": name}))["experiment_id"]


def main() -> int:
    """Measure, print, and tell whether the promises were kept."""
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = Path(folder, "mlflow"), Path(folder, "lazuli")
        theirs.mkdir()
        with mlflow_server(theirs) as url, server(ours / "data") as house:
            house.data_dir.mkdir(parents=True)
            house.start()
            house.put("", {}, location="local")
            token = (house.data_dir / "token").read_text().strip()
            address = f"{house.url}/mlflow/v2.0{SCOPE}"
            peers = (
                Peer("mlflow server", url, calls=200, batches=12),
                Peer("lazuli", address, calls=6000, batches=200, headers={"Authorization": f"Bearer {token}"}),
            )
            fills = (partial(_fill_mlflow, theirs / "mlflow.db"), partial(_fill_lazuli, house.data_dir))
            return _told(_measured(peers, fills))


def _measured(peers: Sequence[Peer], fills: Sequence[Callable[[str], tuple[str, str]]]) -> dict[str, Figures]:
    """Every figure of every server, one per round. They take turns, so that a busy minute is busy for both."""
    found: dict[str, Figures] = {peer.name: {} for peer in peers}

    def note(peer: Peer, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            found[peer.name].setdefault(name, []).append(value)

    for _ in range(ROUNDS):
        for peer in peers:
            note(peer, _logged(peer) | _by_client(peer))
    asked = [_questions(peer, fill) for peer, fill in zip(peers, fills, strict=True)]
    for _ in range(3 * ROUNDS):
        for peer, questions in zip(peers, asked, strict=True):
            note(peer, {name: 1000 * seconds_for(peer.url, [sent], 1) for name, sent in questions.items()})
    return found


def _questions(peer: Peer, fill: Callable[[str], tuple[str, str]]) -> dict[str, bytes]:
    """A search and a chart, over runs and points put in before; each asked once, to see that it is answered."""
    searched = peer.experiment("search")
    long_run, key = fill(searched)
    query = {
        "experiment_ids": [searched],
        "filter": "metrics.acc > 0.5",
        "order_by": ["metrics.acc DESC"],
        "max_results": 100,
    }
    chart = f"metrics/get-history-bulk-interval?run_ids={long_run}&metric_key={key}&max_results=320"
    prefix = "/ajax-api" if peer.name == "mlflow server" else "/api"
    search, draw = peer.post("runs/search", query), peer.get(f"{prefix}/2.0/mlflow/{chart}")
    assert len(once(peer.url, search)["runs"]) == 100
    drawn = once(peer.url, draw)["metrics"]
    assert 300 <= len(drawn) <= 700, len(drawn)
    return {"search": search, "draw": draw}


def _logged(peer: Peer) -> dict[str, float]:
    run_id = peer.new_run()
    singles = [
        peer.post("runs/log-metric", {"run_id": run_id, "key": "m", "value": 0.5, "timestamp": NOW + i, "step": i})
        for i in range(peer.calls)
    ]
    batches = [peer.post("runs/log-batch", {"run_id": run_id, "metrics": points}) for points in _batches(peer.batches)]
    seconds_for(peer.url, singles[: peer.calls // 20], CONNECTIONS)  # warm
    return {
        "single": len(singles) / seconds_for(peer.url, singles, CONNECTIONS),
        "alone": len(singles) / seconds_for(peer.url, singles, 1),
        "batch": 1000 * len(batches) / seconds_for(peer.url, batches, CONNECTIONS),
    }


def _batches(count: int) -> Iterator[list[dict[str, Any]]]:
    """Batches of 1,000 points that were never sent before: ten metrics, a hundred steps each."""
    for batch in range(count):
        yield [
            {"key": f"metric{key}", "value": random.random(), "timestamp": NOW + step, "step": step}
            for step in range(batch * 100, batch * 100 + 100)
            for key in range(10)
        ]


def _by_client(peer: Peer) -> dict[str, float]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": tempfile.gettempdir(),
        "MLFLOW_TRACKING_URI": peer.url,
        "MLFLOW_TRACKING_TOKEN": peer.headers.get("Authorization", "").removeprefix("Bearer "),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "CALLS": str(peer.calls // 10),
        "BATCHES": str(peer.batches // 3),
    }
    program = Path(__file__).with_name("tracking_client.py")
    name = f"client{time.monotonic_ns()}"
    done = subprocess.run(
        [mlflow_python(), program, name], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    told = json.loads(done.stdout.splitlines()[-1])
    return {"client single": told["calls_s"], "client batch": told["points_s"]}


def _values() -> list[float]:
    random.seed(7)
    return [random.random() for _ in range(LONG)]


def _fill_mlflow(database: Path, experiment: str) -> tuple[str, str]:
    """Runs and points, put into the tables: through the API that takes minutes."""
    random.seed(1)
    ids = [f"{i:032x}" for i in range(RUNS + 1)]
    rows = [
        (i, f"run{n}", "LOCAL", "user", "FINISHED", NOW + n, NOW + n, "active", "", experiment)
        for n, i in enumerate(ids)
    ]
    latest = [(key, random.random(), NOW, i, 1, 0) for i in ids for key in ("acc", "loss", "auc")]
    points = [("long", value, NOW + n, ids[-1], n, 0) for n, value in enumerate(_values())]
    columns = "run_uuid, name, source_type, user_id, status, start_time, end_time, lifecycle_stage"
    columns += ", artifact_uri, experiment_id"
    with sqlite3.connect(database, timeout=60) as db:
        db.executemany(f"INSERT INTO runs ({columns}) VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
        for table, values in (("latest_metrics", latest), ("metrics", [*latest, *points])):
            db.executemany(
                f"INSERT INTO {table} (key, value, timestamp, run_uuid, step, is_nan) VALUES (?,?,?,?,?,?)", values
            )
        pairs = [(f"p{k}", str(n), i) for n, i in enumerate(ids) for k in range(3)]
        for table in ("params", "tags"):
            db.executemany(f"INSERT INTO {table} (key, value, run_uuid) VALUES (?,?,?)", pairs)
    db.close()
    return ids[-1], "long"


def _fill_lazuli(data_dir: Path, experiment: str) -> tuple[str, str]:
    """The same rows, put into our tables."""
    found = parse_resource_id(SCOPE)
    assert found
    random.seed(1)
    ids = [f"{i:032x}" for i in range(RUNS + 1)]
    keys = [run_key(found.scope, i) for i in ids]
    state, points = open_state(data_dir), open_points(data_dir)
    told = {"scope": found.scope.key, "experiment_id": experiment, "user": "user", "status": "FINISHED"}
    with state.write() as tx:
        runs = [
            {"id": key, "name": f"run{n}", "lifecycle": "active", "artifact_uri": "", "started_at": NOW + n, **told}
            for n, key in enumerate(keys)
        ]
        tx.execute(insert(run), runs)
        for table, owner in ((param, "run_id"), (tag, "owner_id")):
            tx.execute(
                insert(table),
                [{owner: key, "key": f"p{k}", "value": str(n)} for n, key in enumerate(keys) for k in range(3)],
            )
    series = Points(points)
    series.add(
        experiment, [Point(key, name, random.random(), 1, NOW) for key in keys for name in ("acc", "loss", "auc")]
    )
    values = _values()
    for start in range(0, LONG, 1000):
        piece = enumerate(values[start : start + 1000], start)
        series.add(experiment, [Point(keys[-1], "long", value, n, NOW + n) for n, value in piece])
    state.close()
    points.close()
    return ids[-1], "long"


ROWS = (
    # what, figure, unit, whether more is better, promised ratio
    (f"log-batch of 1,000 fresh points, {CONNECTIONS} connections", "batch", "points/s", True, 10),
    (f"log-metric of one point, {CONNECTIONS} connections", "single", "calls/s", True, 15),
    ("log-metric of one point, 1 connection", "alone", "calls/s", True, 0),
    (f"search {RUNS:,} runs, filter and order by a metric", "search", "ms", False, 10),
    (f"one metric of {LONG:,} points drawn in 320", "draw", "ms", False, 0),
    ("MlflowClient.log_batch of 1,000 points", "client batch", "points/s", True, 0),
    ("MlflowClient.log_metric", "client single", "calls/s", True, 0),
)


def _told(figures: Mapping[str, Figures]) -> int:
    ours, theirs = figures["lazuli"], figures["mlflow server"]
    print(f"{f'medians of {ROUNDS} rounds (least to most)':<50}{MLFLOW:>36}{'lazuli':>38}{'ratio':>8}  promised")
    missed: list[str] = []
    for what, name, unit, more, promised in ROWS:
        ratio = statistics.median(ours[name]) / statistics.median(theirs[name])
        ratio = ratio if more else 1 / ratio
        goal = f"{promised} x" if promised else "100 ms" if name == "draw" else ""
        kept = ratio * NOISE >= promised and (name != "draw" or statistics.median(ours[name]) <= 100 * NOISE)
        missed += [] if kept else [what]
        print(f"{what:<50}{_spoken(theirs[name], unit):>36}{_spoken(ours[name], unit):>38}{ratio:>7.1f}x  {goal}")
    for what in missed:
        print(f"missed: {what}")
    return 1 if missed else 0


def _spoken(values: list[float], unit: str) -> str:
    digits = 1 if unit == "ms" else 0
    low, middle, high = (f"{value:,.{digits}f}" for value in (min(values), statistics.median(values), max(values)))
    return f"{middle} {unit} ({low}-{high})"


if __name__ == "__main__":
    sys.exit(main())
