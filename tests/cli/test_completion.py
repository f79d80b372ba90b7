from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from lazuli.cli import names
from lazuli.cli.commands import COMMANDS, root

Run = Callable[..., Result]


def offered(*args: str) -> list[str]:
    """What is offered for the last word."""
    found = ShellComplete(root, {}, "lazuli", "_LAZULI_COMPLETE").get_completions(list(args[:-1]), args[-1])
    return [item.value for item in found]


@pytest.fixture
def user(place: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in place.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(names, "BUDGET_S", 30.0)


def test_commands_verbs_flags_and_choices() -> None:
    assert offered("") == list(COMMANDS)
    assert offered("jo") == ["job"]
    assert {"show", "show-services"} <= set(offered("job", "sho"))
    assert "--max-results" in offered("job", "list", "--m")
    assert offered("job", "list", "-o", "ts") == ["tsv"]


def test_names_come_from_the_server(lazuli: Run, workspace: str, user: None) -> None:
    lazuli("compute", "create", "-n", "tab-one", "-o", "none")
    assert offered("compute", "show", "-n", "tab-") == ["tab-one"]
    assert offered("workspace", "show", "-w", workspace[:1]) == [workspace]
    assert offered("compute", "show", "-w", "none", "-n", "") == []
    lazuli("compute", "delete", "-n", "tab-one", "-y")


def test_no_server_and_a_silent_one_offer_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "BUDGET_S", 0.01)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("LAZULI_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("LAZULI_TOKEN", "t")
        monkeypatch.setenv("LAZULI_WORKSPACE", "w")
        assert offered("compute", "show", "-n", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_one_that_it_reads(shell: str) -> None:
    done = CliRunner().invoke(root, ["completion", shell], prog_name="lazuli")
    assert done.exit_code == 0
    assert f"_LAZULI_COMPLETE={shell}_complete" in done.output
    if found := shutil.which(shell):
        subprocess.run([found, "-n"], input=done.output, text=True, check=True)
