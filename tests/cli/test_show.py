from __future__ import annotations

import json
from typing import Any

import click
import jmespath
import pytest
from click.testing import CliRunner

from lazuli.cli.options import output_option
from lazuli.cli.show import Form, fitting, show, show_many
from lazuli.schema import yaml
from lazuli.schema.problems import InvalidInput

JOBS = [
    {"name": "a", "status": "Completed", "tags": {"k": "1"}, "outputs": ["x", "y"], "error": None, "hidden": False},
    {"name": "b\tc\nd", "status": "Failed", "tags": {}, "outputs": [], "error": "no", "hidden": True},
]


def printed(capsys: pytest.CaptureFixture[str], value: Any, format: str, query: str = "") -> str:
    form = Form(format, jmespath.compile(query) if query else None)
    if isinstance(value, list):
        show_many(value, ("name", "status"), form, "Nothing.")
    else:
        show(value, form)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("", ["a\tCompleted\t\t2\t\tfalse", "b c d\tFailed\t\t0\tno\ttrue"]),
        ("[].name", ["a", "b c d"]),
        ("[].[name, hidden]", ["a\tfalse", "b c d\ttrue"]),
        ("[].{n: name, s: status}", ["a\tCompleted", "b c d\tFailed"]),
        ("length(@)", ["2"]),
        ("[0].status", ["Completed"]),
        ("[0].nothing", []),
        ("[?name=='none']", []),
    ],
)
def test_tab_separated_values_are_one_line_each(
    capsys: pytest.CaptureFixture[str], query: str, lines: list[str]
) -> None:
    assert printed(capsys, JOBS, "tsv", query).splitlines() == lines


@pytest.mark.parametrize("format", ["json", "jsonc"])
def test_json_is_json_whoever_reads_it(capsys: pytest.CaptureFixture[str], format: str) -> None:
    long = [{**JOBS[0], "text": "ü [red] " * 200}]
    out = printed(capsys, long, format)
    assert json.loads(out) == long
    assert "\x1b" not in out
    assert json.loads(printed(capsys, JOBS[0], format, "tags")) == {"k": "1"}
    assert printed(capsys, JOBS[0], format, "nothing") == "null\n"


def test_yaml_of_a_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert yaml.parse(printed(capsys, JOBS[0], "yaml", "tags")).data == {"k": "1"}
    assert printed(capsys, JOBS[0], "yaml", "status") == "Completed\n"


def test_a_table_of_what_a_query_finds(capsys: pytest.CaptureFixture[str]) -> None:
    named = printed(capsys, JOBS, "table", "[].{Name: name, Hidden: hidden}")
    assert named.split()[:2] == ["Name", "Hidden"]
    assert "false" in named
    assert "Column2" in printed(capsys, JOBS, "table", "[].[name, status]")
    assert printed(capsys, JOBS, "table", "length(@)").split()[0] == "Result"
    assert printed(capsys, JOBS, "table", "[?name=='none']") == ""


def test_none_is_silence(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, JOBS, "none") == printed(capsys, JOBS[0], "none") == ""


def test_a_query_that_does_not_fit_is_told_briefly(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidInput, match="does not fit the answer") as told:
        printed(capsys, [{"name": "x" * 1000}], "json", "sum(@)")
    assert len(told.value.message) < 300


def test_a_query_that_is_none_is_a_usage_error_before_anything_is_asked() -> None:
    @click.command()
    @output_option("yaml")
    def command(output: Form) -> None:
        raise AssertionError("it ran")

    done = CliRunner().invoke(command, ["--query", "[0"])
    assert done.exit_code == 2
    assert "no JMESPath expression" in done.output


def test_a_narrow_screen_goes_without_columns_before_it_breaks_a_name() -> None:
    job = {"name": "brave_harbor_abcdefghij", "display_name": "brave_harbor_abcdefghij", "experiment_name": "wine"}
    job |= {"status": "Failed", "status_reason": "The command ended with exit code 3.", "created_at": "x" * 19}
    assert fitting(list(job), [job], 200) == list(job)
    assert fitting(list(job), [job], 80) == ["name", "status", "status_reason", "created_at"]
    assert fitting(list(job), [job], 10)[0] == "name"


def test_what_is_least_needed_goes_and_no_column_is_squeezed_to_nothing() -> None:
    size = {"name": "x" * 16, "category": "General purpose", "cores": "4", "memory_gb": "14.0", "gpus": "0"}
    prices = {"price_per_hour": "0.0", "low_priority_per_hour": "0.0"}
    row = {**size, **prices}
    assert fitting(list(row), [row], 80) == ["name", "cores", "memory_gb", "gpus", "price_per_hour"]
    assert fitting(list(row), [row], 30) == ["name", "cores"]


def test_one_resource_as_a_table_tells_its_parts_and_no_empty_field(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show({"name": "j", "error": {"message": "exit code 3"}, "inputs": {"a": 1}, "tags": {}, "id": None}, Form("table"))
    told = capsys.readouterr().out
    assert "message: exit code 3" in told
    assert "a: 1" in told
    assert "tags" not in told and "id" not in told.split()
