"""Settings as plain values under the words of v1's files (``nodeCount``), and back."""

from __future__ import annotations

from typing import Any, Mapping, TypeVar

T = TypeVar("T")

_ODD = {"datastore": "dataStore"}
"""Words that v1's files write in another way than its fields."""


def said(section: Any, *without: str) -> dict[str, Any]:
    """The fields of a section by their words in a file, but for some."""
    return {_word(field): value for field, value in vars(section).items() if field not in without}


def taken(section: T, found: Mapping[str, Any] | None, *without: str) -> T:
    """The section with what a file says of its fields; words of other versions are left alone."""
    by_word = {_word(field).lower(): field for field in vars(section) if field not in without}
    for word, value in (found or {}).items():
        field = by_word.get(word.lower())
        if field is not None and value is not None:
            setattr(section, field, value)
    return section


def _word(field: str) -> str:
    first, *rest = (_ODD.get(part, part) for part in field.strip("_").split("_"))
    return first + "".join(part[0].upper() + part[1:] for part in rest)
