"""Timetables: the moments of cron expressions and recurrences, through months, leap days and changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from lazuli.jobs.timetable import Timetable
from lazuli.jobs.zones import zone
from lazuli.resources.trigger import Trigger
from lazuli.schema.problems import InvalidInput
from lazuli.schema.words import moment

TRIGGERS: TypeAdapter[Trigger] = TypeAdapter(Trigger)


def at(text: str) -> int:
    """A moment of UTC in milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def table(made: str = "2026-01-01T00:00", **said: Any) -> Timetable:
    kind = "cron" if "expression" in said else "recurrence"
    return Timetable(TRIGGERS.validate_python({"type": kind, **said}, by_name=True), at(made))


def every(frequency: str, interval: int = 1, made: str = "2026-01-01T00:00", **said: Any) -> Timetable:
    times = {key: said.pop(key) for key in ("start_time", "end_time", "time_zone") if key in said}
    return table(made, frequency=frequency, interval=interval, schedule=said, **times)


def told(moment_ms: int | None) -> str:
    return str(moment(moment_ms)).removesuffix(":00.000Z")


def following(timetable: Timetable, after: str, number: int = 3) -> list[str]:
    """The next moments after one."""
    found, last = [], at(after)
    for _ in range(number):
        if (found_next := timetable.after(last)) is None:
            break
        found.append(told(last := found_next))
    return found


def test_without_a_start_it_fires_when_it_is_made_and_then_by_its_rule() -> None:
    for timetable in (
        every("hour", 3, made="2026-05-01T09:10"),
        every("day", made="2026-05-01T09:10", hours=12),
        table("2026-05-01T09:10", expression="0 12 * * *"),
    ):
        assert told(timetable.first(at("2026-05-01T09:10"))) == "2026-05-01T09:10"
    assert following(every("hour", 3, made="2026-05-01T09:10"), "2026-05-01T09:10", 2) == [
        "2026-05-01T12:10",
        "2026-05-01T15:10",
    ]


def test_a_start_to_come_is_when_it_first_may_fire() -> None:
    start: dict[str, Any] = {"start_time": "2026-05-01T09:10:00", "made": "2026-01-01"}
    assert told(every("hour", 3, **start).first(at("2026-01-01"))) == "2026-05-01T09:10"
    assert told(every("day", hours=12, **start).first(at("2026-01-01"))) == "2026-05-01T12:00"
    assert told(every("day", hours=9, minutes=10, **start).first(at("2026-01-01"))) == "2026-05-01T09:10"
    assert told(table(expression="0 9 * * *", start_time="2026-05-01T09:10:00").first(at("2026-01-01"))) == (
        "2026-05-02T09:00"
    )


def test_from_a_start_that_has_passed_the_next_moment_counts() -> None:
    timetable = every("hour", 5, start_time="2025-12-31T01:00:00")
    assert told(timetable.first(at("2026-01-01T00:00"))) == "2026-01-01T02:00"
    assert told(timetable.first(at("2026-01-01T02:00"))) == "2026-01-01T02:00"


def test_times_are_those_of_the_zone_or_of_their_own_offset() -> None:
    assert following(every("day", start_time="2026-07-01T09:00:00", time_zone="Europe/Paris"), "2026-07-01", 1) == [
        "2026-07-01T07:00"
    ]
    pacific = every("day", start_time="2026-07-01 09:00:00", time_zone="Pacific Standard Time")
    assert following(pacific, "2026-07-01", 1) == ["2026-07-01T16:00"]
    offset = every("day", start_time="2026-07-01T09:00:00-04:00", time_zone="Europe/Paris")
    assert following(offset, "2026-07-01", 1) == ["2026-07-01T13:00"]


