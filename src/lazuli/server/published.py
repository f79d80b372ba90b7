"""The addresses of published pipelines, as Azure's first SDK has them: parameters come in, and a pipeline runs.

``POST`` with ``{"ExperimentName": …, "ParameterAssignments": {…}}`` answers ``{"Id": <the job>}``. The words of the
body are read in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from lazuli.jobs.published import Asked, PublishedPipelines
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import DatastorePath
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.store.documents import Record

__all__ = ["endpoint", "name_endpoint", "published_routes"]

_RUNS = "/pipelines/v1.0{workspace}/PipelineRuns"
_BY_ID, _BY_NAME = f"{_RUNS}/PipelineSubmit/{{id}}", f"{_RUNS}/PipelineEndpointSubmit/Name/{{name}}"


def published_routes(published: PublishedPipelines) -> list[Route]:
    """The routes that submit published pipelines."""
    door, permission = _Door(published), f"{published.noun.permission}/submit"
    by_id = _BY_ID.replace("{workspace}", WORKSPACE)
    by_name = _BY_NAME.replace("{workspace}", WORKSPACE)
    return [
        Route("POST", by_id, door.by_id, permission, "Run a published pipeline"),
        Route("POST", by_name, door.by_name, permission, "Run the default version of a published pipeline"),
    ]


def endpoint(scope: Scope, pipeline_id: str) -> str:
    """The path that runs one version."""
    return _BY_ID.format(workspace=scope.path, id=pipeline_id)


def name_endpoint(scope: Scope, name: str) -> str:
    """The path that runs the default version of a name."""
    return _BY_NAME.format(workspace=scope.path, name=name)


@dataclass(frozen=True)
class _Door:
    published: PublishedPipelines

    def by_id(self, call: Call) -> Response:
        return self._submit(call, self.published.by_id(call.scope, call.params["id"]))

    def by_name(self, call: Call) -> Response:
        return self._submit(call, self.published.by_name(call.scope, call.params["name"]))

    def _submit(self, call: Call, record: Record) -> Response:
        return reply({"Id": self.published.submit(record, _asked(call.json()), call.principal)})


def _asked(body: Mapping[str, Any]) -> Asked:
    """What a body asks for. Raises :class:`InvalidInput` where a word in it holds something else than it should."""
    said = {key.lower(): value for key, value in body.items() if value is not None}
    if said.get("datasetdefinitionvalueassignments"):
        raise InvalidInput(
            "Data sets are not assigned by their definition here.",
            target="DataSetDefinitionValueAssignments",
            mend="Name the data in ParameterAssignments: azureml:<name>:<version>.",
        )
    paths = {name: _path(name, place) for name, place in _mapping(said, "DataPathAssignments").items()}
    goes_on = said.get("continuerunonstepfailure", said.get("continueonstepfailure"))
    return Asked(
        parameters={**_mapping(said, "ParameterAssignments"), **paths},
        experiment=_text(said, "ExperimentName"),
        display_name=_text(said, "DisplayName"),
        description=_text(said, "Description"),
        source=_text(said, "RunSource") or "Rest",
        continue_on_step_failure=goes_on if isinstance(goes_on, bool) else None,
        tags={str(key): str(value) for key, value in _mapping(said, "Tags").items()},
    )


def _mapping(said: Mapping[str, Any], word: str) -> Mapping[str, Any]:
    value = said.get(word.lower(), {})
    if isinstance(value, Mapping):
        return value
    raise InvalidInput(f"'{word}' is no mapping.", target=word, mend='Write {"name": value}.')


def _text(said: Mapping[str, Any], word: str) -> str:
    value = said.get(word.lower(), "")
    if isinstance(value, str):
        return value
    raise InvalidInput(f"'{word}' is no text.", target=word)


def _path(name: str, place: Any) -> str:
    """The address of a place on a datastore: ``{"DataStoreName": …, "RelativePath": …}``."""
    said = {key.lower(): value for key, value in place.items()} if isinstance(place, Mapping) else {}
    datastore, path = said.get("datastorename"), said.get("relativepath", "")
    if isinstance(datastore, str) and datastore and isinstance(path, str):
        return str(DatastorePath(datastore, path.strip("/")))
    raise InvalidInput(
        f"'{name[:80]}' is no place on a datastore.",
        target=f"DataPathAssignments.{name[:80]}",
        mend='Write {"DataStoreName": "…", "RelativePath": "…"}.',
    )
