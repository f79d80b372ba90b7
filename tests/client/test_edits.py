from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lazuli.client.edits import edited, value_of
from lazuli.schema import yaml
from lazuli.schema.problems import InvalidInput
from lazuli.schema.yaml import Source, written


def source(text: str) -> Source:
    return yaml.parse(text, name="job.yml", folder=Path())


def edit(text: str, *edits: str) -> Any:
    return edited(source(text), edits).data


def test_a_value_is_put_where_it_belongs_and_maps_are_made() -> None:
    assert edit("inputs: {lr: 0.1}", "inputs.lr=0.3") == {"inputs": {"lr": 0.3}}
    assert edit("a: 1", "limits.timeout=60") == {"a": 1, "limits": {"timeout": 60}}
    assert edit("", "name=x") == {"name": "x"}


def test_lists_by_either_spelling() -> None:
    assert edit("d: [{x: 1}, {x: 2}]", "d[1].x=9", "d.0.x=8") == {"d": [{"x": 8}, {"x": 9}]}
    with pytest.raises(InvalidInput, match="no item '2'"):
        edit("d: [1, 2]", "d[2]=3")
    with pytest.raises(InvalidInput, match=r"--set a=\[1, 2\]"):
        edit("a: 1", "d[0]=3")
    with pytest.raises(InvalidInput, match="'0' cannot be set inside a map"):
        edit("d: {a: 1}", "d[0]=3")


def test_a_key_may_hold_a_dot_and_values_keep_their_types() -> None:
    assert edit("", "tags['a.b']=1", 'tags["c d"].e=true') == {"tags": {"a.b": 1, "c d": {"e": True}}}
    assert edit("a: [[1, 2], [3]]", "a[0][1]=x", "a[1]=[4, 5]", "b=null") == {"a": [[1, "x"], [4, 5]], "b": None}


def test_the_source_itself_stays_as_it_was() -> None:
    before = source("a: {b: 1}")
    edited(before, ["a.b=2"])
    assert before.data == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7), ("0.5", 0.5), ("true", True), ("null", None), ("", None), ("text", "text"), ("[1, 2]", [1, 2]),
        ("{a: 1}", {"a": 1}), ("note: this", "note: this"), ("- x", "- x"), ("azureml:sk@latest", "azureml:sk@latest"),
        ("a=b", "a=b"), ("{broken", "{broken"), ("${{inputs.x}}", "${{inputs.x}}"), ("x: &a *a", "x: &a *a"),
    ],
)  # fmt: skip
def test_values_are_read_as_yaml_reads_a_scalar(text: str, value: Any) -> None:
    assert value_of(text) == value


def test_a_number_stays_as_written() -> None:
    assert written(value_of("1e-3")) == "1e-3"
    assert written(value_of("01")) == "01"


@pytest.mark.parametrize("wrong", ["novalue", "=x", "..=x", ".a=x", "a[=x", "a[b]=x", "a['b]=x", "a..b=x"])
def test_an_edit_without_place_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput, match=r"--set a\.b\.c=value"):
        edit("a: 1", wrong)


def test_an_edit_into_a_plain_value_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'b' cannot be set inside '1'"):
        edit("a: 1", "a.b=2")
