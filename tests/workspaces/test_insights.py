"""Insights: what happened is found again, in bounds, and never in the way."""

from __future__ import annotations

import logging
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lazuli.schema.identity import Scope
from lazuli.workspaces import insights as module
from lazuli.workspaces.insights import Insights, Kind, Question

HERE, THERE = Scope("s", "g", "Here"), Scope("s", "g", "There")
DAY = 24 * 3_600_000


class Hands:
    now = 1_790_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def insights(tmp_path: Path, clock: Hands) -> Iterator[Insights]:
    made = Insights(tmp_path / "insights", clock)
    yield made
    made.stop()


def note(insights: Insights, operation: str, kind: Kind = "request", scope: Scope = HERE, **facts: str) -> None:
    insights.note(kind, operation, facts.pop("status", "200"), workspace=scope.key, **facts)  # type: ignore[arg-type]


def asked(insights: Insights, **wishes: object) -> list[str]:
    question = Question(**{"workspaces": frozenset({HERE.key}), **wishes})
    return [event.operation for event in insights.ask(question)]


def test_the_newest_come_first_and_every_workspace_sees_its_own(insights: Insights, clock: Hands) -> None:
    for number in range(5):
        clock.now += 1
        note(insights, f"op{number}", scope=HERE if number % 2 else THERE)
    assert asked(insights) == ["op3", "op1"]
    assert asked(insights, workspaces=frozenset({HERE.key, THERE.key}), limit=3) == ["op4", "op3", "op2"]


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"kind": "job"}, ["train"]),
        ({"contains": "TIMED out"}, ["train"]),
        ({"contains": "403"}, ["Show: job"]),
        ({"contains": "alice"}, ["Show: job"]),
        ({"contains": "nowhere"}, []),
        ({"since": Hands.now + DAY}, ["late"]),
        ({"until": Hands.now + DAY}, ["train", "Show: job"]),
        ({"since": Hands.now + 1, "until": Hands.now + DAY}, []),
    ],
)
def test_a_question_finds_what_it_asks_for(
    insights: Insights, clock: Hands, wishes: dict[str, object], expected: list[str]
) -> None:
    note(insights, "Show: job", principal="Alice", status="403")
    note(insights, "train", "job", status="Failed", message="It timed out.")
    clock.now += DAY
    note(insights, "late")
    assert asked(insights, **wishes) == expected


def test_what_was_noted_survives_and_is_the_owners_alone(insights: Insights, tmp_path: Path, clock: Hands) -> None:
    note(insights, "one")
    insights.flush()
    with next((tmp_path / "insights").iterdir()).open("ab") as file:
        file.write(b'{"time": 17')  # as a killed server leaves it
    again = Insights(tmp_path / "insights", clock)
    assert asked(again) == ["one"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "insights").iterdir()} == {0o600}


def test_a_line_after_one_that_was_cut_short_is_not_lost(insights: Insights, tmp_path: Path, clock: Hands) -> None:
    note(insights, "one")
    insights.flush()
    with next((tmp_path / "insights").iterdir()).open("ab") as file:
        file.write(b'{"time": 17')
    again = Insights(tmp_path / "insights", clock)
    note(again, "two")
    assert asked(again) == ["two", "one"]


def test_the_oldest_go_when_there_is_too_much(tmp_path: Path, clock: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_BYTES_OF_A_FILE", 100_000)
    insights = Insights(tmp_path, clock, megabytes=1)
    for number in range(40):
        for _ in range(40):
            note(insights, f"op{number}", message="m" * 1000)
        insights.flush()
    found = asked(insights, limit=10_000)
    assert found[0] == "op39" and "op0" not in found
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 1 << 20


def test_what_is_too_old_goes(tmp_path: Path, clock: Hands) -> None:
    insights = Insights(tmp_path, clock, days=2)
    for day in range(5):
        note(insights, f"day{day}")
        insights.flush()
        clock.now += DAY
    assert asked(insights) == ["day4", "day3", "day2"]


def test_nothing_is_kept_where_nothing_is_wanted(tmp_path: Path) -> None:
    insights = Insights(tmp_path / "insights", megabytes=0)
    note(insights, "one")
    assert asked(insights) == []
    assert not (tmp_path / "insights").exists()


def test_a_workspace_is_forgotten_and_no_other(insights: Insights) -> None:
    note(insights, "mine")
    note(insights, "theirs", scope=THERE)
    insights.forget(HERE)
    insights.forget(HERE)
    assert asked(insights) == []
    assert asked(insights, workspaces=frozenset({THERE.key})) == ["theirs"]


def test_errors_of_the_log_are_noted_without_their_stack(insights: Insights) -> None:
    insights.start()
    log = logging.getLogger("lazuli.anywhere")
    try:
        raise ZeroDivisionError("secret detail")
    except ZeroDivisionError:
        log.exception("A step failed.")
        log.exception("Told already.", extra={"noted": True})
    log.warning("No error.")
    insights.stop()
    log.error("After the end.")
    [event] = insights.ask(Question(frozenset({""})))
    assert (event.kind, event.operation, event.status) == ("error", "lazuli.anywhere", "ZeroDivisionError")
    assert event.message == "A step failed."


def test_what_was_noted_is_written_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAIT_S", 0)
    insights = Insights(tmp_path)
    insights.start()
    note(insights, "one")
    until = time.monotonic() + 120
    while not any(b"one" in file.read_bytes() for file in tmp_path.iterdir()):
        assert time.monotonic() < until
        time.sleep(0.005)
    insights.stop()
