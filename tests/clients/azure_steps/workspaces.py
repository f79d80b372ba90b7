"""Workspaces."""

# pyright: reportMissingImports=false
from __future__ import annotations

import os

from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

from azure_steps.tour import Tour


def connect(tour: Tour) -> None:
    """MLClient(DefaultAzureCredential(), subscription, group, workspace)"""
    where = [os.environ[f"LAZULI_{word}"] for word in ("SUBSCRIPTION", "RESOURCE_GROUP", "WORKSPACE")]
    tour.client = MLClient(DefaultAzureCredential(), *where, show_progress=False)


def show_the_workspace(tour: Tour) -> None:
    """workspaces.get"""
    workspace = tour.client.workspaces.get(os.environ["LAZULI_WORKSPACE"])
    assert workspace.name == os.environ["LAZULI_WORKSPACE"]
    assert workspace.mlflow_tracking_uri.startswith("https://127.0.0.1:")
