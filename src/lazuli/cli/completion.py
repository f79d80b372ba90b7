"""``lazuli completion``: what a shell needs to complete commands, flags and the names of resources."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]

VARIABLE = "_LAZULI_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes lazuli in SHELL: eval "$(lazuli completion bash)"."""
    made = get_completion_class(shell)
    assert made is not None
    script = made(ctx.find_root().command, {}, "lazuli", VARIABLE)
    # Not script.source(), which starts a bash to ask for its version; what is older than 4.4 says so by itself.
    click.echo(script.source_template % script.source_vars())
