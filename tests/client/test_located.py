"""Refusals at the line that said it, and files that say another kind of resource."""

from __future__ import annotations

import pytest

from lazuli.client.kinds import check_kind
from lazuli.client.located import located
from lazuli.resources.job import CommandJob
from lazuli.resources.table import NOUNS, Noun, noun
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.schema.yaml import Source, parse

JOB = """\
command: echo
compute: azureml:nope
inputs:
  one: 1
  data:
    type: uri_file
    path: azureml:none:1
resources:
  instance_count: 7
"""


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("compute", 2),
        ("computeId", 2),
        ("properties.computeId", 2),
        ("inputs.data", 5),
        ("inputs.data.path", 7),
        ("resources.instanceCount", 9),
        ("inputs.other", 3),
    ],
)
def test_what_the_server_refuses_is_told_with_its_line(target: str, line: int) -> None:
    source = parse(JOB, name="job.yml")
    with pytest.raises(NotFound) as told, located(CommandJob.from_yaml(source), source):
        raise NotFound("It is not there.", target=target, mend="Make it.", code="Gone")
    assert told.value.message == f"job.yml:{line}: It is not there."
    assert (told.value.target, told.value.mend, told.value.code) == (target, "Make it.", "Gone")


@pytest.mark.parametrize("target", ["", "Host", "experiment_name"])
def test_what_the_file_does_not_say_gets_no_line(target: str) -> None:
    source = parse(JOB, name="job.yml")
    with pytest.raises(InvalidInput) as told, located(CommandJob.from_yaml(source), source):
        raise InvalidInput("No.", target=target)
    assert told.value.message == "No."


def test_a_line_is_said_once() -> None:
    source = parse(JOB, name="job.yml")
    with pytest.raises(InvalidInput) as told, located(CommandJob.from_yaml(source), source):
        raise InvalidInput("job.yml:2: no.", target="compute")
    assert told.value.message == "job.yml:2: no."


def said(text: str) -> Source:
    return parse(text, name="f.yml")


@pytest.mark.parametrize(
    ("word", "text", "told"),
    [
        ("model", JOB, "f.yml:1: this looks like a job, not a model: it has 'command'."),
        ("job", "name: x\nsize: a\nmax_instances: 2\n", "f.yml:2: this looks like a compute, not a job"),
        ("environment", "$schema: https://x/latest/commandJob.schema.json\n", "f.yml:1: '$schema' is that of a job"),
        ("job", "$schema: https://x/latest/environment.schema.json\n", "of an environment, not of a job."),
    ],
)
def test_a_file_of_another_kind_is_told_once(word: str, text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_kind(noun(word), said(text))
    assert told in refused.value.message


@pytest.mark.parametrize("row", NOUNS, ids=lambda row: row.word)
def test_a_slip_is_left_to_the_document(row: Noun) -> None:
    check_kind(row, said("nmae: x\n"))
    check_kind(row, said("$schema: https://example.com/mine.schema.json\nname: x\n"))
    check_kind(row, said("- a list\n"))