@pytest.mark.parametrize(
    ("timetable", "expected"),
    [
        (every("month", month_days=31, hours=0, minutes=0), ["2026-03-31T00:00", "2026-05-31T00:00"]),
        (every("month", start_time="2026-01-30T08:00:00"), ["2026-03-30T08:00", "2026-04-30T08:00"]),
        (every("month", 12, start_time="2024-02-29T00:00:00"), ["2028-02-29T00:00", "2032-02-29T00:00"]),
        (every("month", 2, month_days=[1, 15], hours=6), ["2026-03-01T06:00", "2026-03-15T06:00", "2026-05-01T06:00"]),
        (every("month", week_days="monday", month_days=[1, 2, 3, 4, 5, 6, 7], hours=0), ["2026-02-02T00:00"]),
    ],
)
def test_months(timetable: Timetable, expected: list[str]) -> None:
    assert following(timetable, "2026-02-01T00:00", len(expected)) == expected


def test_weeks() -> None:
    pattern = every(
        "week", 2, start_time="2026-05-06T00:00:00", week_days=["monday", "friday"], hours=10, minutes=[0, 30]
    )
    assert following(pattern, "2026-05-05", 6) == [  # 6 May is a Wednesday: its week counts, its Monday has passed
        "2026-05-08T10:00",
        "2026-05-08T10:30",
        "2026-05-18T10:00",
        "2026-05-18T10:30",
        "2026-05-22T10:00",
        "2026-05-22T10:30",
    ]
    plain = every("week", start_time="2026-05-06T07:15:00")
    assert following(plain, "2026-05-06T07:15", 2) == ["2026-05-13T07:15", "2026-05-20T07:15"]


def test_days() -> None:
    assert following(every("day", 3, hours=[6, 18]), "2026-01-01T07:00") == [
        "2026-01-01T18:00",
        "2026-01-04T06:00",
        "2026-01-04T18:00",
    ]
    assert following(every("day", week_days=["saturday"], hours=1), "2026-01-01", 2) == [
        "2026-01-03T01:00",
        "2026-01-10T01:00",
    ]


def test_cron() -> None:
    assert following(table(expression="15 10 * * 1"), "2026-01-01", 2) == ["2026-01-05T10:15", "2026-01-12T10:15"]
    assert following(table(expression="0 0 1 */6 *"), "2026-01-02", 2) == ["2026-07-01T00:00", "2027-01-01T00:00"]
    paris = table(expression="0 9-10 * * mon-fri", time_zone="Europe/Paris")
    assert following(paris, "2026-07-03T07:30") == ["2026-07-03T08:00", "2026-07-06T07:00", "2026-07-06T08:00"]


PARIS: dict[str, Any] = {"time_zone": "Europe/Paris"}
"""Its clocks leap from 2 to 3 on 29 March 2026, and are set back from 3 to 2 on 25 October."""


@pytest.mark.parametrize(
    ("timetable", "expected"),
    [
        (every("day", hours=9, **PARIS), ["2026-03-28T08:00", "2026-03-29T07:00", "2026-03-30T07:00"]),
        (table(expression="0 9 * * *", **PARIS), ["2026-03-28T08:00", "2026-03-29T07:00", "2026-03-30T07:00"]),
        (every("day", hours=2, minutes=30, **PARIS), ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"]),
        (table(expression="30 2 * * *", **PARIS), ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]),
    ],
)
def test_when_clocks_are_set_forward_nothing_is_left_out(timetable: Timetable, expected: list[str]) -> None:
    assert following(timetable, "2026-03-28T00:00") == expected


@pytest.mark.parametrize(
    "timetable",
    [every("day", hours=2, minutes=30, **PARIS), table(expression="30 2 * * *", **PARIS)],
    ids=["recurrence", "cron"],
)
def test_when_clocks_are_set_back_nothing_comes_twice(timetable: Timetable) -> None:
    assert following(timetable, "2026-10-24T12:00", 2) == ["2026-10-25T00:30", "2026-10-26T01:30"]


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
@pytest.mark.parametrize(
    "timetable", [every("hour", **PARIS), table(expression="0 * * * *", **PARIS)], ids=["recurrence", "cron"]
)
def test_hours_are_as_long_as_ever_when_clocks_change(timetable: Timetable, day: str) -> None:
    assert following(timetable, f"{day}T00:00") == [f"{day}T01:00", f"{day}T02:00", f"{day}T03:00"]


