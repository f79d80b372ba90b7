from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

JOB = f"""\
command: |
  cat ${{{{inputs.greeting}}}} && echo "to ${{{{inputs.who}}}}"
  echo done > ${{{{outputs.result}}}}/r.txt && mkdir -p outputs && echo kept > outputs/k.txt
  exit ${{{{inputs.code}}}}
code: src
environment: {{image: "python:{sys.version_info.major}.{sys.version_info.minor}"}}
compute: cpu
inputs:
  greeting: {{type: uri_file, path: hello.txt}}
  who: all
  code: 0
outputs:
  result:
"""


@pytest.fixture
def job(tmp_path: Path) -> str:
    """A job file in the current folder, with what it needs."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.py").write_text("print(1)")
    (tmp_path / "hello.txt").write_text("hello\n")
    (tmp_path / "job.yml").write_text(JOB)
    return "job.yml"


def test_a_job_from_its_file_to_its_outputs(lazuli: Run, workspace: str, job: str, tmp_path: Path) -> None:
    done = lazuli("job", "create", "-f", job, "-n", "road", "--set", "inputs.who=you", "--stream")
    assert done.stdout == "hello\nto you\n"
    assert "Job road: Completed" in done.stderr
    said = json.loads(lazuli("job", "show", "-n", "road", "-o", "json").stdout)
    assert (said["status"], said["experiment_name"]) == ("Completed", tmp_path.name)
    assert lazuli("job", "stream", "-n", "road").stdout == "hello\nto you\n"
    lazuli("job", "download", "-n", "road", "--all", "-p", "home")
    assert (tmp_path / "home/named-outputs/result/r.txt").read_text() == "done\n"
    assert (tmp_path / "home/artifacts/outputs/k.txt").read_text() == "kept\n"
    assert "no output 'other'" in lazuli("job", "download", "-n", "road", "--output-name", "other", fails=1).stderr
    made = lazuli("model", "create", "-n", "road", "--path", "azureml://jobs/road/outputs/result", "-o", "json")
    assert json.loads(made.stdout)["job_name"] == "road"
    tree = lazuli("model", "lineage", "-n", "road").output
    assert tree.startswith("model road:1\n└── job road")
    assert lazuli("model", "lineage", "road:1").output == tree == lazuli("model", "lineage", "road@latest").output
    assert "Name one model." in lazuli("model", "lineage", fails=1).stderr


def test_all_is_downloaded_but_what_lies_elsewhere(
    lazuli: Run, workspace: str, job: str, place: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "own.yml").write_text(f"name: own\ntype: local\npath: {place['LAZULI_LOCAL_ROOTS']}\n")
    lazuli("datastore", "create", "-f", "own.yml")
    there = "outputs.there={type: uri_folder, path: azureml://datastores/own/paths/there}"
    lazuli("job", "create", "-f", job, "-n", "wide", "--set", there, "--stream")
    done = lazuli("job", "download", "-n", "wide", "--all", "-p", "home", fails=1)
    assert "All is in 'home' but 'there': The datastore 'own' lies outside" in done.stderr
    assert (tmp_path / "home/named-outputs/result/r.txt").read_text() == "done\n"
    assert (tmp_path / "home/artifacts/outputs/k.txt").read_text() == "kept\n"
    assert "lies outside" in lazuli("job", "download", "-n", "wide", "--output-name", "there", fails=1).stderr


def test_a_job_that_fails_fails_the_command(lazuli: Run, workspace: str, job: str) -> None:
    done = lazuli("job", "create", "-f", job, "-n", "sad", "--set", "inputs.code=3", "--stream", fails=1)
    assert "Job sad: Failed" in done.stderr
    assert "exit code 3" in done.stderr
    assert "lazuli job download -n sad --all" in done.stderr
    lazuli("job", "stream", "-n", "sad", fails=1)
    assert "exit code 3" in lazuli("job", "show", "-n", "sad", "-o", "table").stdout
    assert "exit code 3" in lazuli("job", "list").stdout
    assert "has ended already: Failed" in lazuli("job", "cancel", "-n", "sad").stderr


def test_a_job_is_canceled_described_and_hidden(lazuli: Run, workspace: str, job: str) -> None:
    lazuli("job", "create", "-f", job, "-n", "long", "--set", "command=sleep 60")
    counted = json.loads(lazuli("status", "-o", "json").stdout)
    assert counted["jobs_running"] + counted["jobs_queued"] == 1
    lazuli("job", "cancel", "-n", "long")
    assert "Job long: Canceled" in lazuli("job", "stream", "-n", "long", fails=1).stderr
    changed = lazuli("job", "update", "-n", "long", "--set", "display_name=nap", "--set", "tags.a=1", "-o", "json")
    assert json.loads(changed.stdout)["display_name"] == "nap"
    assert "cannot be changed" in lazuli("job", "update", "-n", "long", "--set", "command=x", fails=1).stderr
    lazuli("job", "archive", "-n", "long")
    assert "nap" not in lazuli("job", "list").output
    lazuli("job", "restore", "-n", "long")
    assert "nap" in lazuli("job", "list").output


def test_a_mistake_leaves_nothing_half_made(lazuli: Run, workspace: str, job: str) -> None:
    told = lazuli("job", "create", "-f", job, "-n", "never", "--set", "inputs.greeting.path=hallo.txt", fails=1)
    assert "job.yml:9: 'inputs.greeting.path': 'hallo.txt' does not exist" in told.stderr
    assert "Did you mean 'hello.txt'?" in told.stderr
    lazuli("job", "create", "-f", job, "-n", "never", "--set", "compute=none", fails=1)
    assert "does not exist" in lazuli("job", "show", "-n", "never", fails=1).stderr


def test_metrics_of_a_job_without_any(lazuli: Run, workspace: str, job: str) -> None:
    lazuli("job", "create", "-f", job, "-n", "quiet", "--stream")
    assert "logged no metrics" in lazuli("job", "metrics", "-n", "quiet").stderr


def test_an_input_that_the_file_does_not_have_is_warned_of(lazuli: Run, workspace: str, job: str) -> None:
    told = lazuli("job", "create", "-f", job, "-n", "slip", "--set", "inputs.coed=3", "inputs.who=you").stderr
    assert told.count("warning:") == 1
    assert "no input 'coed'; it is added. Did you mean 'code'?" in told
    assert "slip" not in lazuli("environment", "list").output
    assert "CliV2AnonymousEnvironment" not in lazuli("environment", "list").output


def test_a_refusal_of_the_server_names_the_line(lazuli: Run, workspace: str, job: str) -> None:
    told = lazuli("job", "create", "-f", job, "--set", "compute=nope", fails=1).stderr
    assert "job.yml:7: The compute 'nope' does not exist" in told
    assert "does not exist in workspace" in lazuli("job", "metrics", "-n", "nope", fails=1).stderr


def test_a_job_that_is_there_already_is_told_to_be_so(lazuli: Run, workspace: str, job: str) -> None:
    said = ("job", "create", "-f", job, "-n", "twice", "--set", "command=echo")
    assert "nothing new ran" not in lazuli(*said).stderr
    assert "'twice' is here already and says the same: nothing new ran" in lazuli(*said).stderr
