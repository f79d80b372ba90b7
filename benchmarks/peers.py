"""Other people's servers, each in an environment of its own below ``.cache``, started on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.clients.environments import client_environment

__all__ = ["MLFLOW", "RAY", "mlflow_python", "mlflow_server", "ray_python"]

MLFLOW = "mlflow==3.17.2"
RAY = "ray[tune]==2.60.0"


def mlflow_python() -> Path:
    """The Python of an environment with the whole of MLflow in it."""
    return client_environment("mlflow-server", [MLFLOW])


def ray_python() -> Path:
    """The Python of an environment with Ray Tune and what the trials import."""
    return client_environment("ray", [RAY, "scikit-learn"])


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """The address of ``mlflow server`` as it starts by itself, on the SQLite file ``mlflow.db`` of ``folder``."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(mlflow_python().with_name("mlflow")), "server", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", f"{folder}/files"]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "mlflow.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment, start_new_session=True)
        try:
            url = f"http://127.0.0.1:{port}"
            ends = time.monotonic() + 300
            while not _answers(url):
                if process.poll() is not None or time.monotonic() > ends:
                    raise RuntimeError((folder / "mlflow.log").read_text())
                time.sleep(0.1)
            yield url
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
