"""A plain, unmodified mlflow client in an environment of its own, against a whole server."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import httpx
import pytest
from tests.clients.environments import client_environment
from tests.clients.serving import make_workspace, server, told
from tests.server.listening import listening

from lazuli.schema.identity import Scope
from lazuli.schema.places import DEFAULT
from lazuli.schema.reference import DatastorePath
from lazuli.server.app import App
from lazuli.server.platform import Platform, open_platform
from lazuli.store.documents import Selection
from lazuli.store.settings import Settings

SCOPE = Scope("00000000-0000-0000-0000-000000000001", "rg1", "ws1")
REQUIREMENTS = {
    "mlflow-3": ["mlflow-skinny==3.17.2", "pandas", "scikit-learn==1.9.1", "skops"],
    "mlflow-2": ["mlflow-skinny==2.22.*", "pandas<3", "scikit-learn==1.6.*"],
}

GUARD = Path(__file__).with_name("guard")
PROGRAM = """
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("far")
with mlflow.start_run() as run:
    mlflow.log_param("rate", 0.1)
    mlflow.log_metric("score", 0.5)
    mlflow.log_text("hello", "note.txt")
seen = mlflow.get_run(run.info.run_id)
files = [each.path for each in mlflow.MlflowClient().list_artifacts(run.info.run_id)]
text = mlflow.artifacts.load_text(f"{seen.info.artifact_uri}/note.txt")
print(seen.data.metrics["score"], seen.data.params, files, text)
"""


@pytest.mark.parametrize("client", REQUIREMENTS)
def test_an_unmodified_client_finds_what_it_logged(tmp_path: Path, client: str) -> None:
    python = client_environment(client, REQUIREMENTS[client])
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
        _upload_model(platform, address, token)
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
    models = platform.shelves["model"].select(Selection(SCOPE, "models", versions=True))
    platform.store.close()
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-6000:]}"
    assert f"passed with {client[-1]}." in done.stdout
    kinds = {each.id.path.partition("/models/")[2]: each.body.get("type", "custom_model") for each in models}
    assert kinds == {
        "iris/versions/1": "mlflow_model",
        "iris/versions/2": "mlflow_model",
        "uploaded/versions/7": "custom_model",
    }


@pytest.mark.parametrize("client", REQUIREMENTS)
def test_the_address_that_a_workspace_tells_is_all_that_mlflow_needs(tmp_path: Path, client: str) -> None:
    python = client_environment(client, REQUIREMENTS[client])
    with server(tmp_path / "data") as facts:
        made = make_workspace(tmp_path / "data", facts, "ws1")
        address = made["properties"]["mlFlowTrackingUri"].replace(facts["url"], facts["https_url"])
        assert address.startswith("https://")
        environ = {
            **told(tmp_path / "data", "ws1"),
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": str(GUARD),
            "GUARD_LOG": str(tmp_path / "guard.jsonl"),
        }
        del environ["MLFLOW_TRACKING_URI"]
        done = subprocess.run(
            [python, "-c", PROGRAM, address], env=environ, cwd=tmp_path, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-6000:]}"
    assert "0.5 {'rate': '0.1'} ['note.txt'] hello" in done.stdout
    assert not (tmp_path / "guard.jsonl").exists(), (tmp_path / "guard.jsonl").read_text()


def _upload_model(platform: Platform, address: str, token: str) -> None:
    """A model that comes in as azure-ai-ml brings it: its files in the blob store, then a version by REST."""
    container = platform.storage.container(SCOPE, DEFAULT)
    platform.store.blobs.put_bytes(container, "LocalUpload/abc/net/deep/weights.bin", b"123")
    said = {
        "modelType": "custom_model",
        "modelUri": DatastorePath(DEFAULT, "LocalUpload/abc/net").in_full(SCOPE),
        "description": "By the other door.",
        "tags": {"from": "azure"},
    }
    made = httpx.put(
        f"{address}{SCOPE.path}/models/uploaded/versions/7",
        params={"api-version": "2024-10-01"},
        headers={"Authorization": f"Bearer {token}"},
        json={"properties": said},
    )
    assert made.is_success, made.text
