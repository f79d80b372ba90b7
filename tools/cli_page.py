"""The page of commands, ``docs/reference/cli.md``, written from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

HEAD = """\
# Commands

Every command of `lazuli`, with its flags. `lazuli COMMAND --help` shows the same.
[Use the command line](../how-to/command-line.md) says how formats, queries, defaults and completion work. Unless told
otherwise, one resource is printed as YAML and a list as a table.

"""
EVERYWHERE = ("output", "query", "subscription", "resource_group", "workspace_name")
"""Options of every command that asks the server: described once."""


def commands() -> str:
    """The page: a section per command, a table per verb."""
    from lazuli.cli.commands import COMMANDS, root

    context = click.Context(root, info_name="lazuli")
    loaded = {name: entry.load() for name, entry in COMMANDS.items()}
    parts = [HEAD, "## Flags of every command that asks the server\n\n", *_common(loaded["job"], context)]
    for name, command in loaded.items():
        parts += _section(name, command, context)
    return "".join(parts).rstrip() + "\n"


def _common(group: click.Command, context: click.Context) -> Iterator[str]:
    assert isinstance(group, click.Group)
    command = group.commands["show"]
    yield from _table([option for option in command.params if option.name in _names()], context)


def _names() -> set[str]:
    return {"format", *EVERYWHERE}


def _section(name: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    level = "#" * len(context.command_path.split())
    yield f"{level} `{context.command_path}`\n\n{_summary(command)}\n\n"
    if isinstance(command, click.Group):
        for verb, below in command.commands.items():
            yield from _section(verb, below, context)
        return
    arguments = [param.make_metavar(context) for param in command.params if isinstance(param, click.Argument)]
    if arguments:
        yield f"```\n{context.command_path} {' '.join(arguments)}\n```\n\n"
    asks = {param.name for param in command.params} >= {"workspace_name", "format"}
    yield from _table([p for p in command.params if not (asks and p.name in _names())], context)


def _summary(command: click.Command) -> str:
    return _cell(" ".join((command.help or "").split()))


def _table(params: list[click.Parameter], context: click.Context) -> Iterator[str]:
    options = [param for param in params if isinstance(param, click.Option) and not param.hidden]
    if options:
        rows = "".join(f"| {_flags(option, context)} | {_told(option, context)} |\n" for option in options)
        yield f"| flag | what it does |\n|---|---|\n{rows}\n"


def _flags(option: click.Option, context: click.Context) -> str:
    takes = "" if option.is_flag else f" {option.make_metavar(context)}"
    words = ", ".join(f"`{word}`" for word in (*option.opts, *option.secondary_opts))
    return f"{words}{_cell(takes)}"


def _told(option: click.Option, context: click.Context) -> str:
    extra: dict[str, Any] = dict(option.get_help_extra(context))
    notes = [f"default `{extra['default']}`"] if extra.get("default") else []
    notes += ["required"] if option.required else []
    told = _cell(option.help or "")
    return f"{told} ({', '.join(notes)})" if notes else told


def _cell(text: str) -> str:
    """Text that a table of Markdown leaves as it is."""
    return text.replace("|", "\\|").replace("<", "&lt;")
