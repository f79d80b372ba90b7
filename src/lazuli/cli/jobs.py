"""``lazuli job``: the verbs of the table, and those that only jobs have."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from lazuli.cli.follow import command, on_screen
from lazuli.cli.nouns import create, creating, group_of, strictly, warn
from lazuli.cli.options import asks, named
from lazuli.cli.show import Form, show, show_many
from lazuli.cli.trials import show_trials, tell_trials
from lazuli.client.client import Client
from lazuli.client.jobs import ENDED
from lazuli.client.localise import localise
from lazuli.resources.job import JobType
from lazuli.resources.table import noun
from lazuli.schema import yaml
from lazuli.schema.problems import NotFound, Problem, did_you_mean

__all__ = ["follow", "job", "web_address"]

job = group_of("job")
_ROW = noun("job")


_web = click.option("--web", is_flag=True, help="Print the address where it is seen in a browser.")


def web_address(client: Client, shown: dict[str, Any]) -> str:
    """Where the job is seen in a browser; empty where this server has no page for it."""
    address = ((shown.get("services") or {}).get("Studio") or {}).get("endpoint", "")
    try:
        return address if address and client.http.respond("GET", urlsplit(address).path) else ""
    except Problem:
        return ""


def _tell_where(client: Client, shown: dict[str, Any]) -> None:
    click.echo(web_address(client, shown) or "This server has no page to open for a job.", err=True)


@job.command("create", help="Submit a job.")
@creating(_ROW)
@click.option("-s", "--stream", is_flag=True, help="Follow its log until it ends; exit 1 where it fails.")
@_web
@asks()
def submit(
    client: Client,
    output: Form,
    file: str | None,
    edits: tuple[str, ...],
    strict: bool,
    stream: bool,
    web: bool,
    **given: Any,
) -> None:
    """Submit the job that the file says."""
    said = yaml.load(file).data if file else {}
    said = said if isinstance(said, dict) else {}
    _warn_of_new_inputs(said.get("inputs"), edits)
    was_there = _is_there(client, str(given.get("name") or said.get("name") or ""))
    shown = create(client, _ROW, file, edits, given, strict=strict)
    if was_there:
        click.echo(f"The job '{shown['name']}' is here already and says the same: nothing new ran.", err=True)
    if web:
        _tell_where(client, shown)
    if not stream:
        show(shown, output)
        return
    click.echo(f"Job {shown['name']}", err=True)
    follow(client, shown["name"])


def _is_there(client: Client, name: str) -> bool:
    try:
        return bool(name and client.jobs.get(name))
    except NotFound:
        return False


def _warn_of_new_inputs(inputs: Any, edits: tuple[str, ...]) -> None:
    """Say where ``--set`` gives the job an input that its file does not have: most often a slip."""
    known = list(inputs) if isinstance(inputs, dict) else []
    for edit in edits:
        name = edit.partition("=")[0].strip().removeprefix("inputs.").partition(".")[0]
        if edit.startswith("inputs.") and name not in known:
            hint = f" {did_you_mean(name, known)}" if known else ""
            click.echo(f"warning: the file has no input '{name}'; it is added.{hint}", err=True)


@job.command("validate", help="Check a job's YAML, and what it names on this machine; send nothing.")
@click.option("-f", "--file", required=True, type=click.Path(dir_okay=False), help="The YAML file that says it.")
@click.option("--set", "edits", multiple=True, metavar="a.b=v", help="Change what the file says.")
@strictly
@asks()
def validate(client: Client, output: Form, file: str, edits: tuple[str, ...], strict: bool) -> None:
    """Check the file, as 'create' would before it sends anything."""
    document, source = client.jobs.read(file, edits, strict=strict)
    try:
        localise(document, source)
    finally:
        warn(source.warnings)
    click.echo(f"{file} is valid.", err=True)


@job.command("show", help="Show a job.")
@named("job")
@_web
@asks()
def show_one(client: Client, output: Form, name: str, web: bool) -> None:
    """Show the job."""
    shown = client.jobs.get(name)
    if web:
        _tell_where(client, shown)
    show(shown, output)
    if shown.get("type") == JobType.SWEEP and output.format in ("table", "yaml") and output.query is None:
        tell_trials(client, name, err=output.format == "yaml")


@job.command("trials", help="List the trials of a sweep, the best first.")
@named("job")
@asks("table")
def trials(client: Client, output: Form, name: str) -> None:
    """List its trials."""
    show_trials(client, name, output)


@job.command("resume", help="Let a sweep go on with more trials, or for longer.")
@named("job")
@click.option("--max-total-trials", type=click.IntRange(1), help="How many trials there are in all.")
@click.option("--max-concurrent-trials", type=click.IntRange(1), help="How many run at once.")
@click.option("--timeout", type=click.IntRange(1), help="Seconds that it may go on for.")
@asks()
def resume(client: Client, output: Form, name: str, **limits: int | None) -> None:
    """Change its limits, and take it up again."""
    if not any(limits.values()):
        raise click.UsageError("Say what changes, such as --max-total-trials 60.")
    show(client.jobs.limit(name, **limits), output)


@job.command("show-services", help="Show the services of a job, and where they are reached.")
@named("job")
@asks("table")
def services(client: Client, output: Form, name: str) -> None:
    """Show its services."""
    rows = client.jobs.services(name)
    show_many(rows, ("name", "type", "status", "endpoint"), output, f"The job '{name}' has no services.")
    for row in rows if output.format == "table" else ():
        if row["error_message"]:
            click.echo(f"{row['name']}: {row['error_message']}", err=True)


@job.command("stream", help="Follow a job's log until it ends; exit 1 where it fails.")
@named("job")
@asks()
def stream(client: Client, output: Form, name: str) -> None:
    """Follow the job."""
    follow(client, name)


def follow(client: Client, name: str) -> None:
    """Follow a job's log until it ends; exit 1 where it did not complete."""
    try:
        completed = on_screen(client, name)
    except KeyboardInterrupt:
        click.echo(f"\nThe job goes on. Follow it with '{command('stream', name)}'.", err=True)
        raise
    if client.jobs.get(name).get("type") == JobType.SWEEP:
        tell_trials(client, name, err=True)
    if not completed:
        sys.exit(1)


