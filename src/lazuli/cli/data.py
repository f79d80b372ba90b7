"""``lazuli data``: the verbs of the table."""

from __future__ import annotations

from lazuli.cli.nouns import group_of

__all__ = ["data"]

data = group_of("data")
