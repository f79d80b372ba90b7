"""Workspaces, who asks for them, and their secrets."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import requests

from azureml.core import VERSION, Keyvault, Workspace, __version__
from azureml.core.authentication import (
    AzureCliAuthentication,
    InteractiveLoginAuthentication,
    MsiAuthentication,
    ServicePrincipalAuthentication,
)
from azureml.exceptions import (
    AuthenticationException,
    AzureMLException,
    DiscoveryUrlNotFoundException,
    UserErrorException,
    WorkspaceException,
)


def test_the_first_listing_of_the_document(house: Path) -> None:
    ws = Workspace.create(
        name="myworkspace",
        subscription_id="azure-subscription-id",
        resource_group="myresourcegroup",
        create_resource_group=True,
        location="eastus2",
    )
    assert (ws.name, ws.resource_group, ws.subscription_id) == (
        "myworkspace",
        "myresourcegroup",
        "azure-subscription-id",
    )
    assert (ws.location, ws.sku) == ("eastus2", "Basic")
    details = ws.get_details()
    assert details["id"].endswith("/workspaces/myworkspace") and details["location"] == "eastus2"
    assert details["storageAccount"] and details["keyVault"]


def test_one_that_is_there_is_refused_or_returned(ws: Workspace) -> None:
    asked: dict[str, Any] = {"subscription_id": ws.subscription_id, "resource_group": ws.resource_group}
    with pytest.raises(WorkspaceException, match="already exists"):
        Workspace.create(ws.name, **asked)
    assert Workspace.create(ws.name, exist_ok=True, location="westeurope", **asked) == ws
    assert ws.location == "eastus2"


def test_one_that_is_not_there(house: Path) -> None:
    with pytest.raises(WorkspaceException) as told:
        Workspace("garden", "beds", "nowhere")
    assert str(told.value).startswith("WorkspaceException:\n\tMessage: Could not find the workspace 'nowhere'")
    with pytest.raises(WorkspaceException, match="nowhere"):
        Workspace.get("nowhere", subscription_id="garden")
    with pytest.raises(TypeError):
        Workspace.get(nmae="nowhere")  # type: ignore[call-arg]


def test_a_config_file_is_found_from_below(ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws.write_config(path=str(tmp_path))
    file = tmp_path / ".azureml" / "config.json"
    assert json.loads(file.read_text()) == {
        "subscription_id": "garden",
        "resource_group": "beds",
        "workspace_name": ws.name,
    }
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (below / "config.json").write_text('{"of": "another program"}')
    monkeypatch.chdir(below)
    for found in (Workspace.from_config(), Workspace.from_config(path=str(file)), Workspace.from_config(tmp_path)):
        assert found == ws
    ws.write_config(path=below / ".azureml")
    assert (below / ".azureml" / "config.json").exists()
    ws.write_config(file_name="other.json")
    assert Workspace.from_config(_file_name="other.json") == ws


def test_no_config_file_is_a_users_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserErrorException, match=r"config\.json, could not be found") as told:
        Workspace.from_config()
    assert isinstance(told.value, AzureMLException)
    (tmp_path / "config.json").write_text('{"workspace_name": "a"}')
    with pytest.raises(UserErrorException, match="lacks 'subscription_id'"):
        Workspace.from_config()


def test_the_workspaces_of_a_subscription(ws: Workspace) -> None:
    assert [each.resource_group for each in Workspace.list("garden")[ws.name]] == ["beds"]
    assert Workspace.list("garden", resource_group="elsewhere") == {}
    assert Workspace.get(ws.name, subscription_id="garden") == ws


@pytest.mark.parametrize("kind", [InteractiveLoginAuthentication, AzureCliAuthentication, MsiAuthentication])
def test_every_kind_of_login_opens_the_server(ws: Workspace, kind: type[InteractiveLoginAuthentication]) -> None:
    auth = kind()
    assert Workspace(*ws._scope, auth=auth) == ws
    header = auth.get_authentication_header()
    assert requests.get(f"{ws._server.url}{ws._scope.path}", headers=header, timeout=30).json()["name"] == ws.name
    assert requests.get(f"{ws._server.url}{ws._scope.path}", timeout=30).status_code == 401
    assert auth.get_token("https://ml.azure.com").token == header["Authorization"].split()[1]


def test_a_service_principal_is_a_token_of_its_own(ws: Workspace) -> None:
    made = ws._server.call("POST", "/tokens", {"name": "robot", "role": "admin"})
    auth = ServicePrincipalAuthentication("tenant", "robot", made["token"])
    assert auth.get_authentication_header() == {"Authorization": f"Bearer {made['token']}"}
    assert Workspace(*ws._scope, auth=auth) == ws
    with pytest.raises(AuthenticationException):
        Workspace(*ws._scope, auth=ServicePrincipalAuthentication("tenant", "robot", "wrong"))
    with pytest.raises(AuthenticationException, match="lazuli token create"):
        ServicePrincipalAuthentication("tenant", "robot", "")


def test_secrets(ws: Workspace) -> None:
    vault = ws.get_default_keyvault()
    assert isinstance(vault, Keyvault) and vault.get_secret("password") is None
    vault.set_secret(name="password", value="one")
    vault.set_secrets({"password": "two", "other": "three"})
    assert vault.get_secrets(["password", "other", "none"]) == {"password": "two", "other": "three", "none": None}
    assert {"name": "password"} in vault.list_secrets()
    vault.delete_secret("password")
    assert vault.get_secret("password") is None
    with pytest.raises(UserErrorException):
        vault.delete_secret("password")


def test_mlflow_is_pointed_here(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_TOKEN", raising=False)
    uri = ws.get_mlflow_tracking_uri()
    bearer = {"Authorization": f"Bearer {os.environ['MLFLOW_TRACKING_TOKEN']}"}
    asked = requests.get(f"{uri}/api/2.0/mlflow/experiments/search?max_results=5", headers=bearer, timeout=30)
    assert asked.status_code == 200


def test_no_server_says_how_to_start_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAZULI_DATA_DIR", str(tmp_path))
    with pytest.raises(DiscoveryUrlNotFoundException, match="lazuli up"):
        Workspace("a", "b", "c")


def test_the_version_is_one_that_scripts_know() -> None:
    assert __version__ == VERSION and VERSION.startswith("1.6")