@job.command("cancel", help="Stop a job.")
@named("job")
@asks()
def cancel(client: Client, output: Form, name: str) -> None:
    """Ask the job to stop."""
    if (status := client.jobs.get(name).get("status")) in ENDED:
        click.echo(f"The job '{name}' has ended already: {status}.", err=True)
        return
    client.jobs.cancel(name)
    click.echo(f"Job {name}: {client.jobs.get(name).get('status', 'CancelRequested')}", err=True)


@job.command("metrics", help="Show the last value of every metric of a job.")
@named("job")
@asks("table")
def metrics(client: Client, output: Form, name: str) -> None:
    """Show what the job measured."""
    found = client.jobs.metrics(name)
    show_many(found, ("key", "value", "step"), output, f"The job '{name}' has logged no metrics.")


@job.command("download", help="Download what a job left: its outputs and its logs.")
@named("job")
@click.option("--output-name", default="", help="One named output; without it, the job's own folder and logs.")
@click.option("--all", "everything", is_flag=True, help="Every output, and the job's own folder and logs.")
@click.option("-p", "--download-path", default=".", type=click.Path(file_okay=False), help="Where to.")
@asks()
def download(client: Client, output: Form, name: str, output_name: str, everything: bool, download_path: str) -> None:
    """Download the job's files."""
    target = Path(download_path)
    written = client.jobs.download(name, target, output=output_name, everything=everything)
    for word, count in written.items():
        click.echo(f"{word}: {count} {'file' if count == 1 else 'files'}", err=True)
    click.echo(str(target))
