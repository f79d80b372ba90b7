"""Bindings: what is in the command is replaced once, and what cannot be is told beforehand."""

from __future__ import annotations

import pytest

from lazuli.schema.bindings import Binding, bindings_in, check, fill, render, render_known
from lazuli.schema.problems import InvalidInput

KNOWN = {"inputs": {"data", "lr"}, "outputs": {"model"}}


def test_bindings_are_found_in_order_with_or_without_spaces() -> None:
    text = "python x.py ${{inputs.data}} ${{ outputs.model }} ${{name}} $HOME ${data.text} {inputs.x} ${{}}"
    assert list(bindings_in(text)) == [Binding("inputs", "data"), Binding("outputs", "model"), Binding("name")]
    assert [str(binding) for binding in bindings_in(text)] == ["${{inputs.data}}", "${{outputs.model}}", "${{name}}"]


def test_what_is_known_passes() -> None:
    check("${{inputs.data}} $[[--lr ${{inputs.lr}}]] ${{outputs.model}}", KNOWN, target="command")


@pytest.mark.parametrize(
    ("text", "message", "mend"),
    [
        ("${{inputs.dta}}", "the job has no input 'dta'", "'data'"),
        ("${{outputs.zzz}}", "the job has no output 'zzz'", "model"),
        ("${{search_space.lr}}", "'search_space' cannot be bound here", "inputs, outputs"),
        ("${{inputs}}", "the job has no input ''", ""),
        ("$[[${{inputs.x9}}]]", "the job has no input 'x9'", ""),
    ],
)
def test_what_is_not_known_is_told(text: str, message: str, mend: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check(text, KNOWN, target="command")
    assert message in caught.value.message
    assert mend in caught.value.mend
    assert caught.value.target == "command"


def test_a_job_without_inputs_is_told_to_add_one() -> None:
    with pytest.raises(InvalidInput, match="Add 'x' to 'inputs'"):
        check("${{inputs.x}}", {"inputs": set()}, target="command")


def values(binding: Binding) -> str | None:
    return {"a": "1", "b": "${{inputs.a}}", "gone": None}[binding.name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x ${{inputs.a}}-${{ inputs.a }}", "x 1-1"),
        ("${{inputs.b}}", "${{inputs.a}}"),  # a value is never read as a binding itself
        ("[${{inputs.gone}}]", "[]"),
        ("p $[[--a ${{inputs.a}}]] $[[--g ${{inputs.gone}} ${{inputs.a}}]]!", "p --a 1 !"),
        ("$[[\n--g\n${{inputs.gone}}]]", ""),
        ("[[ -f x ]] && echo $[[plain]]", "[[ -f x ]] && echo plain"),
    ],
)
def test_bindings_are_replaced_by_values(text: str, expected: str) -> None:
    assert render(text, values) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--lr ${{space.lr}} ${{inputs.x}}", "--lr 0.1 ${{inputs.x}}"),
        ("a $[[--m ${{space.m}}]] b${{ space.m }}", "a  b"),
        ("$[[--lr ${{space.lr}} ${{inputs.x}}]]", "$[[--lr 0.1 ${{inputs.x}}]]"),
    ],
)
def test_one_group_is_filled_and_the_others_stay(text: str, expected: str) -> None:
    assert fill(text, "space", {"lr": "0.1", "m": None}) == expected


def test_what_has_a_value_is_replaced_once_and_the_rest_stays() -> None:
    values = {"data": "${{inputs.lr}}", "lr": ""}
    text = "${{inputs.data}} ${{ inputs.lr }}| ${{secrets.key}} ${{ name }}"
    told = render_known(text, lambda binding: values.get(binding.name))
    assert told == "${{inputs.lr}} | ${{secrets.key}} ${{ name }}"
