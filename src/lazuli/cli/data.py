"""``lazuli data``: the verbs of the table, and its own."""

from __future__ import annotations

from pathlib import Path

import click

from lazuli.cli.nouns import group_of
from lazuli.cli.options import asks, named
from lazuli.cli.show import Form
from lazuli.client.client import Client

__all__ = ["data"]

data = group_of("data")


@data.command("download", help="Download the files of a data asset.")
@named("data")
@click.option("-v", "--version", help="The version; the newest where left out.")
@click.option("-p", "--download-path", default=".", type=click.Path(file_okay=False), help="Where to.")
@asks()
def download(client: Client, output: Form, name: str, version: str | None, download_path: str) -> None:
    """Download the data."""
    count = client.data.download(name, Path(download_path), version or "")
    click.echo(f"{name}: {count} {'file' if count == 1 else 'files'}", err=True)
    click.echo(str(Path(download_path) / name))
