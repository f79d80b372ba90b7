"""``lazuli configure``: the defaults of this machine."""

from __future__ import annotations

import click

from lazuli.cli.options import output_option
from lazuli.cli.show import show
from lazuli.client import profile
from lazuli.schema.problems import InvalidInput

__all__ = ["configure"]


@click.command("configure")
@click.option("-d", "--defaults", "pairs", multiple=True, metavar="KEY=VALUE", help="workspace, group or subscription.")
@click.argument("more", nargs=-1, metavar="[KEY=VALUE]...")
@output_option("yaml")
def configure(pairs: tuple[str, ...], more: tuple[str, ...], output: str) -> None:
    """Keep defaults: lazuli configure --defaults workspace=NAME group=NAME. An empty value forgets one."""
    given = {}
    for pair in (*pairs, *more):
        key, equals, value = pair.partition("=")
        if not equals:
            raise InvalidInput(f"'{pair}' names no key and value.", target=pair, mend="Write it as KEY=VALUE.")
        given[key] = value
    show(profile.remember(given), output)
