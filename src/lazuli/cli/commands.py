"""``lazuli`` itself: knows every command by name and one line, and loads only the one that is asked for."""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

import lazuli
from lazuli.cli import later
from lazuli.resources.table import NOUNS
from lazuli.schema.problems import Problem, Unexpected, did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["COMMANDS", "root"]

_OWN_MODULES = {
    "batch-deployment": "lazuli.cli.batch:batch_deployment",
    "batch-endpoint": "lazuli.cli.batch:batch_endpoint",
    "workspace": "lazuli.cli.workspaces:workspace",
    "compute": "lazuli.cli.compute:compute",
    "data": "lazuli.cli.data:data",
    "job": "lazuli.cli.jobs:job",
    "online-deployment": "lazuli.cli.endpoints:online_deployment",
    "online-endpoint": "lazuli.cli.endpoints:online_endpoint",
    "model": "lazuli.cli.models:model",
    "published-pipeline": "lazuli.cli.published:published_pipeline",
    "schedule": "lazuli.cli.schedules:schedule",
}


@dataclass(frozen=True)
class Entry:
    """A command as the root knows it."""

    place: str
    """``module:object``, or ``module:function:argument`` where a function makes it."""
    summary: str
    section: str

    def load(self) -> click.Command:
        """The command itself, with everything it needs."""
        module, name, *argument = self.place.split(":")
        found = getattr(importlib.import_module(module), name)
        return found(*argument) if argument else found


def _nouns() -> dict[str, Entry]:
    return {
        row.word: Entry(_OWN_MODULES.get(row.word, f"lazuli.cli.nouns:group_of:{row.word}"), row.summary, "Resources")
        for row in NOUNS
        if row.command
    }


COMMANDS: dict[str, Entry] = {
    "up": Entry("lazuli.cli.server:up", "Start Lazuli on this machine.", "Server"),
    "down": Entry("lazuli.cli.server:down", "Stop it.", "Server"),
    "status": Entry("lazuli.cli.server:status", "Show whether it runs, where, and what it does.", "Server"),
    "studio": Entry("lazuli.cli.studio:studio", "Print a link that signs in to Studio, the web interface.", "Server"),
    "token": Entry("lazuli.cli.tokens:token", "Further ways in: make them, list them, withdraw them.", "Server"),
    "demo": Entry("lazuli.cli.demo.command:demo", "See a model trained on real data, in about a minute.", "Server"),
    **_nouns(),
    "keyvault": Entry("lazuli.cli.keyvault:keyvault", "Secrets of the workspace.", "Resources"),
    "insights": Entry("lazuli.cli.insights:insights", "What was asked, what jobs did, what went wrong.", "Resources"),
    "configure": Entry("lazuli.cli.configure:configure", "Keep the defaults of this machine.", "Setup"),
    "client-env": Entry("lazuli.cli.client_env:client_env", "Print what azure-ai-ml and mlflow need.", "Setup"),
    "sdk": Entry("lazuli.cli.sdk:sdk", "Print where the package is with which scripts of the SDK v1 run.", "Setup"),
    "doctor": Entry("lazuli.cli.doctor:doctor", "Look for what stands in the way on this machine.", "Setup"),
    "completion": Entry("lazuli.cli.completion:completion", "Print what completes commands in the shell.", "Setup"),
    "schema": Entry("lazuli.cli.schema:schema", "Print the JSON Schema of a YAML file.", "Setup"),
}


class Root(click.Group):
    """The group of all commands. Tells every problem in one neat message, without a stack trace."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, loaded now."""
        return COMMANDS[cmd_name].load() if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The command that the arguments name, or a usage error with the nearest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            if what := later.NOUNS.get(args[0]):
                from lazuli.cli.understood import understood

                note = understood(args[0], args[1:])
                ctx.fail(f"'{args[0]}' is not part of this version: it has no {what}.{note}")
            ctx.fail(f"There is no command '{args[0]}'. {did_you_mean(args[0], list(COMMANDS))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by section, from their one line, without loading them."""
        for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
            with formatter.section(section):
                formatter.write_dl([(n, e.summary) for n, e in COMMANDS.items() if e.section == section])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command, without loading any, or a flag."""
        from click.shell_completion import CompletionItem

        fitting = [CompletionItem(n, help=e.summary) for n, e in COMMANDS.items() if n.startswith(incomplete)]
        return fitting or click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; 1 for a problem, 130 for Ctrl-C, 141 where nobody reads what it prints."""
        if os.environ.get("NO_COLOR"):
            ctx.color = False
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except Problem as problem:
            tell(problem)
            ctx.exit(1)
        except (KeyboardInterrupt, click.Abort):
            click.echo(err=True)
            ctx.exit(130)
        except BrokenPipeError:
            _close_stdout()
            ctx.exit(141)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except Exception as error:
            if os.environ.get("LAZULI_TRACEBACK"):
                raise
            tell(_fault(error))
            ctx.exit(1)


def _fault(error: Exception) -> Problem:
    """What went wrong in the command itself."""
    return Unexpected(
        f"The command failed: {type(error).__name__}: {error}",
        mend="This is a fault of Lazuli. Run it again with LAZULI_TRACEBACK=1 and report what it prints.",
    )


def _close_stdout() -> None:
    """Send what is still to be printed nowhere, so that Python does not complain about it while it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def tell(problem: Problem) -> None:
    """Print what is wrong and how to put it right, on stderr."""
    word = click.style("error:", fg="red", bold=True)
    if problem.details:
        click.echo(f"{word} {len(problem.details)} things are wrong:", err=True)
        for detail in problem.details:
            click.echo(f"  - {detail}", err=True)
        return
    click.echo(f"{word} {problem.message}", err=True)
    if problem.mend:
        click.echo(f"       {problem.mend}", err=True)


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(lazuli.__version__, "-V", "--version", prog_name="lazuli")
def root() -> None:
    """Azure Machine Learning on your own machine.

    Start with 'lazuli up', or see it all at once with 'lazuli demo'. Every command explains itself with --help.
    """
