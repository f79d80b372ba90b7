"""Words that both dialects know under different spellings: ``ro_mount`` in YAML is ``ReadOnlyMount`` in REST."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, GetCoreSchemaHandler, PlainSerializer, SerializationInfo, WithJsonSchema
from pydantic_core import core_schema

from lazuli.schema.problems import did_you_mean

__all__ = ["Minutes", "Seconds", "Word", "duration", "moment", "seconds", "time_of"]


class Word(StrEnum):
    """An enumeration whose members are written ``NAME = "yaml_word", "RestWord"``.

    Either spelling is read in any case, with or without ``_`` and ``-``; each dialect is written in its own.
    """

    rest: str

    def __new__(cls, yaml: str, rest: str = "") -> Self:
        """A member with its two spellings; one spelling serves both dialects where REST has no other."""
        member = str.__new__(cls, yaml)
        member._value_ = yaml
        member.rest = rest or yaml
        return member

    @classmethod
    def read(cls, value: Any) -> Self:
        """The member that ``value`` spells. Raises ValueError, with the nearest word, where it spells none."""
        if isinstance(value, cls):
            return value
        text = str(value)
        known = _spellings(cls)
        if found := known.get(text) or known.get(_bare(text)):
            return found
        words = [member.value for member in cls]
        near = did_you_mean(str(value), words)
        said = f"not one of {', '.join(words)}"
        raise ValueError(f"{said}. {near}" if near.startswith("Did you mean") else said)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Read liberally, write in the dialect asked for."""
        return core_schema.no_info_plain_validator_function(
            cls.read,
            serialization=core_schema.plain_serializer_function_ser_schema(_write_word, info_arg=True),
            metadata={"pydantic_js_functions": [cls._json_schema]},
        )

    @classmethod
    def _json_schema(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        rest = {"enum": [m.rest for m in cls]}
        return {"type": "string", "enum": [m.value for m in cls], "x-rest": rest}


@cache
def _spellings(words: type[Word]) -> dict[str, Any]:
    """The members by their spellings: bare, and as they are written most."""
    bare = {_bare(text): member for member in reversed(words) for text in (member.rest, member.value)}
    return {text: member for member in words for text in (member.rest, member.value)} | bare


def _write_word(value: Any, info: SerializationInfo) -> str:
    return value.rest if info.by_alias and isinstance(value, Word) else str(getattr(value, "value", value))


def _bare(word: str) -> str:
    return re.sub(r"[_\-\s]", "", word).lower()


_DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")


def _read_seconds(value: Any) -> Any:
    said_as_duration = isinstance(value, str) and value.startswith("P")
    if not said_as_duration and not isinstance(value, bool):
        return value
    return seconds(str(value))


def seconds(text: str) -> int:
    """The whole seconds of an ISO 8601 duration. Raises ValueError where it is none."""
    return int(_seconds(text))


def _seconds(text: str) -> float:
    match = _DURATION.fullmatch(text)
    if not match or not any(match.groups()):
        raise ValueError("not a number of seconds nor an ISO 8601 duration such as PT5M")
    days, hours, minutes, rest = (float(part or 0) for part in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + rest


def moment(milliseconds: int | None) -> str | None:
    """A moment, given in milliseconds since 1970, as documents tell it: UTC in ISO 8601. None stays None."""
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def time_of(text: str) -> datetime:
    """The time that ISO 8601 text spells. Raises ValueError for what is none, or is not from the years 1971 to 9000."""
    found = datetime.fromisoformat(text)
    if not 1971 <= found.year <= 9000:  # near the ends of the calendar nothing can be reckoned
        raise ValueError("it is too far away")
    return found


def duration(seconds: int) -> str:
    """The ISO 8601 duration of so many seconds."""
    return f"PT{seconds}S"


def _write_seconds(value: int | None, info: SerializationInfo) -> int | str | None:
    return duration(value) if info.by_alias and value is not None else value


Seconds = Annotated[
    int,
    BeforeValidator(_read_seconds),
    PlainSerializer(_write_seconds),
    WithJsonSchema({"type": "integer", "minimum": 0, "x-rest": {"type": "string", "format": "duration"}}),
]
"""A duration: whole seconds in YAML, ISO 8601 (``PT120S``) in REST."""


def _read_minutes(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("P"):
        return _read_seconds(value) // 60
    return value


def _write_minutes(value: int | None, info: SerializationInfo) -> int | str | None:
    return f"PT{value}M" if info.by_alias and value is not None else value


def _read_milliseconds(value: Any) -> Any:
    return round(_seconds(value) * 1000) if isinstance(value, str) and value.startswith("P") else value


def _write_milliseconds(value: int | None, info: SerializationInfo) -> int | str | None:
    return f"PT{value / 1000:g}S" if info.by_alias and value is not None else value


Milliseconds = Annotated[
    int,
    BeforeValidator(_read_milliseconds),
    PlainSerializer(_write_milliseconds),
    WithJsonSchema({"type": "integer", "minimum": 0, "x-rest": {"type": "string", "format": "duration"}}),
]
"""A duration: whole milliseconds in YAML, ISO 8601 (``PT0.5S``) in REST."""


Minutes = Annotated[
    int,
    BeforeValidator(_read_minutes),
    PlainSerializer(_write_minutes),
    WithJsonSchema({"type": "integer", "minimum": 0, "x-rest": {"type": "string", "format": "duration"}}),
]
"""A duration: whole minutes in YAML, ISO 8601 (``PT30M``) in REST."""
