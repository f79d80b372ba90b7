from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from lazuli.cli.commands import COMMANDS, root
from lazuli.resources.table import NOUNS

Run = Callable[..., Result]


def test_help_loads_no_command() -> None:
    code = (
        "import sys; from lazuli.cli.commands import root; root(['--help'], standalone_mode=False); "
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert not loaded & {
        "pydantic",
        "httpx",
        "rich",
        "yaml",
        "sqlalchemy",
        "lazuli.cli.nouns",
        "lazuli.schema.document",
    }
    for name in COMMANDS:
        assert f"  {name}  " in done.stdout


def test_every_noun_of_the_table_has_a_command_with_its_verbs() -> None:
    for row in NOUNS:
        if not row.command:
            assert row.word not in COMMANDS
            continue
        group = COMMANDS[row.word].load()
        assert isinstance(group, click.Group)
        wanted = {"create", "show", "list", "update"} | ({"archive", "restore"} if row.versioned else set())
        assert wanted <= set(group.commands)


def every_command() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, entry in COMMANDS.items():
        command = entry.load()
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, verb) for verb in command.commands]
    return found


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(root, [*words, "--help"], prog_name="lazuli")
    assert done.exit_code == 0
    summary = done.output.split("\n\n")[1].strip()
    assert summary and summary.endswith("."), done.output


def test_a_misspelt_command_is_a_usage_error_with_its_mend() -> None:
    done = CliRunner().invoke(root, ["jop"], prog_name="lazuli")
    assert done.exit_code == 2
    assert "Did you mean 'job'?" in done.output


def test_an_unknown_option_is_a_usage_error() -> None:
    assert CliRunner().invoke(root, ["job", "list", "--nope"]).exit_code == 2


def test_no_server_is_one_neat_message(tmp_path: Path) -> None:
    env = {"LAZULI_DATA_DIR": str(tmp_path), "LAZULI_URL": None}
    done = CliRunner().invoke(root, ["job", "list"], env=env)
    assert done.exit_code == 1
    assert done.stderr == f"error: No Lazuli server runs on {tmp_path}.\n       Start it with 'lazuli up'.\n"


def test_three_mistakes_are_told_as_three(tmp_path: Path) -> None:
    file = tmp_path / "job.yml"
    file.write_text("comand: echo\nenvironment: azureml:a:1\nresources: {instance_count: many}\ncommand: echo\n")
    (tmp_path / "server.json").write_text('{"url": "http://127.0.0.1:1"}')
    (tmp_path / "token").write_text("t")
    env = {"LAZULI_DATA_DIR": str(tmp_path), "LAZULI_URL": None, "LAZULI_WORKSPACE": "w"}
    done = CliRunner().invoke(root, ["job", "create", "-f", str(file)], env=env)
    assert done.exit_code == 1
    assert "2 things are wrong" in done.stderr
    assert "job.yml:1: 'comand' is not a known key. Did you mean 'command'?" in done.stderr
    assert "job.yml:3: 'resources.instance_count'" in done.stderr


def test_schema_prints_the_yaml_dialect() -> None:
    done = CliRunner().invoke(root, ["schema", "compute"])
    assert '"min_instances"' in done.output
    assert "minNodeCount" not in done.output


def test_deleting_a_workspace_that_is_not_there_is_an_error(lazuli: Run) -> None:
    told = lazuli("workspace", "delete", "-n", "never-was", "--yes", fails=1).stderr
    assert "does not exist" in told and "Deleted" not in told


def test_the_question_before_a_deletion_tells_how_much_goes(lazuli: Run, tmp_path: Path) -> None:
    lazuli("workspace", "create", "-n", "full")
    (tmp_path / "a.txt").write_text("a")
    lazuli("data", "create", "-w", "full", "-n", "one", "--type", "uri_file", "-p", "a.txt")
    asked = lazuli("workspace", "delete", "-n", "full", fails=1).stderr
    assert "everything in it (1 data asset)" in asked
    lazuli("workspace", "delete", "-n", "full", "--yes")
