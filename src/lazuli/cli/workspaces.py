"""``lazuli workspace``: the verbs of the table, and those that only workspaces have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lazuli.cli.command import Command
from lazuli.cli.filters import filtering, selected
from lazuli.cli.nouns import group_of
from lazuli.cli.options import asks
from lazuli.cli.show import Form, show_many
from lazuli.client import profile
from lazuli.client.client import Client
from lazuli.resources.table import noun

__all__ = ["workspace"]

workspace = group_of("workspace")
_ROW = noun("workspace")


@workspace.command("list", cls=Command, help="List the workspaces of all resource groups, or of the one named.")
@filtering(_ROW)
@asks("table")
def all_of_them(client: Client, output: Form, **wanted: Any) -> None:
    """List them. A default for the group counts for what is in a workspace, not for which there are."""
    group = click.get_current_context().params["resource_group"]
    workspaces = client.workspaces
    nothing = "There is no such workspace." if group or any(wanted.values()) else _FIRST
    found = selected(lambda _, query: workspaces.list(query=query) if group else workspaces.everywhere(query), **wanted)
    show_many(found, _ROW.columns, output, nothing)


_FIRST = "There is no workspace yet. Make one with 'lazuli workspace create --name NAME'."


@workspace.command("write-config", cls=Command, help="Write .azureml/config.json, where tools find the workspace.")
@click.option("-p", "--path", default=".", type=click.Path(file_okay=False), help="The folder it goes to.")
@asks()
def write_config(client: Client, output: Form, path: str) -> None:
    """Write it, for a workspace that is there."""
    client.workspaces.get(client.scope.workspace)
    click.echo(str(profile.write_config(client.scope, Path(path))))
