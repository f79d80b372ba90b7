"""Searching runs: what the database finds is what reading every run by hand finds, in the same order."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput
from lazuli.store.blobs import Blobs
from lazuli.store.database import open_points, open_state
from lazuli.tracking import Tracking, open_tracking
from lazuli.tracking.inputs import DatasetInput
from lazuli.tracking.runs import Run

SCOPE = Scope("s", "g", "w")
VALUES = [0.5, -1.0, math.nan, None, 2.0, 0.5, math.inf, None, math.nan, 0.0]
TEXTS = ["a", "A", "ab", "a%b", None, "[a]", "it's", "", "é*", "a_b"]


@dataclass(frozen=True)
class Searched:
    tracking: Tracking
    runs: list[Run]

    def find(self, text: str = "", order_by: list[str] | None = None) -> list[str]:
        return [run.name for run in self.tracking.runs.search(SCOPE, ["0"], text=text, order_by=order_by)[0]]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    folder = tmp_path_factory.mktemp("search")
    state, points = open_state(folder), open_points(folder)
    tracking = open_tracking(state, points, Blobs(state, folder / "blobs"), lambda _: "files")
    for i, (value, text) in enumerate(zip(VALUES, TEXTS, strict=True)):
        run = tracking.runs.create(SCOPE, name=f"run{i}", user="u" if i % 2 else "v", started_at=1000 + i // 2)
        if value is not None:
            tracking.metrics.log(SCOPE, run.id, {"key": "m", "value": value, "timestamp": 1})
        if text is not None:
            tracking.runs.log(SCOPE, run.id, params=[("p", text)], tags=[("t t", text)])
        if i % 3 == 0:
            data = DatasetInput(f"d{i}", "1", "local", "x", tags={"mlflow.data.context": "train"})
            tracking.runs.log_inputs(SCOPE, run.id, [data])
    yield Searched(tracking, tracking.runs.search(SCOPE, ["0"])[0])
    state.close()
    points.close()


COMPARE = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def like(value: str, pattern: str, flags: int = 0) -> bool:
    words = {"%": ".*", "_": "."}
    return re.fullmatch("".join(words.get(c, re.escape(c)) for c in pattern), value, flags | re.DOTALL) is not None


def holds(word: str, value: Any, bound: Any) -> bool:
    if value is None:
        return False
    if word == "LIKE":
        return like(value, bound)
    if word == "ILIKE":
        return like(value, bound, re.IGNORECASE | re.ASCII)
    if word in ("IN", "NOT IN"):
        return (value in bound) == (word == "IN")
    return COMPARE[word](value, bound)


def metric(run: Run) -> float | None:
    return next((one.value for one in run.metrics), None)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from([*COMPARE]), st.sampled_from([-1.0, 0.0, 0.5, 2, 7.5]))
def test_metrics_are_compared(searched: Searched, word: str, bound: float) -> None:
    assert searched.find(f"metrics.m {word} {bound}") == [
        run.name for run in searched.runs if holds(word, metric(run), bound)
    ]


BOUNDS = st.one_of(
    st.sampled_from([one for one in TEXTS if one is not None]),
    st.text(st.sampled_from("aAb%_[]*?'é\\^-"), max_size=5),
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["=", "!=", "LIKE", "ILIKE"]), BOUNDS, st.sampled_from(["params.p", "tags.`t t`"]))
def test_texts_are_compared(searched: Searched, word: str, bound: str, key: str) -> None:
    quoted = bound.replace("'", "''")
    assert searched.find(f"{key} {word} '{quoted}'") == [
        run.name for run in searched.runs if holds(word, run.params.get("p"), bound)
    ]


def test_presence_and_lists(searched: Searched) -> None:
    assert searched.find("params.p IS NULL") == ["run4"]
    assert len(searched.find("tags.`t t` IS NOT NULL")) == 9
    ids = "', '".join(run.id for run in searched.runs if run.name in ("run2", "run5"))
    assert searched.find(f"run_id IN ('{ids}')", ["run_name"]) == ["run2", "run5"]
    assert len(searched.find(f"run_id NOT IN ('{ids}')")) == 8
    assert searched.find("params.p IN ('ab', 'it''s')", ["run_name"]) == ["run2", "run6"]
    assert searched.find("run_name LIKE '%3' AND user_id = 'u'") == ["run3"]
    assert searched.find("start_time > 99999999999999999999999") == []
    assert len(searched.find("start_time > 1000.5")) == 8


def test_datasets_are_compared(searched: Searched) -> None:
    assert searched.find("dataset.name = 'd3'") == ["run3"]
    assert len(searched.find("dataset.context = 'train' AND dataset.digest = '1'")) == 4
    assert searched.find("dataset.context = 'eval'") == []


KEYS = ["metrics.m", "params.p", "tags.`t t`", "start_time", "user_id", "run_name", "metrics.none", "end_time"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KEYS), st.booleans()), max_size=4, unique_by=lambda one: one[0]))
def test_orders_agree_with_sorting_by_hand(searched: Searched, keys: list[tuple[str, bool]]) -> None:
    wanted = sorted(searched.runs, key=lambda run: run.id)
    wanted.sort(key=lambda run: run.started_at, reverse=True)
    for key, descending in reversed(keys):
        values = {run.id: value_of(run, key) for run in wanted}
        there = [run for run in wanted if values[run.id] is not None and values[run.id] == values[run.id]]
        nans = [run for run in wanted if values[run.id] != values[run.id]]
        there.sort(key=lambda run: values[run.id], reverse=descending)
        wanted = [*there, *nans, *(run for run in wanted if values[run.id] is None)]
    found = searched.find(order_by=[f"{key} {'DESC' if descending else 'ASC'}" for key, descending in keys])
    assert found == [run.name for run in wanted]


def value_of(run: Run, key: str) -> Any:
    match key:
        case "metrics.m":
            return metric(run)
        case "params.p" | "tags.`t t`":
            return run.params.get("p")
        case "start_time":
            return run.started_at
        case "user_id":
            return run.user
        case "run_name":
            return run.name
    return None


@pytest.mark.parametrize("text", ["", "metrics.m != 99"])
def test_pages_together_are_the_whole(searched: Searched, text: str) -> None:
    found: list[str] = []
    page = ""
    while True:
        runs, page = searched.tracking.runs.search(SCOPE, ["0"], text=text, limit=3, page=page)
        found += [run.name for run in runs]
        if not page:
            break
    assert found == searched.find(text)
    with pytest.raises(InvalidInput):
        searched.tracking.runs.search(SCOPE, ["0"], page="nonsense")


PIECES = st.sampled_from(
    ["metrics.m", "params.p", "run_id", " = ", " LIKE ", " IN ", "'%'", "1", "('a')", " AND ", "%", "\\"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_no_filter_breaks_the_database(searched: Searched, text: str) -> None:
    try:
        searched.find(text)
    except InvalidInput as told:
        assert told.code == "INVALID_PARAMETER_VALUE"
    assert len(searched.find()) == 10


def test_as_many_conditions_as_allowed(searched: Searched) -> None:
    assert searched.find(" AND ".join(["tags.`t t`='a'"] * 100)) == ["run0"]
    assert searched.find(" AND ".join(["metrics.m>=2"] * 100), ["run_name"]) == ["run4", "run6"]
    with pytest.raises(InvalidInput):
        searched.find("params.p LIKE '" + "%" * 10_000 + "'")
    assert len(searched.find("params.p LIKE '" + "%" * 9_000 + "'")) == 9
