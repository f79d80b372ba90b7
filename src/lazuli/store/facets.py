"""Facets: the few words of a document that lists are narrowed by, kept in the order in which lists are shown.

Every resource is filed under its tags. What else a kind is filed under, its room says in :attr:`Documents.facets`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

__all__ = ["TAG", "Facet", "brief", "tags_of"]

Facet = tuple[str, str]
"""What a resource is filed under: a key and its value."""
TAG = "tag"
"""The key of the tags that a resource has, whatever their values. Their values are under ``tag:<name>``."""

_MOST = 120
"""Bytes of a key or value that is kept as it is: PostgreSQL's index rows have 2,700 at most."""
_HEAD = 48


def tags_of(body: Mapping[str, Any]) -> set[Facet]:
    """The facets of a document's tags."""
    tags = body.get("tags")
    if not isinstance(tags, Mapping):
        return set()
    return {(TAG, str(name)) for name in tags} | {(f"{TAG}:{name}", str(value)) for name, value in tags.items()}


def brief(text: str) -> str:
    """``text``, or where it is too long or cannot be a database's text its beginning and a hash of all of it."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= _MOST and "\0" not in text and data.decode("utf-8", "replace") == text:
        return text
    head = data[:_HEAD].decode("utf-8", "ignore").replace("\0", "")
    return f"{head}…{hashlib.sha256(data).hexdigest()[:32]}"
