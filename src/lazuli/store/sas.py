"""The two signatures of Azure Storage: the SAS in a URL, and Shared Key in a header.

Both prove that the caller knows the container's key. Sources: "Create a service SAS" and "Authorize with Shared Key"
of the Azure Storage REST reference; the tests hold them against Microsoft's own client.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlencode

from lazuli.schema.problems import NotAllowed

__all__ = ["sign_blob", "sign_container", "verify", "verify_shared_key"]

VERSION = "2021-08-06"
"""The service version that our own signatures name."""

_OLDEST = "2020-12-06"
"""The first version whose string-to-sign has the encryption scope; the form has not changed since."""
_ORDER = "racwdxyltmeopi"
_FIFTEEN_MINUTES = 15 * 60_000


def sign_container(key_base64: str, account: str, container: str, permissions: str, expires: int) -> str:
    """The query string that allows ``permissions`` (``"rl"``) on a container until ``expires`` (ms since 1970)."""
    return _sign(key_base64, f"/blob/{account}/{container}", "c", permissions, expires)


def sign_blob(key_base64: str, account: str, container: str, blob: str, permissions: str, expires: int) -> str:
    """The query string that allows ``permissions`` (``"r"``) on one blob until ``expires`` (ms since 1970)."""
    return _sign(key_base64, f"/blob/{account}/{container}/{blob}", "b", permissions, expires)


def _sign(key: str, resource: str, kind: str, permissions: str, expires: int) -> str:
    until = datetime.fromtimestamp(expires / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = {"sp": "".join(sorted(permissions, key=_ORDER.index)), "se": until, "sv": VERSION, "sr": kind}
    return urlencode(query | {"sig": _hmac(key, _sas_text(query, resource))}, quote_via=quote, safe="")


def verify(
    query: Mapping[str, str],
    key_base64: str,
    accounts: Iterable[str],
    container: str,
    blob: str,
    needed: str,
    now: int,
    *,
    secure: bool = True,
) -> None:
    """Return where the SAS in ``query`` allows one of the permissions ``needed`` on the blob (or, with ``""``, the
    container) at ``now`` (ms since 1970).

    ``accounts`` are the spellings of the account's name, of which the signer may have used any: the key is what
    counts. ``secure`` says whether the caller came by https. Raises :class:`NotAllowed` with Azure's code otherwise.
    """
    resources = {"c": container, "b": f"{container}/{blob}" if blob else ""}
    resource = resources.get(query.get("sr", ""))
    if not resource or query.get("sv", "") < _OLDEST:
        raise _refused("It is not a service SAS of version 2020-12-06 or later for this container or blob.")
    if query.get("si") or query.get("sip"):
        raise _refused("Stored access policies (si) and address ranges (sip) are not known here.")
    given = query.get("sig", "")
    texts = (_sas_text(query, f"/blob/{account}/{resource}") for account in accounts)
    if not any(_same(_hmac(key_base64, text), given) for text in texts):
        raise _refused("The signature does not fit the URL.")
    if not _moment(query.get("st"), 0) <= now < _moment(query.get("se"), 0):
        raise _refused("It has expired, or is not valid yet.")
    if query.get("spr") == "https" and not secure:
        raise NotAllowed("This SAS is for https only.", target="spr", code="AuthorizationProtocolMismatch")
    if not set(needed) & set(query.get("sp", "")):
        raise NotAllowed(
            f"This SAS allows '{query.get('sp', '')}'; the request needs one of '{needed}'.",
            target="sp",
            mend="Ask for a SAS with that permission.",
            code="AuthorizationPermissionMismatch",
        )


def verify_shared_key(
    method: str, path: str, query: Iterable[tuple[str, str]], headers: Mapping[str, str], key_base64: str, now: int
) -> None:
    """Return where the ``Authorization: SharedKey account:signature`` header fits the request.

    ``path`` is the request's, as it was sent (percent-encoded); ``query`` is decoded; header names are in lower case.
    Raises :class:`NotAllowed` (AuthenticationFailed) otherwise, also where the request was signed more than 15
    minutes ago.
    """
    account, _, given = headers.get("authorization", "").removeprefix("SharedKey ").partition(":")
    if not _same(_hmac(key_base64, _shared_key_text(method, f"/{account}{path}", query, headers)), given):
        raise _refused("The signature does not fit the request.")
    if abs(now - _date(headers.get("x-ms-date") or headers.get("date", ""))) > _FIFTEEN_MINUTES:
        raise _refused("It was signed more than 15 minutes ago; look at the clocks of both machines.")


def _sas_text(query: Mapping[str, str], resource: str) -> str:
    """The string-to-sign. The empty line in the middle is the snapshot, which we do not have."""
    before = [query.get(name, "") for name in ("sp", "st", "se")]
    between = [query.get(name, "") for name in ("si", "sip", "spr", "sv", "sr")]
    overrides = [query.get(name, "") for name in ("rscc", "rscd", "rsce", "rscl", "rsct")]
    return "\n".join([*before, resource, *between, "", query.get("ses", ""), *overrides])


_SIGNED_HEADERS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)


def _shared_key_text(method: str, resource: str, query: Iterable[tuple[str, str]], headers: Mapping[str, str]) -> str:
    plain = {name: headers.get(name, "") for name in _SIGNED_HEADERS}
    if plain["content-length"] == "0":
        plain["content-length"] = ""
    ours = sorted((name for name in headers if name.startswith("x-ms-")), key=_header_order)
    return "\n".join(
        [
            method,
            *plain.values(),
            *(f"{name}:{headers[name].strip()}" for name in ours),
            resource,
            *(f"{name.lower()}:{value}" for name, value in sorted(query)),
        ]
    )


def _header_order(name: str) -> tuple[str, str]:
    """Azure sorts headers by words: hyphens do not count unless nothing else differs, and '_' is before digits."""
    return name.replace("-", "").replace("_", " "), name


def _hmac(key_base64: str, text: str) -> str:
    key = base64.b64decode(key_base64)
    return base64.b64encode(hmac.digest(key, text.encode(), hashlib.sha256)).decode()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode(errors="replace"))


def _moment(text: str | None, missing: int) -> int:
    """A SAS time as milliseconds; one that cannot be read is long past."""
    if not text:
        return missing
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return missing
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _date(text: str) -> int:
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return 0


def _refused(why: str) -> NotAllowed:
    return NotAllowed(f"The request is not authorised. {why}", target="Authorization", code="AuthenticationFailed")
