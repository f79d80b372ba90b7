"""Who may ask an endpoint: two keys that hold until they are made anew, and tokens that hold for a while."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput
from lazuli.store.secrets import Secrets, random_token

__all__ = ["ADDRESS", "KINDS", "EndpointKeys", "Token", "digest"]

KINDS = ("primary", "secondary")
ADDRESS = "address"
"""The word in an address that opens the endpoint, for one that says ``address_key``."""


def digest(secret: str) -> str:
    """What the endpoint's front knows of a key or a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Token:
    """A word that opens an endpoint for a while. Times are seconds since 1970."""

    word: str
    refresh_s: float
    expires_s: float


@dataclass(frozen=True)
class EndpointKeys:
    """The keys of endpoints, sealed in the store."""

    secrets: Secrets

    def of(self, id: ResourceId) -> dict[str, str]:
        """Both keys of an endpoint, by ``primary`` and ``secondary``; made where there are none yet."""
        return {kind: self.secrets.get_or_create(_place(id), kind, random_token) for kind in KINDS}

    def address(self, id: ResourceId) -> str:
        """The word that an address of an endpoint has behind ``?code=``."""
        return self.secrets.get_or_create(_place(id), ADDRESS, random_token)

    def renew(self, id: ResourceId, kind: str, value: str | None = None) -> None:
        """Make a key anew, or take ``value`` for it, unless it is the one there is: Microsoft's client sends that.

        Raises :class:`InvalidInput` for another ``kind``.
        """
        word = kind.lower()
        if word not in (*KINDS, ADDRESS):
            mend = "Use 'Primary', 'Secondary' or 'Address'."
            raise InvalidInput(f"'{kind[:40]}' is no key.", target="keyType", mend=mend)
        is_new = bool(value) and value != (self.address(id) if word == ADDRESS else self.of(id)[word])
        self.secrets.set(_place(id), word, str(value) if is_new else random_token())

    def forget(self, id: ResourceId) -> None:
        """Forget the keys of an endpoint that is gone."""
        self.secrets.delete_all(_place(id))


def _place(id: ResourceId) -> str:
    return f"endpoint{id.key}"
