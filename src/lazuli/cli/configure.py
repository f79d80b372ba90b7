"""``lazuli configure``: the defaults of this machine."""

from __future__ import annotations

import click

from lazuli.cli.options import output_option, pairs
from lazuli.cli.show import Form, show
from lazuli.client import profile
from lazuli.client.client import Client
from lazuli.schema.problems import NotFound, Problem

__all__ = ["configure"]


@click.command("configure")
@click.option("-d", "--defaults", "said", multiple=True, metavar="KEY=VALUE", help="workspace, group or subscription.")
@click.argument("more", nargs=-1, metavar="[KEY=VALUE]...")
@output_option("yaml")
def configure(said: tuple[str, ...], more: tuple[str, ...], output: Form) -> None:
    """Keep defaults: lazuli configure --defaults workspace=NAME group=NAME. An empty value forgets one."""
    kept = profile.remember(pairs((*said, *more), "--defaults"))
    _warn_of_strangers(kept)
    show(kept, output)


def _warn_of_strangers(kept: dict[str, str]) -> None:
    """Say where the default workspace is not there. Where no server answers, nothing is known of it."""
    if not kept.get("workspace"):
        return
    try:
        with Client(profile.find(workspace=kept["workspace"])) as client:
            client.workspaces.get(kept["workspace"])
    except NotFound:
        click.echo(f"warning: there is no workspace '{kept['workspace']}' yet.", err=True)
    except Problem:
        return
