"""The door of Studio: signing in and out, who is signed in where, and named tokens."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from lazuli.schema.problems import InvalidInput, NotAllowed
from lazuli.server.cookies import set_cookie
from lazuli.server.present import moment
from lazuli.server.routes import PUBLIC, Call, Route, reply
from lazuli.workspaces.access import Access
from lazuli.workspaces.sessions import LONGEST_S, Session
from lazuli.workspaces.tokens import NamedToken

__all__ = ["session_routes"]

_UNSEEN = {"Cache-Control": "no-store"}
_TAGS = ("Studio",)
_MOST = 4096
_DAYS = 90


def session_routes(access: Access) -> list[Route]:
    """Sign in and out, and look after the ways in."""
    door = _Door(access)
    one = "/studio/session"
    return [
        Route("POST", one, door.sign_in, PUBLIC, "Sign in to Studio by a code or a token", most=_MOST, tags=_TAGS),
        Route("GET", one, door.who, "session/read", "Say who is signed in", tags=_TAGS),
        Route("DELETE", one, door.sign_out, "session/delete", "Sign out: the session opens nothing more", tags=_TAGS),
        Route("POST", f"{one}/codes", door.code, "sessions/write", "Make a link that signs in once", tags=_TAGS),
        Route("GET", "/studio/sessions", door.sessions, "sessions/read", "List who is signed in where", tags=_TAGS),
        Route("DELETE", "/studio/sessions/{id}", door.revoke_session, "sessions/delete", "End a session", tags=_TAGS),
        Route("GET", "/tokens", door.tokens, "tokens/read", "List the named tokens, without what opens", tags=_TAGS),
        Route("POST", "/tokens", door.create_token, "tokens/write", "Make a named token, shown once", tags=_TAGS),
        Route("DELETE", "/tokens/{name}", door.revoke_token, "tokens/delete", "Withdraw a named token", tags=_TAGS),
    ]


class _Door:
    def __init__(self, access: Access) -> None:
        self._sessions = access.sessions
        self._tokens = access.tokens

    # --- signing in -----------------------------------------------------------------------------------------------

    def sign_in(self, call: Call) -> Response:
        """By ``code`` or ``token``. The answer brings one half of the session, its cookie the other."""
        # A page elsewhere must not sign its visitor in as somebody else; browsers say where such a request is from.
        if call.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise NotAllowed("Sign in from a page of this server.", target="Sec-Fetch-Site", code="OriginNotAllowed")
        said = call.json()
        browser = _browser(call.headers.get("user-agent", ""))
        word = "code" if "code" in said else "token"
        value = said.get(word)
        if not isinstance(value, str) or not value:
            raise InvalidInput("Neither 'code' nor 'token' is said.", target="code")
        opened = (self._sessions.redeem if word == "code" else self._sessions.open)(value, browser)
        cookie = {"Set-Cookie": set_cookie(call.base_url, opened.cookie, LONGEST_S)}
        return reply({**_me(opened.session), "proof": opened.proof}, 201, _UNSEEN | cookie)

    def who(self, call: Call) -> Response:
        principal = call.principal
        if principal.session:
            return reply(_me(self._sessions.get(principal.session)), headers=_UNSEEN)
        return reply({"name": principal.name, "role": principal.role}, headers=_UNSEEN)

    def sign_out(self, call: Call) -> Response:
        if not call.principal.session:
            raise InvalidInput("A token signs nobody out.", target="Lazuli-Session", mend="Ask within a session.")
        self._sessions.revoke(call.principal.session, call.principal)
        cookie = {"Set-Cookie": set_cookie(call.base_url, "", 0)}
        return reply(status=204, headers=_UNSEEN | cookie)

    def code(self, call: Call) -> Response:
        code, ends = self._sessions.mint(call.principal)
        link = f"{call.base_url}/studio/sign-in#code={code}"
        return reply({"code": code, "link": link, "expires": ends}, 201, _UNSEEN)

    # --- ways in --------------------------------------------------------------------------------------------------

    def sessions(self, call: Call) -> Response:
        found = self._sessions.list()
        return reply({"value": [_told_session(each, call.principal.session) for each in found]})

    def revoke_session(self, call: Call) -> Response:
        self._sessions.revoke(call.params["id"], call.principal)
        return reply(status=204)

    def tokens(self, call: Call) -> Response:
        return reply({"value": [_told_token(each) for each in self._tokens.list()]})

    def create_token(self, call: Call) -> Response:
        said = call.json()
        name, role, days = said.get("name"), said.get("role", "admin"), said.get("days", _DAYS)
        if not isinstance(name, str) or not name:
            raise InvalidInput("'name' is missing.", target="name")
        if not isinstance(role, str):
            raise InvalidInput("'role' is no word.", target="role")
        if not isinstance(days, int) or isinstance(days, bool):
            raise InvalidInput("'days' is no whole number.", target="days")
        made, token = self._tokens.create(name, role, days, call.principal)
        return reply({**_told_token(made), "token": token}, 201, _UNSEEN)

    def revoke_token(self, call: Call) -> Response:
        self._tokens.revoke(call.params["name"], call.principal)
        return reply(status=204)


def _me(session: Session) -> dict[str, Any]:
    return {"name": session.principal.name, "role": session.principal.role, "expires": session.expires_at}


def _told_session(session: Session, current: str) -> dict[str, Any]:
    return {
        "id": session.id,
        "name": session.principal.name,
        "role": session.principal.role,
        "browser": session.browser,
        "createdAt": moment(session.created_at),
        "lastUsedAt": moment(session.used_at),
        "expiresAt": moment(session.expires_at),
        "current": session.id == current,
    }


def _told_token(token: NamedToken) -> dict[str, Any]:
    return {
        "name": token.name,
        "role": token.role,
        "createdAt": moment(token.created_at),
        "createdBy": token.created_by,
        "lastUsedAt": moment(token.used_at) if token.used_at else None,
        "expiresAt": moment(token.expires_at),
    }


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Windows", "Windows"), ("Mac OS", "macOS"),
            ("Linux", "Linux"))  # fmt: skip


def _browser(agent: str) -> str:
    """A browser as its user would call it: 'Firefox on Linux'."""
    name, system = (next((word for mark, word in known if mark in agent), "") for known in (_BROWSERS, _SYSTEMS))
    return f"{name} on {system}" if name and system else name or system or agent[:60].partition("/")[0] or "unknown"
