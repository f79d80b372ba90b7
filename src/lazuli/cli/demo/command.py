"""The story of the demo, told step by step on the screen."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from lazuli.cli.demo.files import lay_out
from lazuli.cli.lineage import lineage_tree
from lazuli.cli.server import ensure
from lazuli.cli.show import COLORS, console, table
from lazuli.client import profile
from lazuli.client.client import Client
from lazuli.client.jobs import ENDED
from lazuli.client.snapshot import scan
from lazuli.client.stream import follow
from lazuli.schema.problems import NotFound, Unexpected
from lazuli.store.settings import default_data_dir

__all__ = ["demo", "sparkline"]

WORKSPACE, DATA, CLUSTER, MODEL = "demo", "breast-cancer", "cpu-cluster", "breast-cancer"
_BARS = "▁▂▃▄▅▆▇█"
_LABEL_WIDTH = 11
_INDENT = 6
_SPINNER = 4
"""Characters before a line that has a spinner, and one behind it."""
_GAP = 3
"""Characters between two columns of a table."""
_LONGEST_LINE = 30
_MEASURED = ("metric", "last", "lowest", "highest")


@click.command("demo")
@click.option("--data-dir", type=click.Path(file_okay=False), help="The folder that holds everything.")
@click.option("--port", type=int, help="The http port, where the server is not up yet.  [default: 8780]")
def demo(data_dir: str | None, port: int | None) -> None:
    """Train a real model on real data: server, workspace, data, cluster, job, metrics, model. Safe to repeat."""
    folder = Path(data_dir).expanduser().resolve() if data_dir else default_data_dir()
    started = time.monotonic()
    screen = _Screen(console())
    with screen.busy("Server", "starting"):
        known = ensure(folder, ["--port", str(port)] if port else [])
    screen.done("Server", known["url"])
    environ = {**os.environ, "LAZULI_DATA_DIR": str(folder), "LAZULI_URL": known["url"]}
    with Client(profile.find(workspace=WORKSPACE, environ=environ)) as client:
        job_file, data_file = lay_out(folder / "demo")
        _prepare(client, screen, data_file)
        job = _train(client, screen, job_file)
        _show_metrics(client, screen, job)
        _register(client, screen, job)
    screen.blank()
    screen.console.print(f"All of it took {time.monotonic() - started:.1f} s.", style="dim")
    _what_next(screen, folder, known["url"], job, job_file)


def _prepare(client: Client, screen: _Screen, data_file: Path) -> None:
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


def _train(client: Client, screen: _Screen, job_file: Path) -> str:
    """Submit the job and follow it to its end; its name."""
    job = client.jobs.create(*client.jobs.read(job_file))["name"]
    screen.done("Job", job, "submitted from job.yml")
    started, status, points = time.monotonic(), "Queued", {}
    with screen.busy("Job", status.lower()) as busy:
        for event in follow(client, job):
            if event.kind == "status":
                status = event.data["status"]
                if status in ENDED:
                    continue
                busy(f"{status.lower()}  {event.data['reason']}".strip())
            elif event.kind == "metric":
                points[event.data["key"]] = event.data
                busy(_progress_line(status, points))
            elif event.kind == "log":
                screen.log(event.data["text"])
            elif event.kind == "done":
                status = event.data["status"]
                if status != "Completed":
                    error = event.data["error"] or {}
                    raise Unexpected(f"The job {job} ended as {status}. {error.get('message', '')}".strip())
    screen.done("Trained", f"in {time.monotonic() - started:.1f} s", status, style=COLORS[status])
    return job


def _progress_line(status: str, points: dict[str, dict[str, Any]]) -> str:
    step = max(point["step"] for point in points.values())
    told = "  ".join(f"{key} {point['value']:.3f}" for key, point in sorted(points.items()))
    return f"{status.lower()}  iteration {step}  {told}"


def _show_metrics(client: Client, screen: _Screen, job: str) -> None:
    rows = []
    for metric in client.jobs.metrics(job):
        values = [point["value"] for point in client.jobs.history(job, metric["key"])]
        rows.append((metric["key"], f"{values[-1]:.4f}", f"{min(values):.4f}", f"{max(values):.4f}", values))
    told = [_MEASURED, *(row[:-1] for row in rows)]
    room = screen.room - sum(max(map(len, column)) + _GAP for column in zip(*told, strict=True))
    drawn = [(*cells, sparkline(values, max(1, min(room, _LONGEST_LINE)))) for *cells, values in rows]
    screen.indented(table((*_MEASURED, "every iteration"), drawn))


def _register(client: Client, screen: _Screen, job: str) -> None:
    """The model of the job's output, with where it came from."""
    path = f"azureml://jobs/{job}/outputs/model"
    said = client.models.read(None, name=MODEL, path=path, description="Is this tumour malignant?")
    made = client.models.create(*said)
    screen.done("Model", f"{MODEL}:{made['version']}", "registered from the job's output; it comes from:")
    screen.indented(lineage_tree(client.models.lineage(MODEL, made["version"])))


