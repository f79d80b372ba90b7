"""``lazuli client-env``: what the shell must say so that Microsoft's own client and plain ``mlflow`` find Lazuli.

Use it as ``eval "$(lazuli client-env)"``. Nothing of it needs a change in a script that uses them.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from lazuli.client.environ import variables
from lazuli.store.settings import default_data_dir

__all__ = ["client_env"]


@click.command("client-env")
@click.option("--shell", type=click.Choice(["sh", "powershell", "json"]), default="sh", show_default=True)
@click.option("--data-dir", type=click.Path(file_okay=False), help="The folder of the server.")
@click.option("-w", "--workspace-name", default="", metavar="NAME", help="The workspace.")
@click.option("-g", "--resource-group", default="", metavar="NAME", help="The resource group.")
def client_env(shell: str, data_dir: str | None, workspace_name: str, resource_group: str) -> None:
    """Print the environment that azure-ai-ml and mlflow need: eval "$(lazuli client-env)"."""
    folder = Path(data_dir).expanduser().resolve() if data_dir else default_data_dir()
    said = variables(folder, workspace_name, resource_group)
    if shell == "json":
        click.echo(json.dumps(said, indent=2))
    for name, value in said.items():
        if shell == "sh":
            click.echo(f"export {name}={shlex.quote(value)}")
        elif shell == "powershell":
            click.echo(f"$env:{name} = '{value.replace(chr(39), chr(39) * 2)}'")
