"""The workflow files in ``examples/ci``: their commands run on a real server, and fail where the job fails."""

from __future__ import annotations

import shlex
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.docs.console import Shell
from tests.docs.workflows import Step, azure_steps, github_steps

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "ci"
INSTALL = "Install Lazuli"
Steps = Callable[[str, str], list[Step]]
"""The steps of a workflow whose server is at an address, opened by a token; both are '' where it starts its own."""


def of_github(url: str, token: str) -> list[Step]:
    known = {"vars.LAZULI_URL": url, "secrets.LAZULI_TOKEN": token, "github.run_id": "7", "github.run_attempt": "1"}
    return github_steps(EXAMPLES / "github-actions.yml", known)


def of_azure(url: str, token: str) -> list[Step]:
    known = {"LAZULI_TOKEN": token, "Build.BuildId": "7", "System.JobAttempt": "1"}
    return azure_steps(EXAMPLES / "azure-pipelines.yml", known, server=url)


BOTH = pytest.mark.parametrize(
    ("steps", "service"),
    [(of_github, {"GITHUB_ACTIONS": "true"}), (of_azure, {"TF_BUILD": "True"})],
    ids=["github", "azure"],
)


@pytest.fixture
def desk(tmp_path: Path, shell: Shell) -> Path:
    """The checkout: what the workflows name is there."""
    shutil.copytree(EXAMPLES, tmp_path / "desk" / "examples" / "ci")
    return tmp_path / "desk"


def run(
    shell: Shell, steps: list[Step], service: dict[str, str], *, failed: bool = False
) -> dict[str, tuple[int, str]]:
    """What each step came to that is taken; after one that fails only those that always are."""
    came: dict[str, tuple[int, str]] = {}
    for step in steps:
        if step.name == INSTALL or step.when == "cancelled" or (failed and step.when != "always"):
            continue
        came[step.name] = code, _ = taken(shell, step, service)
        failed = failed or code != 0
    return came


def taken(shell: Shell, step: Step, service: dict[str, str]) -> tuple[int, str]:
    """The exit code of a step and what it printed, in a shell of its own as the services have it."""
    given = " ".join(f"{name}={shlex.quote(value)}" for name, value in {**step.environ, **service}.items())
    return shell.run(f"env {given} bash --noprofile --norc -c {shlex.quote(step.command)}")


@BOTH
def test_what_it_installs_is_there(steps: Steps, service: dict[str, str]) -> None:
    (install,) = (step for step in steps("", "") if step.name == INSTALL)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert shlex.split(install.command.splitlines()[-1])[-1] == f"{project['name']}[server]"
    assert "server" in project["optional-dependencies"] and "lazuli" in project["scripts"]


@BOTH
def test_a_job_runs_on_a_server_of_its_own(shell: Shell, desk: Path, steps: Steps, service: dict[str, str]) -> None:
    came = run(shell, steps("", ""), service)
    assert {name: code for name, (code, _) in came.items()} == dict.fromkeys(came, 0), came
    told = came["Train"][1]
    assert "accuracy 0.93\n" in told and "Job ci-7-1: Completed" in told
    assert "\x1b" not in told and "::error" not in told and "##vso" not in told
    assert [file.read_text() for file in (desk / "left").rglob("score.txt")] == ["accuracy 0.93\n"]


@BOTH
def test_it_fails_where_the_job_fails(shell: Shell, desk: Path, steps: Steps, service: dict[str, str]) -> None:
    job = desk / "examples" / "ci" / "job.yml"
    job.write_text(job.read_text().replace("| tee outputs/score.txt", "; echo half >> outputs/score.txt; exit 3"))
    came = run(shell, steps("", ""), service)
    code, told = came["Train"]
    assert code == 1 and "Job ci-7-1: Failed" in told
    (line,) = (line for line in told.splitlines() if line.startswith(("::error", "##vso")))
    assert "ci-7-1" in line and "3" in line
    assert came["Fetch what it left"][0] == 0 and [f.read_text() for f in (desk / "left").rglob("score.txt")] == [
        "half\n"
    ]


@BOTH
def test_a_job_runs_on_a_server_elsewhere_and_is_cancelled(
    shell: Shell, desk: Path, steps: Steps, service: dict[str, str], tmp_path: Path
) -> None:
    assert shell.run("lazuli up")[0] == 0
    token = (tmp_path / "d" / "token").read_text().strip()
    _, url = shell.run("lazuli status --query url -o tsv")
    there = steps(url.strip(), token)
    assert "Start a server here" not in [step.name for step in there]
    shell.run(f"export LAZULI_DATA_DIR={tmp_path / 'runner'}")
    came = run(shell, there, service)
    assert came["Train"][0] == 0 and "Job ci-7-1: Completed" in came["Train"][1], came
    (cancel,) = (step for step in there if step.when == "cancelled")
    assert taken(shell, cancel, service)[0] == 0
    shell.run(f"export LAZULI_DATA_DIR={tmp_path / 'd'}")  # where the server is to be ended
