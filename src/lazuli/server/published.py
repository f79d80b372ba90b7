"""The addresses of published pipelines, as Azure's first SDK has them: parameters come in, and a pipeline runs.

``POST`` with ``{"ExperimentName": …, "ParameterAssignments": {…}}`` answers ``{"Id": <the job>}``. The words of the
body are read in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from lazuli.jobs.published import ENDPOINT_ID, ENDPOINT_NAME, Asked, PublishedPipelines
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import DatastorePath
from lazuli.server.listing import page, wanted
from lazuli.server.present import PUBLISHED_BY_ID, PUBLISHED_BY_NAME, present
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.store.documents import Record

__all__ = ["published_routes"]


def published_routes(published: PublishedPipelines) -> list[Route]:
    """The routes that list, show and submit published pipelines whatever their names."""
    door, of_them = _Door(published), published.noun.permission
    by_id = PUBLISHED_BY_ID.replace("{workspace}", WORKSPACE)
    by_name = PUBLISHED_BY_NAME.replace("{workspace}", WORKSPACE)
    many = f"/pipelines/v1.0{WORKSPACE}/Pipelines"
    endpoint, submit = by_name.partition("/Name/")[0], f"{of_them}/submit"
    return [
        Route("GET", many, door.list, f"{of_them}/read", "List the versions of all published pipelines"),
        Route("GET", f"{many}/{{id}}", door.show, f"{of_them}/read", "Show a published pipeline by its id"),
        Route("POST", by_id, door.by_id, submit, "Run a published pipeline"),
        Route("POST", by_name, door.by_name, submit, "Run the default version of a published pipeline"),
        Route("POST", f"{endpoint}/Name", door.by_endpoint, submit, "Run a pipeline endpoint", query=_OF_NAME),
        Route("POST", f"{endpoint}/Id/{{endpoint}}", door.by_endpoint, submit, "Run a pipeline endpoint's default"),
        Route("POST", f"{endpoint}/Id/{{endpoint}}/{{version}}", door.by_endpoint, submit, "Run one of its versions"),
    ]


_OF_NAME = {"name": "The name.", "pipelineVersion": "The version; the default one where it is left out."}


@dataclass(frozen=True)
class _Door:
    published: PublishedPipelines

    def list(self, call: Call) -> Response:
        selection = wanted(call, self.published.noun.collection, versions=True)
        return page(call, selection, self.published.select, lambda record: self._shown(call, record))

    def show(self, call: Call) -> Response:
        return reply(self._shown(call, self.published.by_id(call.scope, call.params["id"])))

    def _shown(self, call: Call, record: Record) -> dict[str, Any]:
        return present(self.published.noun, record, call.base_url)

    def by_id(self, call: Call) -> Response:
        return self._submit(call, self.published.by_id(call.scope, call.params["id"]))

    def by_name(self, call: Call) -> Response:
        return self._submit(call, self.published.by_name(call.scope, call.params["name"]))

    def by_endpoint(self, call: Call) -> Response:
        """Run a version of what Azure's first SDK calls a pipeline endpoint, which is known by its id or its name."""
        id, version = call.params.get("endpoint"), call.params.get("version") or call.query.get("pipelineVersion", "")
        fact = (ENDPOINT_ID, id) if id else (ENDPOINT_NAME, call.query.get("name", ""))
        name = self.published.called(call.scope, *fact)
        return self._submit(call, self.published.by_name(call.scope, name, version))

    def _submit(self, call: Call, record: Record) -> Response:
        return reply({"Id": self.published.submit(record, _asked(call.json()), call.principal)})


def _asked(body: Mapping[str, Any]) -> Asked:
    """What a body asks for. Raises :class:`InvalidInput` where a word in it holds something else than it should."""
    said = {key: value for key, value in _words(body).items() if value is not None}
    paths = {name: _path(name, place) for name, place in _mapping(said, "DataPathAssignments").items()}
    sets = {name: _data(name, given) for name, given in _mapping(said, "DataSetDefinitionValueAssignments").items()}
    goes_on = said.get("continuerunonstepfailure", said.get("continueonstepfailure"))
    return Asked(
        parameters={**_mapping(said, "ParameterAssignments"), **paths, **sets},
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
    said = _words(place)
    datastore, path = said.get("datastorename"), said.get("relativepath", "")
    if isinstance(datastore, str) and datastore and isinstance(path, str):
        return str(DatastorePath(datastore, path.strip("/")))
    raise InvalidInput(
        f"'{name[:80]}' is no place on a datastore.",
        target=f"DataPathAssignments.{name[:80]}",
        mend='Write {"DataStoreName": "…", "RelativePath": "…"}.',
    )


def _data(name: str, given: Any) -> str:
    """The id of a saved data set: ``{"SavedDataSetReference": {"Id": …}}``."""
    id = _words(_words(given).get("saveddatasetreference")).get("id")
    if isinstance(id, str) and id:
        return id
    raise InvalidInput(
        f"'{name[:80]}' is no saved data set.",
        target=f"DataSetDefinitionValueAssignments.{name[:80]}",
        mend='Write {"SavedDataSetReference": {"Id": "azureml:<name>:<version>"}}.',
    )


def _words(said: Any) -> dict[str, Any]:
    """What a mapping says, in whatever case; nothing where it is none."""
    return {key.lower(): value for key, value in said.items()} if isinstance(said, Mapping) else {}
