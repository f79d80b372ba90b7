"""What every command that asks the server takes: which workspace, and how to print the answer."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import click

from lazuli.client import profile
from lazuli.client.client import Client

__all__ = ["asks", "named", "output_option"]

_ENOUGH_TO_SHOW = 4 << 20


def output_option(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``-o table|json|yaml``."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(["table", "json", "yaml"]),
        default=default,
        show_default=True,
        help="How to print the answer.",
    )


def asks(default: str = "yaml") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A command that is handed a :class:`Client` first, and how to print (``output``)."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @output_option(default)
        @click.option("--subscription", default="", metavar="ID", help="The subscription.")
        @click.option("-g", "--resource-group", default="", metavar="NAME", help="The resource group.")
        @click.option("-w", "--workspace-name", default="", metavar="NAME", help="The workspace.")
        @functools.wraps(function)
        def command(*args: Any, workspace_name: str, resource_group: str, subscription: str, **given: Any) -> Any:
            chosen = profile.find(subscription=subscription, resource_group=resource_group, workspace=workspace_name)
            with Client(chosen, progress=_progress) as client:
                return function(client, *args, **given)

        return command

    return decorate


def named(what: str, *, required: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``-n/--name``."""
    return click.option("-n", "--name", required=required, default=None, help=f"The name of the {what}.")


def _progress(sent: int, total: int) -> None:
    """Show an upload on a terminal, where it is large enough to wait for."""
    if total < _ENOUGH_TO_SHOW or not sys.stderr.isatty():
        return
    click.echo(f"\rUploading {sent / 1e6:.0f} of {total / 1e6:.0f} MB", nl=sent >= total, err=True)
