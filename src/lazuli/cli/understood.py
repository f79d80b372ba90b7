"""A file for a noun that comes later: read and checked all the same, so that it is right once it is needed."""

from __future__ import annotations

from lazuli.cli.nouns import warn
from lazuli.client.edits import edited
from lazuli.client.kinds import check_kind
from lazuli.resources.table import LATER
from lazuli.schema import yaml

__all__ = ["understood"]

_FILE = ("-f", "--file")
_SET = ("--set",)


def understood(word: str, args: list[str]) -> str:
    """What to say of the file that ``args`` name; '' without one. Raises :class:`InvalidInput` where it is wrong."""
    row = next((row for row in LATER if row.word == word), None)
    file = next(iter(_values(args, _FILE)), "")
    if row is None or not file:
        return ""
    source = yaml.load(file)
    check_kind(row, source)
    source = edited(source, _values(args, _SET))
    row.document.from_yaml(source)
    warn(source.warnings)
    return f" '{file}' is understood, and is right as it is; nothing was made of it."


def _values(args: list[str], words: tuple[str, ...]) -> list[str]:
    """The values that follow any of ``words``, up to the next flag."""
    found: list[str] = []
    taking = False
    for arg in args:
        word, equals, value = arg.partition("=")
        if arg.startswith("-"):
            taking = word in words
            found += [value] if taking and equals else []
        elif taking:
            found.append(arg)
    return found
