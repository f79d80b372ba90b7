"""A job on the screen: its log on stdout, what becomes of it on stderr."""

from __future__ import annotations

import sys
from typing import Any

import click

from lazuli.cli.show import COLORS
from lazuli.client.client import Client
from lazuli.client.jobs import ENDED
from lazuli.client.stream import follow

__all__ = ["explain", "on_screen"]


def on_screen(client: Client, name: str) -> bool:
    """Show the job until it ends; whether it completed."""
    said = ""
    for event in follow(client, name):
        if event.kind == "log":
            sys.stdout.write(event.data["text"])
            sys.stdout.flush()
        elif event.kind == "build":
            click.secho(event.data["text"], dim=True, nl=False, err=True)
        elif event.kind == "status":
            line = _status_line(event.data)
            if line != said and event.data["status"] not in ENDED:  # the end has a line of its own
                click.echo(line, err=True)
            said = line
        elif event.kind == "done":
            explain(name, event.data)
            return event.data["status"] == "Completed"
    return False


def explain(name: str, end: dict[str, Any]) -> None:
    """Say how the job ended, and why."""
    status = end["status"]
    click.echo(f"Job {name}: {click.style(status, fg=COLORS.get(status), bold=True)}", err=True)
    if error := end.get("error"):
        click.echo(f"  {error.get('message', error) if isinstance(error, dict) else error}", err=True)


def _status_line(data: dict[str, Any]) -> str:
    status, reason = data["status"], data.get("reason") or ""
    return click.style(status, fg=COLORS.get(status, "blue")) + (f"  {reason}" if reason else "")
