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

_STEP = re.compile(r"[^.\[\]]+")


def edited(source: Source, edits: Iterable[str]) -> Source:
    """``source`` with every ``path=value`` put in its place; maps on the way are made, lists must be there.

    Raises :class:`InvalidInput` for an edit that names no place.
    """
    data = copy.deepcopy(source.data)
    for edit in edits:
        path, equals, text = edit.partition("=")
        steps: list[str] = _STEP.findall(path)
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


def _put(data: Any, steps: list[str], value: Any, edit: str) -> Any:
    if not steps:
        return value
    key, rest = steps[0], steps[1:]
    if isinstance(data, list):
        if not key.isdigit() or int(key) >= len(data):
            raise InvalidInput(
                f"'--set {edit}': the list has no item '{key}'.",
                target="--set",
                mend=f"It has {len(data)}, counted from 0.",
            )
        data[int(key)] = _put(data[int(key)], rest, value, edit)
        return data
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise InvalidInput(f"'--set {edit}': '{key}' cannot be set inside '{data}'.", target="--set")
    data[key] = _put(data.get(key), rest, value, edit)
    return data
