"""What a user gets wrong: told at its line, with what was found and what to write, and nothing is half made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

JOB = "command: echo hi\nenvironment:\n  image: python:3.11\ncompute: local\n"
CASES = {
    "an unknown key": ("job", "command: echo hi\nenviroment: x\n", ["job.yml:2", "enviroment", "environment"]),
    "a wrong type": ("job", JOB + "inputs: 5\n", ["job.yml:5", "inputs"]),
    "a wrong type inside": ("job", JOB + "limits:\n  timeout: soon\n", ["job.yml:6", "timeout", "soon"]),
    "a value of another list": ("job", JOB + "inputs:\n  x: {path: ./x, mode: sideways}\n", ["job.yml:6", "sideways"]),
    "no command": ("job", "environment: azureml:x:1\n", ["command"]),
    "a missing file": (
        "job",
        JOB + "inputs:\n  x:\n    type: uri_file\n    path: ./none.csv\n",
        ["job.yml:8", "none.csv"],
    ),
    "a missing code folder": ("job", JOB + "code: ./none\n", ["job.yml:5", "none"]),
    "a code folder above": ("job", JOB + "code: ../../../../../../none\n", ["job.yml:5"]),
    "an unknown environment": ("job", "command: x\nenvironment: azureml:none:1\n", ["job.yml:2", "none"]),
    "an unknown compute": ("job", JOB.replace("local", "azureml:none"), ["job.yml:4", "none"]),
    "an unknown data asset": ("job", JOB + "inputs:\n  x: {path: 'azureml:none:1'}\n", ["job.yml:6", "none"]),
    "an unknown input": ("job", JOB.replace("hi", "${{inputs.none}}"), ["job.yml:1", "inputs.none"]),
    "a URL of nobody": ("job", JOB + "inputs:\n  x: {path: 'https://example.org/x'}\n", ["job.yml:6", "example.org"]),
    "a name with steps": ("job", JOB + "name: ../x\n", ["job.yml:5", "../x"]),
    "a file that includes itself": ("job", "command: x\nenvironment: file:job.yml\n", ["job.yml"]),
    "a tab": ("job", "command: x\n\tenvironment: y\n", ["job.yml:2"]),
    "two of one key": ("job", "command: x\ncommand: y\nenvironment: azureml:x:1\n", ["job.yml:2", "command"]),
    "no mapping": ("job", "- a\n- b\n", ["job.yml"]),
    "an alias bomb": ("job", "a: &a [x]\nb: &b [*a, *a]\ncommand: *b\n", ["job.yml"]),
    "an object of Python": ("job", "command: !!python/object:os.system x\n", ["job.yml:1"]),
    "bytes that are no text": ("job", "\udcff\udcfe", ["job.yml"]),
    "missing data": ("data", "name: d\ntype: uri_file\npath: ./none.csv\n", ["data.yml:3", "none.csv"]),
    "a folder as a file": ("data", "name: d\ntype: uri_file\npath: .\n", ["data.yml", "uri_folder"]),
    "data with steps": ("data", "name: ../d\ntype: uri_file\npath: data.yml\n", ["data.yml:1", "../d"]),
    "a model of nothing": ("model", "name: m\npath: ./none\n", ["model.yml:2", "none"]),
    "a folder of the server": ("datastore", "name: s\ntype: local\npath: /etc\n", ["datastore.yml:3"]),
    "an address of the machine itself": (
        "datastore",
        "name: s\ntype: s3\nbucket_name: bbb\nendpoint: http://169.254.169.254\n",
        ["datastore.yml:4", "169.254.169.254"],
    ),
    "a conda file of nothing": (
        "environment",
        "name: e\nconda_file: none.yml\nimage: python\n",
        ["environment.yml:2", "none.yml"],
    ),
    "more instances than there are to be": (
        "online-deployment",
        "name: b\nendpoint_name: none\nscale_settings:\n  type: target_utilization\n"
        "  min_instances: 3\n  max_instances: 2\n",
        ["online-deployment.yml:3", "min_instances (3)", "max_instances (2)"],
    ),
    "a script of nothing": (
        "online-deployment",
        "name: b\nendpoint_name: none\ncode_configuration:\n  code: .\n  scoring_script: scor.py\n",
        ["online-deployment.yml:5", "scoring_script", "scor.py"],
    ),
    "more nodes than there are to be": (
        "compute",
        "name: c\ntype: amlcompute\nmin_instances: 5\nmax_instances: 1\n",
        ["max_instances"],
    ),
}


def made(lazuli: Run) -> dict[str, list[str]]:
    """The names of all that there is."""
    nouns = ("job", "data", "model", "environment", "compute", "datastore")
    return {noun: [one["name"] for one in json.loads(lazuli(noun, "list", "-o", "json").stdout)] for noun in nouns}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_and_nothing_is_made(lazuli: Run, workspace: str, tmp_path: Path, case: str) -> None:
    noun, text, told = CASES[case]
    before = made(lazuli)
    (tmp_path / f"{noun}.yml").write_bytes(text.encode(errors="surrogateescape"))
    said = lazuli(noun, "create", "-f", f"{noun}.yml", fails=1).stderr
    missing = [word for word in told if word not in said]
    assert not missing, said
    assert "Traceback" not in said and "site-packages" not in said and len(said) < 3000
    assert made(lazuli) == before
