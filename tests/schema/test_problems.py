"""Problems: what the server knew, the client knows too."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazuli.schema import problems
from lazuli.schema.problems import InvalidInput, Problem, did_you_mean, from_envelope, to_envelope

KINDS = [kind for kind in vars(problems).values() if isinstance(kind, type) and issubclass(kind, Problem)]
WORDS = st.text(min_size=1).map(str.strip).filter(bool)
SAID = st.fixed_dictionaries({"message": WORDS, "target": st.text(), "mend": WORDS | st.just(""), "code": WORDS})


def same(one: Problem, other: Problem) -> None:
    for word in ("message", "target", "mend", "code"):
        assert getattr(one, word) == getattr(other, word)
    assert len(one.details) == len(other.details)
    for left, right in zip(one.details, other.details, strict=True):
        same(left, right)


@settings(max_examples=40)
@given(st.sampled_from([kind for kind in KINDS if kind is not Problem]), SAID, st.lists(SAID, max_size=3))
def test_a_problem_comes_back_from_its_envelope(kind: type[Problem], said: Any, details: list[Any]) -> None:
    problem = kind(**said, details=[kind(**detail) for detail in details])
    back = from_envelope(problem.status, to_envelope(problem))
    assert type(back) is kind
    same(problem, back)


def test_every_kind_has_a_status_of_its_own_and_stands_in_the_tree() -> None:
    kinds = [kind for kind in KINDS if kind is not Problem]
    assert len({kind.status for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert kind.__name__ in (problems.__doc__ or "")
        assert kind.__name__ in problems.__all__


def test_the_mend_is_in_the_message_that_other_clients_show() -> None:
    error = to_envelope(problems.NotFound("No 'x'.", mend="Did you mean 'y'?", target="t"))["error"]
    assert (error["code"], error["message"], error["target"]) == (
        "ResourceNotFound",
        "No 'x'. Did you mean 'y'?",
        "t",
    )


@pytest.mark.parametrize("status", [400, 404, 418, 500, 502])
@pytest.mark.parametrize(
    "body",
    [
        None,
        "<html>",
        [],
        {},
        {"error": "x"},
        {"error": {}},
        {"error": {"message": None, "code": None, "target": None, "details": None, "additionalInfo": None}},
        {"error": {"details": ["x", None], "additionalInfo": ["x", {"type": "Mend"}, {"type": "Mend", "info": 1}]}},
        {"error": {"message": "m", "details": {"a": 1}, "additionalInfo": {"a": 1}}},
    ],
)
def test_whatever_a_server_answers_is_some_problem(status: int, body: Any) -> None:
    problem = from_envelope(status, body)
    assert isinstance(problem, problems.InvalidInput if status in (400, 418) else Problem)
    assert problem.code
    str(problem)


def test_a_misspelt_word_is_told_the_nearest_or_all() -> None:
    assert did_you_mean("Comand", ["command", "code"]) == "Did you mean 'command'?"
    assert did_you_mean("zzz", ["b", "a"]) == "Known here: a, b."
    assert did_you_mean("zzz", []) == ""


def test_nobody_is_told_fifty_thousand_characters() -> None:
    problem = InvalidInput(f"'{'x' * 50_000}' is not a name.", target="y" * 50_000)
    assert len(problem.message) < 3000 and len(problem.target) < 3000
    assert problem.message.startswith("'xxx") and problem.message.endswith("xxx' is not a name.")
    assert InvalidInput("short", target="name").message == "short"
