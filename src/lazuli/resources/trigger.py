"""Triggers: when a schedule fires."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator

from lazuli.schema.document import Document, Text
from lazuli.schema.reference import StorageUri
from lazuli.schema.words import Word, time_of

__all__ = [
    "CronTrigger",
    "DataChangeTrigger",
    "Frequency",
    "RecurrencePattern",
    "RecurrenceTrigger",
    "Trigger",
    "TriggerType",
    "WeekDay",
]

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))
_PART = re.compile(r"^(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?$")
_NAMES = {
    name: number
    for names in (("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),)
    for number, name in enumerate(names, 1)
} | {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}


_MOST = 100_000


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
    """The days of the week; those alone."""
    month_days: Annotated[list[Annotated[int, Field(ge=1, le=31)]] | None, BeforeValidator(_listed)] = None
    """The days of the month; a month without such a day is passed over."""


class _Timed(Document):
    outside_properties: ClassVar[frozenset[str]] = frozenset()

    start_time: Text | None = None
    """From when on (`2026-05-01T09:00:00`). Without it, first when the schedule is made."""
    end_time: Text | None = None
    """Until when; for ever when left out."""
    time_zone: str = "UTC"
    """The zone of its hours and times: `UTC`, `Europe/Paris`, or one of Windows' names."""

    @field_validator("start_time", "end_time")
    @classmethod
    def _a_time(cls, value: str | None) -> str | None:
        try:
            return value if value is None or time_of(value) else None
        except ValueError:
            raise ValueError("not a time. Write it as 2026-05-01T09:00:00") from None


class TriggerType(Word):
    """The kinds of trigger."""

    CRON = "cron", "Cron"
    RECURRENCE = "recurrence", "Recurrence"
    DATA_CHANGE = "data_change", "DataChange"


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
    interval: int = Field(ge=1, le=_MOST)
    """Every how many of them."""
    schedule: RecurrencePattern = Field(default_factory=RecurrencePattern)
    """At which moments within each."""


class DataChangeTrigger(_Timed):
    """Fires when files below a path of a datastore are new or were changed: an extension of Lazuli's."""

    type: TriggerType = Field(default=TriggerType.DATA_CHANGE, alias="triggerType")
    """`data_change`"""
    path: StorageUri = Field(min_length=1)
    """What is watched: `azureml://datastores/<name>/paths/<path>`, with everything below it."""
    recursive: bool = True
    """Whether the folders in it are watched as well."""
    polling_interval: int = Field(default=5, ge=1, le=_MOST)
    """Every how many minutes to look."""
    input_name: str | None = None
    """The input of the job that is given what changed: the file, or of several the folder that holds them all."""


def _fits(part: str, least: int, most: int) -> bool:
    match = _PART.fullmatch(part)
    if not match:
        return False
    said = [_NAMES.get(word.lower(), word) for word in (match["first"], match["last"]) if word]
    if not all(isinstance(number, int) or str(number).isdecimal() for number in said):
        return False
    numbers = [int(number) for number in said]
    return all(least <= number <= most for number in numbers) and numbers == sorted(numbers)


_OWN_WORDS = {"expression": "cron", "path": "data_change"}


def _kind(value: Any) -> str:
    """Which kind of trigger this is; one that is not known is taken for a cron expression, which tells it."""
    said = value.get("type", value.get("triggerType")) if isinstance(value, dict) else getattr(value, "type", None)
    if not said:
        return next((kind for word, kind in _OWN_WORDS.items() if word in value), "recurrence")
    try:
        return TriggerType.read(said).value
    except ValueError:
        return "cron"


Trigger = Annotated[
    Annotated[CronTrigger, Tag("cron")]
    | Annotated[RecurrenceTrigger, Tag("recurrence")]
    | Annotated[DataChangeTrigger, Tag("data_change")],
    Discriminator(_kind),
]
"""When a schedule fires."""
