"""The commands that deployments have of either kind: each names the endpoint that it is behind."""

from __future__ import annotations

import click

from lazuli.cli.command import Command, Verbs
from lazuli.cli.lineage import direction, show_lineage
from lazuli.cli.nouns import create, strictly
from lazuli.cli.options import Option, asks, confirmed, named, together
from lazuli.cli.show import Form, show, show_many
from lazuli.client.client import Client
from lazuli.client.collection import Change
from lazuli.client.endpoints import Deployments
from lazuli.client.envelope import Shown
from lazuli.resources.table import Noun, noun
from lazuli.schema.problems import InvalidInput

__all__ = ["behind", "deployed", "deploying", "edits_of", "group_behind", "no_wait"]

behind = click.option("-e", "--endpoint-name", required=True, help="The endpoint it is behind.")
no_wait = click.option("--no-wait", is_flag=True, help="Do not wait until it is done.")
edits_of = click.option("--set", "edits", multiple=True, metavar="a.b=v", help="Change what the file says.")


def group_behind(word: str) -> Verbs:
    """``lazuli <word>`` with what both kinds of deployment have: show, list, update, delete, lineage."""
    row = noun(word)
    group = Verbs(word, help=row.summary)
    for made in (_show(row), _list(row), _update(row), _delete(row), _lineage(row)):
        group.add_command(made)
    return group


def deploying(word: str, *more: Option) -> Option:
    """The options of ``create``, and ``more``: its function hands them on to :func:`deployed`."""
    return together(
        click.option("-f", "--file", type=click.Path(dir_okay=False), help="The YAML file that says it."),
        named(word, required=False),
        click.option("-e", "--endpoint-name", help="The endpoint it is behind."),
        edits_of,
        *more,
        click.option(
            "--skip-script-validation",
            is_flag=True,
            expose_value=False,
            help="Taken, and of no meaning: scripts are run as they are.",
        ),
        strictly,
        no_wait,
    )


def deployed(
    client: Client,
    word: str,
    *,
    file: str | None,
    edits: tuple[str, ...],
    strict: bool,
    no_wait: bool,
    **names: str | None,
) -> Shown:
    """Create the deployment that a file and the options say. Raises :class:`InvalidInput` where only names are said."""
    if not file and not edits:
        raise InvalidInput("There is nothing to make the deployment from.", mend="Name a YAML file with --file.")
    return create(client, noun(word), file, edits, names, strict=strict, wait=not no_wait)


def _those(client: Client, row: Noun, endpoint: str) -> Deployments:
    collection = client.collection(row.word)
    assert isinstance(collection, Deployments)
    return collection.behind(endpoint)


def _show(row: Noun) -> click.Command:
    @click.command("show", cls=Command, help="Show a deployment.")
    @named(row.word)
    @behind
    @asks()
    def command(client: Client, output: Form, name: str, endpoint_name: str) -> None:
        show(_those(client, row, endpoint_name).get(name), output)

    return command


def _list(row: Noun) -> click.Command:
    @click.command("list", cls=Command, help="List the deployments behind an endpoint.")
    @behind
    @asks("table")
    def command(client: Client, output: Form, endpoint_name: str) -> None:
        client.collection(row.word.replace("deployment", "endpoint")).get(endpoint_name)
        nothing = f"The endpoint '{endpoint_name}' has no deployment yet. Make one with 'lazuli {row.word} create'."
        show_many(_those(client, row, endpoint_name).list(), row.columns, output, nothing)

    return command


def _update(row: Noun) -> click.Command:
    @click.command("update", cls=Command, help="Change a deployment; it goes on meanwhile.")
    @named(row.word)
    @behind
    @click.option("-f", "--file", type=click.Path(dir_okay=False), help="A YAML file with what changes.")
    @edits_of
    @no_wait
    @asks()
    def command(
        client: Client,
        output: Form,
        name: str,
        endpoint_name: str,
        file: str | None,
        edits: tuple[str, ...],
        no_wait: bool,
    ) -> None:
        if not (edits or file):
            raise InvalidInput("Nothing is said to change.", mend="Say it with --set a.b=value, or in a --file.")
        change = Change(edits, file)
        show(_those(client, row, endpoint_name).update(name, change, wait=not no_wait), output)

    return command


def _delete(row: Noun) -> click.Command:
    @click.command("delete", cls=Command, help="Delete a deployment.")
    @named(row.word)
    @behind
    @click.option("-y", "--yes", is_flag=True, help="Do not ask.")
    @no_wait
    @asks()
    def command(client: Client, output: Form, name: str, endpoint_name: str, yes: bool, no_wait: bool) -> None:
        if not confirmed(f"Delete the deployment '{name}' behind '{endpoint_name}'?", yes):
            click.echo("Nothing is deleted.", err=True)
            click.get_current_context().exit(1)
        _those(client, row, endpoint_name).delete(name, wait=not no_wait)
        click.echo(f"Deleted the deployment '{name}'.", err=True)

    return command


def _lineage(row: Noun) -> click.Command:
    @click.command("lineage", cls=Command, help="Show what a deployment is made of, and what asks it.")
    @named(row.word)
    @behind
    @direction
    @asks("table")
    def command(client: Client, output: Form, name: str, endpoint_name: str, direction: str) -> None:
        show_lineage(_those(client, row, endpoint_name).lineage(name, direction=direction), output)

    return command
