"""``lazuli token``: further ways in to the server, each with a name, a role and an end."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import click

from lazuli.cli.options import asks, confirmed
from lazuli.cli.show import Form, moment, show, show_many
from lazuli.client.client import Client

__all__ = ["token"]

_NAME = click.option("-n", "--name", required=True, metavar="NAME", help="The name of the token.")


@click.group("token", help="Named tokens: further ways in to the server.")
def token() -> None:
    """Group the commands of named tokens."""


@token.command("create", help="Make a token. Its text is printed now and never again.")
@_NAME
@click.option("--role", type=click.Choice(["admin", "reader"]), default="admin", show_default=True,
              help="What its holder may: everything, or read all but secrets.")  # fmt: skip
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="For how long it opens.")
@asks()
def create_token(client: Client, output: Form, name: str, role: str, days: int) -> None:
    """Make a token."""
    show(_told(client.http.call("POST", "/tokens", body={"name": name, "role": role, "days": days})), output)


@token.command("list", help="List the tokens, without what opens.")
@asks("table")
def list_tokens(client: Client, output: Form) -> None:
    """List the tokens."""
    found = [_told(one) for one in client.http.call("GET", "/tokens")["value"]]
    if output.format == "table" and output.query is None:
        found = [{**one, **{word: moment(one[word]) for word in _TIMES if one[word]}} for one in found]
    columns = ("name", "role", "created_by", *_TIMES)
    show_many(found, columns, output, "There is no named token. Make one with 'lazuli token create'.")


@token.command("revoke", help="Withdraw a token: it opens nothing any more, nor do sessions opened with it.")
@_NAME
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@asks()
def revoke_token(client: Client, output: Form, name: str, yes: bool) -> None:
    """Withdraw a token."""
    if not confirmed(f"Withdraw the token '{name}'?", yes):
        click.echo("Nothing is withdrawn.", err=True)
        click.get_current_context().exit(1)
    client.http.respond("DELETE", f"/tokens/{quote(name, safe='')}")
    click.echo(f"Withdrew the token '{name}'.", err=True)


_WORDS = {"createdAt": "created_at", "createdBy": "created_by", "lastUsedAt": "last_used_at", "expiresAt": "expires_at"}
_TIMES = ("created_at", "last_used_at", "expires_at")


def _told(found: dict[str, Any]) -> dict[str, Any]:
    return {_WORDS.get(key, key): value for key, value in found.items()}
