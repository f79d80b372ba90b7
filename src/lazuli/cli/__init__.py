"""The command line: one command per noun of the table, and a few written by hand."""

from __future__ import annotations

from lazuli.cli.commands import root

__all__ = ["main"]


def main() -> None:
    """Run ``lazuli`` with the arguments of this process, and leave with its exit code."""
    root(prog_name="lazuli")
