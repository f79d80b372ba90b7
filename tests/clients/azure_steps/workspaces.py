"""Workspaces."""

# pyright: reportMissingImports=false
from __future__ import annotations

import os
import subprocess
import sys

from azure.ai.ml import MLClient
from azure.ai.ml.entities import Workspace
from azure.core.exceptions import ResourceNotFoundError
from azure.identity import DefaultAzureCredential

from azure_steps.tour import Tour, expected, lazuli


def connect(tour: Tour) -> None:
    """MLClient(DefaultAzureCredential(), subscription, group, workspace)"""
    where = [os.environ[f"LAZULI_{word}"] for word in ("SUBSCRIPTION", "RESOURCE_GROUP", "WORKSPACE")]
    tour.client = MLClient(DefaultAzureCredential(), *where, show_progress=False)


def connect_from_python(tour: Tour) -> None:
    """lazuli.azure.ml_client(), credential(): without a shell's environment"""
    tour.needs(1, 35)  # our own client stands beside the newest alone
    program = (
        "import lazuli.azure\n"
        f"client = lazuli.azure.ml_client({tour.workspace!r}, resource_group='rg1', show_progress=False)\n"
        "print(client.workspaces.get(client.workspace_name).name)\n"
        "from azure.ai.ml import MLClient\n"
        "again = MLClient(lazuli.azure.credential(), client.subscription_id, 'rg1', client.workspace_name)\n"
        "print([each.name for each in again.datastores.list()])\n"
    )
    known = {word: os.environ[word] for word in ("PATH", "HOME", "LAZULI_DATA_DIR")}
    environ = {**known, "PYTHONPATH": os.environ["SOURCE"]}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert tour.workspace in done.stdout and "workspaceblobstore" in done.stdout, done.stdout


def show_the_workspace(tour: Tour) -> None:
    """workspaces.get"""
    workspace = tour.client.workspaces.get(os.environ["LAZULI_WORKSPACE"])
    assert workspace.name == os.environ["LAZULI_WORKSPACE"]
    assert workspace.mlflow_tracking_uri.startswith("https://127.0.0.1:")


def make_a_workspace(tour: Tour) -> None:
    """workspaces.begin_create, list: by the template that the client deploys"""
    name = f"{tour.workspace}-made"
    wanted = Workspace(name=name, location="here", display_name="Made", description="by a client", tags={"team": "a"})
    made = tour.client.workspaces.begin_create(wanted).result()
    assert (made.name, made.location, made.display_name, made.description) == (name, "here", "Made", "by a client")
    assert made.tags["team"] == "a" and made.mlflow_tracking_uri and made.storage_account and made.key_vault
    assert {name, tour.workspace} <= {each.name for each in tour.client.workspaces.list()}
    assert name in [each.name for each in tour.client.workspaces.list(scope="subscription")]
    told = lazuli("workspace", "show", "-n", name)
    assert (told["display_name"], told["description"], told["tags"]["team"]) == ("Made", "by a client", "a")
    assert told["workspace_id"] == made._workspace_id


def change_a_workspace(tour: Tour) -> None:
    """workspaces.begin_update, begin_provision_network"""
    name = f"{tour.workspace}-made"
    changed = tour.client.workspaces.get(name)
    changed.description, changed.tags = "anew", {"team": "b"}
    assert tour.client.workspaces.begin_update(changed).result().description == "anew"
    seen = tour.client.workspaces.get(name)
    assert (seen.description, seen.tags["team"], seen.display_name) == ("anew", "b", "Made")
    network = tour.client.workspaces.begin_provision_network(workspace_name=name).result()
    assert network.status == "Inactive", vars(network)


def delete_a_workspace(tour: Tour) -> None:
    """workspaces.begin_delete: with everything that belongs to it"""
    name = f"{tour.workspace}-made"
    tour.client.workspaces.begin_delete(name, delete_dependent_resources=True).result()
    with expected(ResourceNotFoundError, "Workspaces here"):
        tour.client.workspaces.get(name)
    assert name not in [each.name for each in tour.client.workspaces.list()]


def ask_for_keys_and_a_diagnosis(tour: Tour) -> None:
    """workspaces.get_keys, begin_diagnose: there are no lasting keys, and nothing in the way"""
    keys = tour.client.workspaces.get_keys(tour.workspace)
    assert "storageAccounts/" in keys.user_storage_resource_id and not keys.user_storage_key, vars(keys)
    found = tour.client.workspaces.begin_diagnose(tour.workspace).result()
    assert not found.storage_account_results and not found.other_results, vars(found)
