"""Who may come in: hashes of keys and tokens, and until when each holds."""

from __future__ import annotations

import hashlib
import math

from lazuli.runtime.front.table import Table
from lazuli.runtime.front.wire import Head

__all__ = ["Keys"]

_BEARER = b"bearer "
_CODE = b"code="


class Keys:
    """The keys and tokens of a table."""

    def __init__(self, table: Table) -> None:
        self._is_open = table.auth == "none"
        self._until = {token.sha256: token.expires for token in table.tokens}
        self._until.update(dict.fromkeys(table.keys, math.inf))
        self._code = table.code

    def hold_until(self, authorization: bytes) -> float:
        """Until when the value of an ``Authorization`` header lets in, in seconds since 1970; 0 where it does not."""
        if self._is_open:
            return math.inf
        word = authorization[len(_BEARER) :].strip() if authorization[: len(_BEARER)].lower() == _BEARER else b""
        # a lookup by hash: how long it takes tells nothing about a key
        return self._until.get(hashlib.sha256(word).hexdigest(), 0.0) if word else 0.0

    def look_at(self, head: Head) -> None:
        """Write down until when a caller may come in; the word that opened the door goes no further than this."""
        head.is_permitted_until = self.hold_until(head.first(b"authorization"))
        if self._code and _CODE in head.query:
            parts = head.query.split(b"&")
            words = [part[len(_CODE) :] for part in parts if part.startswith(_CODE)]
            head.query = b"&".join(part for part in parts if not part.startswith(_CODE))
            if any(hashlib.sha256(word).hexdigest() == self._code for word in words):
                head.is_permitted_until = math.inf
