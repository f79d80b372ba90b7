"""The end of a job: what it wrote is kept, before its work folder goes.

Everything here may be repeated: a server that dies in the middle does it again, with the same result.
"""

from __future__ import annotations

from pathlib import Path

from lazuli.assets.kinds import DataAssets, Models
from lazuli.assets.storage import ARTIFACTS, Location, Storage, artifact_folder
from lazuli.assets.versions import Versions
from lazuli.jobs.logs import Masks
from lazuli.jobs.masking import mask_file
from lazuli.jobs.plan import CODE, LOGS, file_name, output_folder
from lazuli.jobs.submit import job_output_path
from lazuli.resources.data import Data
from lazuli.resources.inout import AssetType, Output
from lazuli.resources.job import CommandJob
from lazuli.resources.model import Model
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.store.blobs import files_below
from lazuli.store.documents import Record
from lazuli.store.opened import Store
from lazuli.workspaces.identity import Principal
from lazuli.workspaces.shelf import document_of

__all__ = ["Finisher"]

_ARTIFACTS = ((LOGS, LOGS), (f"{CODE}/outputs", "outputs"), (f"{CODE}/logs", "logs"))
"""From the work folder to the run's files; the log first, because it tells most where the rest fails."""


class Finisher:
    """Keeps what jobs leave behind."""

    def __init__(self, store: Store, storage: Storage, data: DataAssets, models: Models, masks: Masks) -> None:
        self._store = store
        self._storage = storage
        self._data = data
        self._models = models
        self._masks = masks

    def keep(self, record: Record, folder: Path, *, completed: bool) -> None:
        """Keep a job's logs, its ``outputs/`` and its named outputs; then register those that name an asset.

        Raises :class:`Problem` where that cannot be done, for the user to read.
        """
        job: CommandJob = document_of(noun("job"), record)
        container = self._storage.container(record.id.scope, ARTIFACTS)
        self._mask_logs(record, folder / LOGS, folder)
        for source, target in _ARTIFACTS:
            self._tree(Location(container, f"{artifact_folder(record.id.name)}/{target}"), folder, source)
        written = {name for name, output in job.outputs.items() if self._output(record, name, output, folder)}
        if not completed:
            return
        for name, output in job.outputs.items():
            if output.name and name not in written:
                raise InvalidInput(
                    f"The output '{name}' is to become '{output.name}', but the job wrote nothing there.",
                    target=f"outputs.{name}",
                    mend=f"Write to ${{{{outputs.{name}}}}}.",
                    code="OutputMissing",
                )
            if output.name:
                self._register(record, name, output)

    def _mask_logs(self, record: Record, logs: Path, folder: Path) -> None:
        """Hide in the logs what the job has read of the key vault."""
        secrets = self._masks(record.id)
        if secrets and _within(logs, folder):
            for file in logs.rglob("*"):
                if not file.is_symlink() and file.is_file() and _within(file, folder):
                    mask_file(file, secrets)

    def _output(self, record: Record, name: str, output: Output, folder: Path) -> bool:
        """Keep a named output; whether anything was written to it."""
        path = output.path or job_output_path(record.id.name, name)
        location = self._storage.locate(record.id.scope, path)
        if output.type is not AssetType.URI_FILE:
            return self._tree(location, folder, output_folder(name))
        file = folder / output_folder(name) / file_name(output, name)
        if not (file.is_file() and _within(file, folder)):
            return False
        if location.datastore is None:  # else it was sent there already
            self._store.blobs.put_file(location.container, location.path, file)
        return True

    def _tree(self, location: Location, folder: Path, source: str) -> bool:
        tree = folder / source
        if not (tree.is_dir() and _within(tree, folder)):
            return False
        if location.datastore:
            return any(True for _ in files_below(tree.resolve(), tree.resolve()))
        return bool(self._store.blobs.put_tree(location.container, location.path, tree))

    def _register(self, record: Record, name: str, output: Output) -> None:
        """Register an output as an asset; once, however often this is repeated."""
        is_model = output.type.collection == "models"
        shelf: Versions = self._models if is_model else self._data
        asset = output.name or ""
        address = f"azureml://jobs/{record.id.name}/outputs/{name}"
        made_by = {"azureml.job": record.id.name, "azureml.output": name}
        given = {"type": output.type.value, "path": address, "properties": made_by}
        document = (Model if is_model else Data).load(given)
        actor = Principal(record.id.name, str(record.state["user"]), "job")
        version = ""
        while True:
            tried, version = version, output.version or shelf.free_version(record.id.scope, asset, made_by)
            try:
                shelf.put(ResourceId(record.id.scope, shelf.noun.collection, asset, version), document, actor)
                return
            except Conflict:  # another took that version from under our nose, unless we are told the same one again
                if version in (tried, output.version):
                    raise


def _within(path: Path, folder: Path) -> bool:
    """A link that the job put in the place of its output may lead to anything on this machine."""
    return path.resolve().is_relative_to(folder.resolve())
