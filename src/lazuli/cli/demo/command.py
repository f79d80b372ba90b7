"""The story of the demo, told step by step on the screen."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from pathlib import Path

import click
from rich.text import Text

from lazuli.cli.demo.answering import ask, deploy, export, lineage, register
from lazuli.cli.demo.files import PATIENTS, Files, lay_out
from lazuli.cli.demo.screen import Screen
from lazuli.cli.demo.training import show_metrics, train, tune
from lazuli.cli.server import ensure
from lazuli.cli.show import console
from lazuli.cli.studio import link_of
from lazuli.client import profile
from lazuli.client.client import Client
from lazuli.client.snapshot import scan
from lazuli.schema.problems import NotFound
from lazuli.store.settings import default_data_dir

__all__ = ["demo"]

WORKSPACE, CLUSTER, ENDPOINT = "demo", "cpu-cluster", "tumours"
DATA = MODEL = "breast-cancer"


@click.command("demo")
@click.option("--data-dir", type=click.Path(file_okay=False), help="The folder that holds everything.")
@click.option("--port", type=int, help="The http port, where the server is not up yet.  [default: 8780]")
def demo(data_dir: str | None, port: int | None) -> None:
    """Train, tune, export to ONNX, deploy and ask a real model of real data. Safe to repeat."""
    folder = Path(data_dir).expanduser().resolve() if data_dir else default_data_dir()
    started = time.monotonic()
    screen = Screen(console())
    with screen.busy("Server", "starting"):
        known = ensure(folder, ["--port", str(port)] if port else [])
    screen.done("Server", known["url"])
    environ = {**os.environ, "LAZULI_DATA_DIR": str(folder), "LAZULI_URL": known["url"]}
    with Client(profile.find(workspace=WORKSPACE, environ=environ)) as client:
        files = lay_out(folder / "demo")
        _prepare(client, screen, files.data)
        job = train(client, screen, files.job)
        show_metrics(client, screen, job)
        sweep = tune(client, screen, files.sweep)
        model = export(client, screen, register(client, screen, MODEL, sweep), files.patients)
        deploy(client, screen, ENDPOINT, model)
        ask(client, screen, ENDPOINT, files.request, PATIENTS)
        lineage(client, screen, model)
        studio = link_of(client)
    screen.blank()
    screen.console.print(f"All of it took {time.monotonic() - started:.1f} s.", style="dim")
    _what_next(screen, folder, known["url"], studio, files)


def _prepare(client: Client, screen: Screen, data_file: Path) -> None:
    """Workspace, data and cluster: made where they are not there yet."""
    try:
        client.workspaces.get(WORKSPACE)
    except NotFound:
        said = client.workspaces.read(None, name=WORKSPACE, description="Made by 'lazuli demo'.")
        client.workspaces.create(*said)
    screen.done("Workspace", WORKSPACE)
    version = _data(client, data_file)
    rows, columns = _shape(data_file)
    screen.done("Data", f"{DATA}:{version}", f"{rows} patients, {columns} columns, from scikit-learn")
    try:
        cluster = client.computes.get(CLUSTER)
    except NotFound:
        cluster = client.computes.create(*client.computes.read(None, name=CLUSTER, max_instances=2))
    screen.done("Cluster", CLUSTER, f"up to {cluster['max_instances']} jobs at once")


def _data(client: Client, file: Path) -> str:
    """The version of the data asset with the content of ``file``, created unless the newest one is that."""
    place = client.upload(scan(file))
    try:
        newest = client.data.get(DATA)
        if newest["path"] == place:
            return newest["version"]
    except NotFound:
        pass
    said = client.data.read(
        None, name=DATA, path=place, type="uri_file", description="Breast cancer in Wisconsin, 1995."
    )
    return client.data.create(*said)["version"]


def _what_next(screen: Screen, folder: Path, url: str, studio: str, files: Files) -> None:
    lazuli = _program()
    screen.blank()
    screen.console.print("All of it is in Studio, too, by a link that signs in once:")
    screen.console.print(Text(f"  {studio}", "bold"), soft_wrap=True)
    screen.console.print(Text.assemble("Lazuli goes on running at ", (url, "bold"), ". Three things to try next:"))
    if folder != default_data_dir():
        screen.command(f"export LAZULI_DATA_DIR={shlex.quote(str(folder))}", "say which Lazuli is meant")
    job, request = (shlex.quote(_shortest(file)) for file in (files.job, files.request))
    again = f"{lazuli} job create -w {WORKSPACE} -f {job} --set inputs.learning_rate=0.3 --stream"
    screen.command(again, "train again, learning faster")
    screen.command(f"{lazuli} online-endpoint invoke -w {WORKSPACE} -n {ENDPOINT} -r {request}", "ask the model again")
    screen.command(f"{lazuli} down", "stop Lazuli; everything is kept")


def _shape(file: Path) -> tuple[int, int]:
    with file.open(encoding="utf-8") as source:
        columns = next(source).count(",") + 1
        return sum(1 for _ in source), columns


def _program() -> str:
    """How to call lazuli from here: by name where the shell finds this one, else by its path."""
    own = Path(sys.argv[0]).absolute()
    found = shutil.which("lazuli")
    if (found and Path(found).absolute() == own) or own.name != "lazuli":
        return "lazuli"
    return shlex.quote(_shortest(own))


def _shortest(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
