"""``lazuli up``, ``down`` and ``status``: the server on this machine."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from lazuli.cli.options import output_option
from lazuli.cli.show import Form, show
from lazuli.cli.studio import link_of
from lazuli.client import profile
from lazuli.client.client import Client
from lazuli.client.http import Http
from lazuli.client.jobs import ENDED
from lazuli.compute.spawn import become, detached
from lazuli.schema.problems import Conflict, InvalidInput, NotFound, Problem, Unavailable, Unexpected
from lazuli.store.settings import default_data_dir

__all__ = ["answering", "ensure", "stop"]

MODULE = "lazuli.server"
_START_S = 60.0
_STOP_S = 60.0

_folder = click.option("--data-dir", type=click.Path(file_okay=False), help="The folder that holds everything.")


@click.command("up")
@_folder
@click.option("--host", help="The address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="The http port.  [default: 8780]")
@click.option("--https-port", type=int, help="The https port.  [default: the port after the http port]")
@click.option("--database-url", help="PostgreSQL instead of the built-in SQLite.")
@click.option("--foreground/--background", default=False, help="Stay in this terminal, or not (the default).")
def up(data_dir: str | None, foreground: bool, **given: Any) -> None:
    """Start Lazuli: one process, all data in one folder."""
    folder = _data_dir(data_dir)
    environ = dict(os.environ)
    if (url := given.pop("database_url")) is not None:
        environ["LAZULI_DATABASE_URL"] = url  # not among the server's words: the list of processes shows those to all
    options = [word for name, value in given.items() if value is not None for word in (_flag(name), str(value))]
    if known := answering(folder):
        _refuse_other_settings(known, given)
        click.echo(f"Lazuli runs already: {known['url']}")
        click.echo(f"  studio  {_studio(folder, known)}")
        return
    if foreground:
        become(_command(folder, options), environ)
    started = time.monotonic()
    known = start(folder, options, environ)
    click.echo(f"Lazuli {known['version']} runs: {click.style(known['url'], bold=True)}")
    click.echo(f"  studio  {_studio(folder, known)}")
    click.echo(f"  data    {folder}")
    click.echo(f"  token   {folder / 'token'}")
    click.echo(f"  ready   in {time.monotonic() - started:.1f} s; stop it with 'lazuli down'")
    if folder != default_data_dir():
        click.echo(f"  use it  export LAZULI_DATA_DIR={folder}")
    click.echo(f"Next: {_next(folder, known)}.")


@click.command("down")
@_folder
def down(data_dir: str | None) -> None:
    """Stop Lazuli. Jobs that run go on and are found again at the next start."""
    folder = _data_dir(data_dir)
    click.echo("Lazuli is stopped." if stop(folder) else f"Lazuli does not run on {folder}.")


@click.command("status")
@_folder
@output_option("yaml")
def status(data_dir: str | None, output: Form) -> None:
    """Show whether Lazuli runs, where, and what it does."""
    folder = _data_dir(data_dir)
    known = answering(folder)
    if not known:
        show({"running": False, "data_dir": str(folder)}, output)
        sys.exit(1)
    show(
        {
            "running": True,
            "url": known["url"],
            "https_url": known["https_url"],
            "version": known["version"],
            "pid": known["pid"],
            "uptime": _uptime(known["started_at"]),
            "data_dir": str(folder),
            **_jobs(folder, known),
        },
        output,
    )


def _refuse_other_settings(known: dict[str, Any], given: dict[str, Any]) -> None:
    """Raise :class:`Conflict` where the server that runs has other ports or another host than are asked for now."""
    plain, secure = urlsplit(known["url"]), urlsplit(known["https_url"])
    runs = {"host": secure.hostname, "port": plain.port, "https_port": secure.port}
    for name, value in given.items():
        if value is not None and name in runs and runs[name] != value:
            raise Conflict(
                f"Lazuli runs already, with {_flag(name)} {runs[name]}: {known['url']}.",
                target=_flag(name),
                mend="Stop it first with 'lazuli down'.",
            )


def _studio(folder: Path, known: dict[str, Any]) -> str:
    """A link that signs a browser in; without a code where the server that runs is of before there were any."""
    with Client(profile.find(environ=_environ(folder, known))) as client:
        try:
            return link_of(client)
        except NotFound:
            return f"{known['url']}/studio/"


def _next(folder: Path, known: dict[str, Any]) -> str:
    """What to do next, by what is there."""
    with Client(profile.find(environ=_environ(folder, known))) as client:
        there = [workspace["name"] for workspace in client.workspaces.list()]
    if there:
        return "'lazuli job list', or 'lazuli job create -f job.yml --stream'"
    return "'lazuli demo', or 'lazuli workspace create --name mine'"


def _environ(folder: Path, known: dict[str, Any]) -> dict[str, str]:
    return {**os.environ, "LAZULI_DATA_DIR": str(folder), "LAZULI_URL": known["url"]}


def ensure(folder: Path, options: list[str]) -> dict[str, Any]:
    """What the server of a data folder says of itself, started now, with ``options``, where it does not run."""
    return answering(folder) or start(folder, options, os.environ, show=False)


def start(folder: Path, options: list[str], environ: Mapping[str, str], *, show: bool = True) -> dict[str, Any]:
    """Start the server in the background and wait until it answers.

    Raises :class:`Problem` with the server's own last words where it gives up, a port in use for example.
    """
    logs = folder / "logs"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        logs.mkdir(exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"The data folder '{folder}' cannot be made: {error.strerror}.", target="--data-dir"
        ) from None
    log = logs / "server.log"
    before = log.stat().st_size if log.exists() else 0
    process = detached(_command(folder, options), cwd=folder, env=environ, output=log)

    def ready() -> dict[str, Any] | None:
        if process.poll() is not None:
            raise _gave_up(log, before)
        return answering(folder, pid=process.pid)

    known = _wait(ready, _START_S, "Starting" if show else "")
    if known is None:
        raise Unavailable("Lazuli does not answer yet.", mend=f"See {log}, and try 'lazuli status' in a moment.")
    return known


def _command(folder: Path, options: list[str]) -> list[str]:
    return [sys.executable, "-m", MODULE, "--data-dir", str(folder), *options]


def stop(folder: Path) -> bool:
    """Stop the server of a data folder and wait until it is gone; False where none ran."""
    known = profile.running(folder)
    if not known or not _is_server(known["pid"]):
        return False
    os.kill(known["pid"], signal.SIGTERM)
    if not _wait(lambda: not _is_server(known["pid"]) or None, _STOP_S, "Stopping"):
        raise Unavailable("Lazuli is still stopping.", mend="Look again with 'lazuli status'.")
    return True


def _wait(look: Callable[[], Any], patience_s: float, word: str) -> Any:
    """What ``look`` finds, asked until it finds something; with ``word`` a dot a second on a terminal."""
    deadline, told = time.monotonic() + patience_s, time.monotonic() + 0.5
    on_screen = bool(word) and sys.stderr.isatty()
    dots = 0
    try:
        while time.monotonic() < deadline:
            if found := look():
                return found
            if on_screen and time.monotonic() > told:
                click.echo("." if dots else f"{word} …", nl=False, err=True)
                dots, told = dots + 1, told + 1
            time.sleep(0.02)
        return None
    finally:
        if dots:
            click.echo("\r\033[K", nl=False, err=True)


def answering(folder: Path, pid: int = 0) -> dict[str, Any] | None:
    """What the server of the folder says of itself, where it runs and answers."""
    try:
        known = profile.running(folder)
    except InvalidInput:  # caught in the middle of being written
        return None
    if not known or (pid and known["pid"] != pid) or not _is_server(known["pid"]):
        return None
    try:
        with Http(known["url"]) as http:
            http.call("GET", "/health")
    except Problem:
        return None
    return known


def _is_server(pid: int) -> bool:
    """Whether the process is a Lazuli server, and not another that was given the same number since."""
    if Path("/proc/self").exists():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
        except OSError:
            return False
        return MODULE in words
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _gave_up(log: Path, before: int) -> Problem:
    with log.open("rb") as source:
        source.seek(before)
        said = source.read().decode(errors="replace").strip().splitlines()
    last = said[-1].removeprefix("error:").strip() if said else "It said nothing."
    return Unexpected(f"Lazuli could not start. {last}", mend=f"Its log: {log}")


def _data_dir(given: str | None) -> Path:
    return Path(given).expanduser().resolve() if given else default_data_dir()


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _uptime(started_at: Any) -> str:
    if isinstance(started_at, int | float):
        begun = datetime.fromtimestamp(started_at / 1000 if started_at > 1e11 else started_at, UTC)
    else:
        begun = datetime.fromisoformat(str(started_at).replace("Z", "+00:00"))
    return str(timedelta(seconds=round((datetime.now(UTC) - begun).total_seconds())))


def _jobs(folder: Path, known: dict[str, Any]) -> dict[str, int]:
    """How many jobs run and wait, in all workspaces of the resource group in force."""
    counts: Counter[str] = Counter()
    with Client(profile.find(environ=_environ(folder, known))) as client:
        for workspace in client.workspaces.list():
            counts += client.on(workspace["name"]).jobs.counts()
    running = sum(count for status, count in counts.items() if status not in ENDED | {"Queued"})
    return {"jobs_running": running, "jobs_queued": counts["Queued"]}
