"""Names of resources for completion in the shell, asked of the running server; quickly, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import islice
from typing import Any

import click

from lazuli.client import profile
from lazuli.client.client import Client

__all__ = ["names_of"]

BUDGET_S = 0.3
MOST = 200

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def names_of(word: str) -> Complete:
    """A completion with the names of one noun in the workspace that the command line names so far."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        found: list[str] = []
        # A thread that is left behind when time is up: a person who presses Tab waits for nothing and sees no error.
        asking = threading.Thread(target=_ask, args=(word, dict(ctx.params), found), daemon=True)
        asking.start()
        asking.join(BUDGET_S)
        return [name for name in list(found) if name.startswith(incomplete)]

    return complete


def _ask(word: str, given: dict[str, Any], found: list[str]) -> None:
    try:
        chosen = profile.find(
            subscription=given.get("subscription") or "",
            resource_group=given.get("resource_group") or "",
            workspace=given.get("workspace_name") or "",
        )
        with Client(chosen) as client:
            found.extend(item["name"] for item in islice(client.collection(word).list(), MOST))
    except Exception:  # whatever is wrong is told by the command itself, not by Tab
        return
