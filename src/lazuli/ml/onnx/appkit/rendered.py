"""Templates: ``{{word}}``; ``{{#words}}…{{/words}}`` for each of a list or where something holds, ``{{^words}}…`` else.

A small part of Mustache. What is put in is not read as a template again, so a model may be called ``{{name}}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["rendered"]

_TAG = re.compile(
    r"\{\{(?P<kind>[#^])(?P<section>\w+)\}\}(?P<inner>.*?)\{\{/(?P=section)\}\}|\{\{(?P<word>\w+)\}\}", re.DOTALL
)
_ALONE = re.compile(r"^[ \t]*(\{\{[#^/]\w+\}\})[ \t]*\n", re.MULTILINE)
"""A line that only begins or ends a section, and is no line of the result."""


def rendered(template: str, words: Mapping[str, Any]) -> str:
    """The template with all of it filled in. Raises :class:`KeyError` for a word that is not given."""
    return _filled(_ALONE.sub(r"\1", template), words)


def _filled(template: str, words: Mapping[str, Any]) -> str:
    def said(tag: re.Match[str]) -> str:
        if tag["word"]:
            return str(words[tag["word"]])
        value = words[tag["section"]]
        if tag["kind"] == "^":
            return "" if value else _filled(tag["inner"], words)
        each = value if isinstance(value, list) else [{}] if value else []
        return "".join(_filled(tag["inner"], {**words, **more}) for more in each)

    return _TAG.sub(said, template)
