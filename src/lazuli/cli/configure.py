"""``lazuli configure``: the defaults of this machine."""

from __future__ import annotations

import click

from lazuli.cli.options import output_option, pairs
from lazuli.cli.show import Form, show
from lazuli.client import profile

__all__ = ["configure"]


@click.command("configure")
@click.option("-d", "--defaults", "said", multiple=True, metavar="KEY=VALUE", help="workspace, group or subscription.")
@click.argument("more", nargs=-1, metavar="[KEY=VALUE]...")
@output_option("yaml")
def configure(said: tuple[str, ...], more: tuple[str, ...], output: Form) -> None:
    """Keep defaults: lazuli configure --defaults workspace=NAME group=NAME. An empty value forgets one."""
    show(profile.remember(pairs((*said, *more), "--defaults")), output)
