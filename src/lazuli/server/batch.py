"""The doors that only batch endpoints have: asking them, and the jobs that answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from lazuli.endpoints.batch_jobs import BatchJobs
from lazuli.jobs.submit import Jobs
from lazuli.resources.batch import BatchJob
from lazuli.schema.identity import PROVIDER, ResourceId
from lazuli.schema.problems import InvalidInput
from lazuli.server.listing import page, wanted
from lazuli.server.present import present
from lazuli.server.registries import DATA_PLANE
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.store.documents import Record

__all__ = ["batch_routes"]

_ONE = f"{WORKSPACE}/batchEndpoints/{{name}}"
_DEPLOYMENT = f"{_ONE}/deployments/{{version}}"
_INVOKE, _READ, _KEYS = "batchendpoints/invoke", "batchendpoints/read", "batchendpoints/keys"
_CHOSEN = "azureml-model-deployment"


def batch_routes(batch: BatchJobs, jobs: Jobs) -> list[Route]:
    """The routes that ask batch endpoints, and list their jobs; also where Microsoft's client looks for these."""
    door = _Door(batch, jobs)
    routes = [
        Route("POST", f"{_ONE}/jobs", door.submit, _INVOKE, "Ask a batch endpoint: the answer is a job"),
        Route("POST", f"{_ONE}/listKeys", door.keys, _KEYS, "Say that a batch endpoint has no keys"),
    ]
    for path, whose in ((_ONE, "a batch endpoint"), (_DEPLOYMENT, "a batch deployment")):
        routes.append(Route("GET", f"{path}/jobs", door.list, _READ, f"List the jobs of {whose}"))
        told = f"{DATA_PLANE}{path}/jobs"
        routes.append(Route("GET", told, door.list, _READ, f"List the jobs of {whose}, where clients look for them"))
    return routes


@dataclass(frozen=True)
class _Door:
    batch: BatchJobs
    jobs: Jobs

    def submit(self, call: Call) -> Response:
        """The header ``azureml-model-deployment`` names the deployment, as it does for online endpoints."""
        properties = call.json().get("properties") or {}
        if not isinstance(properties, dict):
            raise InvalidInput("'properties' is not a mapping.", target="properties")
        asked = BatchJob.from_rest(properties, call.scope)
        record = self.batch.submit(_id(call), asked, call.headers.get(_CHOSEN, ""), call.principal)
        return reply(self._shown(call, record), 201)

    def list(self, call: Call) -> Response:
        facets, properties = self.batch.marks(_id(call), call.params.get("version", ""))
        asked = wanted(call, "jobs")
        those = replace(asked, facets=(*asked.facets, *facets), properties=(*asked.properties, *properties))
        return page(call, those, self.jobs.select, lambda record: self._shown(call, record))

    def keys(self, call: Call) -> Response:
        """There are none: whoever asks shows a token."""
        self.batch.marks(_id(call))
        return reply({"primaryKey": None, "secondaryKey": None})

    def _shown(self, call: Call, record: Record) -> dict[str, Any]:
        told = present(self.jobs.noun, record, call.base_url)
        return {**told, "type": f"{PROVIDER}/workspaces/batchEndpoints/jobs"}


def _id(call: Call) -> ResourceId:
    return ResourceId(call.scope, "batchEndpoints", call.params["name"])
