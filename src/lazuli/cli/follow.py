"""A job on the screen: its log on stdout, what becomes of it on stderr."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from lazuli.cli.annotations import annotation
from lazuli.cli.show import COLORS
from lazuli.client.client import Client
from lazuli.client.jobs import ENDED
from lazuli.client.stream import follow

__all__ = ["command", "explain", "on_screen"]


def on_screen(client: Client, name: str) -> bool:
    """Show the job until it ends; whether it completed."""
    said = known = ""
    is_line_open = False
    for event in follow(client, name):
        if event.kind == "log":
            sys.stdout.write(event.data["text"])
            sys.stdout.flush()
            is_line_open = not event.data["text"].endswith("\n")
        elif event.kind == "build":
            click.secho(event.data["text"], dim=True, nl=False, err=True)
        elif event.kind == "status":
            line, status = _status_line(event.data), event.data["status"]
            # Of a job that runs its log tells more than its reasons do, and the end has a line of its own.
            if line != said and status not in ENDED and not (status == "Running" == known):
                click.echo(line, err=True)
            said, known = line, status
        elif event.kind == "away":
            click.secho("The server does not answer; waiting.", fg="yellow", err=True)
        elif event.kind == "back":
            click.secho("The server answers again.", fg="yellow", err=True)
        elif event.kind == "done":
            if is_line_open:
                click.echo()
            explain(name, event.data)
            return event.data["status"] == "Completed"
    return False


def explain(name: str, end: dict[str, Any]) -> None:
    """Say how the job ended, and why."""
    status = end["status"]
    click.echo(f"Job {name}: {click.style(status, fg=COLORS.get(status), bold=True)}", err=True)
    if end.get("error"):
        click.echo(f"  {_reason(end)}", err=True)
    if status == "Failed":
        click.echo(f"  Its log, and all it left: {command('download', name)} --all", err=True)
    if status != "Completed" and (line := annotation(os.environ, f"Job {name}: {status}", _reason(end))):
        click.echo(line)


def _reason(end: dict[str, Any]) -> str:
    error = end.get("error") or {}
    return str(error.get("message", error) if isinstance(error, dict) else error) or "See the log of the job."


def command(verb: str, name: str) -> str:
    """A command about the job that can be copied: it names the workspace where this one was named."""
    context = click.get_current_context(silent=True)
    workspace = context.params.get("workspace_name") if context else ""
    return f"lazuli job {verb}{f' -w {workspace}' if workspace else ''} -n {name}"


def _status_line(data: dict[str, Any]) -> str:
    status, reason = data["status"], data.get("reason") or ""
    return click.style(status, fg=COLORS.get(status, "blue")) + (f"  {reason}" if reason else "")
