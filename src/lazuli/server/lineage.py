"""The door to lineage: what a resource was made from, what was made of it, and who did what when."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from lazuli.jobs.lineage import DIRECTIONS, Lineage
from lazuli.resources.table import NOUNS, Noun
from lazuli.schema.identity import NESTED, ResourceId
from lazuli.server.routes import WORKSPACE, Call, Route, reply

__all__ = ["lineage_routes"]

_WORDS = ("data", "job", "model", "environment", "component", "code")
_ENDPOINTS = ("online-endpoint", "online-deployment", "batch-endpoint", "batch-deployment")
"""The nouns that something is made from, or that are made of something."""


def lineage_routes(lineage: Lineage) -> list[Route]:
    """A route for every noun that has a lineage."""
    return [_route(lineage, noun) for noun in NOUNS if noun.word in (*_WORDS, *_ENDPOINTS)]


def _route(lineage: Lineage, noun: Noun) -> Route:
    within, word = NESTED.get(noun.collection, (noun.collection, "versions"))
    has_version = noun.versioned or noun.collection in NESTED
    path = f"{WORKSPACE}/{within}/{{name}}" + (f"/{word}/{{version}}" if has_version else "")
    door = _Door(lineage, noun.collection)
    summary = f"Show what it was made from, and what of it: {noun.word}"
    return Route("GET", f"{path}/lineage", door.show, f"{noun.permission}/read", summary, tags=("Lazuli",))


@dataclass(frozen=True)
class _Door:
    lineage: Lineage
    kind: str

    def show(self, call: Call) -> Response:
        """``direction`` is ``up``, ``down`` or ``both``."""
        id = ResourceId(call.scope, self.kind, call.params["name"], call.params.get("version", ""))
        return reply(self.lineage.graph(id, call.query.get("direction") or DIRECTIONS[0]))
