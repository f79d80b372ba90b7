"""MLflow's search language: what is a filter is read, what is none is told, and nothing else ever happens."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazuli.schema.problems import InvalidInput
from lazuli.tracking.filters import Condition, Order, Vocabulary, parse_filter, parse_order

WORDS = Vocabulary(
    kinds=frozenset({"metric", "param", "tag", "attribute", "dataset"}),
    texts=frozenset({"run_id", "run_name", "status"}),
    numbers=frozenset({"start_time"}),
    aliases={"Created": "start_time", "run name": "run_name"},
)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("metrics.loss < 0.1", Condition("metric", "loss", "<", 0.1)),
        ("metric.loss>=-1e-3", Condition("metric", "loss", ">=", -1e-3)),
        ("metrics.`my loss/a` != 3", Condition("metric", "my loss/a", "!=", 3)),
        ('metrics."my loss" = .5', Condition("metric", "my loss", "=", 0.5)),
        ("params.rate = '0.1'", Condition("param", "rate", "=", "0.1")),
        ('parameters.a.b.c = "x"', Condition("param", "a.b.c", "=", "x")),
        ("tags.mlflow.source.type like 'LO%'", Condition("tag", "mlflow.source.type", "LIKE", "LO%")),
        ("tags.`a b` ILIKE 'x'", Condition("tag", "a b", "ILIKE", "x")),
        ("tags.a IS NULL", Condition("tag", "a", "IS NULL", None)),
        ("params.a is not null", Condition("param", "a", "IS NOT NULL", None)),
        ("attributes.run_id IN ('a', 'b')", Condition("attribute", "run_id", "IN", ("a", "b"))),
        ("run_id NOT IN ('a',)", Condition("attribute", "run_id", "NOT IN", ("a",))),
        ("attr.Created > 5", Condition("attribute", "start_time", ">", 5)),
        ("`run name` = 'it''s'", Condition("attribute", "run_name", "=", "it's")),
        ("run.status = 'FINISHED'", Condition("attribute", "status", "=", "FINISHED")),
        ("datasets.digest = 'x'", Condition("dataset", "digest", "=", "x")),
        ("`metrics`.`a` = 1", Condition("metric", "a", "=", 1)),
        pytest.param("metrics.a < " + "9" * 5000, Condition("metric", "a", "<", math.inf), id="huge"),
        ("tags.größe = 'ß'", Condition("tag", "größe", "=", "ß")),
    ],
)
def test_one_condition(text: str, condition: Condition) -> None:
    assert parse_filter(text, WORDS) == [condition]


def test_conditions_are_joined_by_and() -> None:
    found = parse_filter("  metrics.a > 1 AND params.b = 'x and y' and tags.c != ''  ", WORDS)
    assert [(one.key, one.value) for one in found] == [("a", 1), ("b", "x and y"), ("c", "")]
    assert parse_filter("", WORDS) == parse_filter("   ", WORDS) == parse_filter(None, WORDS) == []


@pytest.mark.parametrize(
    "text",
    [
        "metrics.a", "metrics.a >", "metrics.a > 'x'", "metrics.a LIKE 'x'", "metrics.a > 1 OR metrics.b > 1",
        "metrics.a > 1 AND", "AND", "params.a = 1", "params.a = b", "params.a > 'x'", "tags.a = 'x", "'a' = 'a'",
        "nothing.a = 'x'", "attributes.secret = 'x'", "dataset.rows = 'x'", "run_id IN ()", "run_id IN 'a'",
        "run_id IN ('a'", "metrics.a IS NULL", "tags.a IS", "tags.a == 'x'", "params.a = 'x'; DROP TABLE run",
        "1 = 1", "metrics.a > 1 metrics.b > 1", "(metrics.a > 1)", "tags.a = 'x' --", "metrics.a > 1x",
        "tags.a\0 = 'x'",
    ],
)  # fmt: skip
def test_what_is_no_filter_is_told(text: str) -> None:
    with pytest.raises(InvalidInput) as told:
        parse_filter(text, WORDS)
    assert told.value.code == "INVALID_PARAMETER_VALUE"


def test_orders() -> None:
    found = parse_order(["metrics.a DESC", "params.`b c`", "Created asc"], WORDS)
    assert found == [
        Order("metric", "a", True), Order("param", "b c", False), Order("attribute", "start_time", False),
    ]  # fmt: skip


@pytest.mark.parametrize("clause", ["", "metrics.a up", "metrics.a, metrics.b", "a b c", "1", "metrics.a DESC;", 7])
def test_what_is_no_order_is_told(clause: str) -> None:
    with pytest.raises(InvalidInput):
        parse_order([clause], WORDS)


def test_an_order_given_twice_is_told() -> None:
    with pytest.raises(InvalidInput):
        parse_order(["metrics.a", "metric.a DESC"], WORDS)


def test_a_filter_beyond_all_measure_is_told() -> None:
    for text in ("tags.a = '" + "x" * 20_000 + "'", " AND ".join(["a.b=1"] * 101), " AND ".join(["metrics.b=1"] * 101)):
        with pytest.raises(InvalidInput):
            parse_filter(text, WORDS)


PIECES = st.sampled_from(
    ["metrics.", "params.", "tags.", "a", "`", '"', "'", "''", " ", "=", "!=", "<", " LIKE ", " IN ", " NOT ", " IS ",
     " NULL", "(", ")", ",", " AND ", "1", "-", ".5", "e9", "run_id", "%", "\\", "\0", "\n", "é", ";", "--", "/*"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join)))
def test_any_text_is_read_or_told(text: str) -> None:
    for parse in (lambda: parse_filter(text, WORDS), lambda: parse_order([text], WORDS)):
        try:
            parse()
        except InvalidInput as told:
            assert told.message


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_any_value_comes_through_its_quotes(value: str) -> None:
    quoted = value.replace("'", "''")
    assert parse_filter(f"params.a = '{quoted}'", WORDS) == [Condition("param", "a", "=", value)]
