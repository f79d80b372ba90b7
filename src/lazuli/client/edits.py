"""``--set a.b.c=value``: what a YAML file says, edited before it is checked."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from lazuli.schema import yaml
from lazuli.schema.problems import InvalidInput
from lazuli.schema.yaml import Source

__all__ = ["edited", "value_of"]

_STEP = re.compile(
    r"\[\s*(?P<index>\d+)\s*\]"
    r"|\[\s*(?P<quote>['\"])(?P<quoted>.+?)(?P=quote)\s*\]"
    r"|\.?(?P<word>[^.\[\]]+)"
)

Step = str | int
"""A key of a map, or a place in a list."""


def edited(source: Source, edits: Iterable[str]) -> Source:
    """``source`` with every ``path=value`` put in its place; maps on the way are made, lists must be there.

    ``a.b``, ``list[0].x`` or ``list.0.x``, and ``tags['a.b']`` for a key that holds a dot.
    Raises :class:`InvalidInput` for an edit that names no place.
    """
    data = copy.deepcopy(source.data)
    for edit in edits:
        path, equals, text = edit.partition("=")
        steps = _steps(path.strip())
        if not equals or not steps:
            raise InvalidInput(
                f"'--set {edit}' names no place and value.", target="--set", mend="Write it as --set a.b.c=value."
            )
        data = _put(data, steps, value_of(text), edit)
    return replace(source, data=data)


def value_of(text: str) -> Any:
    """The value that ``text`` writes, as YAML reads a scalar; lists and maps only in brackets."""
    try:
        value = yaml.parse(text).data
    except InvalidInput:
        return text
    bracketed = text.lstrip()[:1] in "[{" and text.strip()
    return value if bracketed or not isinstance(value, dict | list) else text


def _steps(path: str) -> list[Step]:
    """The steps that ``path`` writes; none where some of it is no step."""
    steps: list[Step] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None or (at == 0 and path.startswith(".")):
            return []
        steps.append(int(match["index"]) if match["index"] else match["quoted"] or match["word"])
        at = match.end()
    return steps


def _put(data: Any, steps: list[Step], value: Any, edit: str) -> Any:
    if not steps:
        return value
    key, rest = steps[0], steps[1:]
    if data is None:
        data = [] if isinstance(key, int) else {}
    if isinstance(data, list):
        return _put_in_list(data, key, rest, value, edit)
    if not isinstance(data, dict) or isinstance(key, int):
        found = "a map" if isinstance(data, dict) else f"'{data}'"
        raise InvalidInput(f"'--set {edit}': '{key}' cannot be set inside {found}.", target="--set")
    data[key] = _put(data.get(key), rest, value, edit)
    return data


def _put_in_list(data: list[Any], key: Step, rest: list[Step], value: Any, edit: str) -> list[Any]:
    index = int(key) if str(key).isdecimal() else -1
    if not 0 <= index < len(data):
        raise InvalidInput(
            f"'--set {edit}': the list has no item '{key}'.",
            target="--set",
            mend=f"It has {len(data)}, counted from 0. To write a whole list: '--set a=[1, 2]'.",
        )
    data[index] = _put(data[index], rest, value, edit)
    return data
