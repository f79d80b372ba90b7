"""The catalogue of sample data sets, and the way of one into a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from lazuli.jobs.samples import Offer, Samples
from lazuli.jobs.transitions import TERMINAL
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import InvalidInput
from lazuli.server.routes import WORKSPACE, Call, Route, reply

__all__ = ["sample_routes"]


def sample_routes(samples: Samples) -> list[Route]:
    """The door to the sample data sets."""
    door = _Door(samples)
    one = f"{WORKSPACE}/sampleData/{{name}}"
    return [
        Route("GET", f"{WORKSPACE}/sampleData", door.list, "data/read", "List the sample data sets"),
        Route("GET", one, door.get, "data/read", "Show a sample data set, and how far it is here"),
        Route("POST", f"{one}/add", door.add, "jobs/write", "Put a sample data set into the workspace"),
    ]


@dataclass(frozen=True)
class _Door:
    samples: Samples

    def list(self, call: Call) -> Response:
        return reply({"value": [_told(call.scope, offer) for offer in self.samples.list(call.scope)]})

    def get(self, call: Call) -> Response:
        """The sample; as the data asset that the query names in ``assetName``, if it was added as another."""
        asset = call.query.get("assetName", "")
        return reply(_told(call.scope, self.samples.offer(call.scope, call.params["name"], asset)))

    def add(self, call: Call) -> Response:
        """Begin; 200 where it is there already, else 202, and the job tells how it goes."""
        asset = call.json().get("assetName", "")
        if not isinstance(asset, str):
            raise InvalidInput("'assetName' is the name of a data asset.", target="assetName")
        offer = self.samples.add(call.scope, call.params["name"], asset, call.principal)
        return reply(_told(call.scope, offer), 200 if offer.version else 202)


def _told(scope: Scope, offer: Offer) -> dict[str, Any]:
    sample = offer.sample
    data = ResourceId(scope, "data", offer.asset, offer.version).path if offer.version else None
    is_ended = offer.status in TERMINAL
    state = "Added" if offer.version else "Unavailable" if offer.hindrance else "Offered"
    if offer.job and not offer.version:
        state = "Failed" if is_ended else "Adding"
    return {
        "name": sample.name,
        "properties": {
            "title": sample.title,
            "description": sample.description,
            "licence": sample.licence,
            "package": sample.package,
            "environment": sample.environment,
            "dataType": sample.type,
            "rows": sample.rows,
            "columns": sample.columns,
            "targets": list(sample.target),
            "task": sample.task,
            "state": state,
            "hindrance": offer.hindrance or None,
            "assetName": offer.asset,
            "dataId": data,
            "jobName": offer.job or None,
        },
    }
