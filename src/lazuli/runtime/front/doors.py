"""Who may come in: hashes of keys and tokens, and until when each holds."""

from __future__ import annotations

import hashlib
import math

from lazuli.runtime.front.table import Table

__all__ = ["Keys"]

_BEARER = b"bearer "


class Keys:
    """The keys and tokens of a table."""

    def __init__(self, table: Table) -> None:
        self._is_open = table.auth == "none"
        self._until = {token.sha256: token.expires for token in table.tokens}
        self._until.update(dict.fromkeys(table.keys, math.inf))

    def hold_until(self, authorization: bytes) -> float:
        """Until when the value of an ``Authorization`` header lets in, in seconds since 1970; 0 where it does not."""
        if self._is_open:
            return math.inf
        word = authorization[len(_BEARER) :].strip() if authorization[: len(_BEARER)].lower() == _BEARER else b""
        # a lookup by hash: how long it takes tells nothing about a key
        return self._until.get(hashlib.sha256(word).hexdigest(), 0.0) if word else 0.0
