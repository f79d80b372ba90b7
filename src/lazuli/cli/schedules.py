"""``lazuli schedule``: besides what every noun has, switching on and off, and triggering by hand."""

from __future__ import annotations

import click

from lazuli.cli.command import Command
from lazuli.cli.nouns import group_of
from lazuli.cli.options import asks, named
from lazuli.cli.show import Form, show
from lazuli.client.client import Client
from lazuli.client.collection import Change

__all__ = ["schedule"]

schedule = group_of("schedule")


def _switch(verb: str, summary: str, *, on: bool) -> None:
    @schedule.command(verb, cls=Command, help=summary)
    @named("schedule")
    @click.option("--no-wait", is_flag=True, help="Do not wait until it is done.")
    @asks()
    def command(client: Client, output: Form, name: str, no_wait: bool) -> None:
        show(client.schedules.update(name, Change(fields={"is_enabled": on}), wait=not no_wait), output)


_switch("enable", "Let a schedule fire.", on=True)
_switch("disable", "Keep a schedule from firing; lists leave it out.", on=False)


@schedule.command("trigger", cls=Command, help="Submit the job of a schedule now, besides when it fires.")
@named("schedule")
@asks()
def trigger(client: Client, output: Form, name: str) -> None:
    """Submit its job."""
    show(client.schedules.trigger(name), output)
