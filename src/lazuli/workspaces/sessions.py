"""Sessions: how a browser is signed in to Studio, from the one-time link to log out.

A session is opened by two random halves together. The *cookie* is what no script of a page can read; but a browser
sends it to every port of the machine. The *proof* is what only pages of this very address can read. Neither opens
alone.
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from lazuli.schema.problems import NotAllowed, NotFound, NotSignedIn
from lazuli.shelves.principal import Principal
from lazuli.store import tables
from lazuli.store.opened import Store
from lazuli.store.secrets import random_token
from lazuli.workspaces.tokens import hashed, holder_of, journal

__all__ = ["LONGEST_S", "Opened", "Session", "Sessions"]

_CODE_MS = 15 * 60_000
_IDLE_MS = 12 * 3_600_000
LONGEST_S = 30 * 24 * 3600
"""Seconds after which a session ends, however much it is used."""
_S, _C = tables.studio_session, tables.studio_code
_LONGEST_BROWSER = 200


@dataclass(frozen=True)
class Session:
    """A session, without what opens it."""

    id: str
    principal: Principal
    browser: str
    created_at: int
    used_at: int
    expires_at: int
    """Milliseconds since 1970; it ends earlier where it is not used."""


@dataclass(frozen=True)
class Opened:
    """A session that has just begun, with its two halves, which are told this once."""

    session: Session
    cookie: str
    proof: str


@dataclass(frozen=True)
class _Kept:
    session: Session
    proof_hash: str
    holder_ends_at: int


class Sessions:
    """The sessions of one server. They are kept as hashes, and a restart ends none."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._used: dict[str, int] = {}

    # --- signing in -----------------------------------------------------------------------------------------------

    def mint(self, principal: Principal) -> tuple[str, int]:
        """A code that signs ``principal`` in once, and the millisecond at which it ends."""
        code, ends = random_token(), self._store.clock() + _CODE_MS
        with self._store.state.write() as tx:
            opened_with = _way_in(tx, principal)
            tx.execute(insert(_C).values(hash=hashed(code), opened_with=opened_with, expires_at=ends))
        return code, ends

    def redeem(self, code: str, browser: str) -> Opened:
        """Begin a session by a code, which is then used up. Raises :class:`NotSignedIn`."""
        wrong = NotSignedIn(
            "The link has been used, or has ended.", target="code", mend="Make a fresh one: 'lazuli studio'."
        )
        known = select(_C.c.opened_with).where(_C.c.hash == hashed(code), _C.c.expires_at > self._store.clock())
        with self._store.state.read() as tx:  # so that guesses never wait for the writers' lock
            if tx.execute(known).first() is None:
                raise wrong
        with self._store.state.write() as tx:  # writers come one after the other: a code is used by one of them
            row = tx.execute(known).first()
            if row is None:
                raise wrong
            tx.execute(delete(_C).where(_C.c.hash == hashed(code)))
            return self._begin(tx, row.opened_with, browser, wrong)

    def open(self, token: str, browser: str) -> Opened:
        """Begin a session by the server's key or a named token. Raises :class:`NotSignedIn`."""
        wrong = NotSignedIn(
            "The token is not valid here.",
            target="token",
            mend="Use the one in the file 'token' of the server's data folder, or make one: 'lazuli token create'.",
        )
        with self._store.state.read() as tx:
            if holder_of(tx, hashed(token)) is None:
                raise wrong
        with self._store.state.write() as tx:
            return self._begin(tx, hashed(token), browser, wrong)

    def _begin(self, tx: Connection, opened_with: str, browser: str, wrong: NotSignedIn) -> Opened:
        now = self._store.clock()
        holder = holder_of(tx, opened_with)
        if holder is None or holder.expires_at <= now:
            raise wrong
        id, cookie, proof = str(uuid.uuid4()), random_token(), random_token()
        facts = {
            "browser": browser[:_LONGEST_BROWSER],
            "created_at": now,
            "used_at": now,
            "expires_at": now + LONGEST_S * 1000,
        }
        hashes = {"cookie_hash": hashed(cookie), "proof_hash": hashed(proof), "opened_with": opened_with}
        tx.execute(insert(_S), {"id": id, **facts, **hashes})
        principal = replace(holder.principal, session=id)
        journal(tx, now, f"/sessions/{id}", principal.name, "signed in", principal.name)
        return Opened(Session(id, principal, **facts), cookie, proof)

    # --- while signed in ------------------------------------------------------------------------------------------

    def of(self, cookie: str, proof: str) -> Session:
        """The session that the two halves open. Raises :class:`NotSignedIn`."""
        digest, now = hashed(cookie), self._store.clock()
        try:
            kept = self._store.state.remembered(("session", digest), lambda tx: _kept(tx, _S.c.cookie_hash == digest))
        except LookupError:  # an error, so that what is guessed is not remembered
            raise _signed_out() from None
        if not hmac.compare_digest(kept.proof_hash, hashed(proof)) or not self._stands(kept, now):
            raise _signed_out()
        self._used[kept.session.id] = now
        return kept.session

    def get(self, id: str) -> Session:
        """The session of an id, where the halves were shown before. Raises :class:`NotSignedIn` where it has ended."""
        try:
            kept = self._store.state.remembered(("session id", id), lambda tx: _kept(tx, _S.c.id == id))
        except LookupError:
            raise _signed_out() from None
        if not self._stands(kept, self._store.clock()):
            raise _signed_out()
        return kept.session

    def _stands(self, kept: _Kept, now: int) -> bool:
        session = kept.session
        ends = min(session.expires_at, kept.holder_ends_at, self._last_used(session) + _IDLE_MS)
        return now < ends

    def _last_used(self, session: Session) -> int:
        return max(session.used_at, self._used.get(session.id, 0))

    # --- looking after them ---------------------------------------------------------------------------------------

    def list(self) -> Sequence[Session]:
        """Those that have not ended, the newest first."""
        now = self._store.clock()
        with self._store.state.read() as tx:
            ids = tx.execute(select(_S.c.id).order_by(_S.c.created_at.desc(), _S.c.id)).scalars().all()
            every = [found for id in ids if (found := _found(tx, _S.c.id == id))]
        return [replace(e.session, used_at=self._last_used(e.session)) for e in every if self._stands(e, now)]

    def revoke(self, id: str, actor: Principal) -> None:
        """End a session. Raises :class:`NotFound` where there is none."""
        with self._store.state.write() as tx:
            found = _found(tx, _S.c.id == id)
            if not tx.execute(delete(_S).where(_S.c.id == id)).rowcount:
                raise NotFound("There is no such session.", target="id")
            whose = found.session.principal.name if found else ""
            event = "signed out" if actor.session == id else "revoked"
            journal(tx, self._store.clock(), f"/sessions/{id}", actor.name, event, whose)

    def note_uses(self) -> None:
        """Write down when each was used last, and forget what has ended."""
        used, now = dict(self._used), self._store.clock()
        over = [_S.c.expires_at <= now, _S.c.used_at <= now - _IDLE_MS]
        with self._store.state.read() as tx:
            ended = tx.execute(select(_S.c.id).where(over[0] | over[1]).limit(1)).first()
            ended = ended or tx.execute(select(_C.c.hash).where(_C.c.expires_at <= now).limit(1)).first()
        if not used and not ended:
            return
        with self._store.state.write() as tx:
            for id, at in used.items():
                tx.execute(update(_S).where(_S.c.id == id).values(used_at=at))
            tx.execute(delete(_S).where(over[0] | over[1]))
            tx.execute(delete(_C).where(_C.c.expires_at <= now))
        for id, at in used.items():
            if self._used.get(id) == at:
                del self._used[id]


