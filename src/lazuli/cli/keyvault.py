"""``lazuli keyvault secret``: set, show, list and delete the secrets of a workspace."""

from __future__ import annotations

import sys
from typing import IO

import click

from lazuli.cli.options import asks, confirmed, named
from lazuli.cli.show import Form, show, show_many
from lazuli.client.client import Client
from lazuli.client.vault import Vault
from lazuli.schema.problems import InvalidInput, NotFound

__all__ = ["keyvault"]


@click.group("keyvault", help="The key vault of a workspace.")
def keyvault() -> None:
    """Group the commands of the key vault."""


@keyvault.group("secret", help="Secrets: sealed where they lie, and hidden in the logs of jobs that read them.")
def secret() -> None:
    """Group the commands of secrets."""


@secret.command("set", help="Set a secret. Its value comes from --value, --file, or stdin where neither is given.")
@named("secret")
@click.option("--value", help="The value; other users of this machine can see it while the command runs.")
@click.option("-f", "--file", type=click.File("r", encoding="utf-8"), help="Read the value from a file; - is stdin.")
@click.option("--jobs/--no-jobs", default=None, help="Whether jobs of the workspace may read it.  [default: no]")
@asks()
def set_secret(
    client: Client, output: Form, name: str, value: str | None, file: IO[str] | None, jobs: bool | None
) -> None:
    """Set a secret."""
    if value is not None and file is not None:
        raise InvalidInput("--value and --file cannot both be given.", target="value")
    if value is None:
        value = _typed(file or sys.stdin)
    show(_told(Vault(client.http, client.scope).set(name, value, jobs=jobs)), output)


@secret.command("show", help="Show a secret with its value.")
@named("secret")
@asks()
def show_secret(client: Client, output: Form, name: str) -> None:
    """Show a secret."""
    show(_told(Vault(client.http, client.scope).show(name)), output)


@secret.command("list", help="List the secrets, without their values.")
@asks("table")
def list_secrets(client: Client, output: Form) -> None:
    """List the secrets."""
    found = [_told(one) for one in Vault(client.http, client.scope).list()]
    nothing = "There is no secret yet. Make one with 'lazuli keyvault secret set'."
    show_many(found, ("name", "jobs", "updated_at"), output, nothing)


@secret.command("delete", help="Delete a secret.")
@named("secret")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@asks()
def delete_secret(client: Client, output: Form, name: str, yes: bool) -> None:
    """Delete a secret."""
    if not confirmed(f"Delete the secret '{name}'?", yes):
        click.echo("Nothing is deleted.", err=True)
        click.get_current_context().exit(1)
    if not Vault(client.http, client.scope).delete(name):
        raise NotFound(f"There is no secret '{name}'.", target="name")
    click.echo(f"Deleted the secret '{name}'.", err=True)


def _typed(stream: IO[str]) -> str:
    """What the stream says, without the line break at its end; asked for unseen on a terminal."""
    if stream.isatty():
        return click.prompt("Value", hide_input=True, err=True)
    return stream.read().removesuffix("\n")


def _told(found: dict[str, object]) -> dict[str, object]:
    return {"updated_at" if key == "updatedAt" else key: value for key, value in found.items()}
