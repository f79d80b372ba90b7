"""The commands of a noun, made from its row in the table: create, show, list, update, archive, restore, delete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from lazuli.cli.command import Command, Verbs
from lazuli.cli.filters import filtering, selected
from lazuli.cli.lineage import LINEAGE, lineage_of
from lazuli.cli.options import Option, asks, confirmed, named, pairs, together
from lazuli.cli.show import Form, show, show_many
from lazuli.client.client import Client
from lazuli.client.collection import Change, Query, View
from lazuli.client.envelope import Shown
from lazuli.client.localise import ANONYMOUS, ANONYMOUS_COMPONENT, ANONYMOUS_MODEL
from lazuli.client.models import Files
from lazuli.resources.table import Noun, noun
from lazuli.schema.docstrings import field_docstrings
from lazuli.schema.problems import InvalidInput, Problem
from lazuli.schema.reference import is_remote

__all__ = ["FIELDS", "create", "creating", "group_of", "strictly", "warn"]

FIELDS: dict[str, tuple[str, ...]] = {
    "workspace": ("location", "display_name", "description"),
    "registry": ("location", "description"),
    "data": ("type", "path", "description"),
    "environment": ("image", "conda_file", "build_context", "dockerfile_path", "os_type", "description"),
    "compute": ("type", "size", "tier", "min_instances", "max_instances", "idle_time_before_scale_down", "description"),
    "model": ("type", "path", "stage", "description"),
    "online-endpoint": ("auth_mode", "description"),
    "batch-endpoint": ("auth_mode", "description"),
    "published-pipeline": ("pipeline", "description"),
}
"""The fields of a document that ``create`` also takes as options, so that short things need no file."""

_CHANGING: dict[str, tuple[str, ...]] = {
    "workspace": ("display_name", "description"),
    "registry": ("description",),
    "data": ("description",),
    "environment": ("description",),
    "compute": ("min_instances", "max_instances", "idle_time_before_scale_down"),
    "model": ("stage", "description"),
    "datastore": ("description",),
    "connection": ("target",),
    "schedule": ("display_name", "description"),
    "online-endpoint": ("description",),
    "batch-endpoint": ("description",),
    "published-pipeline": ("description",),
    "job": ("display_name", "description"),
}
"""Those that ``update`` takes."""

_PATHS = {"path", "conda_file", "build_context"}
_ENDPOINTS = {"batch-endpoint", "online-endpoint"}
_DELETABLE = {"workspace", "registry", "compute", "connection", "datastore", "schedule", *_ENDPOINTS}
_SLOW = {"workspace", "compute", "schedule", *_ENDPOINTS}
_FILES = {"data", "model"}


strictly = click.option("--strict", is_flag=True, help="Refuse a key that nothing knows, instead of warning of it.")


def group_of(word: str) -> Verbs:
    """``lazuli <word>`` with every verb that the noun has."""
    row = noun(word)
    group = Verbs(word, help=row.summary)
    group.add_command(_show(row))
    group.add_command(_list(row))
    group.add_command(_create(row))
    group.add_command(_update(row))
    if row.versioned or word == "job":
        group.add_command(_archive(row, "archive", "Hide it from lists."))
        group.add_command(_archive(row, "restore", "Show again what was archived."))
    if row.versioned:
        group.add_command(_label(row))
        group.add_command(_unlabel(row))
    if word in LINEAGE:
        group.add_command(lineage_of(word))
    if word in _FILES:
        group.add_command(_download(row))
    if word in _DELETABLE:
        group.add_command(_delete(row))
    return group


def creating(row: Noun) -> Option:
    """The options of ``create``: a file, edits to it, and the fields that may be given without one."""
    return together(
        click.option("-f", "--file", type=click.Path(dir_okay=False), help="The YAML file that says it."),
        named(row.word, required=False),
        _maybe_version(row),
        _edits("Change what the file says."),
        strictly,
        *_fields(row, FIELDS.get(row.word, ())),
        _no_wait(row),
    )


def create(
    client: Client,
    row: Noun,
    file: str | None,
    edits: tuple[str, ...],
    given: dict[str, Any],
    *,
    strict: bool = False,
    wait: bool = True,
) -> Shown:
    """Make what the file and the options say. Paths in options are relative to the current folder."""
    if not file and not any(given.values()) and not edits:
        raise InvalidInput(f"There is nothing to make the {row.word} from.", mend="Name a YAML file with --file.")
    collection = client.collection(row.word)
    document, source = collection.read(file, edits, strict=strict, **_said(given))
    try:
        return collection.create(document, source, wait=wait)
    finally:
        warn(source.warnings)


def warn(problems: Iterable[Problem]) -> None:
    """Tell what is worth a warning, on stderr."""
    for problem in problems:
        click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {problem}", err=True)


def _said(given: dict[str, Any]) -> dict[str, Any]:
    """The fields that options say."""
    said = dict(given)
    for field in _PATHS & said.keys():
        if said[field] and not is_remote(said[field]):
            said[field] = str(Path(said[field]).expanduser().absolute())
    folder, dockerfile = said.pop("build_context", None), said.pop("dockerfile_path", None)
    if folder or dockerfile:
        said["build"] = {"path": folder or str(Path.cwd()), **({"dockerfile_path": dockerfile} if dockerfile else {})}
    if "tags" in said:
        said["tags"] = pairs(said["tags"], "--tags") or None
    return said


def _create(row: Noun) -> click.Command:
    @click.command("create", cls=Command, help=f"Create {row.indefinite}, or change it where that is allowed.")
    @creating(row)
    @asks()
    def command(
        client: Client,
        output: Form,
        file: str | None,
        edits: tuple[str, ...],
        strict: bool,
        no_wait: bool = False,
        **given: Any,
    ) -> None:
        show(create(client, row, file, edits, given, strict=strict, wait=not no_wait), output)

    return command


def _show(row: Noun) -> click.Command:
    @click.command("show", cls=Command, help=f"Show {row.indefinite}.")
    @named(row.word, required=row.word != "workspace")
    @_maybe_version(row)
    @_maybe_label(row)
    @asks()
    def command(client: Client, output: Form, name: str | None, version: str = "", label: str = "") -> None:
        chosen = name or client.scope.workspace
        show(client.collection(row.word).get(chosen, version or "", label or ""), output)

    return command


def _list(row: Noun) -> click.Command:
    @click.command("list", cls=Command, help=f"List every {row.word}.")
    @_only(row.versioned, named(row.word, required=False, help=f"List the versions of this {row.word}."))
    @filtering(row)
    @asks("table")
    def command(client: Client, output: Form, name: str | None = None, **wanted: Any) -> None:
        columns = row.columns
        if row.versioned and not name:
            columns = ("name", "latest_version", "description", "created_at")
        found = selected(lambda view, query: _listed(client, row, name or "", view, query), **wanted)
        nothing = f"There is no {row.word} yet. Make one with 'lazuli {row.word} create'."
        if any(wanted.values()):
            nothing = f"There is no such {row.word}."
        show_many(found, columns, output, f"The {row.word} '{name}' has no such versions." if name else nothing)

    return command


def _listed(client: Client, row: Noun, name: str, view: View, query: Query) -> Iterator[Shown]:
    """What there is, without what jobs and pipelines bring along: that is found by them, or by its name."""
    found = client.collection(row.word).list(name, view=view, query=query)
    return (item for item in found if name or not _is_brought(str(item["name"])))


def _is_brought(name: str) -> bool:
    return name in (ANONYMOUS, ANONYMOUS_COMPONENT) or name.startswith(ANONYMOUS_MODEL)


def _update(row: Noun) -> click.Command:
    @click.command("update", cls=Command, help=f"Change {row.indefinite}.")
    @named(row.word)
    @_maybe_version(row)
    @click.option("-f", "--file", type=click.Path(dir_okay=False), help="A YAML file with what changes.")
    @_edits("What to change.")
    @together(*_fields(row, _CHANGING.get(row.word, ())), _no_wait(row))
    @asks()
    def command(
        client: Client,
        output: Form,
        name: str,
        file: str | None,
        edits: tuple[str, ...],
        version: str = "",
        no_wait: bool = False,
        **given: Any,
    ) -> None:
        change = Change(edits, file, {key: value for key, value in _said(given).items() if value not in (None, "")})
        if not (change.edits or change.file or change.fields):
            raise InvalidInput("Nothing is said to change.", mend="Say it with --set a.b=value, or in a --file.")
        show(client.collection(row.word).update(name, change, version or "", wait=not no_wait), output)

    return command


def _archive(row: Noun, verb: str, summary: str) -> click.Command:
    @click.command(verb, cls=Command, help=summary)
    @named(row.word)
    @_maybe_version(row)
    @asks()
    def command(client: Client, output: Form, name: str, version: str = "") -> None:
        collection = client.collection(row.word)
        act = collection.archive if verb == "archive" else collection.restore
        show(act(name, version or ""), output)

    return command


def _label(row: Noun) -> click.Command:
    @click.command("label", cls=Command, help=f"Let a label lead to a version of {row.indefinite}, and to no other.")
    @named(row.word)
    @click.option("-v", "--version", required=True, help="The version.")
    @click.option("--label", required=True, help="The label: letters, digits, '_' and '-'.")
    @asks()
    def command(client: Client, output: Form, name: str, version: str, label: str) -> None:
        show(client.collection(row.word).label(name, version, label), output)

    return command


def _unlabel(row: Noun) -> click.Command:
    @click.command("unlabel", cls=Command, help=f"Take a label away from {row.indefinite}.")
    @named(row.word)
    @click.option("--label", required=True, help="The label.")
    @asks()
    def command(client: Client, output: Form, name: str, label: str) -> None:
        client.collection(row.word).unlabel(name, label)
        click.echo(f"The {row.word} '{name}' has no label '{label}' any more.", err=True)

    return command


def _download(row: Noun) -> click.Command:
    @click.command("download", cls=Command, help=f"Download the files of {row.indefinite}.")
    @named(row.word)
    @click.option("-v", "--version", help="The version; the newest where left out.")
    @click.option("-p", "--download-path", default=".", type=click.Path(file_okay=False), help="Where to.")
    @asks()
    def command(client: Client, output: Form, name: str, version: str | None, download_path: str) -> None:
        collection = client.collection(row.word)
        assert isinstance(collection, Files)
        count = collection.download(name, Path(download_path), version or "")
        click.echo(f"{name}: {count} {'file' if count == 1 else 'files'}", err=True)
        click.echo(str(Path(download_path) / name))

    return command


def _delete(row: Noun) -> click.Command:
    everything = " and everything in it" if row.word in ("workspace", "registry") else ""

    @click.command("delete", cls=Command, help=f"Delete {row.indefinite}{everything}.")
    @named(row.word)
    @click.option("-y", "--yes", is_flag=True, help="Do not ask.")
    @_no_wait(row)
    @asks()
    def command(client: Client, output: Form, name: str, yes: bool, no_wait: bool = False) -> None:
        holds = _holding(client, name) if row.word == "workspace" and not yes else ""
        if not confirmed(f"Delete the {row.word} '{name}'{everything}{holds}?", yes):
            click.echo("Nothing is deleted.", err=True)
            click.get_current_context().exit(1)
        client.collection(row.word).delete(name, wait=not no_wait)
        click.echo(f"Deleted the {row.word} '{name}'.", err=True)

    return command


def _holding(client: Client, workspace: str) -> str:
    """How much goes with the workspace: ``: 2 jobs, 1 model``."""
    client.workspaces.get(workspace)
    inside = client.on(workspace)
    told = []
    for word, plural in (("job", "jobs"), ("model", "models"), ("data", "data assets")):
        listed = inside.collection(word)
        if count := inside.jobs.counts().total() if word == "job" else sum(1 for _ in listed.list(view="All")):
            told.append(f"{count} {plural if count > 1 else plural[:-1]}")
    return f" ({', '.join(told)})" if told else ""


def _fields(row: Noun, names: tuple[str, ...]) -> list[Option]:
    """An option for each field, and ``--tags`` where the document has tags."""
    options = [
        click.option(*(["-p"] if name == "path" else []), f"--{name.replace('_', '-')}", name, help=_help(row, name))
        for name in names
    ]
    if "tags" in row.document.model_fields:
        options.append(click.option("--tags", multiple=True, metavar="KEY=VALUE", help="Words to find it by."))
    return options


def _help(row: Noun, name: str) -> str | None:
    return field_docstrings(row.document).get(name) or _BUILD[name]


_BUILD = {
    "build_context": "A folder with a Dockerfile.",
    "dockerfile_path": "The Dockerfile, relative to that folder.",
}


def _edits(help: str) -> Option:
    return click.option("--set", "edits", multiple=True, metavar="a.b=v", help=help)


def _no_wait(row: Noun) -> Option:
    return _only(row.word in _SLOW, click.option("--no-wait", is_flag=True, help="Do not wait until it is done."))


def _maybe_version(row: Noun) -> Option:
    return _only(row.versioned, click.option("-v", "--version", help="The version."))


def _maybe_label(row: Noun) -> Option:
    return _only(row.versioned, click.option("--label", help="A label; 'latest' is the newest version."))


def _only(wanted: bool, option: Option) -> Option:
    return option if wanted else lambda function: function
