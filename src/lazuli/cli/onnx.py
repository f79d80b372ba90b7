"""``lazuli model inspect``: what ONNX files are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from lazuli.cli.command import Command
from lazuli.cli.options import Connect, may_ask
from lazuli.cli.show import Form, console, show, table
from lazuli.client.client import Client
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import parse_reference

if TYPE_CHECKING:
    from lazuli.ml.onnx import Summary

__all__ = ["inspect"]

_NODES = 40
"""How many nodes of the graph a table shows."""


@click.command("inspect", cls=Command, help="Show what an ONNX model takes, gives and is made of.")
@click.argument("source", metavar="FILE|azureml:NAME:VERSION")
@may_ask("table")
def inspect(connect: Connect, output: Form, source: str) -> None:
    """Show it, without running the model; a file needs no server."""
    from lazuli.ml import onnx

    with _local(connect, source) as file:
        found = onnx.inspect(file)
    if output.format == "table" and output.query is None:
        _print(found)
    else:
        show({**found.as_dict(), "file": source}, output)


@contextmanager
def _local(connect: Connect, source: str) -> Iterator[Path]:
    """The file itself, or that of a model of the workspace, which is fetched for as long as it is needed."""
    if not source.startswith("azureml:"):
        yield Path(source).expanduser()
        return
    with TemporaryDirectory() as folder:
        with connect() as client:
            fetched = _fetched(client, source, Path(folder))
        yield fetched


def _fetched(client: Client, source: str, folder: Path) -> Path:
    named = parse_reference(source)
    if named is None:
        raise InvalidInput(f"'{source}' names no model.", target="source", mend="Write it as azureml:NAME:VERSION.")
    named.inside(client.scope, target="source")
    version = named.version or client.models.get(named.name, label=named.label)["version"]
    client.models.download(named.name, folder, version)
    files = sorted(folder.rglob("*.onnx"))
    if len(files) != 1:
        inside = ", ".join(file.name for file in files) or "none"
        raise InvalidInput(
            f"The model '{named.name}' has not one ONNX file but {inside}.",
            target="source",
            mend="Fetch it with 'lazuli model download', and name a file of it.",
        )
    return files[0]


def _print(found: Summary) -> None:
    screen = console()
    screen.print(table(("field", "value"), _facts(found), fold=True))
    ports = [
        (way, _plain(port.name), _plain(str(port).removeprefix(f"{port.name}: ")))
        for way, ports in (("input", found.signature.inputs), ("output", found.signature.outputs))
        for port in ports
    ]
    screen.print(table(("", "name", "type"), ports, fold=True))
    screen.print(table(("operator", "nodes"), [(_plain(name), str(n)) for name, n in found.operators.items()]))
    for line in found.graph[:_NODES]:
        screen.print(_plain(line), markup=False, style="dim", soft_wrap=True)
    if len(found.graph) > _NODES:
        screen.print(f"… {len(found.graph) - _NODES} more nodes: -o json", style="dim")


def _facts(found: Summary) -> list[tuple[str, str]]:
    facts = {
        "graph": found.name,
        "description": found.description,
        "producer": f"{found.producer} {found.producer_version}".strip(),
        "opsets": _pairs(found.opsets),
        "ir version": str(found.ir_version),
        "size": f"{found.size:,} bytes",
        "parameters": f"{found.parameters:,}",
        "external files": _pairs({each.location: each.state for each in found.external}),
        **{f"metadata {key}": value for key, value in found.metadata.items()},
    }
    return [(_plain(key), _plain(value)) for key, value in facts.items() if value]


def _pairs(said: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in said.items())


def _plain(text: str) -> str:
    """What a file says, harmless on a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
