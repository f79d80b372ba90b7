"""Every error a user can meet, as one family.

::

    Problem
    ├── InvalidInput      400  what was sent cannot be understood or is not allowed
    ├── NotSignedIn       401  no token, or one that is not valid
    ├── NotAllowed        403  a valid token whose holder may not do this
    ├── NotFound          404  the thing named does not exist
    ├── MethodNotAllowed  405  there is something at this address, but this cannot be done with it
    ├── Conflict          409  it exists already, or changed meanwhile
    ├── PreconditionFailed 412 an If-Match or If-None-Match did not hold
    ├── TooLarge          413  more than this server takes
    ├── Unsupported       501  a part of Azure ML that Lazuli does not have (yet)
    ├── Unavailable       503  cannot be answered now; trying again is sensible
    └── Unexpected        500  our fault; the log has the details, the answer does not

A problem says what is wrong (``message``), where (``target``: the field, as the user spelt it), how to put it
right (``mend``) and which one it is (``code``: stable, for programs). The server turns it into the error envelope
of Azure in one place (:func:`to_envelope`), the client turns that back into the same class (:func:`from_envelope`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

__all__ = [
    "Conflict",
    "InvalidInput",
    "MethodNotAllowed",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "PreconditionFailed",
    "Problem",
    "TooLarge",
    "Unavailable",
    "Unexpected",
    "Unsupported",
    "did_you_mean",
    "from_envelope",
    "to_envelope",
]


_MOST = 3000
"""How many characters of a message are told."""


class Problem(Exception):
    """Something the user should know, with its mend.

    ``details`` holds further problems of the same request, so that a file with three mistakes is told three.
    """

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "InternalServerError"

    def __init__(
        self,
        message: str,
        *,
        target: str = "",
        mend: str = "",
        code: str = "",
        details: Sequence[Problem] = (),
    ) -> None:
        message = _short(message)
        super().__init__(message)
        self.message = message
        self.target = _short(target)
        self.mend = mend
        self.code = code or self.default_code
        self.details = tuple(details)

    def __str__(self) -> str:
        return f"{self.message} {self.mend}".strip()


def _short(text: str) -> str:
    """``text``, whose middle goes where it is of a length that nobody reads: what was sent stands in it."""
    return text if len(text) <= _MOST else f"{text[: _MOST // 2]} … {text[-_MOST // 4 :]}"


class InvalidInput(Problem):
    """What was sent cannot be understood or is not allowed."""

    status = 400
    default_code = "UserError"


class NotSignedIn(Problem):
    """No token, or one that is not valid."""

    status = 401
    default_code = "Unauthorized"


class NotAllowed(Problem):
    """A valid token whose holder may not do this."""

    status = 403
    default_code = "AuthorizationFailed"


class NotFound(Problem):
    """The thing named does not exist."""

    status = 404
    default_code = "ResourceNotFound"


class MethodNotAllowed(Problem):
    """There is something at this address, but this cannot be done with it."""

    status = 405
    default_code = "MethodNotAllowed"


class Conflict(Problem):
    """It exists already, is in use, or changed meanwhile."""

    status = 409
    default_code = "Conflict"


class PreconditionFailed(Problem):
    """An If-Match or If-None-Match did not hold."""

    status = 412
    default_code = "PreconditionFailed"


class TooLarge(Problem):
    """More than this server takes in one request."""

    status = 413
    default_code = "RequestTooLarge"


class Unsupported(Problem):
    """A part of Azure ML that Lazuli does not have, or not yet; the mend says what to use."""

    status = 501
    default_code = "NotSupported"


class Unavailable(Problem):
    """Cannot be answered now; the same request may succeed later."""

    status = 503
    default_code = "ServiceUnavailable"


class Unexpected(Problem):
    """A mistake of ours. The message never holds a path or a stack trace; the server's log does."""

    status = 500


_BY_STATUS: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        InvalidInput,
        NotSignedIn,
        NotAllowed,
        NotFound,
        MethodNotAllowed,
        Conflict,
        PreconditionFailed,
        TooLarge,
        Unexpected,
        Unsupported,
        Unavailable,
    )
}


def to_envelope(problem: Problem) -> dict[str, Any]:
    """The problem as Azure's error envelope: ``{"error": {"code", "message", "target", "details", …}}``.

    The mend stands at the end of ``message`` too, because Microsoft's client shows nothing else.
    """
    return {"error": _to_error(problem)}


def _to_error(problem: Problem) -> dict[str, Any]:
    error: dict[str, Any] = {"code": problem.code, "message": str(problem)}
    if problem.target:
        error["target"] = problem.target
    if problem.details:
        error["details"] = [_to_error(detail) for detail in problem.details]
    if problem.mend:
        error["additionalInfo"] = [{"type": "Mend", "info": {"message": problem.message, "mend": problem.mend}}]
    return error


def from_envelope(status: int, body: Any) -> Problem:
    """The problem that a server's answer with this HTTP status tells."""
    error = body.get("error") if isinstance(body, Mapping) else None
    if isinstance(body, Mapping) and "error_code" in body:  # MLflow's shape
        error = {"code": body["error_code"], "message": body.get("message")}
    if not isinstance(error, Mapping):
        error = {"message": f"The server answered {status} without saying why."}
    return _from_error(_class_of(status), error)


def _class_of(status: int) -> type[Problem]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return InvalidInput if 400 <= status < 500 else Unexpected


def _from_error(kind: type[Problem], error: Mapping[str, Any]) -> Problem:
    told = next((item for item in _mappings(error.get("additionalInfo")) if item.get("type") == "Mend"), {})
    info = next(iter(_mappings([told.get("info")])), {})
    return kind(
        str(info.get("message") or error.get("message") or ""),
        target=str(error.get("target") or ""),
        mend=str(info.get("mend") or ""),
        code=str(error.get("code") or ""),
        details=[_from_error(kind, detail) for detail in _mappings(error.get("details"))],
    )


def _mappings(items: Any) -> list[Mapping[str, Any]]:
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A mend for a misspelt word: the nearest known one, else the whole (short) list."""
    near = get_close_matches(word.lower(), [k.lower() for k in known], n=1, cutoff=0.6)
    if near:
        nearest = next(k for k in known if k.lower() == near[0])
        return f"Did you mean '{nearest}'?"
    return f"Known here: {', '.join(sorted(known))}." if known else ""
