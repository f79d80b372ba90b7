"""``--local``: endpoints of this machine that need no server and no workspace.

Such a command opens a server within itself, over a data folder of its own, for as long as it runs. What it starts goes
on afterwards: an endpoint and its deployments are processes of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click

from lazuli.client.client import Client
from lazuli.client.profile import Profile
from lazuli.client.storage import Progress
from lazuli.schema.problems import InvalidInput

__all__ = ["is_local", "local_client", "may_be_local"]

_LOCAL = "lazuli.local"
_WORKSPACE = "local"


def may_be_local(group: click.Group) -> None:
    """Let every command below a noun be said with ``--local``."""

    def remember(context: click.Context, _: click.Parameter, value: bool) -> None:
        context.meta[_LOCAL] = value

    for command in group.commands.values():
        words = {"is_flag": True, "expose_value": False, "callback": remember}
        command.params.append(click.Option(["--local"], help="Without a server, on this machine alone.", **words))


def is_local() -> bool:
    """Whether the command that runs was said with ``--local``."""
    return bool(click.get_current_context().meta.get(_LOCAL))


@contextmanager
def local_client(progress: Progress) -> Iterator[Client]:
    """The way to a server within this process."""
    from lazuli.resources.workspace import Workspace
    from lazuli.schema.identity import ResourceId
    from lazuli.server.within import served
    from lazuli.store.settings import load

    if click.get_current_context().params.get("no_wait"):
        raise InvalidInput(
            "Nothing goes on with it once this command has ended.", target="--no-wait", mend="Leave --no-wait out."
        )
    settings = load()
    with served(replace(settings, data_dir=settings.data_dir / "local")) as (platform, url):
        token = (settings.data_dir / "local" / "token").read_text(encoding="utf-8").strip()
        profile = Profile(url, token, workspace=_WORKSPACE)
        platform.shelves.workspace.put(ResourceId(profile.scope()), Workspace(), platform.access.admin())
        with Client(profile, progress=progress) as client:
            yield client
