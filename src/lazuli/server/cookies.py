"""The cookie of a session, and from where requests of a signed-in browser may come."""

from __future__ import annotations

import re

from starlette.requests import Request

from lazuli.schema.problems import NotAllowed

__all__ = ["PROOF", "check_origin", "cookie_name", "cookie_of", "set_cookie"]

PROOF = "lazuli-session"
"""The header with the other half of a session."""
_SAFE = ("GET", "HEAD")


def cookie_name(base_url: str) -> str:
    """The cookie's name at an address. With the port, since browsers do not tell the ports of a machine apart."""
    prefix = "__Host-" if base_url.startswith("https:") else ""  # taken by browsers from this very host alone, by https
    port = re.search(r":(\d+)$", base_url)
    return f"{prefix}lazuli_session{f'_{port[1]}' if port else ''}"


def cookie_of(request: Request) -> str:
    """The cookie that came with a request; '' where none did."""
    return request.cookies.get(cookie_name(f"{request.scope['scheme']}://{request.headers['host']}"), "")


def set_cookie(base_url: str, value: str, seconds: int) -> str:
    """What sets the cookie; 0 seconds take it away."""
    secure = "; Secure" if base_url.startswith("https:") else ""
    return f"{cookie_name(base_url)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


def check_origin(request: Request) -> None:
    """Raise :class:`NotAllowed` unless a request of a session comes from a page of this server.

    What an Origin says was compared with our own address before; where something is changed, it must be said.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site != "same-origin":
        raise NotAllowed(
            f"Requests from elsewhere ('{site[:40]}') are refused.", target="Sec-Fetch-Site", code="OriginNotAllowed"
        )
    if request.method not in _SAFE and "origin" not in request.headers:
        raise NotAllowed("The request does not say from which page it comes.", target="Origin", code="OriginNotAllowed")
