"""``lazuli schema``: what a YAML file may say, for editors."""

from __future__ import annotations

import json

import click

from lazuli.resources.table import NOUNS, noun

__all__ = ["schema"]


@click.command("schema")
@click.argument("kind", type=click.Choice([row.word for row in NOUNS]))
def schema(kind: str) -> None:
    """Print the JSON Schema of KIND as it is written in YAML."""
    click.echo(json.dumps(noun(kind).document.json_schema("yaml"), indent=2))
