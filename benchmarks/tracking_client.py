"""Run by the Python of an environment with mlflow in it: what its client reaches on the server it is pointed at."""

# pyright: reportMissingImports=false

from __future__ import annotations

import json
import os
import sys
import time

from mlflow import MlflowClient
from mlflow.entities import Metric

client = MlflowClient()
run_id = client.create_run(client.create_experiment(sys.argv[1])).info.run_id
calls, batches = int(os.environ["CALLS"]), int(os.environ["BATCHES"])

client.log_metric(run_id, "warm", 0.0)
began = time.perf_counter()
for step in range(calls):
    client.log_metric(run_id, "single", float(step), step=step)
calls_s = calls / (time.perf_counter() - began)

points = [[Metric("batch", float(i), i, b * 1000 + i) for i in range(1000)] for b in range(batches)]
began = time.perf_counter()
for batch in points:
    client.log_batch(run_id, metrics=batch)
points_s = batches * 1000 / (time.perf_counter() - began)
print(json.dumps({"calls_s": calls_s, "points_s": points_s}))
