"""Timetables: the moments at which a trigger fires.

Moments are milliseconds since 1970. Minutes and hours are counted as time passes, so that a change of the clock makes
no difference; days, weeks and months are counted by the calendar of the trigger's zone, so that nine o'clock stays nine
o'clock. A time that clocks show twice fires once, the first time; one that they leap over fires after the leap.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import product
from typing import Protocol

from cronsim import CronSim, CronSimError

from lazuli.jobs.zones import instant, local, zone
from lazuli.resources.trigger import CronTrigger, DataChangeTrigger, Frequency, RecurrenceTrigger, Trigger, WeekDay
from lazuli.schema.problems import InvalidInput
from lazuli.schema.words import time_of

__all__ = ["Timetable"]

_MINUTE_MS = 60_000
_STEPS = {Frequency.MINUTE: _MINUTE_MS, Frequency.HOUR: 60 * _MINUTE_MS}
_FAR = timedelta(days=36_525)
"""How far ahead the calendar is searched: what does not come within a hundred years never comes."""
_WEEK = tuple(WeekDay)


class Timetable:
    """When a trigger fires. Without a ``start_time`` that is first when it was made, as on Azure."""

    def __init__(self, trigger: Trigger, made_at: int) -> None:
        """Raises :class:`InvalidInput` for a zone that does not exist, and what is no rule at all."""
        self._zone = zone(trigger.time_zone)
        self._start = _told(trigger.start_time, self._zone)
        self._end = _told(trigger.end_time, self._zone)
        self._made_at = made_at
        self._rule = _rule(trigger, made_at if self._start is None else self._start, self._zone)

    def opens(self, now: int) -> int | None:
        """From when on something may happen, ``now`` at the soonest; None where its end has passed."""
        return self._within(max(now, self._made_at if self._start is None else self._start))

    def first(self, now: int) -> int | None:
        """The first moment from ``now`` on; None where none comes any more."""
        if self._start is None and now <= self._made_at:
            return self._within(self._made_at)
        return self.after(now - 1)

    def after(self, moment: int) -> int | None:
        """The first moment after one; None where none comes any more."""
        least = self._made_at if self._start is None else self._start - 1
        return self._within(self._rule.after(max(moment, least)))

    def latest(self, since: int, until: int) -> int:
        """The last moment up to ``until``, of all from ``since``, which is one of them."""
        last = self._rule.before(until if self._end is None else min(until, self._end))
        return since if last is None else max(since, last)

    def _within(self, moment: int | None) -> int | None:
        return None if moment is None or (self._end is not None and moment > self._end) else moment


class _Rule(Protocol):
    def after(self, moment: int) -> int | None:
        """The first moment after one, or None."""
        ...

    def before(self, moment: int) -> int | None:
        """The last moment up to one, or None."""
        ...


class _Steps:
    """One moment, and every so many milliseconds before and after it."""

    def __init__(self, anchor: int, step: int) -> None:
        self._anchor = anchor
        self._step = step

    def after(self, moment: int) -> int | None:
        return self.before(moment) + self._step

    def before(self, moment: int) -> int:
        return moment - (moment - self._anchor) % self._step


class _Cron:
    """The moments of a cron expression, as Debian's cron takes them."""

    def __init__(self, expression: str, zone: tzinfo) -> None:
        self._expression = expression
        self._zone = UTC if str(zone) == "UTC" else zone  # which is reckoned with in a tenth of the time
        try:
            CronSim(expression, datetime(2000, 1, 1))
        except CronSimError as error:
            raise InvalidInput(
                f"'{expression}' is not a cron expression: {error}.",
                target="trigger.expression",
                mend="Write five fields: minute, hour, day, month, day of the week.",
            ) from None

    def after(self, moment: int) -> int | None:
        return self._next(moment, reverse=False)

    def before(self, moment: int) -> int | None:
        return self._next(moment + 1, reverse=True)

    def _next(self, moment: int, *, reverse: bool) -> int | None:
        found = next(CronSim(self._expression, local(moment, self._zone), reverse=reverse), None)
        return None if found is None else instant(found, self._zone)


class _Calendar:
    """Some days of a calendar, each with the same times of day."""

    def __init__(self, trigger: RecurrenceTrigger, anchor: int, zone: tzinfo) -> None:
        begin, pattern = local(anchor, zone), trigger.schedule
        self._zone = zone
        self._begin = begin.date()
        self._frequency = trigger.frequency
        self._interval = trigger.interval
        self._week_days = {_WEEK.index(day) for day in pattern.week_days or ()}
        self._month_days = set(pattern.month_days or ())
        if pattern.hours or pattern.minutes:
            hours, minutes = set(pattern.hours or [begin.hour]), set(pattern.minutes or [0])
            self._times = [time(hour, minute) for hour, minute in product(sorted(hours), sorted(minutes))]
        else:
            self._times = [begin.time()]

    def after(self, moment: int) -> int | None:
        for day in self._days(moment, 1):
            if self._is_on(day) and (found := [each for each in self._moments(day) if each > moment]):
                return min(found)
        return None

    def before(self, moment: int) -> int | None:
        for day in self._days(moment, -1):
            if self._is_on(day) and (found := [each for each in self._moments(day) if each <= moment]):
                return max(found)
        return None

    def _days(self, moment: int, direction: int) -> Iterator[date]:
        """The days from the one of ``moment``, and one before: a leap of the clock may end in the next day."""
        day = local(moment, self._zone).date()
        with suppress(OverflowError):  # the calendar itself has an end
            for number in range(-1, _FAR.days):
                yield day + timedelta(days=number * direction)

    def _moments(self, day: date) -> list[int]:
        return [instant(datetime.combine(day, each), self._zone) for each in self._times]

    def _is_on(self, day: date) -> bool:
        """Whether it fires on a day."""
        if self._periods_to(day) % self._interval:
            return False
        if self._week_days or self._month_days:
            by_week = not self._week_days or day.weekday() in self._week_days
            return by_week and (not self._month_days or day.day in self._month_days)
        if self._frequency is Frequency.WEEK:
            return day.weekday() == self._begin.weekday()
        return self._frequency is not Frequency.MONTH or day.day == self._begin.day

    def _periods_to(self, day: date) -> int:
        """How many days, weeks or months lie between the beginning and a day."""
        if self._frequency is Frequency.MONTH:
            return (day.year - self._begin.year) * 12 + day.month - self._begin.month
        if self._frequency is Frequency.WEEK:
            monday = self._begin - timedelta(days=self._begin.weekday())
            return (day - monday).days // 7
        return (day - self._begin).days


def _rule(trigger: Trigger, anchor: int, zone: tzinfo) -> _Rule:
    """What the trigger goes by, counted from ``anchor``."""
    if isinstance(trigger, CronTrigger):
        return _Cron(trigger.expression, zone)
    if isinstance(trigger, DataChangeTrigger):
        return _Steps(anchor, trigger.polling_interval * _MINUTE_MS)
    if step := _STEPS.get(trigger.frequency):
        return _Steps(anchor, trigger.interval * step)
    return _Calendar(trigger, anchor, zone)


def _told(text: str | None, zone: tzinfo) -> int | None:
    """The moment that a trigger says; without an offset of its own it is meant in the trigger's zone."""
    return instant(time_of(text), zone) if text else None
