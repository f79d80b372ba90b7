"""Long series are drawn from marked peaks: however the points came, none that stands out is missing."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from tests.store.conftest import Place

from lazuli.store import curves as module
from lazuli.store.database import Database
from lazuli.store.points import Point, Points


@pytest.fixture
def database(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(module, "SHORT", 1000)  # so that a few thousand points are a long series
    database = place.points()
    yield database
    database.close()


def wave(count: int, **peaks: float) -> list[Point]:
    values = {int(name[2:]): value for name, value in peaks.items()}
    return [Point("r", "m", values.get(i, (i % 7) / 10), i, 1000 + i) for i in range(count)]


def drawn(points: Points, size: int = 200) -> dict[int, float]:
    sample = points.sample("r", "m", size)
    assert [p.step for p in sample] == sorted({p.step for p in sample})
    assert len(sample) <= size + 2
    return {p.step: p.value for p in sample}


@pytest.mark.parametrize("size", [1, 50, 1000])
def test_batches_of_any_size_mark_their_peaks(database: Database, size: int) -> None:
    points = Points(database)
    series = wave(5000, at77=9.0, at2500=-9.0, at4999=3.0)
    for start in range(0, 5000, size):
        points.add("e", series[start : start + size])
    assert {0: 0.0, 77: 9.0, 2500: -9.0, 4999: 3.0}.items() <= drawn(points).items()


def test_a_restart_loses_no_peak(database: Database) -> None:
    series = wave(4000, at1990=9.0, at1995=-9.0)
    Points(database).add("e", series[:2000])
    points = Points(database)
    points.add("e", series[2000:])
    assert {1990: 9.0, 1995: -9.0}.items() <= drawn(points).items()


def test_a_run_that_comes_again_starts_anew(database: Database) -> None:
    points = Points(database)
    points.add("e", wave(100, at50=99.0))
    points.delete_runs(["r"])
    points.add("e", wave(3000, at60=9.0))
    assert max(drawn(points).values()) == 9.0


def test_points_that_come_at_once_are_all_kept(database: Database) -> None:
    points = Points(database)

    def add(writer: int) -> None:
        for step in range(25):
            points.add(f"e{writer}", [Point(f"r{writer}", "m", float(step), step, step)])

    threads = [threading.Thread(target=add, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for writer in range(8):
        assert [p.step for p in points.history(f"r{writer}", "m")] == list(range(25))
        assert points.latest_values([f"e{writer}"], "m") == {f"r{writer}": 24.0}


def test_points_that_cannot_be_stored_spoil_no_others(database: Database) -> None:
    points = Points(database)
    points._turn.acquire()  # let three callers come to wait together
    problems: list[Exception] = []

    def add(point: Point) -> None:
        try:
            points.add("e", [point])
        except Exception as problem:
            problems.append(problem)

    bad = Point("bad", "m", 1.0, 2**63, 0)
    callers = [
        threading.Thread(target=add, args=(p,)) for p in (Point("r", "m", 1.0, 0, 0), bad, Point("s", "m", 2.0, 0, 0))
    ]
    for caller in callers:
        caller.start()
    while len(points._waiting) < 3:
        pass
    points._turn.release()
    for caller in callers:
        caller.join()
    assert len(problems) == 1
    assert points.latest_values(["e"], "m") == {"r": 1.0, "s": 2.0}


def test_points_are_stored_soon_even_if_nobody_waits_for_them(database: Database) -> None:
    points = Points(database)
    stored = [
        points.add_soon("e", [Point("r", "m", float(step), step, step)], later=lambda store: store())
        for step in range(200)
    ]
    assert not stored[-1].cancel()
    for one in stored:
        one.result(timeout=120)
    assert [p.step for p in points.history("r", "m")] == list(range(200))
