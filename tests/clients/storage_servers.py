"""Storage servers that other people wrote, started for tests: Azurite (npm), moto (S3) and a GCS emulator (PyPI)."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
BUCKET = "lazuli-data"
AZURITE = "3.35.0"
# Azurite's account is the same everywhere; its key is in its documentation.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@contextmanager
def azurite() -> Iterator[dict[str, Any]]:
    """Azure Blob Storage: what a datastore of it says."""
    from azure.storage.blob import BlobServiceClient

    home = ROOT / ".cache" / "azurite"
    program = home / "node_modules" / ".bin" / "azurite-blob"
    if not program.exists():
        home.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(home)]
        subprocess.run([*install, f"azurite@{AZURITE}"], check=True, timeout=280)
    port = _free_port()
    options = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    with _running([str(program), "--blobPort", str(port), *options], port) as url:
        BlobServiceClient(f"{url}/{ACCOUNT}", credential=KEY).create_container(BUCKET)
        said = {"type": "azure_blob", "account_name": ACCOUNT, "container_name": BUCKET, "endpoint": url}
        yield {**said, "credentials": {"account_key": KEY}}


@contextmanager
def moto() -> Iterator[dict[str, Any]]:
    """S3: what a datastore of it says."""
    from boto3 import client

    port = _free_port()
    with _running([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port) as url:
        secret = "nobody-guesses-this"
        client(
            "s3", endpoint_url=url, aws_access_key_id="k", aws_secret_access_key=secret, region_name="us-east-1"
        ).create_bucket(Bucket=BUCKET)
        said = {"type": "s3", "bucket_name": BUCKET, "region": "us-east-1", "endpoint": url}
        yield {**said, "credentials": {"access_key_id": "k", "secret_access_key": secret}}


@contextmanager
def gcs() -> Iterator[dict[str, Any]]:
    """Google Cloud Storage: what a datastore of it says."""
    port = _free_port()
    program = [sys.executable, "-m", "gcp_storage_emulator", "start", "--host=127.0.0.1", f"--port={port}"]
    with _running([*program, "--in-memory"], port) as url:
        httpx.post(f"{url}/storage/v1/b?project=p", json={"name": BUCKET}).raise_for_status()
        yield {"type": "gcs", "bucket_name": BUCKET, "endpoint": url}


@contextmanager
def _running(command: list[str], port: int) -> Iterator[str]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
