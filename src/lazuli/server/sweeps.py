"""The trials of a sweep, and what mattered among its hyperparameters: what Azure ML's REST API has no route for."""

from __future__ import annotations

from starlette.responses import Response

from lazuli.jobs.sweep.trials import Trials
from lazuli.schema.identity import ResourceId
from lazuli.server.routes import WORKSPACE, Call, Route, reply

__all__ = ["sweep_routes"]


def sweep_routes(found: Trials) -> list[Route]:
    """The doors to what the pictures of a sweep are drawn from."""

    def trials(call: Call) -> Response:
        return reply(found.told(_id(call), intervals=call.query.get("intervals", "").lower() == "true"))

    def importance(call: Call) -> Response:
        return reply(found.importance(_id(call)))

    one = f"{WORKSPACE}/jobs/{{name}}"
    return [
        Route("GET", f"{one}/trials", trials, "jobs/read", "The trials of a sweep, and how to draw them"),
        Route("GET", f"{one}/importance", importance, "jobs/read", "How much each hyperparameter of a sweep mattered"),
    ]


def _id(call: Call) -> ResourceId:
    return ResourceId(call.scope, "jobs", call.params["name"])
