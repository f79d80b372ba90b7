"""The commands below a noun: they take what scripts written for ``az ml`` say, and refuse by name what is not there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import click

from lazuli.cli import later
from lazuli.schema.problems import did_you_mean

__all__ = ["Command", "Verbs"]


class Command(click.Command):
    """A command that reads what ``az`` reads.

    Repeatable options take several values at once (``--set a=1 b=2``), and a flag may be cut short where only one
    begins so (``--out`` for ``--output``).
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; a flag that this version lacks is told as that."""
        several = {word for option in self.params if getattr(option, "multiple", False) for word in option.opts}
        known = {word for param in self.get_params(ctx) for word in (*param.opts, *param.secondary_opts)}
        try:
            return super().parse_args(ctx, list(_one_each([_whole(arg, known) for arg in args], several)))
        except click.NoSuchOption as error:
            if reason := later.FLAGS.get(error.option_name):
                raise click.UsageError(f"{error.option_name} is not part of this version. {reason}", ctx) from None
            raise


class Verbs(click.Group):
    """The verbs of one noun."""

    command_class = Command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The verb that the arguments name; or a usage error with the nearest one, or with why it is not there."""
        verb = args[0] if args else ""
        if verb and verb not in self.commands and not verb.startswith("-"):
            noun = self.name or ""
            if reason := later.VERBS.get((noun, verb)):
                from lazuli.cli.understood import understood

                note = understood(f"{noun}-{verb}", args[1:])
                ctx.fail(f"'{noun} {verb}' is not part of this version. {reason}{note}")
            ctx.fail(f"There is no '{noun} {verb}'. {did_you_mean(verb, list(self.commands))}")
        return super().resolve_command(ctx, args)


def _whole(arg: str, known: Collection[str]) -> str:
    """The argument with its flag in full, where it is the beginning of just one."""
    word, equals, value = arg.partition("=")
    if not word.startswith("--") or len(word) == 2 or word in known:
        return arg
    longer = [flag for flag in known if flag.startswith(word)]
    return f"{longer[0]}{equals}{value}" if len(longer) == 1 else arg


def _one_each(args: list[str], several: Collection[str]) -> Iterator[str]:
    """The arguments with the option repeated before each further value of an option in ``several``."""
    option, is_first = "", False
    for place, arg in enumerate(args):
        if arg == "--":
            yield from args[place:]
            return
        if arg.startswith("-"):
            word, equals, _ = arg.partition("=")
            option, is_first = (word if word in several else ""), not equals
        elif option and not is_first:
            yield option
        else:
            is_first = False
        yield arg
