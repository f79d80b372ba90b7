"""What every command that asks the server takes: which workspace, and how to print the answer."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import click

from lazuli.cli.locally import is_local, local_client
from lazuli.cli.names import names_of
from lazuli.cli.show import FORMATS, Form
from lazuli.client import profile
from lazuli.client.client import Client
from lazuli.client.version import explained
from lazuli.schema.problems import InvalidInput, NotSignedIn, Problem

__all__ = [
    "Connect",
    "Option",
    "asks",
    "confirmed",
    "may_ask",
    "may_connect",
    "named",
    "output_option",
    "pairs",
    "together",
]

Option = Callable[[Callable[..., Any]], Callable[..., Any]]
Connect = Callable[[], AbstractContextManager[Client]]
"""Opens the way to the server that the options name."""

_ENOUGH_TO_SHOW = 4 << 20


class _Query(click.ParamType):
    """A JMESPath expression."""

    name = "jmespath"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The expression, read; a usage error where it is none."""
        import jmespath
        from jmespath.exceptions import JMESPathError

        try:
            return jmespath.compile(value)
        except JMESPathError as error:
            said = " ".join(str(error).split())
            self.fail(f"'{value}' is no JMESPath expression: {said} See https://jmespath.org.", param, ctx)


def together(*options: Option) -> Option:
    """Several options as one, in their order."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def output_option(default: str) -> Option:
    """``-o table|json|…`` and ``--query``; the command gets both as one :class:`Form` named ``output``."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @click.option(
            "-o",
            "--output",
            "format",
            type=click.Choice(FORMATS, case_sensitive=False),
            default=default,
            show_default=True,
            help="How to print the answer.",
        )
        @click.option("--query", type=_Query(), help="Which part of the answer to print, as JMESPath.")
        @functools.wraps(function)
        def command(*args: Any, format: str, query: Any, **given: Any) -> Any:
            return function(*args, output=Form(format, query), **given)

        return command

    return decorate


def asks(default: str = "yaml") -> Option:
    """A command that is handed a :class:`Client` first, and how to print (``output``)."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @may_ask(default)
        @functools.wraps(function)
        def command(connect: Connect, *args: Any, **given: Any) -> Any:
            with connect() as client:
                return function(client, *args, **given)

        return command

    return decorate


def may_ask(default: str = "yaml") -> Option:
    """A command that is handed a :data:`Connect` first, for it needs no server in every case, and ``output``."""
    return lambda function: output_option(default)(may_connect(function))


def may_connect(function: Callable[..., Any]) -> Callable[..., Any]:
    """A command that is handed a :data:`Connect` first, and has no answer to print."""

    @click.option("--subscription", default="", metavar="ID", help="The subscription.")
    @click.option("-g", "--resource-group", default="", metavar="NAME", help="The resource group.")
    @click.option(
        "-w",
        "--workspace-name",
        default="",
        metavar="NAME",
        shell_complete=names_of("workspace"),
        help="The workspace.",
    )
    @functools.wraps(function)
    def command(*args: Any, workspace_name: str, resource_group: str, subscription: str, **given: Any) -> Any:
        connect = functools.partial(_connected, subscription, resource_group, workspace_name)
        return function(connect, *args, **given)

    return command


@contextmanager
def _connected(subscription: str, resource_group: str, workspace: str) -> Iterator[Client]:
    if is_local():
        with local_client(_progress) as client:
            yield client
        return
    chosen = profile.find(subscription=subscription, resource_group=resource_group, workspace=workspace)
    with Client(chosen, progress=_progress) as client:
        try:
            yield client
        except NotSignedIn as problem:
            raise _naming_the_token(problem) from None
        except Problem as problem:
            raise explained(problem, client.http) from None


def _naming_the_token(problem: NotSignedIn) -> NotSignedIn:
    """The problem, with where the token came from."""
    if not os.environ.get("LAZULI_TOKEN"):
        return problem
    return NotSignedIn(
        "The token in LAZULI_TOKEN is not one of this server.",
        target="LAZULI_TOKEN",
        mend="Correct it, or unset it: the token of a server on this machine is found by itself.",
        code=problem.code,
    )


def named(word: str, *, required: bool = True, help: str = "") -> Option:
    """``-n/--name``, completed in the shell with the names that are there."""
    return click.option(
        "-n",
        "--name",
        required=required,
        shell_complete=names_of(word),
        help=help or f"The name of the {word}.",
    )


def pairs(given: tuple[str, ...], option: str) -> dict[str, str]:
    """``KEY=VALUE`` words as a map. Raises :class:`InvalidInput` for one that is none."""
    found = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not (equals and key):
            raise InvalidInput(f"'{pair}' names no key and value.", target=option, mend="Write it as KEY=VALUE.")
        found[key] = value
    return found


def confirmed(question: str, yes: bool) -> bool:
    """Whether the user wants it. Raises :class:`InvalidInput` where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise InvalidInput(f"{question} Nobody can be asked here.", target="--yes", mend="Say so with --yes.")
    return click.confirm(question, err=True)


def _progress(sent: int, total: int) -> None:
    """Show an upload on a terminal, where it is large enough to wait for."""
    if total < _ENOUGH_TO_SHOW or not sys.stderr.isatty():
        return
    click.echo(f"\rUploading {sent / 1e6:.0f} of {total / 1e6:.0f} MB", nl=sent >= total, err=True)
