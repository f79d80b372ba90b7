from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from lazuli.cli import later
from lazuli.cli.command import Command, Verbs
from lazuli.cli.commands import COMMANDS, root


@click.command("create", cls=Command)
@click.option("-s", "--set", "edits", multiple=True)
@click.option("--tags", multiple=True)
@click.option("-n", "--name")
@click.option("--output")
@click.option("--output-name")
@click.argument("rest", nargs=-1)
def create(**given: object) -> None:
    click.echo(repr({key: value for key, value in given.items() if value}))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("--set a=1 b=2 -n x", {"edits": ("a=1", "b=2"), "name": "x"}),
        ("-s a=1 --tags t=1 u=2 --set b=2", {"edits": ("a=1", "b=2"), "tags": ("t=1", "u=2")}),
        ("--set=a=1 b=2", {"edits": ("a=1", "b=2")}),
        ("--set a=1 -- b=2", {"edits": ("a=1",), "rest": ("b=2",)}),
        ("-n x y", {"name": "x", "rest": ("y",)}),
        ("--na x", {"name": "x"}),
        ("--na=x --se a=1 b=1", {"name": "x", "edits": ("a=1", "b=1")}),
        ("--output x --output-n y", {"output": "x", "output_name": "y"}),
    ],
)
def test_arguments_as_az_reads_them(args: str, said: dict[str, object]) -> None:
    done = CliRunner().invoke(create, args.split())
    assert eval(done.output) == said


@pytest.mark.parametrize("args", [["--out", "x"], ["--nothing"], ["--set"], ["--", "--x"]])
def test_what_is_ambiguous_unknown_or_unfinished_is_a_usage_error(args: list[str]) -> None:
    done = CliRunner().invoke(create, args)
    assert done.exit_code == (0 if args[0] == "--" else 2)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["model", "list", "--registry-name", "r"], "--registry-name is not part of this version"),
        (["compute", "create", "-n", "c", "--identity-type", "x"], "--identity-type is not part of this version"),
        (["model", "share", "-n", "m"], "'model share' is not part of this version"),
        (["model", "crate"], "Did you mean 'create'?"),
        (["feature-set", "create"], "it has no feature sets"),
    ],
)
def test_what_this_version_lacks_is_told_and_not_ignored(args: list[str], told: str) -> None:
    done = CliRunner().invoke(root, args, prog_name="lazuli")
    assert done.exit_code == 2
    assert told in done.output


def test_nothing_that_is_there_is_said_to_be_missing() -> None:
    assert not later.NOUNS.keys() & COMMANDS.keys()
    flags = set()
    for word, entry in COMMANDS.items():
        command = entry.load()
        if isinstance(command, Verbs):
            assert not {verb for noun, verb in later.VERBS if noun == word} & command.commands.keys()
            flags |= {flag for verb in command.commands.values() for option in verb.params for flag in option.opts}
    assert not later.FLAGS.keys() & flags
