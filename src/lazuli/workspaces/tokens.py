"""Named tokens: further ways in, each with a name, a role and an end, which can be withdrawn one by one."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from lazuli.schema.identity import check_name
from lazuli.schema.problems import Conflict, InvalidInput, NotFound, did_you_mean
from lazuli.shelves.principal import Principal
from lazuli.store import tables
from lazuli.store.opened import Store
from lazuli.store.secrets import random_token

__all__ = ["ROLES", "Holder", "NamedToken", "Tokens", "hashed", "holder_of", "journal"]

ROLES = ("admin", "reader")
"""What a person may be: one who may do everything, or one who reads all but secrets and other people's ways in."""
_DAY_MS = 24 * 3_600_000
_MOST_DAYS = 3650
_T = tables.named_token


@dataclass(frozen=True)
class NamedToken:
    """A named token, without what opens."""

    id: str
    name: str
    role: str
    created_at: int
    created_by: str
    used_at: int
    """Milliseconds since 1970; 0 for one that was never used."""
    expires_at: int


@dataclass(frozen=True)
class Holder:
    """Who holds a key or a token, and until when."""

    principal: Principal
    expires_at: int


class Tokens:
    """The named tokens of one server."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._used: dict[str, int] = {}

    def create(self, name: str, role: str, days: int, maker: Principal) -> tuple[NamedToken, str]:
        """A new token, and the text that opens, which is told this once. Raises :class:`Conflict` for a name in use."""
        check_name(name, target="name")
        if role not in ROLES:
            raise InvalidInput(f"'{role[:40]}' is no role.", target="role", mend=did_you_mean(role, ROLES))
        if not 1 <= days <= _MOST_DAYS:
            raise InvalidInput(f"A token lives for 1 to {_MOST_DAYS} days.", target="days")
        now, token = self._store.clock(), random_token()
        made = NamedToken(str(uuid.uuid4()), name, role, now, maker.name, 0, now + days * _DAY_MS)
        with self._store.state.write() as tx:
            p = tables.principal
            taken = tx.execute(select(_T.c.id).where(_T.c.name == name)).first()
            if taken or tx.execute(select(p.c.id).where(p.c.name == name)).first():
                raise Conflict(f"There is a token '{name}' already.", target="name", mend="Choose another name.")
            tx.execute(insert(_T), {**vars(made), "token_hash": hashed(token)})
            journal(tx, now, f"/tokens/{made.id}", maker.name, "created", name)
        return made, token

    def list(self) -> Sequence[NamedToken]:
        """Every token that was not revoked, ended ones too, by name."""
        with self._store.state.read() as tx:
            rows = tx.execute(select(_T).order_by(_T.c.name)).all()
        return [self._told(row) for row in rows]

    def revoke(self, name: str, actor: Principal) -> None:
        """Let a token, and every session that was opened with it, open nothing any more. Raises :class:`NotFound`."""
        s, c = tables.studio_session, tables.studio_code
        with self._store.state.write() as tx:
            row = tx.execute(select(_T.c.id, _T.c.token_hash).where(_T.c.name == name)).first()
            if row is None:
                raise NotFound(f"There is no token '{name}'.", target="name", mend="'lazuli token list' lists them.")
            tx.execute(delete(_T).where(_T.c.id == row.id))
            tx.execute(delete(s).where(s.c.opened_with == row.token_hash))
            tx.execute(delete(c).where(c.c.opened_with == row.token_hash))
            journal(tx, self._store.clock(), f"/tokens/{row.id}", actor.name, "revoked", name)

    def holder(self, token: str) -> Principal | None:
        """Who holds ``token``, if it is the text of one that has not ended."""
        digest = hashed(token)
        try:
            found = self._store.state.remembered(("named token", digest), lambda tx: _known(tx, digest))
        except LookupError:  # an error, so that what is guessed is not remembered
            return None
        now = self._store.clock()
        if found.expires_at <= now:
            return None
        self._used[found.principal.id] = now
        return found.principal

    def note_uses(self) -> None:
        """Write down when each was used last."""
        used = dict(self._used)
        if not used:
            return
        with self._store.state.write() as tx:
            for id, at in used.items():
                tx.execute(update(_T).where(_T.c.id == id).values(used_at=at))
        for id, at in used.items():
            if self._used.get(id) == at:
                del self._used[id]

    def _told(self, row: object) -> NamedToken:
        fields = {name: getattr(row, name) for name in NamedToken.__dataclass_fields__}
        return NamedToken(**{**fields, "used_at": max(fields["used_at"], self._used.get(fields["id"], 0))})


def holder_of(tx: Connection, digest: str) -> Holder | None:
    """Who holds the key or the named token with this hash, whether or not it has ended."""
    p = tables.principal
    if row := tx.execute(select(p).where(p.c.token_hash == digest)).first():
        return Holder(Principal(row.id, row.name, row.role), 1 << 62)
    if row := tx.execute(select(_T).where(_T.c.token_hash == digest)).first():
        return Holder(Principal(row.id, row.name, row.role), row.expires_at)
    return None


def _known(tx: Connection, digest: str) -> Holder:
    found = holder_of(tx, digest)
    if found is None:
        raise LookupError
    return found


def hashed(token: str) -> str:
    """What is kept of a token. It is long and random, so one round is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def journal(tx: Connection, at: int, id: str, actor: str, event: str, told: str) -> None:
    """Note who let whom in or out, where the moves of resources are noted too."""
    detail = json.dumps({"name": told})
    row = {"at": at, "actor": actor, "resource_id": id, "event": event, "detail": detail}
    tx.execute(insert(tables.journal), row)
