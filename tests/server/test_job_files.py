"""Jobs as YAML text: checked with lines, submitted as they stand, written back as what submits them again."""

from __future__ import annotations

from typing import Any

import pytest
from tests.server.conftest import WS, Served, eventually

PLAIN = """\
# kept by whoever wrote it
type: command
name: {name}
command: echo ${{{{inputs.word}}}}
environment: azureml:minimal@latest
compute: azureml:local
inputs:
  word: hello
"""


def checked(served: Served, text: str) -> list[dict[str, Any]]:
    answer = served.admin.post(f"{WS}/jobFile/check", content=text)
    assert answer.status_code == 200, answer.text
    return answer.json()["problems"]


def submitted(served: Served, text: str) -> Any:
    return served.admin.post(f"{WS}/jobFile", content=text, headers={"Content-Type": "application/yaml"})


def ended(served: Served, name: str) -> str:
    said: dict[str, Any] = {}

    def over() -> bool:
        said.update(served.admin.get(f"{WS}/jobs/{name}").json()["properties"])
        return said["status"] in ("Completed", "Failed", "Canceled")

    eventually(over)
    return said["status"]


def test_a_file_is_submitted_as_it_stands_and_written_back(served: Served) -> None:
    text = PLAIN.format(name="from-a-file")
    assert checked(served, text) == []
    assert served.admin.get(f"{WS}/jobs/from-a-file").status_code == 404  # a check keeps nothing
    answer = submitted(served, text)
    assert answer.status_code == 201, answer.text
    assert answer.json()["properties"]["environmentId"].split("/")[-3] == "AzureML-minimal"
    assert ended(served, "from-a-file") == "Completed"
    again = served.admin.get(f"{WS}/jobs/from-a-file/file").text
    assert "name: from-a-file" not in again
    assert "status" not in again
    assert again.index("command:") < again.index("inputs:")
    assert checked(served, again) == []
    assert submitted(served, again).status_code == 201


def test_the_same_name_is_told_at_its_line(served: Served) -> None:
    assert submitted(served, PLAIN.format(name="only-one")).status_code == 201
    answer = submitted(served, PLAIN.format(name="only-one"))
    assert answer.status_code == 409
    assert answer.json()["error"]["message"].startswith("job.yml:3: ")


@pytest.mark.parametrize(
    ("change", "line", "target", "words"),
    [
        (("type: command", "type: command\nprority: low"), 3, "prority", "not a known key"),
        (("minimal@latest", "nowhere@latest"), 5, "environment", "nowhere"),
        (("azureml:local", "azureml:moon"), 6, "compute", "moon"),
        (("inputs.word", "inputs.wurd"), 4, "command", "wurd"),
        (("  word: hello", "  word: {type: uri_file, path: ./data.csv}"), 8, "inputs.word.path", "your machine"),
        (("compute:", "code: /etc\ncompute:"), 6, "code", "your machine"),
        (("azureml:minimal@latest", "file:/etc/hostname.yml"), 5, "environment", "your machine"),
        (("type: command", "type: [command"), 3, "job.yml:3", "not valid YAML"),
    ],
)
def test_a_slip_is_told_with_its_line(
    served: Served, change: tuple[str, str], line: int, target: str, words: str
) -> None:
    (problem,) = checked(served, PLAIN.format(name="x").replace(*change))
    assert (problem["line"], problem["target"]) == (line, target), problem
    assert words in problem["message"] + problem["mend"]
    assert not problem["message"].startswith("job.yml")


def test_what_is_missing_is_told_all_at_once(served: Served) -> None:
    problems = checked(served, "type: sweep\ndisplay_name: empty\n")
    assert {"trial", "search_space", "objective"} <= {each["target"] for each in problems}


def test_an_environment_in_place_is_kept_only_by_a_submission(served: Served) -> None:
    text = PLAIN.format(name="in-place").replace(
        "azureml:minimal@latest", "{image: python:3.11, conda_file: {dependencies: [python=3.11]}}"
    )
    path = f"{WS}/environments/CliV2AnonymousEnvironment/versions"

    def kept() -> set[str]:
        return {each["name"] for each in served.admin.get(path, params={"listViewType": "All"}).json()["value"]}

    before = kept()
    assert checked(served, text) == []
    assert kept() == before
    answer = submitted(served, text)
    assert answer.status_code == 201, answer.text
    version = answer.json()["properties"]["environmentId"].rpartition("/")[2]
    assert kept() == before | {version}


def test_steps_of_a_pipeline_are_checked_at_their_lines(served: Served) -> None:
    text = """\
type: pipeline
jobs:
  one:
    type: command
    command: echo 1
    environment: {image: python:3.11}
  two:
    type: command
    component: azureml:no_such_component@latest
"""
    (problem,) = checked(served, text)
    assert (problem["line"], problem["severity"]) == (9, "error"), problem
