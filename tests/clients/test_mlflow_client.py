"""A plain, unmodified mlflow client in an environment of its own, against a whole server."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import httpx
from tests.clients.environments import client_environment
from tests.server.listening import listening

from lazuli.schema.identity import Scope
from lazuli.server.app import App
from lazuli.server.platform import open_platform
from lazuli.store.settings import Settings

SCOPE = Scope("00000000-0000-0000-0000-000000000001", "rg1", "ws1")
REQUIREMENTS = ["mlflow-skinny==3.17.2", "pandas", "scikit-learn==1.9.1", "skops"]


def test_an_unmodified_client_finds_what_it_logged(tmp_path: Path) -> None:
    python = client_environment("mlflow-3", REQUIREMENTS)
    platform = open_platform(Settings(data_dir=tmp_path / "data"))
    token = (tmp_path / "data" / "token").read_text().strip()
    app = App(platform.routes(), platform.access, hosts=["127.0.0.1"], spool=tmp_path / "spool")
    with listening(app) as address:
        made = httpx.put(
            f"{address}{SCOPE.path}",
            params={"api-version": "2024-10-01"},
            headers={"Authorization": f"Bearer {token}"},
            json={"location": "local", "properties": {}},
        )
        assert made.is_success, made.text
        done = subprocess.run(
            [python, Path(__file__).with_name("mlflow_client.py")],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "MLFLOW_TRACKING_URI": f"{address}/mlflow/v2.0{SCOPE.path}",
                "MLFLOW_TRACKING_TOKEN": token,
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
    platform.store.close()
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-6000:]}"
    assert "passed with 3." in done.stdout