def test_nothing_comes_after_its_end() -> None:
    timetable = every("hour", start_time="2026-01-01T00:00:00", end_time="2026-01-01T02:00:00")
    assert following(timetable, "2026-01-01T00:00", 9) == ["2026-01-01T01:00", "2026-01-01T02:00"]
    assert timetable.first(at("2026-01-01T02:01")) is None
    assert every("hour", end_time="2025-12-31T00:00:00").first(at("2026-01-01")) is None


@pytest.mark.parametrize(
    ("timetable", "latest"),
    [
        (every("minute", made="2020-01-01T00:00"), "2026-01-01T12:30"),
        (table("2020-01-01", expression="* * * * *"), "2026-01-01T12:30"),
        (table("2020-01-01", expression="* * * * *", **PARIS), "2026-01-01T12:30"),
        (every("day", made="2020-01-01T00:00", hours=9), "2026-01-01T09:00"),
        (every("month", made="2020-01-01T00:00", month_days=31, hours=1), "2025-12-31T01:00"),
        (every("hour", made="2020-01-01T00:00", end_time="2021-01-01T05:30:00"), "2021-01-01T05:00"),
    ],
)
def test_of_what_was_missed_the_last_is_known_at_once(timetable: Timetable, latest: str) -> None:
    assert told(timetable.latest(at("2020-02-01T00:00"), at("2026-01-01T12:30"))) == latest


def test_where_nothing_was_missed_the_moment_itself_is_the_last() -> None:
    timetable = every("day", made="2026-01-01T10:11", hours=9)
    assert told(timetable.latest(at("2026-01-01T10:11"), at("2026-01-01T10:12"))) == "2026-01-01T10:11"


@pytest.mark.parametrize(
    "timetable",
    [
        every("month", 12, start_time="2026-06-01T00:00:00", month_days=31),
        table(expression="0 0 31 2,4 2-3", end_time="2026-01-02T00:00:00"),
        every("day", 100_000, start_time="2026-01-01T00:00:00"),
    ],
)
def test_what_never_comes_is_known(timetable: Timetable) -> None:
    assert timetable.after(at("2026-06-02")) is None


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"expression": "0 0 30 2 *"}, "not a cron expression"),
        ({"expression": "* * * * *", "time_zone": "Europe/Pariss"}, "Did you mean 'Europe/Paris'"),
        ({"expression": "* * * * *", "time_zone": "../../etc/passwd"}, "not a time zone"),
        ({"expression": "* * * * *", "time_zone": "Europe"}, "not a time zone"),
        ({"expression": "* * * * *", "time_zone": ""}, "not a time zone"),
    ],
)
def test_what_is_no_rule_is_told(said: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        table(**said)


@pytest.mark.parametrize(
    ("windows", "iana"),
    [
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("w. europe standard time", "Europe/Berlin"),
        ("UTC-08", "Etc/GMT+8"),
        ("Kamchatka Standard Time", "Asia/Kamchatka"),
        ("Mid-Atlantic Standard Time", "Etc/GMT+2"),
        ("UTC", "UTC"),
    ],
)
def test_windows_names_of_zones(windows: str, iana: str) -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert noon.astimezone(zone(windows)).utcoffset() == noon.astimezone(zone(iana)).utcoffset()


def test_an_hour_and_a_minute_that_are_named_again_and_again_count_once() -> None:
    again = 3000  # with every minute for every hour a day would have 36 million moments
    timetable = every("day", hours=[10, 9] * again, minutes=[30, 0] * again)
    assert following(timetable, "2026-05-01T09:00") == ["2026-05-01T09:30", "2026-05-01T10:00", "2026-05-01T10:30"]
