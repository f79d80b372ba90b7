"""The doors to what lies in data assets and datastores: previews, profiles, and folders."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from lazuli.assets.datastores import Datastores
from lazuli.assets.kinds import DataAssets, Models
from lazuli.assets.preview.looks import MOST_ROWS, Looks
from lazuli.assets.storage import Location, Storage
from lazuli.assets.stored import MOST_LISTED, StoredFiles
from lazuli.assets.summaries import Summaries
from lazuli.resources.data import DataType
from lazuli.schema.identity import ResourceId
from lazuli.schema.reference import DatastorePath
from lazuli.server.job_table import number_in
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.store.paths import clean

__all__ = ["look_routes"]

_OURS = ("Lazuli",)
_PATH = {"path": "A file or folder further down."}
_PREVIEW = {
    **_PATH,
    "rows": f"How many rows of a table: 100 if nothing is said, {MOST_ROWS} at most.",
    "offset": "Of a text: from which byte on.",
    "marker": "Of a folder: what 'next' said, for the rest of it.",
}


def look_routes(
    data: DataAssets, datastores: Datastores, models: Models, storage: Storage, files: StoredFiles
) -> list[Route]:
    """The routes of previews, profiles, folders and what models are made of."""
    door = _Door(data, datastores, storage, files, Looks(files), Summaries(models, storage, files))
    asset = f"{WORKSPACE}/data/{{name}}/versions/{{version}}"
    store = f"{WORKSPACE}/datastores/{{name}}"
    listed = {
        "path": "The folder; the whole datastore where none is said.",
        "marker": "What 'next' said, for the rest of it.",
        "limit": f"How many folders and files: {MOST_LISTED} at most.",
    }

    def route(path: str, handler: object, permission: str, summary: str, response: str, query: dict[str, str]) -> Route:
        return Route("GET", path, handler, permission, summary, response=response, query=query, tags=_OURS)  # type: ignore[arg-type]

    model = f"{WORKSPACE}/models/{{name}}/versions/{{version}}/summary"
    return [
        route(model, door.summary, "models/read", "What a model is made of", "ModelSummary", {}),
        route(f"{asset}/preview", door.of_data, "data/read", "Look into a data asset", "Preview", _PREVIEW),
        route(f"{asset}/profile", door.profile_of_data, "data/read", "What its columns are like", "Profile", _PATH),
        route(f"{store}/files", door.files_of, "datastores/read", "A folder of a datastore", "Folder", listed),
        route(f"{store}/preview", door.of_file, "datastores/read", "Look into a file there", "Preview", _PREVIEW),
        route(f"{store}/profile", door.profile_of, "datastores/read", "What its columns are like", "Profile", _PATH),
    ]


@dataclass(frozen=True)
class _Door:
    data: DataAssets
    datastores: Datastores
    storage: Storage
    files: StoredFiles
    looks: Looks
    summaries: Summaries

    def summary(self, call: Call) -> Response:
        return reply(self.summaries.of(ResourceId(call.scope, "models", call.params["name"], call.params["version"])))

    def of_data(self, call: Call) -> Response:
        place, is_table = self._asset(call)
        return self._preview(call, place, is_table)

    def of_file(self, call: Call) -> Response:
        return self._preview(call, self._datastore(call), False)

    def _preview(self, call: Call, place: Location, is_table: bool) -> Response:
        path = call.query.get("path", "").strip("/")
        said = self.looks.preview(
            place,
            path,
            rows=number_in(call, "rows", 100),
            offset=number_in(call, "offset", 0),
            marker=call.query.get("marker", ""),
            table=is_table and not path,
        )
        return reply(said)

    def profile_of_data(self, call: Call) -> Response:
        place, is_table = self._asset(call)
        path = call.query.get("path", "").strip("/")
        return reply(self.looks.profile(place, path, table=is_table and not path))

    def profile_of(self, call: Call) -> Response:
        return reply(self.looks.profile(self._datastore(call), call.query.get("path", "").strip("/")))

    def files_of(self, call: Call) -> Response:
        place, path = self._datastore(call), call.query.get("path", "").strip("/")
        place = place / clean(path) if path else place
        level = self.files.level(place, call.query.get("marker", ""), number_in(call, "limit", 200))
        files = [{"name": f.name, "size": f.size, "modifiedAt": f.modified_at} for f in level.files]
        return reply({"path": path, "folders": level.folders, "files": files, "next": level.next})

    def _asset(self, call: Call) -> tuple[Location, bool]:
        """Where a data asset lies, and whether it is an MLTable."""
        record = self.data.get(ResourceId(call.scope, "data", call.params["name"], call.params["version"]))
        is_table = record.body.get("type") == DataType.MLTABLE.value
        return self.storage.locate(call.scope, str(record.body["path"])), is_table

    def _datastore(self, call: Call) -> Location:
        record = self.datastores.get(ResourceId(call.scope, "datastores", call.params["name"]))
        return self.storage.locate(call.scope, str(DatastorePath(record.id.name, "")))
