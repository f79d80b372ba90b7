"""Every command that scripts for ``az ml`` use is taken with its flags, or refused by its name: never ignored."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.cli.az_commands import COMMANDS

from lazuli.cli import later
from lazuli.cli.command import Command
from lazuli.cli.commands import COMMANDS as ROOT
from lazuli.cli.commands import root


def command(words: str) -> click.Command | None:
    noun, verb = words.split()
    group = ROOT[noun].load() if noun in ROOT else None
    return group.commands.get(verb) if isinstance(group, click.Group) else None


@pytest.mark.parametrize("words", [words for words, (fate, _) in COMMANDS.items() if fate == "works"])
def test_its_flags_are_taken_or_refused_by_name(words: str) -> None:
    made = command(words)
    assert made is not None
    taken, _, refused = COMMANDS[words][1].partition(" - ")
    known = {flag for param in made.params for flag in (*param.opts, *param.secondary_opts)}
    for flag in taken.split():
        longer = [each for each in known if flag in each[: len(flag)]]
        assert flag in known or (isinstance(made, Command) and flag.startswith("--") and len(longer) == 1), flag
    for flag in refused.split():
        assert flag not in known
        assert flag in later.FLAGS


@pytest.mark.parametrize("words", [words for words, (fate, _) in COMMANDS.items() if fate == "later"])
def test_it_is_refused_by_its_name(words: str) -> None:
    done = CliRunner().invoke(root, words.split(), prog_name="lazuli")
    assert done.exit_code == 2
    assert "is not part of this version" in done.output


def test_the_file_of_what_comes_later_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "blue.yml"
    file.write_text("name: blue\ntype: uri_folder\nsource: {type: database, connection: azureml:c}\ndescripton: 3\n")
    words = ["data", "import", "--file", str(file), "--set", "path=azureml://datastores/x/paths/y"]
    done = CliRunner().invoke(root, words, prog_name="lazuli")
    assert done.exit_code == 2
    assert "blue.yml:4: 'descripton' is not a known key. Did you mean 'description'?" in done.output
    assert "is understood, and is right as it is; nothing was made of it" in done.output
    file.write_text("name: blue\nsource:\n  type: table\n")
    done = CliRunner().invoke(root, words, prog_name="lazuli")
    assert done.exit_code == 1
    assert "blue.yml:3: 'source.type' is 'table'" in done.output


def test_schemas_are_written_to_a_folder(tmp_path: Path) -> None:
    done = CliRunner().invoke(root, ["schema", "--all", str(tmp_path / "schemas")], prog_name="lazuli")
    assert done.exit_code == 0, done.output
    assert {"job.schema.json", "pipelineJob.schema.json"} <= {file.name for file in (tmp_path / "schemas").iterdir()}
    assert "pipelineJob" in CliRunner().invoke(root, ["schema"], prog_name="lazuli").output.split()
