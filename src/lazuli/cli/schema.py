"""``lazuli schema``: what a YAML file may say, for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from lazuli.resources.files import SCHEMAS
from lazuli.resources.files import schema as schema_of
from lazuli.resources.table import LATER, NOUNS
from lazuli.schema.problems import InvalidInput

__all__ = ["schema"]

DRAFT = "http://json-schema.org/draft-07/schema#"
_KINDS = tuple(dict.fromkeys([*(row.word for row in (*NOUNS, *LATER)), *(kind.schema for kind in SCHEMAS)]))


@click.command("schema")
@click.argument("kind", type=click.Choice(_KINDS, case_sensitive=False), required=False, metavar="[KIND]")
@click.option("--all", "folder", type=click.Path(file_okay=False), metavar="FOLDER", help="Write all to a folder.")
def schema(kind: str | None, folder: str | None) -> None:
    """Print the JSON Schema of a KIND of YAML file; without KIND, which there are.

    KIND is a noun (job) or one kind of it as Azure names its schema (pipelineJob).
    """
    if kind and folder:
        raise InvalidInput("KIND and --all exclude each other.", target="--all", mend="Keep one of them.")
    if folder:
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        for name in _KINDS:
            (place / f"{name}.schema.json").write_text(_text(name) + "\n", encoding="utf-8")
        click.echo(f"{len(_KINDS)} schemas in {place}", err=True)
    else:
        click.echo(_text(kind) if kind else "\n".join(_KINDS))


def _text(kind: str) -> str:
    return json.dumps({"$schema": DRAFT, **schema_of(kind)}, indent=2)
