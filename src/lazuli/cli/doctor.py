"""``lazuli doctor``: what stands in the way on this machine, and how to mend it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from lazuli.cli.options import output_option
from lazuli.cli.server import answering
from lazuli.cli.show import Form, show_many
from lazuli.client.wheel import NAME, version_of, wheel
from lazuli.compute import spawn
from lazuli.schema.problems import NotFound
from lazuli.store.settings import default_data_dir

__all__ = ["doctor"]

_LOOK = """
import json, os, sys
sys.path[0] = sys.argv[1]
from azureml._lazuli import beside
folders = [folder for folder in sys.path[1:] if os.path.isdir(folder)]
records = [os.path.splitext(each)[0] for folder in folders for each in os.listdir(folder)]
ours = [each.split("-")[1] for each in records if each.startswith("lazuli_azureml-")]
print(json.dumps({"ours": ours, "theirs": beside.found(folders)}))
"""
"""Looks, with the package in the wheel, at what the Python would import without it."""
_PATIENCE_S = 60


@dataclass(frozen=True)
class Finding:
    """What was looked at, and whether all is well."""

    check: str
    ok: bool
    message: str
    mend: str = ""


@click.command("doctor")
@click.option("--python", metavar="PATH", help="The Python that scripts run with.  [default: python of the shell]")
@output_option("yaml")
def doctor(python: str | None, output: Form) -> None:
    """Look for what stands in the way: the server, and the package azureml of the Python that scripts run with.

    Ends with 1 where something is wrong.
    """
    found = [_server(), _azureml(python or shutil.which("python") or sys.executable)]
    rows = [{name: value for name, value in asdict(each).items() if value != ""} for each in found]
    show_many(rows, ("check", "ok", "message", "mend"), output, "")
    if not all(each.ok for each in found):
        sys.exit(1)


def _server() -> Finding:
    folder = default_data_dir()
    if known := answering(folder):
        return Finding("server", True, f"Lazuli {known['version']} answers at {known['url']}.")
    return Finding("server", False, f"No server answers on {folder}.", "Start it with 'lazuli up'.")


def _azureml(python: str) -> Finding:
    """Whether scripts of the SDK v1 get our package, Azure's, or a mix of both."""
    file = wheel()
    try:
        command = [python, "-W", "ignore", "-c", _LOOK, str(file)]
        done = spawn.run(command, cwd=Path.cwd(), env=os.environ, timeout_s=_PATIENCE_S)
    except OSError:
        raise NotFound(f"There is no Python at '{python}'.", target="--python") from None
    if done is None or done.code:
        said = (done.output.strip().splitlines() or [""])[-1] if done else "It does not answer."
        return Finding("azureml", False, f"{python} could not be asked. {said}", "It must be Python 3.8 or newer.")
    told = json.loads(done.output.strip().splitlines()[-1])
    return _judged(python, told["ours"], told["theirs"], file)


def _judged(python: str, ours: list[str], theirs: list[str], file: Path) -> Finding:
    install = f"{python} -m pip install {'--force-reinstall --no-deps ' if theirs else ''}{file}"
    if theirs:
        away = f"{python} -m pip uninstall -y {' '.join(theirs)}"
        beside = "stand beside Lazuli's, and write the same files" if ours else "speak to Azure, not to Lazuli"
        return Finding("azureml", False, f"In {python}, {', '.join(theirs)} {beside}.", f"{away} && {install}")
    if not ours:
        return Finding("azureml", True, f"{python} has no package azureml; '{install}' brings it.")
    if "+" in ours[0] and ours[0] != version_of(file):
        return Finding("azureml", False, f"{python} has {NAME} {ours[0]}, of another Lazuli than this one.", install)
    return Finding("azureml", True, f"{python} has {NAME} {ours[0]}.")
