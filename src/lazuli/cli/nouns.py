"""The commands of a noun, made from its row in the table: create, show, list, update, archive, restore, delete."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lazuli.cli.options import asks, named
from lazuli.cli.show import show, show_many
from lazuli.client.client import Client
from lazuli.client.envelope import Shown
from lazuli.resources.table import Noun, noun
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import is_remote

__all__ = ["FIELDS", "creating", "group_of"]

FIELDS: dict[str, tuple[str, ...]] = {
    "workspace": ("location", "display_name", "description"),
    "data": ("type", "path", "description"),
    "environment": ("image", "conda_file", "description"),
    "compute": ("type", "size", "min_instances", "max_instances"),
    "model": ("type", "path", "description"),
}
"""The fields of a document that ``create`` also takes as options, so that short things need no file."""

_PATHS = {"path", "conda_file"}
_DELETABLE = {"workspace", "compute", "datastore"}

Option = Callable[[Callable[..., Any]], Callable[..., Any]]


def group_of(word: str) -> click.Group:
    """``lazuli <word>`` with every verb that the noun has."""
    row = noun(word)
    group = click.Group(word, help=row.summary)
    group.add_command(_create(row))
    group.add_command(_show(row))
    group.add_command(_list(row))
    group.add_command(_update(row))
    if row.versioned or word == "job":
        group.add_command(_archive(row, "archive", "Hide it from lists."))
        group.add_command(_archive(row, "restore", "Show again what was archived."))
    if word in _DELETABLE:
        group.add_command(_delete(row))
    return group


def creating(row: Noun) -> Option:
    """The options of ``create``: a file, edits to it, and the fields that may be given without one."""
    options = [
        click.option("-f", "--file", type=click.Path(dir_okay=False), help="The YAML file that says it."),
        named(row.word, required=False),
        *_version_option(row),
        click.option("--set", "edits", multiple=True, metavar="a.b=v", help="Change what the file says."),
        *(
            click.option(f"--{field.replace('_', '-')}", field, help=row.document.model_fields[field].description)
            for field in FIELDS.get(row.word, ())
        ),
    ]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def create(client: Client, row: Noun, file: str | None, edits: tuple[str, ...], given: dict[str, Any]) -> Shown:
    """Make what the file and the options say. Paths in options are relative to the current folder."""
    if not file and not any(given.values()) and not edits:
        raise InvalidInput(f"There is nothing to make the {row.word} from.", mend="Name a YAML file with --file.")
    for field in _PATHS & given.keys():
        if given[field] and not is_remote(given[field]):
            given[field] = str(Path(given[field]).expanduser().absolute())
    collection = client.collection(row.word)
    return collection.create(*collection.read(file, edits, **given))


def _create(row: Noun) -> click.Command:
    @click.command("create", help=f"Create a {row.word}, or change it where that is allowed.")
    @creating(row)
    @asks()
    def command(client: Client, output: str, file: str | None, edits: tuple[str, ...], **given: Any) -> None:
        show(create(client, row, file, edits, given), output)

    return command


def _show(row: Noun) -> click.Command:
    @click.command("show", help=f"Show a {row.word}.")
    @named(row.word, required=row.word != "workspace")
    @_maybe_version(row)
    @_maybe_label(row)
    @asks()
    def command(client: Client, output: str, name: str | None, version: str = "", label: str = "") -> None:
        chosen = name or client.scope.workspace
        show(client.collection(row.word).get(chosen, version or "", label or ""), output)

    return command


def _list(row: Noun) -> click.Command:
    @click.command("list", help=f"List every {row.word}.")
    @_only(row.versioned, named(f"{row.word} whose versions to list", required=False))
    @_only(row.versioned or row.word == "job", click.option("--archived", is_flag=True, help="Also what is archived."))
    @asks("table")
    def command(client: Client, output: str, name: str | None = None, archived: bool = False) -> None:
        columns = row.columns
        if row.versioned and not name:
            columns = ("name", "latest_version", "description", "created_at")
        found = client.collection(row.word).list(name or "", archived=archived)
        nothing = f"There is no {row.word} yet. Make one with 'lazuli {row.word} create'."
        show_many(found, columns, output, f"The {row.word} '{name}' has no versions." if name else nothing)

    return command


def _update(row: Noun) -> click.Command:
    @click.command("update", help=f"Change a {row.word}.")
    @named(row.word)
    @_maybe_version(row)
    @click.option("--set", "edits", multiple=True, required=True, metavar="a.b=v", help="What to change.")
    @asks()
    def command(client: Client, output: str, name: str, edits: tuple[str, ...], version: str = "") -> None:
        show(client.collection(row.word).update(name, edits, version or ""), output)

    return command


def _archive(row: Noun, verb: str, summary: str) -> click.Command:
    @click.command(verb, help=summary)
    @named(row.word)
    @_maybe_version(row)
    @asks()
    def command(client: Client, output: str, name: str, version: str = "") -> None:
        collection = client.collection(row.word)
        act = collection.archive if verb == "archive" else collection.restore
        show(act(name, version or ""), output)

    return command


def _delete(row: Noun) -> click.Command:
    @click.command("delete", help=f"Delete a {row.word}.")
    @named(row.word)
    @click.option("-y", "--yes", is_flag=True, help="Do not ask.")
    @asks()
    def command(client: Client, output: str, name: str, yes: bool) -> None:
        if not yes:
            click.confirm(f"Delete the {row.word} '{name}'?", abort=True, err=True)
        client.collection(row.word).delete(name)
        click.echo(f"Deleted the {row.word} '{name}'.", err=True)

    return command


def _version_option(row: Noun) -> list[Option]:
    return [click.option("-v", "--version", help="The version.")] if row.versioned else []


def _maybe_version(row: Noun) -> Option:
    return _only(row.versioned, *_version_option(row))


def _maybe_label(row: Noun) -> Option:
    return _only(row.versioned, click.option("--label", help="A label; 'latest' is the newest version."))


def _only(wanted: bool, *options: Option) -> Option:
    return options[0] if wanted else lambda function: function
