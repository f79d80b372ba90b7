"""Where the server is, who asks, and which workspace a job is in.

In a job its own variables say so. Elsewhere ``LAZULI_URL`` and ``LAZULI_TOKEN`` do; where they are not set, the data
folder of the server on this machine (``LAZULI_DATA_DIR``, else ``~/.lazuli``) tells both.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Mapping, NamedTuple

from azureml.exceptions import DiscoveryUrlNotFoundException

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
GROUP = "lazuli"


class Place(NamedTuple):
    """The address of a server, and what opens it."""

    url: str
    token: str
    ca_file: str = ""


class Scope(NamedTuple):
    """Which workspace."""

    subscription: str
    group: str
    workspace: str

    @property
    def path(self) -> str:
        """Its address on the server."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.workspace}"
        )

    @property
    def mlflow(self) -> str:
        """The address of its door of MLflow."""
        return f"/mlflow/v2.0{self.path}"


def find(environ: Mapping[str, str] = os.environ) -> Place:
    """Where the server is. Raises :class:`DiscoveryUrlNotFoundException` where none is known."""
    if in_job(environ):
        return Place(environ["AZUREML_SERVICE_ENDPOINT"], environ["AZUREML_RUN_TOKEN"], environ.get("LAZULI_CA", ""))
    url, token, ca_file = (environ.get(f"LAZULI_{word}", "") for word in ("URL", "TOKEN", "CA"))
    folder = Path(environ.get("LAZULI_DATA_DIR") or Path.home() / ".lazuli").expanduser()
    if not url:
        url, ca_file = _running(folder, ca_file)
    if not token:
        try:
            token = (folder / "token").read_text(encoding="utf-8").strip()
        except OSError:
            raise DiscoveryUrlNotFoundException(
                f"There is no token for {url}. Set LAZULI_TOKEN, or LAZULI_DATA_DIR to the folder of the server."
            ) from None
    return Place(url, token, ca_file)


def in_job(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this process is a job's."""
    return bool(environ.get("AZUREML_SERVICE_ENDPOINT") and environ.get("AZUREML_RUN_TOKEN"))


def scope_of_job(environ: Mapping[str, str] = os.environ) -> Scope:
    """The workspace that this job is in."""
    words = ("SUBSCRIPTION", "RESOURCEGROUP", "WORKSPACE_NAME")
    return Scope(*(environ[f"AZUREML_ARM_{word}"] for word in words))


def _running(folder: Path, ca_file: str) -> tuple[str, str]:
    try:
        said = json.loads((folder / "server.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DiscoveryUrlNotFoundException(
            f"No Lazuli server runs on {folder}. Start it with 'lazuli up', or name another with LAZULI_URL and "
            "LAZULI_TOKEN."
        ) from None
    return said["url"], ca_file or said.get("ca_file", "")
