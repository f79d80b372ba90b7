"""The JSON Schemas of YAML files, for editors that complete them: one for each kind of file and for each noun.

They lie at the paths that Azure's have, so that a file's own ``$schema`` line names one of them.
"""

from __future__ import annotations

from functools import cache

import orjson
from starlette.responses import Response

from lazuli.resources.files import SCHEMAS, schema
from lazuli.resources.table import LATER, NOUNS
from lazuli.schema.problems import NotFound, did_you_mean
from lazuli.server.routes import PUBLIC, Call, Route, reply

__all__ = ["schema_routes"]

_TAIL = ".schema.json"
NAMES = {
    **{row.word: row.summary for row in (*NOUNS, *LATER) if row.command},
    **{kind.schema: kind.noun.summary for kind in SCHEMAS},
}
"""Every schema, and what it is about."""


def schema_routes() -> list[Route]:
    """The list of schemas, in the form of a catalogue that editors read, and each of them."""
    return [
        Route("GET", "/schemas", _catalogue, PUBLIC, "The JSON Schemas of YAML files", tags=("Schemas",)),
        Route("GET", "/schemas/{name}", _one, PUBLIC, "The JSON Schema of one kind of YAML file", tags=("Schemas",)),
        Route("GET", "/latest/{name}", _one, PUBLIC, "The same, at the path that Azure has it", tags=("Schemas",)),
    ]


def _catalogue(call: Call) -> Response:
    entries = [
        {"name": f"Lazuli {name}", "description": about, "url": f"{call.base_url}/schemas/{name}{_TAIL}"}
        for name, about in NAMES.items()
    ]
    return reply({"version": 1, "schemas": entries})


def _one(call: Call) -> Response:
    wanted = call.params["name"].removesuffix(_TAIL).lower()
    name = next((each for each in NAMES if each.lower() == wanted), "")
    if not name:
        raise NotFound(f"There is no schema '{wanted}'.", target="name", mend=did_you_mean(wanted, list(NAMES)))
    return Response(_written(name), media_type="application/schema+json", headers={"Cache-Control": "no-cache"})


@cache
def _written(name: str) -> bytes:
    return orjson.dumps({"$schema": "http://json-schema.org/draft-07/schema#", **schema(name)})
