"""The second half of the demo: the best model as ONNX, behind an endpoint, asked about patients."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from lazuli.cli.demo.screen import Screen
from lazuli.cli.lineage import lineage_tree
from lazuli.cli.show import table
from lazuli.client.client import Client
from lazuli.schema.problems import NotFound

__all__ = ["ask", "deploy", "export", "lineage", "register"]

_DEPLOYMENT = "blue"


def register(client: Client, screen: Screen, name: str, sweep: str) -> str:
    """The model of the sweep's best trial, as ``name:version``."""
    path = f"azureml://jobs/{sweep}/outputs/model"
    said = client.models.read(None, name=name, path=path, type="mlflow_model", description="Is this tumour malignant?")
    made = client.models.create(*said)
    screen.done("Model", f"{name}:{made['version']}", "registered from the best trial")
    return f"{name}:{made['version']}"


def export(client: Client, screen: Screen, model: str, patients: Path) -> str:
    """The model as ONNX, made by a job in its own environment, as ``name:version``; and how alike the two answer."""
    from lazuli.client.onnx_jobs import ExportWishes, export_model

    started = time.monotonic()
    with screen.busy("ONNX", "exporting it by a job in the model's own environment"):
        made = export_model(client, model, ExportWishes(sample=str(patients)))
    name = f"{made.model['name']}:{made.model['version']}"
    screen.done("ONNX", name, f"exported in {time.monotonic() - started:.1f} s; it answers as the original does:")
    rows = [
        (each["name"], str(each["rows"]), f"{each['max_difference']:.1e}", str(each["labels_differ"]))
        for each in made.report["check"]["groups"]
        if each["rows"]
    ]
    screen.indented(table(("rows", "compared", "largest difference", "labels that differ"), rows))
    return name


def deploy(client: Client, screen: Screen, endpoint: str, model: str) -> None:
    """The model behind an endpoint, with all its traffic."""
    started = time.monotonic()
    with screen.busy("Endpoint", "deploying"):
        try:
            client.online_endpoints.get(endpoint)
        except NotFound:
            client.online_endpoints.create(*client.online_endpoints.read(None, name=endpoint))
        deployments = client.online_deployments
        said = deployments.read(None, name=_DEPLOYMENT, endpoint_name=endpoint, model=f"azureml:{model}")
        deployments.create(*said)
        address = client.online_endpoints.share(endpoint, {_DEPLOYMENT: 100})["scoring_uri"]
    screen.done("Endpoint", address, f"open, with keys, after {time.monotonic() - started:.1f} s")


def ask(client: Client, screen: Screen, endpoint: str, request: Path, known: Sequence[str]) -> None:
    """Ask about patients, and show what the endpoint answers beside what is ``known`` of them."""
    started = time.monotonic()
    answer = client.online_endpoints.invoke(endpoint, request)
    took = f"answered after {1000 * (time.monotonic() - started):.0f} ms"
    screen.done("Asked", f"{len(known)} patients", f"{took}: how likely is their tumour malignant?")
    rows = [(each, f"{100 * chance[1]:.1f} %") for each, chance in zip(known, answer["probabilities"], strict=True)]
    screen.indented(table(("known to be", "malignant"), rows))


def lineage(client: Client, screen: Screen, model: str) -> None:
    """Where the answer comes from."""
    name, _, version = model.partition(":")
    screen.done("Lineage", model, "what it came from, and who asks it:")
    screen.indented(lineage_tree(client.models.lineage(name, version)))
