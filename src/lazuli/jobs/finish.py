"""The end of a job: what it wrote is kept, before its work folder goes.

Everything here may be repeated: a server that dies in the middle does it again, with the same result.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from lazuli.assets.kinds import DataAssets, Models
from lazuli.assets.storage import ARTIFACTS, Location, Storage, artifact_folder
from lazuli.assets.versions import Versions
from lazuli.jobs.plan import CODE, LOGS, output_folder
from lazuli.jobs.submit import job_output_path
from lazuli.resources.data import Data
from lazuli.resources.inout import AssetType, Output
from lazuli.resources.job import CommandJob
from lazuli.resources.model import Model
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.workspaces.identity import Principal
from lazuli.workspaces.shelf import document_of

__all__ = ["Finisher"]

_ARTIFACTS = ((f"{CODE}/outputs", "outputs"), (f"{CODE}/logs", "logs"), (LOGS, LOGS))


class Finisher:
    """Keeps what jobs leave behind."""

    def __init__(self, store: Store, storage: Storage, data: DataAssets, models: Models) -> None:
        self._store = store
        self._storage = storage
        self._data = data
        self._models = models

    def keep(self, record: Record, folder: Path, *, completed: bool) -> None:
        """Keep a job's logs, its ``outputs/`` and its named outputs, and register those that name an asset."""
        job: CommandJob = document_of(noun("job"), record)
        container = self._storage.container(record.id.scope, ARTIFACTS)
        for source, target in _ARTIFACTS:
            self._tree(Location(container, f"{artifact_folder(record.id.name)}/{target}"), folder / source)
        for name, output in job.outputs.items():
            path = output.path or job_output_path(record.id.name, name)
            self._output(record, path, folder / output_folder(name), output)
            if completed and output.name:
                self._register(record, name, output)

    def _output(self, record: Record, path: str, folder: Path, output: Output) -> None:
        location = self._storage.locate(record.id.scope, path)
        if output.type is AssetType.URI_FILE and output.path:
            location = Location(location.container, str(PurePosixPath(location.path).parent))
        self._tree(location, folder)

    def _tree(self, location: Location, folder: Path) -> None:
        if folder.is_dir():
            self._store.blobs.put_tree(location.container, location.path, folder)

    def _register(self, record: Record, name: str, output: Output) -> None:
        """Register an output as an asset; once, however often this is repeated."""
        is_model = output.type.collection == "models"
        shelf: Versions = self._models if is_model else self._data
        address = f"azureml://jobs/{record.id.name}/outputs/{name}"
        given = {"type": output.type.value, "path": address, "properties": {"azureml.job": record.id.name}}
        document = (Model if is_model else Data).load(given)
        version = output.version or shelf.free_version(record.id.scope, output.name or "", record.id.name)
        id = ResourceId(record.id.scope, shelf.noun.collection, output.name or "", version)
        try:
            shelf.put(id, document, Principal(record.id.name, str(record.state["user"]), "job"))
        except Conflict:
            if not output.version:
                raise
