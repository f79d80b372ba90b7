"""Who may come in, and what they may do: the first token, short-lived access tokens, roles.

There are three kinds of token. The *key* in ``<data-dir>/token`` is random, long-lived and kept as a hash, as *named
tokens* are. *Access tokens* are JWTs signed by this server: Microsoft's client asks for them, and every job gets one of
its own. Browsers come in by sessions.
"""

from __future__ import annotations

import time
import uuid
from functools import lru_cache
from pathlib import Path

import jwt
from sqlalchemy import insert, select, update

from lazuli.schema.identity import Scope
from lazuli.schema.problems import NotAllowed, NotSignedIn
from lazuli.shelves.principal import Principal
from lazuli.store import tables
from lazuli.store.opened import Store
from lazuli.store.secrets import random_token, write_private
from lazuli.workspaces.sessions import Sessions
from lazuli.workspaces.tokens import ROLES, Tokens, hashed

__all__ = ["TENANT", "Access"]

TENANT = "00000000-0000-0000-0000-0000000000aa"
"""The tenant that every token of this server names."""

_ADMIN_SECONDS = 24 * 3600
_JOB_SECONDS = 30 * 24 * 3600
_ASK_AGAIN_MS = 1_000
_MOST_REMEMBERED = 10_000
_JOB_MAY_WRITE = frozenset({"runs", "experiments", "artifacts", "blobs"})
_JOB_MAY_ALSO = frozenset({"datastores/secrets", "jobs/cancel"})
"""What else a job may: it is given a signature that reads and adds, and cancels what it is a part of."""
_NOT_FOR_READERS = frozenset({"secrets", "sessions", "tokens"})


