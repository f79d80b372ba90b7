"""Published pipelines from the command line: published from a file and from a job, run, and switched off and on."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.test_resources import shown

EXAMPLE = Path(__file__).parents[2] / "examples" / "pipelines" / "published.yml"


def test_a_pipeline_is_published_and_run_with_parameters(lazuli: Run, workspace: str) -> None:
    lazuli("compute", "create", "-n", "cpu-cluster", "--max-instances", "2")
    made = shown(lazuli("published-pipeline", "create", "-f", str(EXAMPLE), "-o", "json"))
    assert (made["name"], made["version"], made["status"]) == ("greeting", "1", "Active")
    assert made["pipeline"]["jobs"]["write"]["environment"].startswith("azureml:CliV2Anonymous")
    assert made["endpoint"].endswith(made["pipeline_id"])
    done = lazuli("published-pipeline", "submit", "-n", "greeting", "-p", "whom=there", "-p", "times=2", "--stream")
    job = done.stderr.split()[1]
    assert "count" in done.output and shown(lazuli("job", "show", "-n", job, "-o", "json"))["status"] == "Completed"
    lazuli("job", "download", "-n", f"{job}-write", "--output-name", "lines")
    assert [f.read_text() for f in Path.cwd().rglob("lines*") if f.is_file()] == ["hello, there\n" * 2]
    told = lazuli("published-pipeline", "submit", "-n", "greeting", "-p", "who=x", fails=1).stderr
    assert "has no parameter 'who'. Did you mean 'whom'" in " ".join(told.replace("error:", "").split())
    again = shown(
        lazuli("published-pipeline", "create", "-n", "greeting", "--pipeline", f"azureml:{job}", "-o", "json")
    )
    assert (again["version"], again["pipeline"]["inputs"]["times"]) == ("2", "2")


def test_a_version_is_switched_off_and_on(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "steps.yml").write_text(
        "type: pipeline\njobs: {a: {type: command, command: echo, environment: {image: python:3.11}}}\n"
    )
    (tmp_path / "switched.yml").write_text("name: switched\npipeline: ./steps.yml\n")
    lazuli("published-pipeline", "create", "-f", "switched.yml")
    off = shown(lazuli("published-pipeline", "disable", "-n", "switched", "-v", "1", "-o", "json"))
    assert off["status"] == "Disabled"
    told = lazuli("published-pipeline", "submit", "-n", "switched", fails=1).stderr
    assert "lazuli published-pipeline enable -n switched -v 1" in told
    assert "Active" in lazuli("published-pipeline", "enable", "-n", "switched", "-v", "1").output
    changed = shown(
        lazuli("published-pipeline", "update", "-n", "switched", "-v", "1", "--description", "d", "-o", "json")
    )
    assert (changed["description"], changed["version"]) == ("d", "1")
    assert shown(lazuli("published-pipeline", "submit", "-n", "switched", "-o", "json"))["type"] == "pipeline"


def test_what_is_no_pipeline_is_told_with_its_line(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "job.yml").write_text("command: echo\nenvironment: azureml:x:1\n")
    (tmp_path / "wrong.yml").write_text("name: wrong\npipeline: ./job.yml\n")
    assert "Only pipelines are published" in lazuli("published-pipeline", "create", "-f", "wrong.yml", fails=1).stderr
    (tmp_path / "wrong.yml").write_text(
        "name: wrong\npipeline:\n  type: pipeline\n  jobs:\n    a: {type: command, component: ./gone.yml}\n"
    )
    assert "wrong.yml:5" in lazuli("published-pipeline", "create", "-f", "wrong.yml", fails=1).stderr
