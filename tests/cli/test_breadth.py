"""Lists that are narrowed, workspaces over groups, config.json, and the words of az ml."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

IMAGE = f"python:{sys.version_info.major}.{sys.version_info.minor}"
PREVIEW = f"""\
code: {{local_path: src}}
command: cat {{inputs.text}} main.txt
inputs:
  text: {{data: {{local_path: hello.txt}}, mode: mount}}
environment: {{docker: {{image: "{IMAGE}"}}}}
compute: {{target: azureml:cpu, instance_count: 1}}
"""


def names(done: Result) -> list[str]:
    return done.stdout.split()


@pytest.fixture
def tagged(lazuli: Run, workspace: str, tmp_path: Path) -> list[str]:
    """Four versions of data, the third archived, and one of another name."""
    (tmp_path / "d").write_text("d")
    for number in range(4):
        lazuli("data", "create", "-n", "lot", "-v", str(number), "--path", "d", "--type", "uri_file",
               "--tags", f"n={number}", f"even={number % 2 == 0}", "-o", "none")  # fmt: skip
    lazuli("data", "archive", "-n", "lot", "-v", "2", "-o", "none")
    return ["data", "list", "-n", "lot", "-o", "tsv", "--query", "[].version"]


@pytest.mark.parametrize(
    ("more", "versions"),
    [
        ([], "310"),
        (["--include-archived"], "3210"),
        (["--archived-only"], "2"),
        (["--tag", "n=1"], "1"),
        (["--tag", "n", "even=True"], "0"),
        (["--tag", "even=True", "--include-archived"], "20"),
        (["--tag", "none"], ""),
        (["--max-results", "2"], "31"),
        (["-r", "1", "--tag", "even=True"], "0"),
    ],
)
def test_lists_are_narrowed(lazuli: Run, tagged: list[str], more: list[str], versions: str) -> None:
    assert names(lazuli(*tagged, *more)) == list(versions)


def test_jobs_by_status_and_experiment(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "job.yml").write_text(f"{{command: 'true', environment: {{image: '{IMAGE}'}}, compute: cpu}}")
    lazuli("job", "create", "-f", "job.yml", "-n", "fine", "--set", "experiment_name=sift", "tags.a=1", "--stream")
    lazuli("job", "create", "-f", "job.yml", "-n", "bad", "--set", "experiment_name=sift", "command=exit 1")
    lazuli("job", "stream", "-n", "bad", fails=1)
    listed = ["job", "list", "--experiment-name", "sift", "-o", "tsv", "--query", "[].name"]
    assert names(lazuli(*listed)) == ["bad", "fine"]
    assert names(lazuli(*listed, "--status", "completed")) == ["fine"]
    assert names(lazuli(*listed, "--status", "Failed", "--status", "Completed")) == ["bad", "fine"]
    assert names(lazuli(*listed, "--tag", "a=1")) == ["fine"]
    assert names(lazuli(*listed, "--parent-job-name", "fine")) == []
    assert "There is no such job" in lazuli("job", "list", "--experiment-name", "none").stderr
    services = lazuli("job", "show-services", "-n", "fine", "--query", "[].name", "-o", "tsv")
    assert {"Studio", "Tracking"} <= set(names(services))
    lazuli("job", "show", "-n", "fine", "--web")


def test_a_job_of_the_preview_runs_as_it_stands(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.txt").write_text("and its code\n")
    (tmp_path / "hello.txt").write_text("the input\n")
    (tmp_path / "job.yml").write_text(PREVIEW)
    done = lazuli("job", "create", "-f", "job.yml", "--stream")
    assert done.stdout == "the input\nand its code\n"


def test_workspaces_of_all_groups_are_listed_changed_and_removed(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    lazuli("workspace", "create", "-n", "far", "-g", "elsewhere", "--no-wait", "--tags", "a=1", "b=2")
    listed = ["workspace", "list", "-o", "tsv", "--query", "[].name"]
    assert {"far", workspace} <= set(names(lazuli(*listed)))
    assert names(lazuli(*listed, "-g", "elsewhere")) == ["far"]
    assert names(lazuli(*listed, "--tag", "b=2")) == ["far"]
    far = ["-n", "far", "-g", "elsewhere"]
    (tmp_path / "change.yml").write_text("description: from a file\ntags: {c: 3}\n")
    done = lazuli("workspace", "update", *far, "-f", "change.yml", "--display-name", "Far", "--set", "tags.d=4")
    said = json.loads(lazuli("workspace", "show", *far, "-o", "json").stdout)
    assert (said["description"], said["display_name"], said["tags"]) == ("from a file", "Far", {"c": "3", "d": "4"})
    assert "Far" in done.stdout
    assert "Nothing is said to change" in lazuli("workspace", "update", *far, fails=1).stderr
    assert "and everything in it" in lazuli("workspace", "delete", *far, fails=1).stderr
    lazuli("workspace", "delete", *far, "--yes", "--no-wait")
    assert names(lazuli(*listed, "-g", "elsewhere")) == []


def test_config_json_is_written_found_and_checked(
    lazuli: Run, workspace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project" / "deep").mkdir(parents=True)
    written = lazuli("workspace", "write-config", "-p", "project").stdout.strip()
    assert json.loads(Path(written).read_text())["workspace_name"] == workspace
    assert "does not exist" in lazuli("workspace", "write-config", "-w", "none", fails=1).stderr
    monkeypatch.chdir(tmp_path / "project" / "deep")
    assert workspace in lazuli("workspace", "show", "--query", "name").stdout
    Path(tmp_path / "project" / ".azureml" / "config.json").write_text("{")
    told = lazuli("workspace", "show", fails=1).stderr
    assert "config.json' cannot be read" in told


def test_datastores_are_made_shown_and_removed(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    listed = names(lazuli("datastore", "list", "--query", "[?is_default].name", "-o", "tsv"))
    assert listed == ["workspaceblobstore"]
    (tmp_path / "far.yml").write_text("{name: far, type: azure_blob, account_name: account, container_name: box}")
    lazuli("datastore", "create", "-f", "far.yml", "-o", "none")
    changed = lazuli("datastore", "update", "-n", "far", "--description", "not here", "--query", "description")
    assert names(changed) == ["not", "here"]
    lazuli("datastore", "delete", "-n", "far", "-y")
    shown = lazuli("datastore", "show", "-n", "workspaceblobstore", "--query", "type", "-o", "tsv")
    assert names(shown) == ["azure_blob"]


def test_an_environment_from_a_build_context(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "File").write_text("FROM python\n")
    told = lazuli("environment", "create", "-n", "built", "--build-context", "context", fails=1)
    assert "has no Dockerfile" in told.stderr
    made = lazuli("environment", "create", "-n", "built", "--build-context", "context", "--dockerfile-path", "File",
                  "-o", "json")  # fmt: skip
    assert json.loads(made.stdout)["build"]["dockerfile_path"] == "File"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("comand: x", "job.yml:1: 'comand' is not a known key. Did you mean 'command'?"),
        ("command: x\ninputs: [1]", "job.yml:2: 'inputs'"),
        ("command: x\ncode: gone\nenvironment: {image: i}", "job.yml:2: 'code': 'gone' does not exist"),
        ("command: x\nenvironment: file:gone.yml", "job.yml:2: 'environment': 'file:gone.yml' does not exist"),
        ("command: x\nenvironment: file:job.yml", "job.yml includes itself"),
        ("command: x\nenvironment: {image: i, conda_file: file:job.yml}", "is no conda specification"),
        ("command: x\nname: ../up\nenvironment: {image: i}", "'../up' cannot be a name"),
        ("a: &a {b: *a}", "stands inside of what it stands for"),
        ("command: [", "not valid YAML"),
        ("", "holds nothing"),
    ],
)
def test_bad_files_are_told_and_leave_nothing(
    lazuli: Run, workspace: str, tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "job.yml").write_text(text)
    before = lazuli("job", "list", "--include-archived", "--query", "length(@)", "-o", "tsv").stdout
    assert told in lazuli("job", "create", "-f", "job.yml", fails=1).stderr
    assert lazuli("job", "list", "--include-archived", "--query", "length(@)", "-o", "tsv").stdout == before
