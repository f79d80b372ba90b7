"""The door of insights: what was asked of a workspace, what its jobs did, and what went wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from lazuli.schema.problems import InvalidInput, did_you_mean
from lazuli.server.present import moment
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.workspaces.insights import KINDS, Event, Insights, Question

__all__ = ["insights_routes"]

_FEW, _MOST = 100, 10_000


def insights_routes(insights: Insights) -> list[Route]:
    """Ask the log of a workspace."""

    def ask(call: Call) -> Response:
        return reply({"value": [_told(event, call) for event in insights.ask(_question(call))]})

    summary = "Requests, moves of jobs and errors, the newest first"
    return [Route("GET", f"{WORKSPACE}/insights", ask, "insights/read", summary, tags=("Lazuli",))]


def _question(call: Call) -> Question:
    kind = call.query.get("kind", "")
    if kind and kind not in KINDS:
        raise InvalidInput(f"'{kind[:40]}' is not a kind.", target="kind", mend=did_you_mean(kind, KINDS))
    limit = call.query.get("limit", str(_FEW))
    if not limit.isdecimal() or len(limit) > 9 or not 0 < int(limit) <= _MOST:
        raise InvalidInput(f"'limit' is not a whole number from 1 to {_MOST}.", target="limit")
    # Errors of the server itself belong to no workspace; they are for whoever looks after the server.
    places = {call.scope.key, ""} if call.principal.role == "admin" and kind == "error" else {call.scope.key}
    return Question(
        frozenset(places),
        kind=kind,
        since=_time(call, "since", 0),
        until=_time(call, "until", 1 << 62),
        contains=call.query.get("contains", ""),
        limit=int(limit),
    )


def _time(call: Call, word: str, default: int) -> int:
    text = call.query.get(word)
    if not text:
        return default
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"'{text[:40]}' is not a time.", target=word, mend="Write it as 2026-05-17T14:30:00Z."
        ) from None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def _told(event: Event, call: Call) -> dict[str, Any]:
    return {
        "time": moment(event.time),
        "kind": event.kind,
        "operation": event.operation,
        "status": event.status,
        "durationMs": round(event.duration_ms, 3),
        "principal": event.principal,
        "workspace": call.scope.workspace if event.workspace else None,
        "message": event.message,
    }
