"""``lazuli model inspect``, ``export`` and ``optimize``: ONNX files, and models that become one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from lazuli.cli.command import Command
from lazuli.cli.follow import on_screen
from lazuli.cli.options import Connect, may_ask
from lazuli.cli.show import Form, console, show, show_many, table
from lazuli.cli.sources import is_registered, local, onnx_file, registered
from lazuli.client.client import Client
from lazuli.schema.problems import NotFound, Unexpected, from_envelope

if TYPE_CHECKING:
    from lazuli.client.onnx_variants import Kept
    from lazuli.ml.onnx import Summary

__all__ = ["export", "inspect", "optimize"]

_sample = click.option(
    "--sample",
    type=click.Path(dir_okay=False),
    help="Rows to compare the answers on (.csv, .parquet, .json, .npy, .npz).",
)
_PATIENCE_S = 6 * 3600.0
_NODES = 40
"""How many nodes of the graph a table shows."""
_LONG = 100
"""How many characters of a metadata's value."""


@click.command("inspect", cls=Command, help="Show what an ONNX model takes, gives and is made of.")
@click.argument("source", metavar="FILE|NAME:VERSION")
@may_ask("table")
def inspect(connect: Connect, output: Form, source: str) -> None:
    """Show it, without running the model; a file needs no server."""
    from lazuli.ml import onnx

    with local(connect, source) as place:
        found = onnx.inspect(onnx_file(place, source))
    variants = _variants(connect, source) if is_registered(source) else []
    if output.format == "table" and output.query is None:
        _print(found)
        if variants:
            _print_variants([_measured(each) for each in variants])
    else:
        more = {"variants": [asdict(each) for each in variants]} if is_registered(source) else {}
        show({**found.as_dict(), "file": source, **more}, output)


def _variants(connect: Connect, source: str) -> list[Kept]:
    from lazuli.client.onnx_variants import kept_variants

    with connect() as client:
        model = registered(client, source)
        return kept_variants(client, model["name"], model["version"])


@click.command("export", cls=Command, help="Turn a trained model into an ONNX model that answers as it does.")
@click.argument("source", metavar="FOLDER|FILE|NAME:VERSION")
@click.option("--sample", help="Rows to compare the answers on (.csv, .parquet, .json, .npy, .npz).")
@click.option("--force", is_flag=True, help="Keep it even where its answers differ.")
@click.option("--dynamic", multiple=True, metavar="INPUT=AXIS", help="A dimension of a network's input that varies.")
@click.option(
    "--to", type=click.Path(dir_okay=False), help="Write this file, here.  [default: model.onnx, of a file or folder]"
)
@click.option("--python", default="", metavar="PATH", help="The Python that exports here.  [default: this]")
@click.option("-n", "--name", default="", help="The new model of the workspace.  [default: the model's name and -onnx]")
@click.option("--environment", default="", metavar="azureml:NAME:VERSION", help="Where the model brings none along.")
@click.option("--framework", default="", metavar="NAME", help="sklearn, pytorch, …, where nothing else tells it.")
@click.option("--compute", default="", metavar="NAME", help="Where the job runs.")
@may_ask("table")
def export(connect: Connect, output: Form, source: str, to: str | None, python: str, **wishes: Any) -> None:
    """Export it in a process of its own, or by a job: loading a pickled model runs its code."""
    if to or python or not is_registered(source):
        target = to or "model.onnx"
        with local(connect, source) as place:
            answer = _exported(python, str(place), target, **wishes)
        _tell(answer, target, output)
        return
    from lazuli.client.onnx_jobs import ExportWishes, export_model

    wishes["sample"] = wishes["sample"] or ""
    with connect() as client:
        made = export_model(client, source, ExportWishes(**wishes), _watched(output))
    _tell({**made.report, "file": "", "job": made.job, "model": made.model}, _named(made.model), output)


def _watched(output: Form) -> Callable[[Client, str], object] | None:
    """What shows the job on the screen; nothing where the answer is for a program."""
    return on_screen if output.format == "table" else None


def _named(model: Mapping[str, Any]) -> str:
    return f"{model['name']}:{model['version']}"


def _tell(answer: Mapping[str, Any], made: str, output: Form) -> None:
    if output.format != "table" or output.query is not None:
        show(dict(answer), output)
        return
    check = answer["check"]
    columns = ("name", "rows", "max_difference", "mean_difference", "labels_differ", "rows_differ")
    console().print(table(columns, [[_cell(group.get(name)) for name in columns] for group in check["groups"]]))
    for change in check["repaired"]:
        click.echo(f"Repaired: {change}.", err=True)
    for difference in check["differences"]:
        click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {difference}", err=True)
    click.echo(made)