def _what_next(screen: _Screen, folder: Path, url: str, job: str, job_file: Path) -> None:
    lazuli = _program()
    screen.blank()
    screen.console.print(Text.assemble("Lazuli goes on running at ", (url, "bold"), ". Three things to try next:"))
    if folder != default_data_dir():
        screen.command(f"export LAZULI_DATA_DIR={shlex.quote(str(folder))}", "say which Lazuli is meant")
    file = shlex.quote(_shortest(job_file))
    again = f"{lazuli} job create -w {WORKSPACE} -f {file} --set inputs.learning_rate=0.3 --stream"
    screen.command(again, "train again, learning faster")
    screen.command(f"{lazuli} job download -w {WORKSPACE} -n {job} --all -p results", "take its model and logs home")
    screen.command(f"{lazuli} down", "stop Lazuli; everything is kept")


def sparkline(values: list[float], width: int = 30) -> str:
    """A line of bars as high as the values, in at most ``width`` characters."""
    width = min(width, len(values))
    picked = [values[round(i * (len(values) - 1) / max(width - 1, 1))] for i in range(width)]
    low, span = min(picked, default=0), (max(picked, default=0) - min(picked, default=0)) or 1
    return "".join(_BARS[int((value - low) / span * (len(_BARS) - 1))] for value in picked)


class _Screen:
    """How the demo looks: a tick and a label per step, the job's log below, a spinner only on a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._cut = self._noted = ""

    def done(self, label: str, what: str, more: str = "", style: str = "green") -> None:
        """A step that is done."""
        line = Text.assemble(("  ✓ ", style), f"{label:<{_LABEL_WIDTH}}", (what, "bold"))
        self.console.print(line.append(f"  {more}", "dim") if more else line)

    @contextmanager
    def busy(self, label: str, what: str) -> Iterator[Any]:
        """A step that goes on; gives a function that says anew what happens."""
        if not self.console.is_terminal:
            yield self._note
            return
        with self.console.status("") as status:

            def say(text: str) -> None:
                line = Text.assemble(f"{label:<{_LABEL_WIDTH}}", (text, "dim"))
                line.truncate(self.console.width - _SPINNER, overflow="ellipsis")  # a second line would stay behind
                status.update(line)

            say(what)
            yield say

    def _note(self, text: str) -> None:
        """What happens, where nothing can be drawn over: every status once, and no metrics."""
        word = text.split(maxsplit=1)[0]
        if word != self._noted:
            self.console.print(Text(f"    {text}", style="dim"), soft_wrap=True)
        self._noted = word

    def log(self, text: str) -> None:
        """A piece of the job's log, line by line."""
        *lines, self._cut = (self._cut + text).split("\n")
        for line in lines:
            self.console.print(Text.assemble(("    │ ", "dim"), line), soft_wrap=True)

    @property
    def room(self) -> int:
        """Characters in a line of something :meth:`indented`."""
        return self.console.width - _INDENT

    def indented(self, what: Any) -> None:
        """Something larger, below its step."""
        self.console.print(Padding(what, (0, 0, 0, _INDENT), expand=False))

    def command(self, command: str, why: str) -> None:
        """A command to try."""
        self.console.print(Text(f"  # {why}", style="dim"))
        self.console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)  # never broken: it is to be copied

    def blank(self) -> None:
        """An empty line."""
        self.console.print()


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
