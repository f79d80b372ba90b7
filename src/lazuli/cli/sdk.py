"""``lazuli sdk``: the package ``azureml``, with which scripts of Azure's SDK v1 run here."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from lazuli.client.wheel import wheel

__all__ = ["sdk"]


@click.command("sdk")
@click.argument("version", type=click.Choice(["v1"]))
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), help="Copy it to this folder first.")
def sdk(version: str, to: Path | None) -> None:
    """Print where the wheel of Lazuli's package azureml is: pip install "$(lazuli sdk v1)"."""
    file = wheel()
    if to is not None:
        to.mkdir(parents=True, exist_ok=True)
        file = Path(shutil.copy(file, to)).resolve()
    click.echo(file)
