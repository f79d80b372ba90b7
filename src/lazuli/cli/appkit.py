"""``lazuli model app-kit``: a model as a project of an app's own language."""

from __future__ import annotations

import re
from pathlib import Path

import click

from lazuli.cli.command import Command
from lazuli.cli.options import Connect, may_connect
from lazuli.cli.sources import local, onnx_file

__all__ = ["app_kit"]

_LANGUAGES = ("python", "csharp", "javascript")


@click.command("app-kit", cls=Command, help="Write a project that asks an ONNX model by typed inputs and outputs.")
@click.argument("model", metavar="FILE|NAME:VERSION")
@click.option(
    "-l", "--language", required=True, type=click.Choice(_LANGUAGES, case_sensitive=False), help="Of the project."
)
@click.option("-o", "--output", type=click.Path(), help="The project's folder.  [default: NAME-LANGUAGE]")
@click.option("--name", default="", help="What its classes are called after.  [default: the model's name]")
@click.option(
    "--sample",
    type=click.Path(dir_okay=False),
    help="Inputs whose answers its test is held to (.csv, .parquet, .json, .npy, .npz).  [default: invented ones]",
)
@click.option("--force", is_flag=True, help="Write into a folder that is not empty; other files stay.")
@may_connect
def app_kit(
    connect: Connect, model: str, language: str, output: str | None, name: str, sample: str | None, force: bool
) -> None:
    """Write it, and tell what to do with it."""
    from lazuli.ml.onnx.appkit import app_kit as written

    with local(connect, model) as place:
        file = onnx_file(place, model)
        called = name or (file.stem if Path(model).suffix == ".onnx" else _name(model))
        folder = output or f"{Path(called).name}-{language}"
        kit = written(file, language, folder, name=called, sample=sample, force=force)
    for inner in kit.files:
        click.echo(str(Path(folder) / inner))
    click.echo(f"Its test holds it to {kit.samples} stored answers; README.md says how to run it.", err=True)


def _name(source: str) -> str:
    """``credit`` of ``azureml:credit:3``, of ``credit@latest``, and of a folder of that name."""
    return Path(re.sub(r"(?<=.)[:@][^:@/]*$", "", source.removeprefix("azureml:"))).name
