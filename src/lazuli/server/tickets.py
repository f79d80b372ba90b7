"""Tickets: signed, short-lived words for addresses that are fetched without a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt

from lazuli.schema.problems import NotAllowed
from lazuli.store.opened import Store
from lazuli.store.secrets import random_token

__all__ = ["Tickets"]

_AUDIENCE = "ticket"


class Tickets:
    """Makes tickets and opens them again. A ticket is no token: no other door takes it."""

    def __init__(self, store: Store) -> None:
        self.now = store.clock
        self._key = store.secrets.get_or_create("server", "ticket-key", random_token)

    def issue(self, claims: Mapping[str, Any], seconds: int) -> str:
        """A ticket for ``claims`` that ends after ``seconds``."""
        ends = self.now() // 1000 + seconds
        return jwt.encode({**claims, "aud": _AUDIENCE, "exp": ends}, self._key, algorithm="HS256")

    def open(self, ticket: str) -> Mapping[str, Any]:
        """The claims of a ticket. Raises :class:`NotAllowed` for one that is not ours or has ended."""
        try:
            return jwt.decode(ticket, self._key, algorithms=["HS256"], audience=_AUDIENCE)
        except jwt.InvalidTokenError:
            raise NotAllowed("The address is not valid any more.", mend="Ask for a fresh one.") from None
