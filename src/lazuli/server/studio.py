"""The doors that pages need and Azure ML has no route for: search, the overview, and what somebody keeps of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from lazuli.jobs.overview import Overview
from lazuli.jobs.search import MOST_FOUND, Search
from lazuli.schema.problems import InvalidInput
from lazuli.server.job_table import number_in
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.store.documents import Record
from lazuli.workspaces.views import Views

__all__ = ["studio_routes"]

_OURS = ("Lazuli",)
_SEARCH = {
    "text": "What somebody types: part of a name or display name, or name:version of an asset.",
    "limit": f"How many are shown: 20 if nothing is said, {MOST_FOUND} at most.",
}


def studio_routes(search: Search, overview: Overview, views: Views) -> list[Route]:
    """The routes of search, overview and views."""
    door = _Door(search, overview, views)
    view = f"{WORKSPACE}/views/{{name}}"
    return [
        Route(
            "GET",
            f"{WORKSPACE}/search",
            door.find,
            "workspaces/read",
            "Find anything in a workspace by its name",
            response="FoundThings",
            query=_SEARCH,
            tags=_OURS,
        ),
        Route(
            "GET",
            f"{WORKSPACE}/overview",
            door.tell,
            "workspaces/read",
            "How a workspace stands, and what needs attention",
            response="Overview",
            tags=_OURS,
        ),
        Route("GET", f"{WORKSPACE}/views", door.list, "views/read", "List one's views", response="Views", tags=_OURS),
        Route("GET", view, door.get, "views/read", "Show a view", response="View", tags=_OURS),
        Route("PUT", view, door.put, "views/write", "Keep a view", request="View", response="View", tags=_OURS),
        Route("DELETE", view, door.delete, "views/delete", "Forget a view", tags=_OURS),
    ]


@dataclass(frozen=True)
class _Door:
    search: Search
    overview: Overview
    views: Views

    def find(self, call: Call) -> Response:
        found = self.search.find(call.scope, call.query.get("text", ""), number_in(call, "limit", 20))
        return reply({"value": found})

    def tell(self, call: Call) -> Response:
        return reply(self.overview.tell(call.scope))

    def list(self, call: Call) -> Response:
        return reply({"value": [_view(record) for record in self.views.list(call.scope, call.principal)]})

    def get(self, call: Call) -> Response:
        return reply(_view(self.views.get(call.scope, call.params["name"], call.principal)))

    def put(self, call: Call) -> Response:
        """Keep ``{"content": {…}}``."""
        content = call.json().get("content")
        if not isinstance(content, dict):
            raise InvalidInput("A view has its 'content', a JSON object.", target="content")
        record, is_new = self.views.put(call.scope, call.params["name"], content, call.principal)
        return reply(_view(record), 201 if is_new else 200)

    def delete(self, call: Call) -> Response:
        there = self.views.delete(call.scope, call.params["name"], call.principal)
        return reply(status=200 if there else 204)


def _view(record: Record) -> dict[str, Any]:
    return {"name": record.id.name, "content": record.body["content"], "modified": record.modified_at}
