"""How long ``Run.log`` of the SDK v1 holds a script up, beside ``mlflow.log_metric`` that waits for the same server.

Promise: the 99th percentile of ``Run.log`` is below 0.2 ms.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pytest
from benchmarks.peers import mlflow_python
from tests.clients.serving import server

from azureml.core import Experiment, Workspace

CALLS = 5000
PROMISED_MS = 0.2
THEIRS = """
import json, sys, time, mlflow
uri, run_id, count = sys.argv[1:]
client = mlflow.MlflowClient(uri)
found = []
for at in range(int(count)):
    began = time.perf_counter()
    client.log_metric(run_id, "other", at, step=at, synchronous=True)
    found.append((time.perf_counter() - began) * 1000)
print(json.dumps(found))
"""


def main() -> int:
    """Measure both and print them; 1 where the promise is missed."""
    with tempfile.TemporaryDirectory() as made, pytest.MonkeyPatch.context() as surroundings:
        folder = Path(made) / "house"
        folder.mkdir()
        surroundings.setenv("LAZULI_DATA_DIR", str(folder))
        surroundings.setenv("LAZULI_SPOOL_DIR", str(Path(made) / "spool"))
        with server(folder):
            workspace = Workspace.create("bench", resource_group="bench", location="here", show_output=False)
            run = Experiment(workspace, "bench").start_logging()
            ours = _times(lambda at: run.log("loss", at), CALLS)
            run.flush()
            words = [workspace.get_mlflow_tracking_uri(), run.id, str(CALLS // 10)]
            done = subprocess.run([mlflow_python(), "-c", THEIRS, *words], check=True, capture_output=True, text=True)
            theirs = json.loads(done.stdout.splitlines()[-1])
    for name, times in (("Run.log", ours), ("mlflow.log_metric", theirs)):
        print(f"{name:18} p50 {statistics.median(times):8.4f} ms   p99 {_p99(times):8.4f} ms")
    return int(_p99(ours) >= PROMISED_MS)


def _times(call: Callable[[int], object], count: int) -> list[float]:
    found = []
    for at in range(count):
        began = time.perf_counter()
        call(at)
        found.append((time.perf_counter() - began) * 1000)
    return found


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


if __name__ == "__main__":
    sys.exit(main())