def _way_in(tx: Connection, principal: Principal) -> str:
    """The hash of what ``principal`` came in with: what they hand on ends with that."""
    p, t = tables.principal, tables.named_token
    asked = (
        [select(_S.c.opened_with).where(_S.c.id == principal.session)]
        if principal.session
        else [select(table.c.token_hash).where(table.c.id == principal.id) for table in (p, t)]
    )
    for query in asked:
        if (found := tx.execute(query).scalar()) is not None:
            return found
    raise NotAllowed(f"'{principal.name}' cannot sign in to Studio.", target="sessions/write")


def _found(tx: Connection, which: Any) -> _Kept | None:
    row = tx.execute(select(_S).where(which)).first()
    holder = holder_of(tx, row.opened_with) if row else None
    if row is None or holder is None:
        return None
    principal = replace(holder.principal, session=row.id)
    session = Session(row.id, principal, row.browser, row.created_at, row.used_at, row.expires_at)
    return _Kept(session, row.proof_hash, holder.expires_at)


def _kept(tx: Connection, which: Any) -> _Kept:
    found = _found(tx, which)
    if found is None:
        raise LookupError
    return found


def _signed_out() -> NotSignedIn:
    return NotSignedIn("The session has ended.", mend="Sign in again: 'lazuli studio' prints a link.")
