"""``lazuli published-pipeline``: besides what every noun has, switching versions on and off, and running them."""

from __future__ import annotations

import click

from lazuli.cli.command import Command
from lazuli.cli.jobs import follow
from lazuli.cli.nouns import group_of
from lazuli.cli.options import asks, named, pairs
from lazuli.cli.show import Form, show
from lazuli.client.client import Client

__all__ = ["published_pipeline"]

WORD = "published-pipeline"
published_pipeline = group_of(WORD)


def _switch(verb: str, summary: str, *, on: bool) -> None:
    @published_pipeline.command(verb, cls=Command, help=summary)
    @named(WORD)
    @click.option("-v", "--version", required=True, help="The version.")
    @asks()
    def command(client: Client, output: Form, name: str, version: str) -> None:
        published = client.published_pipelines
        show(published.restore(name, version) if on else published.archive(name, version), output)


_switch("enable", "Let a version be run.", on=True)
_switch("disable", "Keep a version from being run; lists leave it out.", on=False)


@published_pipeline.command("submit", cls=Command, help="Run a pipeline with parameters.")
@named(WORD)
@click.option("-v", "--version", default="", help="The version; the one labelled 'default', or the newest.")
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A value for an input.")
@click.option("--experiment-name", default="", help="The experiment it is listed under.")
@click.option("-s", "--stream", is_flag=True, help="Follow its log until it ends; exit 1 where it fails.")
@asks()
def submit(
    client: Client,
    output: Form,
    name: str,
    version: str,
    parameters: tuple[str, ...],
    experiment_name: str,
    stream: bool,
) -> None:
    """Submit it."""
    given = pairs(parameters, "--parameter")
    job = client.published_pipelines.submit(name, version, parameters=given, experiment_name=experiment_name)
    if not stream:
        show(client.jobs.get(job), output)
        return
    click.echo(f"Job {job}", err=True)
    follow(client, job)