@click.command("optimize", cls=Command, help="Make smaller and faster variants of an ONNX model, measured.")
@click.argument("source", metavar="FILE|NAME:VERSION")
@_sample
@click.option("--graph", is_flag=True, help="Merge and drop nodes.")
@click.option("--quantize", type=click.Choice(["dynamic"]), help="Weights in eight bits.")
@click.option("--float16", is_flag=True, help="Half precision.  [default: all three]")
@click.option("--variant", "variants", multiple=True, metavar="NAME", help="The same by name: graph, int8 or float16.")
@click.option("-p", "--path", type=click.Path(file_okay=False), help="Write files, into this folder.")
@may_ask("table")
def optimize(
    connect: Connect,
    output: Form,
    source: str,
    sample: str | None,
    path: str | None,
    variants: tuple[str, ...],
    **flags: Any,
) -> None:
    """Make them, and show each beside its parent; of a model of the workspace as models beside it."""
    from lazuli.ml import onnx
    from lazuli.ml.onnx.sampled import load_rows

    rows = load_rows(sample) if sample else None
    wanted = _chosen(variants, **flags)
    if path is None and is_registered(source):
        with connect() as client, TemporaryDirectory() as folder:
            _optimize_registered(client, source, rows, wanted, Path(folder), output)
        return
    with local(connect, source) as place:
        found = onnx.optimize(onnx_file(place, source), rows, variants=wanted, folder=path or ".")
    told = [each.as_dict() for each in (found.parent, *found.variants)]
    told[0]["file"] = source
    if output.format != "table" or output.query is not None:
        show_many(told, (), output, "")
        return
    columns = ("variant", "size", "latency_us", "max_difference", "labels_differ", "file")
    cells = [
        (each["name"], each["size"], each["latency_us"], *_off(each["parity"]), each["file"])
        if each["file"]
        else (each["name"], None, None, None, None, each["note"])
        for each in told
    ]
    console().print(table(columns, [[_cell(value) for value in row] for row in cells], fold=True))


def _chosen(variants: Sequence[str], quantize: str | None, float16: bool, graph: bool) -> tuple[str, ...]:
    """The variants that options name, in the order in which they are made."""
    flagged = {"graph": graph, "int8": bool(quantize), "float16": float16}
    return (*variants, *(name for name, is_wanted in flagged.items() if is_wanted and name not in variants))


def _optimize_registered(
    client: Client, source: str, rows: Any, wanted: Sequence[str], folder: Path, output: Form
) -> None:
    from lazuli.client.onnx_variants import register_variants
    from lazuli.ml import onnx

    parent = registered(client, source)
    client.models.download(parent["name"], folder, parent["version"])
    file = onnx_file(folder / parent["name"], source)
    made = onnx.optimize(file, rows, variants=wanted, folder=folder / "variants")
    kept = register_variants(client, parent, made)
    if output.format != "table" or output.query is not None:
        show_many([asdict(each) for each in kept], (), output, "")
        return
    own = (_named(parent), made.parent.size, None, made.parent.latency_us / 1000, None)
    _print_variants([own, *map(_measured, kept)])
    for each in made.variants:
        if each.file is None:
            click.echo(f"No {each.name}: {each.note}", err=True)


def _measured(kept: Kept) -> tuple[str, int, float | None, float, str | None]:
    return (kept.model, kept.size, kept.max_difference, kept.latency_ms, f"{kept.speed:.2f}")


def _print_variants(rows: Sequence[Sequence[Any]]) -> None:
    columns = ("model", "size", "max_difference", "ms", "times_parent")
    console().print(table(columns, [[_cell(value) for value in row] for row in rows], fold=True))


def _exported(
    python: str, source: str, to: str, sample: str | None, force: bool, dynamic: Sequence[str], **_: str
) -> dict[str, Any]:
    """What the program that exports answers. Raises the problem that it tells."""
    import json

    from lazuli.compute import spawn
    from lazuli.ml.onnx.shipped import ship

    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [python or sys.executable, "-m", "lazuli.ml.onnx.program", source, to, "--report", str(report)]
        command += [*(["--sample", sample] if sample else []), *(["--force"] if force else [])]
        command += [word for each in dynamic for word in ("--dynamic", each)]
        try:
            done = spawn.run(
                command,
                cwd=Path.cwd(),
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ship(Path(folder))), *_python_path()])},
                timeout_s=_PATIENCE_S,
            )
        except FileNotFoundError:
            raise NotFound(f"There is no Python at '{python}'.", target="--python") from None
        if not report.exists():
            last = (done.output.strip().splitlines() or [""])[-1] if done else "It took longer than six hours."
            raise Unexpected(
                f"The export ended without an answer. {last}",
                mend="It needs Python 3.9 or newer, with what the model needs and 'lazuli-ml[onnx]'.",
            )
        answer = json.loads(report.read_text(encoding="utf-8"))
    if "error" in answer:
        raise from_envelope(answer["status"], answer)
    return answer


def _python_path() -> list[str]:
    """Where the user has Python look, as pickled models name modules of their own."""
    return [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []


def _off(parity: Mapping[str, Any] | None) -> tuple[Any, Any]:
    return (parity["max_difference"], parity["labels_differ"]) if parity else (None, None)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


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
        **{f"metadata {key}": _cut(value) for key, value in found.metadata.items()},
    }
    return [(_plain(key), _plain(value)) for key, value in facts.items() if value]


def _cut(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]} …"


def _pairs(said: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in said.items())


def _plain(text: str) -> str:
    """What a file says, harmless on a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