class Access:
    """The tokens of one server and what their holders may do."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._signing_key = store.secrets.get_or_create("server", "signing-key", random_token)
        self.identity_header = store.secrets.get_or_create("server", "identity-header", random_token)
        self._first_principal(store.settings.data_dir / "token")
        self.tokens = Tokens(store)
        self.sessions = Sessions(store)
        write_private(store.settings.data_dir / "identity_header", self.identity_header)
        self._on_their_way: dict[Principal, tuple[int, bool]] = {}
        self._first = lru_cache(maxsize=256)(self._find_first)
        self._signed = lru_cache(maxsize=4096)(self._read_jwt)  # a job sends the same token with every value it logs

    def _first_principal(self, token_file: Path) -> None:
        """The admin, whose key is what the file says: made at the first start, and anew where the file was removed.

        The former key then opens nothing any more: removing the file is how a key that got out is withdrawn.
        """
        if token_file.exists():
            token = token_file.read_text(encoding="utf-8").strip()
        else:
            token = random_token()
            write_private(token_file, token)
        p = tables.principal
        with self._store.state.write() as tx:
            if tx.execute(update(p).where(p.c.role == "admin").values(token_hash=hashed(token))).rowcount:
                return
            first = {"id": str(uuid.uuid4()), "name": "admin", "role": "admin", "token_hash": hashed(token)}
            tx.execute(insert(p).values(**first, created_at=self._store.clock()))

    def principal_of(self, token: str) -> Principal:
        """Who holds ``token``. Raises :class:`NotSignedIn`."""
        found = self._by_jwt(token) if token.count(".") == 2 else self._first(token) or self.tokens.holder(token)
        if found is None:
            raise NotSignedIn(
                "The token is not valid here.",
                mend="Use the token of this server: it lies in the file 'token' of its data folder.",
            )
        return found

    def _find_first(self, token: str) -> Principal | None:
        """Who holds a server's own key. It is changed by no server that runs, so it may be remembered."""
        p = tables.principal
        with self._store.state.read() as tx:
            row = tx.execute(select(p).where(p.c.token_hash == hashed(token))).one_or_none()
        return Principal(row.id, row.name, row.role) if row else None

    def _by_jwt(self, token: str) -> Principal | None:
        found = self._signed(token)
        return found[0] if found and time.time() < found[1] else None

    def _read_jwt(self, token: str) -> tuple[Principal, float] | None:
        """Who holds a token of this server, and until which second; None for any other and one that has ended."""
        try:
            claims = jwt.decode(
                token, self._signing_key, algorithms=["HS256"], options={"verify_aud": False, "require": ["exp", "oid"]}
            )
        except jwt.InvalidTokenError:
            return None
        holder = Principal(
            claims["oid"],
            claims.get("name", ""),
            claims.get("role", "none"),
            claims.get("job", ""),
            claims.get("born", 0),
        )
        return holder, claims["exp"]

    def note_uses(self) -> None:
        """Write down when sessions and named tokens were used last, and forget what has ended."""
        self.tokens.note_uses()
        self.sessions.note_uses()

    def admin(self) -> Principal:
        """The first principal."""
        p = tables.principal
        with self._store.state.read() as tx:
            row = tx.execute(select(p).where(p.c.role == "admin")).one()
        return Principal(row.id, row.name, row.role)

    def access_token(self, principal: Principal, audience: str) -> tuple[str, int]:
        """A JWT for ``audience``, and the second at which it ends."""
        return self._sign(principal, audience, _ADMIN_SECONDS)

    def job_token(self, user: str, scope: Scope, job: str, born: int) -> str:
        """The token a job gets: while it is on its way, it may read its workspace and write what a job writes."""
        principal = Principal(job, user, "job", f"{scope.key}/jobs/{job.lower()}", born)
        return self._sign(principal, "lazuli", _JOB_SECONDS)[0]

    @staticmethod
    def ends_at(token: str) -> int:
        """The second since 1970 at which a token of :meth:`job_token` is no longer taken."""
        return int(jwt.decode(token, options={"verify_signature": False})["exp"])

    def _sign(self, principal: Principal, audience: str, seconds: int) -> tuple[str, int]:
        now = self._store.clock() // 1000
        claims = {
            "aud": audience,
            "iss": f"https://sts.lazuli.local/{TENANT}/",
            "tid": TENANT,
            "oid": principal.id,
            "name": principal.name,
            "role": principal.role,
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
        }
        if principal.job:
            claims |= {"job": principal.job, "born": principal.born}
        return jwt.encode(claims, self._signing_key, algorithm="HS256"), now + seconds

    def check(self, principal: Principal, permission: str, scope: Scope | None) -> None:
        """Raise :class:`NotAllowed` where ``principal`` may not do ``permission`` (``jobs/write``) in ``scope``.

        Without a scope it is asked for outside every workspace.
        """
        if principal.role == "admin":
            return
        noun, _, verb = permission.partition("/")
        if principal.role in ROLES and (noun == "session" or (verb == "read" and noun not in _NOT_FOR_READERS)):
            return
        if principal.role == "job" and scope is not None:
            at_home = principal.job.startswith(f"{scope.key}/jobs/")
            may = verb == "read" or noun in _JOB_MAY_WRITE or permission in _JOB_MAY_ALSO
            if at_home and may and self._is_on_its_way(principal):
                return
        raise NotAllowed(
            f"'{principal.name}' may not do '{permission}' here.", target=permission, mend="Ask for a role that may."
        )

    def check_everywhere(self, token: str, verb: str) -> None:
        """Raise where the holder of ``token`` may not ``read`` or ``write`` the storage of every workspace."""
        self.check(self.principal_of(token), f"blobs/{verb}", None)

    def _is_on_its_way(self, job: Principal) -> bool:
        """Whether the job that holds a token has not ended: so long it has a lease. Asked again every second."""
        now = self._store.clock()
        asked_at, answer = self._on_their_way.get(job, (0, False))
        if now - asked_at > _ASK_AGAIN_MS:
            r, lease = tables.resource, tables.lease
            query = select(r.c.id).join(lease, lease.c.resource_id == r.c.id)
            with self._store.state.read() as tx:
                found = tx.execute(query.where(r.c.id == job.job, r.c.created_at == job.born)).first()
            answer = found is not None
            if len(self._on_their_way) > _MOST_REMEMBERED:
                self._on_their_way.clear()
            self._on_their_way[job] = (now, answer)
        return answer
