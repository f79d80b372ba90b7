"""``lazuli data``: the verbs of the table, and the catalogue of samples."""

from __future__ import annotations

import click

from lazuli.cli.command import Command, Verbs
from lazuli.cli.follow import on_screen
from lazuli.cli.nouns import group_of
from lazuli.cli.options import asks
from lazuli.cli.show import Form, show, show_many
from lazuli.client.client import Client
from lazuli.client.samples import Samples

__all__ = ["data"]

data = group_of("data")


@data.group("samples", cls=Verbs, help="Small data sets to begin with, out of packages that carry them.")
def samples() -> None:
    """Group the commands of samples."""


_COLUMNS = ("name", "rows", "columns", "task", "type", "state", "licence")


@samples.command("list", cls=Command, help="List the sample data sets, with their licences.")
@asks("table")
def list_samples(client: Client, output: Form) -> None:
    """List them."""
    show_many(Samples(client.http, client.scope).list(), _COLUMNS, output, "There are none.")


@samples.command("show", cls=Command, help="Show a sample data set.")
@click.argument("name")
@asks()
def show_sample(client: Client, output: Form, name: str) -> None:
    """Show one."""
    show(Samples(client.http, client.scope).get(name), output)


@samples.command("add", cls=Command, help="Put a sample data set into the workspace, as a data asset.")
@click.argument("name")
@click.option("--as", "asset", default="", metavar="NAME", help="The name of the data asset.  [default: the sample's]")
@click.option("--no-wait", is_flag=True, help="Do not wait until it is there.")
@asks()
def add_sample(client: Client, output: Form, name: str, asset: str, no_wait: bool) -> None:
    """Add one: a job in a curated environment writes it."""
    catalogue = Samples(client.http, client.scope)
    offer = catalogue.add(name, asset)
    if offer["state"] == "Adding" and not no_wait:
        if not on_screen(client, offer["job_name"]):
            click.get_current_context().exit(1)
        offer = catalogue.get(name, asset)
    if offer["data_id"]:
        show(client.data.get(offer["asset_name"], offer["data_id"].rpartition("/")[2]), output)
    else:
        show(offer, output)
