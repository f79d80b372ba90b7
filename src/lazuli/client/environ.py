"""What a program must be told so that Microsoft's own client and plain ``mlflow`` find Lazuli."""

from __future__ import annotations

import os
from pathlib import Path

from lazuli.client import profile
from lazuli.client.client import Client
from lazuli.schema.problems import InvalidInput, Unavailable

__all__ = ["variables"]

CLOUD = "LazuliCloud"
_LOCAL = ("127.0.0.1", "localhost")


def variables(data_dir: Path, workspace: str = "", resource_group: str = "") -> dict[str, str]:
    """The variables and their values. Raises :class:`Unavailable` where no server runs on ``data_dir``."""
    known = profile.running(data_dir)
    if not known:
        raise Unavailable(f"No Lazuli server runs on {data_dir}.", mend="Start it with 'lazuli up'.", code="NoServer")
    # The shell may already hold what an earlier call printed; it must not decide where we look now.
    environ = {name: value for name, value in os.environ.items() if name not in {"LAZULI_URL", "LAZULI_CA"}}
    chosen = profile.find(
        workspace=workspace, resource_group=resource_group, environ={**environ, "LAZULI_DATA_DIR": str(data_dir)}
    )
    secure = known["https_url"].rstrip("/")
    return {
        "ARM_CLOUD_METADATA_URL": f"{secure}/metadata/endpoints?api-version=2019-05-01",
        "AZUREML_CURRENT_CLOUD": CLOUD,
        "REGISTRY_DISCOVERY_ENDPOINT_URL": f"{secure}/",
        "REQUESTS_CA_BUNDLE": known["bundle_file"],
        "IDENTITY_ENDPOINT": f"{secure}/msi/token",
        "IDENTITY_HEADER": (data_dir / "identity_header").read_text(encoding="utf-8").strip(),
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        "NO_PROXY": _no_proxy(),
        "LAZULI_DATA_DIR": str(data_dir),
        "LAZULI_URL": secure,
        "LAZULI_CA": known["ca_file"],
        "LAZULI_AUTH": "msi",
        "LAZULI_SUBSCRIPTION": chosen.subscription,
        "LAZULI_RESOURCE_GROUP": chosen.resource_group,
        "LAZULI_CLOUD_NAME": CLOUD,
        "DO_NOT_TRACK": "true",
        **_workspace(chosen, known["url"]),
    }


def _workspace(chosen: profile.Profile, url: str) -> dict[str, str]:
    """What names the workspace. MLflow keeps to plain http on this machine: it would not trust the certificate."""
    try:
        with Client(chosen) as client:
            scope = client.scope
    except InvalidInput:  # none chosen, and none or several there: the script will name its own
        return {}
    return {
        "LAZULI_WORKSPACE": scope.workspace,
        "MLFLOW_TRACKING_URI": f"{url}/mlflow/v2.0{scope.path}",
        "MLFLOW_TRACKING_TOKEN": chosen.token,
    }


def _no_proxy() -> str:
    said = [host for host in os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")).split(",") if host]
    return ",".join([*said, *(host for host in _LOCAL if host not in said)])
