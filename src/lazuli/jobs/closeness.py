"""How well a name fits what somebody types: the whole of it, its beginning, the beginning of a word, or within."""

from __future__ import annotations

import re

__all__ = ["ELSEWHERE", "closeness", "fit"]

EXACT, BEGINNING, WORD, WITHIN, ELSEWHERE = range(5)
"""The best first; :data:`ELSEWHERE` is no fit."""
_BOUNDARY = re.compile(r"[^\W_]")


def closeness(text: str, *names: str) -> int:
    """How well the best of some names fits ``text``, which is in lower case; of several words, each must be within."""
    return min((fit(text, name.lower()) for name in names if name), default=ELSEWHERE)


def fit(text: str, name: str) -> int:
    """How well one name fits, which is in lower case as well."""
    place = name.find(text)
    if place < 0:
        words = text.split()
        return WITHIN if len(words) > 1 and all(word in name for word in words) else ELSEWHERE
    if place == 0:
        return EXACT if len(name) == len(text) else BEGINNING
    while place > 0:
        if not _BOUNDARY.match(name[place - 1]):
            return WORD
        place = name.find(text, place + 1)
    return WITHIN
