"""Page tokens: where the next page starts, opaque to the caller."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from lazuli.tracking.rules import invalid

__all__ = ["read_token", "token"]


def token(*place: int) -> str:
    """The token of a place."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode()


def read_token(text: str | None, numbers: int = 1) -> tuple[int, ...] | None:
    """The place that a token tells, None for no token. Raises :class:`InvalidInput` for anything else."""
    if not text:
        return None
    try:
        place: Any = orjson.loads(base64.urlsafe_b64decode(text.encode()))
    except (binascii.Error, ValueError):
        place = None
    is_place = isinstance(place, list) and all(type(n) is int and -(2**63) <= n < 2**63 for n in place)
    if not is_place or len(place) != numbers:
        raise invalid("Invalid page token.", target="page_token", mend="Use the token of the previous answer.")
    return tuple(place)
