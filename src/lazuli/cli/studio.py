"""``lazuli studio``: a link that signs a browser in, once."""

from __future__ import annotations

from html import escape
from typing import Any

import click

from lazuli.cli.options import Connect, may_connect
from lazuli.client.client import Client
from lazuli.store.secrets import write_private
from lazuli.store.settings import default_data_dir

__all__ = ["link_of", "studio"]


@click.command("studio", help="Print a link that signs a browser in to Studio, once, within 15 minutes.")
@click.option("--open", "opens", is_flag=True, help="Open it in this machine's browser instead.")
@may_connect
def studio(connect: Connect, opens: bool) -> None:
    """Print a fresh link, or open it."""
    with connect() as client:
        link = link_of(client)
    if not opens:
        click.echo(link)
        return
    # Through a file of one's own: others can see what a browser is started with.
    page = default_data_dir() / "studio.html"
    page.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(page, f'<!doctype html><meta http-equiv="refresh" content="0; url={escape(link)}">')
    click.echo("Studio opens in the browser.")
    if click.launch(page.as_uri()):
        click.echo(f"No browser could be started. Open it by hand: {link}")


def link_of(client: Client) -> str:
    """A fresh link that signs in once, at the address under which the server is asked."""
    made: dict[str, Any] = client.http.call("POST", "/studio/session/codes")
    return str(made["link"])
