"""The door to the journal of a job: who did what to it when, and where it went on its way."""

from __future__ import annotations

from starlette.responses import Response

from lazuli.jobs.submit import Jobs
from lazuli.schema.identity import ResourceId
from lazuli.server.routes import WORKSPACE, Call, Route, reply

__all__ = ["journal_routes"]


def journal_routes(jobs: Jobs) -> list[Route]:
    """The way of a job, entry by entry."""

    def journal(call: Call) -> Response:
        id = jobs.get(ResourceId(call.scope, "jobs", call.params["name"])).id
        with jobs.store.state.read() as tx:
            told = [
                {"at": entry.at, "by": entry.actor, "event": entry.event, "detail": dict(entry.detail)}
                for entry in jobs.store.documents.journal(tx, id)
            ]
        return reply({"value": told})

    path = f"{WORKSPACE}/jobs/{{name}}/journal"
    summary = "What was done to a job, and how it went on its way, the oldest first"
    return [Route("GET", path, journal, "jobs/read", summary, response="Journal", tags=("Lazuli",))]
