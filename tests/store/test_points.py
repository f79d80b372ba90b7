"""Metric points: what is added is read back, in order, with NaN and infinities; the newest value is known."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.conftest import Place

from lazuli.store import points as module
from lazuli.store.database import open_points
from lazuli.store.points import Latest, ModelPoint, Point, Points


@pytest.fixture
def points(place: Place) -> Iterator[Points]:
    database = place.points()
    yield Points(database)
    database.close()


def series(run: str, key: str, *values: float) -> list[Point]:
    return [Point(run, key, value, step, 1000 + step) for step, value in enumerate(values)]


def test_a_series_comes_back_in_the_order_of_its_steps(points: Points) -> None:
    points.add("e", list(reversed(series("r", "loss", 3.0, 2.0, 1.0))))
    points.add("e", series("r", "other", 9.0) + series("r2", "loss", 8.0))
    assert [(p.value, p.step, p.timestamp) for p in points.history("r", "loss")] == [
        (3.0, 0, 1000), (2.0, 1, 1001), (1.0, 2, 1002),
    ]  # fmt: skip
    assert [one.key for one in points.latest(["r"])["r"]] == ["loss", "other"]
    assert points.history("r", "none") == []


def test_nan_and_infinities_are_kept(points: Points) -> None:
    points.add("e", series("r", "m", math.inf, -math.inf, math.nan, 5e-324, 1.7976931348623157e308))
    up, down, nan, tiny, huge = (p.value for p in points.history("r", "m"))
    assert (up, down, tiny, huge) == (math.inf, -math.inf, 5e-324, 1.7976931348623157e308)
    assert math.isnan(nan)
    points.add("e", series("r", "nan", math.nan))
    assert math.isnan(points.latest_values(["e"], "nan")["r"])


def test_pages_go_on_where_the_last_one_ended(points: Points) -> None:
    same = [Point("r", "m", float(i), 0, 0) for i in range(5)]  # nothing but arrival tells these apart
    points.add("e", same + series("r", "m", 10.0, 11.0))
    read: list[float] = []
    place = None
    while page := points.history("r", "m", limit=2, after=place):
        read += [p.value for p in page]
        place = page[-1].place
    assert read == [0.0, 1.0, 2.0, 3.0, 4.0, 10.0, 11.0]


def test_values_come_in_the_order_in_which_they_arrived_from_any_arrival_on(points: Points) -> None:
    points.add("e", list(reversed(series("r", "m", 3.0, 2.0, 1.0))))
    points.add("e", series("r2", "m", 7.0) + series("r", "other", 9.0))
    found = points.arrivals(["r", "r2", "none"], "m")
    assert {run: [point.value for point in came] for run, came in found.items()} == {
        "r": [1.0, 2.0, 3.0], "r2": [7.0], "none": [],
    }  # fmt: skip
    points.add("e", series("r", "m", math.nan))
    (later,) = points.arrivals(["r"], "m", found["r2"][0].seq)["r"]
    assert math.isnan(later.value)


def test_the_newest_value_is_that_of_the_highest_step_whatever_comes_last(points: Points) -> None:
    points.add("e", [Point("r", "m", 1.0, 5, 10)])
    points.add("e", [Point("r", "m", 2.0, 4, 99), Point("r", "m", 3.0, 0, 0)])
    assert points.latest(["r", "none"]) == {"r": [Latest("m", 1.0, 5, 10)], "none": []}
    points.add("e", [Point("r", "m", 7.0, 5, 10), Point("r", "m", 6.0, 5, 10)])
    assert points.latest_values(["e"], "m") == {"r": 7.0}
    assert points.latest_values(["other"], "m") == {}


def test_a_sample_keeps_the_peaks_and_the_ends(points: Points) -> None:
    values = [math.sin(i / 50) for i in range(5000)]
    values[1234], values[4321], values[99] = 50.0, -50.0, math.nan
    points.add("e", series("r", "m", *values))
    sample = points.sample("r", "m", 100)
    assert len(sample) <= 102
    assert {50.0, -50.0, values[0], values[-1]} <= {p.value for p in sample}
    assert [p.step for p in sample] == sorted({p.step for p in sample})
    assert len(points.sample("r", "m", 5000)) == 5000


def test_a_sample_of_nothing_but_nan_is_not_empty(points: Points) -> None:
    points.add("e", series("r", "m", *[math.nan] * 50))
    assert points.sample("r", "m", 10)


def test_points_of_models_are_found_by_model(points: Points) -> None:
    point = ModelPoint("m-1", "r", "acc", 0.5, 0, 1, "iris", "d")
    points.add("e", [Point("r", "acc", 0.5, 0, 1)], [point])
    assert points.of_models(["m-1", "m-2"]) == {"m-1": [point], "m-2": []}
    assert points.of_models(["m-1"], "other") == {"m-1": []}


def test_what_comes_while_it_is_counted_what_waits_is_stored(points: Points) -> None:
    class Counted(list[Point]):
        def __len__(self) -> int:
            if not others:
                others.append(points.add_soon("e", series("r", "second", 2.0), later=lambda store: None))
            return super().__len__()

    others: list[Future[None]] = []
    first = points.add_soon("e", Counted(series("r", "first", 1.0)), later=lambda store: store())
    for each in (first, *others):
        each.result(timeout=120)
    points.add_soon("e", series("r", "third", 3.0), later=lambda store: store()).result(timeout=120)
    # A server of a database leaves it to its writer, and counts nothing.
    assert [one.key for one in points.latest(["r"])["r"]] == ["first", *["second"] * len(others), "third"]


def test_values_are_stored_where_their_file_cannot_be_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SETTLE_AFTER", 1)
    database = open_points(tmp_path / "gone")
    points = Points(database)
    shutil.rmtree(tmp_path / "gone")  # who has it open goes on; nobody else can open it
    for _ in range(3):
        points.add("e", series("r", "few", 1.0))
    many = series("r", "many", *map(float, range(2 * module.AT_ONCE)))
    points.add_soon("e", many, later=lambda store: store()).result(timeout=120)
    database.close()


def test_deleted_runs_leave_nothing(points: Points) -> None:
    points.add("e", series("r", "m", 1.0) + series("s", "m", 2.0), [ModelPoint("m-1", "r", "m", 1.0, 0, 0)])
    points.delete_runs(["r"])
    points.delete_runs(["r"])
    assert (points.history("r", "m"), points.latest(["r"])["r"], points.of_models(["m-1"])) == ([], [], {"m-1": []})
    assert [one.key for one in points.latest(["s"])["s"]] == ["m"]


NUMBERS = st.floats(allow_nan=False)
STEPS = st.integers(-(2**63), 2**63 - 1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(NUMBERS, STEPS, st.integers(0, 5)), min_size=1, max_size=8), max_size=4))
def test_the_newest_value_does_not_depend_on_the_batches(
    new_place: Callable[[], Place], batches: list[list[tuple[float, int, int]]]
) -> None:
    database = new_place().points()
    points = Points(database)
    for batch in batches:
        points.add("e", [Point("r", "m", *one) for one in batch])
    every = [one for batch in batches for one in batch]
    newest = max(((step, at, value) for value, step, at in every), default=None)
    found = points.latest(["r"])["r"]
    assert [(one.step, one.timestamp, one.value) for one in found] == ([newest] if newest else [])
    assert len(points.history("r", "m")) == len(every)
    database.close()
