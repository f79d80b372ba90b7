"""``lazuli <noun> lineage``: what something was made from, what was made of it, and who did what when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click
from rich.text import Text
from rich.tree import Tree

from lazuli.cli.command import Command
from lazuli.cli.options import asks, named
from lazuli.cli.show import COLORS, Form, console, moment, show, table
from lazuli.client.client import Client
from lazuli.resources.table import noun
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import parse_datastore_path, parse_reference

__all__ = ["LINEAGE", "lineage_of", "lineage_tree", "show_lineage"]

LINEAGE = ("data", "environment", "job", "model", "component")
"""The nouns whose group has the command; deployments have it too, beside their endpoint."""

direction = click.option(
    "--direction",
    type=click.Choice(["both", "up", "down"]),
    default="both",
    show_default=True,
    help="Only what it was made from (up), or only what was made of it (down).",
)
_NESTED = ("online-deployment", "batch-deployment")
_SHORT = 12
"""Characters of a hash that tell it from others."""
_METRICS, _LONGEST = 3, 72
_UNSAID = ("at", "by", "event", "node", "changed", "from", "to", "status")

Graph = Mapping[str, Any]


def lineage_of(word: str) -> click.Command:
    """The command of a noun."""

    is_versioned = noun(word).versioned

    @click.command("lineage", cls=Command, help="Show what it was made from, and what was made of it.")
    @click.argument("reference", required=False, metavar="[NAME:VERSION]" if is_versioned else "[NAME]")
    @named(word, required=False)
    @direction
    @asks("table")
    def command(
        client: Client,
        output: Form,
        reference: str | None,
        name: str | None,
        direction: str,
        version: str | None = None,
    ) -> None:
        said = parse_reference(f"azureml:{(reference or name or '').removeprefix('azureml:')}")
        if said is None or bool(reference) == bool(name):
            raise InvalidInput(f"Name one {word}.", target="--name", mend=f"Write 'lazuli {word} lineage -n NAME'.")
        collection = client.collection(word)
        chosen = (
            version or said.version or (collection.get(said.name, label=said.label)["version"] if said.label else "")
        )
        show_lineage(collection.lineage(said.name, chosen, direction), output)

    if is_versioned:
        command = click.option("-v", "--version", help="The version; the newest where left out.")(command)
    return command


def show_lineage(found: Graph, output: Form) -> None:
    """Print a lineage as a tree with its events below; or as data."""
    if output.format != "table" or output.query is not None:
        show(found, output)
        return
    screen = console()
    screen.print(lineage_tree(found))
    if found["events"]:
        screen.print(_history(found))
    if found["isCut"]:
        screen.print("There is more: ask for it from one of the ends shown here.", style="dim")


def lineage_tree(found: Graph) -> Tree:
    """The lineage as a tree: what it is about at its root, below it what that came from and what came of it."""
    nodes = {node["id"]: node for node in found["nodes"]}
    root = found["root"]
    tree = Tree(_label(nodes[root]), guide_style="dim")
    above, below = _Branches(nodes, found, "to", "from", _served), _Branches(nodes, found, "from", "to", _used)
    is_both = above.has(root) and below.has(root)
    for branches, word in ((above, "made from"), (below, "used by")):
        if branches.has(root):
            branches.grow(tree.add(Text(word, "dim italic")) if is_both or branches is below else tree, root, {root})
    return tree


class _Branches:
    """The edges of a graph in one direction."""

    def __init__(
        self, nodes: Mapping[str, Any], found: Graph, start: str, end: str, said: Callable[[str, str], str]
    ) -> None:
        self._nodes = nodes
        self._said = said
        self._next: dict[str, list[tuple[str, str]]] = {}
        for edge in found["edges"]:
            self._next.setdefault(edge[start], []).append((edge[end], edge["role"]))
        self._shown: set[str] = set()

    def has(self, key: str) -> bool:
        """Whether anything lies beyond a node."""
        return key in self._next

    def grow(self, tree: Tree, key: str, path: set[str]) -> None:
        """Add what lies beyond a node; what was shown already is told by its name alone."""
        for end, role in self._next.get(key, ()):
            if end in path:
                continue
            label = _label(self._nodes[end], self._said(role, self._nodes[end]["kind"]))
            if end in self._shown and self.has(end):
                tree.add(label.append("  (see above)", "dim"))
                continue
            self._shown.add(end)
            self.grow(tree.add(label), end, {*path, end})


def _served(role: str, kind: str) -> str:
    """As what something served, where its kind does not tell."""
    return f"as {role}" if role != kind else ""


def _used(role: str, kind: str) -> str:
    """What something is used for by what came of it, where that is not plain."""
    return role if "%" in role else f"reads it as {role.removeprefix('input ')}" if role.startswith("input ") else ""


def _label(node: Mapping[str, Any], said: str = "") -> Text:
    """``data breast-cancer:1  as input data``. Text, not markup: a name in brackets is no style."""
    label = Text.assemble((f"{node['kind']} ", "dim"), (_name(node), "bold"))
    if said:
        label.append(f"  {said}", "dim")
    if status := node.get("status"):
        label.append(f"  {status}", COLORS.get(status, ""))
    for word in _facts(node):
        label.append(f"  {word}", "dim")
    return label


def _name(node: Mapping[str, Any]) -> str:
    name, version = node["name"], node.get("version", "")
    if node["kind"] == "path":
        return _shortened(name)
    if node["kind"] in _NESTED:
        return f"{name}/{version}"
    if node["kind"] == "code" or len(version) > 2 * _SHORT:
        version = version[:_SHORT]
    return f"{name}:{version}" if version else name


def _shortened(place: str) -> str:
    """A place with its datastore, its beginning and its end: what lies between is mostly a hash."""
    path = parse_datastore_path(place)
    text = f"{path.datastore}/{path.path}" if path else place
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"


def _facts(node: Mapping[str, Any]) -> list[str]:
    """What else a line has room for."""
    metrics = list((node.get("metrics") or {}).items())
    said = [f"{name} {value:.4g}" for name, value in metrics[:_METRICS]]
    if len(metrics) > _METRICS:
        said.append(f"and {len(metrics) - _METRICS} more metrics")
    if commit := node.get("commit"):
        said.append(f"commit {commit[:_SHORT]}")
    if packages := node.get("packages"):
        said.append(f"{packages} packages locked")
    said += [f"dataset {each['name']} ({each['digest']})" for each in node.get("datasets") or ()]
    return [*said, *(["deleted"] if node.get("isDeleted") else []), *(["archived"] if node.get("isArchived") else [])]


def _history(found: Graph) -> Any:
    said = {node["id"]: f"{node['kind']} {_name(node)}" for node in found["nodes"]}
    rows = [(moment(event["at"]), event["by"], said[event["node"]], _done(event)) for event in found["events"]]
    return table(("when", "who", "to what", "did"), rows)


def _done(event: Mapping[str, Any]) -> str:
    """What was done, in a few words: ``updated, stage: Staging → Production``."""
    said = [str(event["to"] if event["event"] == "moved" else event["event"])]
    if event["event"] == "renamed":
        said.append(f"it was {event['from']}")
    for name, change in (event.get("changed") or {}).items():
        said.append(f"{name}: {_value(change['from'])} → {_value(change['to'])}" if change else name)
    said += [f"{key}: {value}" for key, value in event.items() if key not in _UNSAID]
    return ", ".join(said)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}={part}" for key, part in value.items()) or "none"
    return "none" if value in (None, "") else str(value)
