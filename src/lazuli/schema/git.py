"""Addresses of code in git: ``git+https://host/owner/name@ref#subdirectory=path``, as pip spells them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from lazuli.schema.problems import InvalidInput

__all__ = ["GitPlace", "is_git", "parse_git"]

_SCHEMES = ("https", "http", "ssh", "file")
_URL = re.compile(r"^(?:git\+(?:https?|ssh|file)://|(?:https?|ssh)://[^#]+\.git(?:@[^#]*)?(?:#|$))", re.IGNORECASE)
_SCP = re.compile(
    r"^(?:git\+)?(?P<url>[\w.-]+@(?P<host>[\w.-]+):(?P<path>[^/:@#][^:@#]*))(?:@(?P<ref>[^#]*))?(?:#(?P<rest>.*))?$"
)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")
_USER = re.compile(r"(?!-)[\w.-]*")  # ssh would take one that begins with a dash for an option
_REF = re.compile(r"[A-Za-z0-9_][\w./+-]*", re.ASCII)
_PATH = re.compile(r"[\w./~+@%,=-]+")
_MEND = "Write git+https://host/owner/name@branch#subdirectory=folder; what follows the name may be left out."


@dataclass(frozen=True)
class GitPlace:
    """A repository, and which state and folder of it is meant."""

    url: str
    """As git takes it; it names no password."""
    scheme: str
    host: str
    """Empty for a folder of the server's machine."""
    path: str
    ref: str = ""
    """A branch, tag or commit; the default branch where empty."""
    subdirectory: str = ""


def is_git(text: str) -> bool:
    """Whether ``text`` means a git repository, well spelt or not."""
    return bool(_URL.match(text) or _SCP.match(text))


def parse_git(text: str, *, target: str = "code") -> GitPlace:
    """The place that ``text`` spells. Raises :class:`InvalidInput` where it could mean anything else to git."""
    if not text.isprintable() or " " in text:
        raise _wrong(text, "it has characters that no such address has", target)
    if scp := _SCP.match(text):
        url, scheme, host, path, ref, rest = scp["url"], "ssh", scp["host"], scp["path"], scp["ref"] or "", scp["rest"]
        user = url.partition("@")[0]
    else:
        url, _, rest = text.removeprefix("git+").partition("#")
        try:
            parts = urlsplit(url)
            scheme, host, _port = parts.scheme.lower(), parts.hostname or "", parts.port
        except ValueError:  # a bracket that does not close, a port that is no number
            raise _wrong(text, "its host is none", target) from None
        path, _, ref = parts.path.rpartition("@") if "@" in parts.path else (parts.path, "", "")
        if parts.query or parts.password or (parts.username and scheme != "ssh"):
            raise _wrong(text, "it names a user, a password or a query", target)
        url, user = f"{scheme}://{parts.netloc}{path}", parts.username or ""
        path = unquote(path) if scheme == "file" else path
    subdirectory = _subdirectory(text, rest or "", target)
    if scheme not in _SCHEMES or not _PATH.fullmatch(path) or (ref and not _is_ref(ref)):
        raise _wrong(text, "it has characters that no such address has", target)
    if (scheme == "file") != (not host) or (host and not _HOST.fullmatch(host)) or not _USER.fullmatch(user):
        raise _wrong(text, "its host is none", target)
    return GitPlace(url, scheme, host, path, ref, subdirectory)


def _is_ref(text: str) -> bool:
    return bool(_REF.fullmatch(text)) and ".." not in text and not text.endswith((".lock", "/", "."))


def _subdirectory(text: str, fragment: str, target: str) -> str:
    if not fragment:
        return ""
    word, _, folder = fragment.partition("=")
    parts = [part for part in unquote(folder).strip("/").split("/") if part]
    if word != "subdirectory" or not parts or any(part in (".", "..", ".git") for part in parts):
        raise _wrong(text, f"'#{fragment[:80]}' is not '#subdirectory=<folder of the repository>'", target)
    return "/".join(parts)


def _wrong(text: str, why: str, target: str) -> InvalidInput:
    shown = re.sub(r"//[^/@]*@", "//…@", text[:200])
    return InvalidInput(f"'{shown}' is not the address of a git repository: {why}.", target=target, mend=_MEND)
