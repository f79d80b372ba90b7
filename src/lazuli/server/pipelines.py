"""What pipelines have beyond other jobs: the picture of their steps."""

from __future__ import annotations

from starlette.responses import Response

from lazuli.jobs.pipeline.picture import Pictures
from lazuli.schema.identity import ResourceId
from lazuli.server.routes import WORKSPACE, Call, Route, reply

__all__ = ["pipeline_routes"]


def pipeline_routes(pictures: Pictures) -> list[Route]:
    """The door to what pipelines have."""

    def graph(call: Call) -> Response:
        return reply(pictures.graph(ResourceId(call.scope, "jobs", call.params["name"])))

    path = f"{WORKSPACE}/jobs/{{name}}/graph"
    return [Route("GET", path, graph, "jobs/read", "The steps of a pipeline, and how they stand", tags=("Lazuli",))]
