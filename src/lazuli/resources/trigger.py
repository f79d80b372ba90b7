"""Triggers: when a schedule fires."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator

from lazuli.schema.document import Document, Text
from lazuli.schema.words import Word

__all__ = ["CronTrigger", "Frequency", "RecurrencePattern", "RecurrenceTrigger", "Trigger"]

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))
_PART = re.compile(r"^(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?$")
_NAMES = {
    name: number
    for names in (("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),)
    for number, name in enumerate(names, 1)
} | {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}


class Frequency(Word):
    """How often a recurrence comes round."""

    MINUTE = "minute", "Minute"
    HOUR = "hour", "Hour"
    DAY = "day", "Day"
    WEEK = "week", "Week"
    MONTH = "month", "Month"


class WeekDay(Word):
    """A day of the week."""

    MONDAY = "monday", "Monday"
    TUESDAY = "tuesday", "Tuesday"
    WEDNESDAY = "wednesday", "Wednesday"
    THURSDAY = "thursday", "Thursday"
    FRIDAY = "friday", "Friday"
    SATURDAY = "saturday", "Saturday"
    SUNDAY = "sunday", "Sunday"


def _listed(value: Any) -> Any:
    """One value is a list of one."""
    return value if value is None or isinstance(value, list) else [value]


class RecurrencePattern(Document):
    """At which moments within a recurrence: every hour named with every minute named."""

    outside_properties: ClassVar[frozenset[str]] = frozenset()

    hours: Annotated[list[Annotated[int, Field(ge=0, le=23)]], BeforeValidator(_listed)] = Field(default_factory=list)
    """The hours of the day, 0 to 23; one or a list."""
    minutes: Annotated[list[Annotated[int, Field(ge=0, le=59)]], BeforeValidator(_listed)] = Field(default_factory=list)
    """The minutes of the hour, 0 to 59; one or a list."""
    week_days: Annotated[list[WeekDay] | None, BeforeValidator(_listed)] = None
    """The days of the week, for a frequency of `week`."""
    month_days: Annotated[list[Annotated[int, Field(ge=1, le=31)]] | None, BeforeValidator(_listed)] = None
    """The days of the month, for a frequency of `month`."""


class _Timed(Document):
    outside_properties: ClassVar[frozenset[str]] = frozenset()

    start_time: Text | None = None
    """From when on (`2026-05-01T09:00:00`); at once when left out."""
    end_time: Text | None = None
    """Until when; for ever when left out."""
    time_zone: str = "UTC"
    """The zone of its hours and times: `UTC`, `Europe/Paris`, or one of Windows' names."""


class TriggerType(Word):
    """The kinds of trigger."""

    CRON = "cron", "Cron"
    RECURRENCE = "recurrence", "Recurrence"


class CronTrigger(_Timed):
    """Fires at the moments that a cron expression names."""

    type: TriggerType = Field(default=TriggerType.CRON, alias="triggerType")
    """`cron`"""
    expression: str
    """Five fields: minute, hour, day, month, day of the week."""

    @field_validator("expression")
    @classmethod
    def _five_fields(cls, value: str) -> str:
        parts = value.split()
        if len(parts) != len(_FIELDS):
            raise ValueError(f"it has {len(parts)} fields. Write five: minute, hour, day, month, day of the week")
        for part, (name, least, most) in zip(parts, _FIELDS, strict=True):
            if not all(_fits(each, least, most) for each in part.split(",")):
                raise ValueError(f"'{part}' is no {name}: a number from {least} to {most}, a range, a list or '*'")
        return value


class RecurrenceTrigger(_Timed):
    """Fires every so often."""

    type: TriggerType = Field(default=TriggerType.RECURRENCE, alias="triggerType")
    """`recurrence`"""
    frequency: Frequency
    """`minute`, `hour`, `day`, `week` or `month`"""
    interval: int = Field(ge=1)
    """Every how many of them."""
    schedule: RecurrencePattern = Field(default_factory=RecurrencePattern)
    """At which moments within each."""


def _fits(part: str, least: int, most: int) -> bool:
    match = _PART.fullmatch(part)
    if not match:
        return False
    said = [_NAMES.get(word.lower(), word) for word in (match["first"], match["last"]) if word]
    if not all(isinstance(number, int) or str(number).isdecimal() for number in said):
        return False
    numbers = [int(number) for number in said]
    return all(least <= number <= most for number in numbers) and numbers == sorted(numbers)


def _kind(value: Any) -> str:
    said = value.get("type", value.get("triggerType", "")) if isinstance(value, dict) else getattr(value, "type", "")
    if not said and isinstance(value, dict):
        said = "cron" if "expression" in value else "recurrence"
    return "recurrence" if str(said).lower() == "recurrence" else "cron"


Trigger = Annotated[
    Annotated[CronTrigger, Tag("cron")] | Annotated[RecurrenceTrigger, Tag("recurrence")], Discriminator(_kind)
]
"""When a schedule fires."""
