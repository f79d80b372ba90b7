"""A plain, unmodified mlflow client in an environment of its own, against the MLflow door."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from lazuli.schema.identity import Scope
from lazuli.server.mlflow import mlflow_routes
from lazuli.store.blobs import Blobs
from lazuli.store.database import open_points, open_state
from lazuli.tracking import open_tracking
from tests.clients.environments import client_environment
from tests.server.listening import listening

SCOPE = Scope("00000000-0000-0000-0000-000000000001", "rg1", "ws1")
REQUIREMENTS = ["mlflow-skinny==3.17.2", "pandas", "scikit-learn==1.9.1", "skops"]


def test_an_unmodified_client_finds_what_it_logged(tmp_path: Path) -> None:
    state, points = open_state(tmp_path), open_points(tmp_path)
    tracking = open_tracking(state, points, Blobs(state, tmp_path / "blobs"), lambda scope: f"{scope.workspace}-artifacts")
    python = client_environment("mlflow-3", REQUIREMENTS)
    with listening(mlflow_routes(tracking), token="secret") as address:
        done = subprocess.run(
            [python, Path(__file__).with_name("mlflow_client.py")],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "MLFLOW_TRACKING_URI": f"{address}/mlflow/v2.0{SCOPE.path}",
                "MLFLOW_TRACKING_TOKEN": "secret",
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
                "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
                "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-6000:]}"
    assert "passed with 3." in done.stdout
    state.close()
    points.close()
