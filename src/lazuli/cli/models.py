"""``lazuli model``: the verbs of the table, and those that only models have."""

from __future__ import annotations

from typing import Any

import click
from rich.text import Text
from rich.tree import Tree

from lazuli.cli.nouns import group_of
from lazuli.cli.onnx import export, inspect, optimize
from lazuli.cli.options import asks, named
from lazuli.cli.show import Form, console, show
from lazuli.client.client import Client

__all__ = ["lineage_tree", "model"]

model = group_of("model")
model.add_command(inspect)
model.add_command(export)
model.add_command(optimize)


@model.command("lineage", help="Show what a model was made from.")
@named("model")
@click.option("-v", "--version", help="The version; the newest where left out.")
@asks("table")
def lineage(client: Client, output: Form, name: str, version: str | None) -> None:
    """Show the model's lineage, as a tree or as data."""
    found = client.models.lineage(name, version or "")
    if output.format == "table" and output.query is None:
        console().print(lineage_tree(found))
    else:
        show(found, output)


def lineage_tree(found: dict[str, Any]) -> Tree:
    """The lineage as a tree: the model at its root, what it came from below."""
    nodes = {node["id"]: node for node in found["nodes"]}
    sources: dict[str, list[dict[str, Any]]] = {}
    for edge in found["edges"]:
        sources.setdefault(edge["to"], []).append(edge)
    used = {edge["from"] for edge in found["edges"]}
    top = next((key for key in nodes if key not in used), next(iter(nodes), ""))
    tree = Tree(_label(nodes[top]) if top else "", guide_style="dim")
    _grow(tree, top, nodes, sources, {top})
    return tree


def _grow(
    tree: Tree, key: str, nodes: dict[str, Any], sources: dict[str, list[dict[str, Any]]], seen: set[str]
) -> None:
    for edge in sources.get(key, ()):
        source = edge["from"]
        if source in nodes and source not in seen:
            _grow(tree.add(_label(nodes[source], edge.get("role", ""))), source, nodes, sources, seen | {source})


def _label(node: dict[str, Any], role: str = "") -> Text:
    """``data breast-cancer:1  input data``. Text, not markup: a name in brackets is no style."""
    name = f"{node['name']}:{node['version']}" if node.get("version") else node["name"]
    more = "" if role in ("", node["kind"]) else f"  as {role}"
    return Text.assemble((f"{node['kind']} ", "dim"), (name, "bold"), (more, "dim"))
