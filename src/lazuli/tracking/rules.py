"""What may be logged: MLflow's limits on keys, values and batches, checked by hand because logging must be fast."""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from lazuli.schema.problems import Conflict, InvalidInput, NotFound

__all__ = [
    "INVALID",
    "MAX_BATCH",
    "MAX_METRICS",
    "MAX_PAIRS",
    "check_experiment_name",
    "check_key",
    "check_text",
    "exists_already",
    "invalid",
    "missing",
    "number",
    "once",
    "page_size",
    "pair",
    "pairs",
    "sequence",
    "too_many",
    "whole",
    "wrong",
]

INVALID = "INVALID_PARAMETER_VALUE"
MAX_METRICS = 1000
MAX_PAIRS = 100
MAX_BATCH = 1000
MAX_KEY = 250
MAX_PARAM = 6000
MAX_TAG = 8000
MAX_EXPERIMENT_TAG = 20_000
MAX_EXPERIMENT_NAME = 500

_KEY = re.compile(r"^[/\w.\- :]*$")
_LEAST, _MOST = -(2**63), 2**63 - 1


def invalid(message: str, *, target: str = "", mend: str = "") -> InvalidInput:
    """The problem that MLflow calls INVALID_PARAMETER_VALUE."""
    return InvalidInput(message, target=target, mend=mend, code=INVALID)


def wrong(value: Any, target: str, mend: str = "") -> InvalidInput:
    """The problem of a value that ``target`` cannot have, told as MLflow tells it."""
    try:
        shown = orjson.dumps(value).decode()
    except TypeError:  # beyond what JSON libraries agree on
        shown = str(value)
    shown = shown if len(shown) <= 100 else f"{shown[:100]}…"
    return invalid(f"Invalid value {shown} for parameter '{target}' supplied.", target=target, mend=mend)


def missing(what: str, name: str) -> NotFound:
    """The problem that MLflow calls RESOURCE_DOES_NOT_EXIST."""
    return NotFound(f"{what} '{name[:300]}' not found.", code="RESOURCE_DOES_NOT_EXIST")


def exists_already(what: str, name: str, mend: str = "") -> Conflict:
    """The problem that MLflow calls RESOURCE_ALREADY_EXISTS."""
    return Conflict(f"{what} '{name[:300]}' already exists.", mend=mend, code="RESOURCE_ALREADY_EXISTS")


def check_key(key: Any, target: str = "key") -> str:
    """``key`` itself, where a metric, parameter or tag may be called so."""
    if key is not None and not isinstance(key, str):
        raise wrong(key, target)
    if not key:
        raise invalid(f"Missing value for required parameter '{target}'.", target=target)
    return _checked_key(key, target)


@lru_cache(maxsize=8192)
def _checked_key(key: str, target: str) -> str:
    if not _KEY.match(key):
        raise wrong(
            key,
            target,
            mend="Names may only contain letters, digits, '_', '-', '.', ' ', ':' and '/'.",
        )
    plain = posixpath.normpath(key)
    if plain != key or plain == "." or plain.startswith(("..", "/")):
        raise wrong(
            key,
            target,
            mend=f"As a path the name would be '{plain[:300]}'; use that, or no slashes and dots.",
        )
    if len(key) > MAX_KEY:
        raise invalid(f"'{target}' exceeds the maximum length of {MAX_KEY} characters.", target=target)
    return key


def check_text(value: Any, limit: int, target: str) -> str:
    """``value`` as text of at most ``limit`` characters; nothing is the empty text."""
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise wrong(value, target, mend="It must be a text.")
    if len(value) > limit:
        raise invalid(f"'{target}' exceeds the maximum length of {limit} characters.", target=target)
    if "\0" in value:
        raise invalid(f"'{target}' holds a NUL character.", target=target)
    return value


def pairs(entries: Any, target: str, limit: int, most: int | None = MAX_PAIRS) -> list[tuple[str, str]]:
    """A list of ``{"key", "value"}`` as checked pairs, in their order."""
    entries = sequence(entries, target)
    if most is not None and len(entries) > most:
        raise too_many(target, most, len(entries))
    return [pair(entry, limit, f"{target}[{index}].") for index, entry in enumerate(entries)]


def pair(entry: Mapping[str, Any], limit: int, where: str = "") -> tuple[str, str]:
    """One ``{"key", "value"}``, checked."""
    return check_key(entry.get("key"), f"{where}key"), check_text(entry.get("value"), limit, f"{where}value")


def sequence(entries: Any, target: str) -> Sequence[Mapping[str, Any]]:
    """``entries`` as a list of objects; nothing is an empty list."""
    if entries is None:
        return ()
    if not isinstance(entries, list) or not {*map(type, entries)} <= {dict}:
        raise wrong(entries, target, mend="It must be a list of objects.")
    return entries


def too_many(target: str, limit: int, count: int) -> InvalidInput:
    """The problem of a batch that is too long."""
    return invalid(
        f"A batch logging request can contain at most {limit} {target}. Got {count} {target}.",
        target=target,
        mend=f"Please split up {target} across multiple requests and try again.",
    )


def number(value: Any, target: str) -> float:
    """``value`` as a float; the texts "NaN", "Infinity" and "-Infinity" are numbers as well."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    elif value is None:
        raise invalid(f"Missing value for required parameter '{target}'.", target=target)
    raise wrong(value, target, mend="Please specify value as a valid double (64-bit floating point).")


def whole(value: Any, target: str, *, default: int | None = None, least: int = _LEAST) -> int:
    """``value`` as a whole number of 64 bits, ``default`` where there is none."""
    if value is None and default is not None:
        return default
    if value is None:
        raise invalid(f"Missing value for required parameter '{target}'.", target=target)
    try:
        result = int(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
    except ValueError:
        result = None
    if isinstance(value, float) and value.is_integer():
        result = int(value)
    if result is None or not least <= result <= _MOST:
        kind = "nonnegative long (64-bit integer)" if least == 0 else "valid long (64-bit integer)"
        raise wrong(value, target, mend=f"It must be a {kind}.")
    return result


def page_size(value: Any, default: int, most: int) -> int:
    """How many results a page holds: ``value`` checked, or ``default``."""
    size = whole(value, "max_results", default=default)
    if not 1 <= size <= most:
        raise wrong(size, "max_results", mend=f"max_results must be between 1 and {most}.")
    return size


def check_experiment_name(name: Any, target: str = "name") -> str:
    """``name`` itself, where an experiment may be called so."""
    if name is None or name == "":
        raise invalid(f"Missing value for required parameter '{target}'.", target=target)
    if not isinstance(name, str) or not name.strip() or "\0" in name:
        raise wrong(name, target)
    if len(name) > MAX_EXPERIMENT_NAME:
        raise invalid(f"'{target}' exceeds the maximum length of {MAX_EXPERIMENT_NAME} characters.", target=target)
    return name


def once(keys: Iterable[str], target: str) -> None:
    """Raise :class:`InvalidInput` where a key is given twice."""
    seen: set[str] = set()
    twice = {key for key in keys if key in seen or seen.add(key)}
    if twice:
        raise invalid(f"Duplicate parameter keys have been submitted: {sorted(twice)}.", target=target)
