"""The end of a job: what it wrote is kept, before its work folder goes.

Everything here may be repeated: a server that dies in the middle does it again, with the same result.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lazuli.assets.kinds import DataAssets, Models
from lazuli.assets.storage import Location, Storage
from lazuli.assets.versions import Versions
from lazuli.jobs.leavings import LONGEST_NAME, leavings, within
from lazuli.jobs.logs import Masks
from lazuli.jobs.masking import mask_file
from lazuli.jobs.plan import file_name, output_folder
from lazuli.jobs.ranks import ARTIFACT_FOLDERS, LOGS, main_log
from lazuli.resources.data import Data
from lazuli.resources.inout import AssetType, Output
from lazuli.resources.job import CommandJob
from lazuli.resources.model import Model
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.places import ARTIFACTS, artifact_folder, output_path
from lazuli.schema.problems import Conflict, InvalidInput, Problem, Unavailable
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import document_of
from lazuli.store.database import NO_ANSWER
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["FOR_NOW", "Finisher", "Kept"]

FOR_NOW = (OSError, Unavailable, *NO_ANSWER)
"""What keeps something from being kept now and may be over in a while: a full disk, a network that is down."""
_MOST_TOLD = 5


@dataclass
class Kept:
    """What became of what a job left behind."""

    notes: list[str] = field(default_factory=list)
    """What the user must know of single files."""
    problem: Problem | None = None
    """Why the job fails, though its command did not."""
    is_whole: bool = True
    """Whether all of it is kept, so that the work folder may go."""
    hindrance: Exception | None = None
    """What stood in the way of a part, so that it must be tried again."""

    @property
    def told(self) -> str:
        """The notes in words; '' where there are none."""
        more = f" And {len(self.notes) - _MOST_TOLD} more." if len(self.notes) > _MOST_TOLD else ""
        return " ".join(self.notes[:_MOST_TOLD]) + more

    @contextmanager
    def apart(self, *, holds_files: bool = True) -> Iterator[None]:
        """A part whose failure does not stop the others."""
        try:
            yield
        except Exception as error:  # a mistake of ours costs no other part either
            if isinstance(error, Problem) and not isinstance(error, FOR_NOW):
                self.problem = self.problem or error
                self.is_whole = self.is_whole and not holds_files
            else:
                self.hindrance = self.hindrance or error


class Finisher:
    """Keeps what jobs leave behind."""

    def __init__(self, store: Store, storage: Storage, data: DataAssets, models: Models, masks: Masks) -> None:
        self._store = store
        self._storage = storage
        self._data = data
        self._models = models
        self._masks = masks

    def keep(self, record: Record, folder: Path, *, completed: bool) -> Kept:
        """Keep a job's logs, its ``outputs/`` and its named outputs; then register those that name an asset.

        Each is kept whatever becomes of the others. Raises what stood in the way, where it must be tried again: one of
        :data:`FOR_NOW`, or a mistake of ours.
        """
        job: CommandJob = document_of(noun("job"), record)
        kept, written = Kept(), set[str]()
        with kept.apart():
            self._logs(record, folder, kept)
        for source, target in ARTIFACT_FOLDERS:
            with kept.apart():
                if target != LOGS:
                    self._tree(self._artifacts(record, target), folder, source, kept)
        for name, output in job.outputs.items():
            with kept.apart():
                if self._output(record, name, output, folder, kept):
                    written.add(name)
        if kept.notes:
            with kept.apart():
                _tell(folder, main_log(job), kept.told)
                self._logs(record, folder, Kept())
        if kept.hindrance:
            raise kept.hindrance
        for name, output in job.outputs.items() if completed else ():
            if output.name:
                with kept.apart(holds_files=False):
                    self._asset(record, name, output, is_written=name in written)
        if kept.hindrance:
            raise kept.hindrance
        return kept

    def register(self, record: Record) -> None:
        """Register the named outputs of a job that is made of others: what they are is somewhere already.

        Safe to repeat. Raises a problem where one cannot be registered.
        """
        for name, output in document_of(noun("job"), record).outputs.items():
            if output.name:
                self._register(record, name, output)

    def _logs(self, record: Record, folder: Path, kept: Kept) -> None:
        """Keep the logs, and hide in them what the job has read of the key vault."""
        secrets = self._masks(record.id)
        logs = folder / LOGS
        if secrets and logs.is_dir() and within(logs, folder):
            for file in leavings(logs).files.values():
                if not file.is_symlink():  # what it leads to is masked in its own place
                    mask_file(file, secrets)
        self._tree(self._artifacts(record, LOGS), folder, LOGS, kept)

    def _artifacts(self, record: Record, target: str) -> Location:
        container = self._storage.container(record.id.scope, ARTIFACTS)
        return Location(container, f"{artifact_folder(record.id.name)}/{target}")

    def _output(self, record: Record, name: str, output: Output, folder: Path, kept: Kept) -> bool:
        """Keep a named output; whether anything was written to it."""
        path = output.path or str(output_path(record.id.name, name))
        location = self._storage.locate(record.id.scope, path)
        if output.type is not AssetType.URI_FILE:
            return self._tree(location, folder, output_folder(name), kept)
        file = folder / output_folder(name) / file_name(output, name)
        if not (file.is_file() and within(file, folder)):
            return False
        if location.datastore is None:  # else it was sent there already
            self._store.blobs.put_file(location.container, location.path, file)
        return True

    def _tree(self, location: Location, folder: Path, source: str, kept: Kept) -> bool:
        """Keep a folder; whether anything is in it."""
        tree = folder / source
        if not (tree.is_dir() and within(tree, folder)):
            return False
        found = leavings(tree, LONGEST_NAME - len(location.prefix))
        kept.notes += [f"Of '{source}': {note}" for note in found.notes]
        kept.is_whole = kept.is_whole and found.is_whole
        if location.datastore is None and found.files:  # else it was sent there already
            files = {f"{location.prefix}{name}": file for name, file in found.files.items()}
            self._store.blobs.put_files(location.container, files)
        return bool(found.files)

    def _asset(self, record: Record, name: str, output: Output, *, is_written: bool) -> None:
        if not is_written:
            raise InvalidInput(
                f"The output '{name}' is to become '{output.name}', but the job wrote nothing there.",
                target=f"outputs.{name}",
                mend=f"Write to ${{{{outputs.{name}}}}}.",
                code="OutputMissing",
            )
        self._register(record, name, output)

    def _register(self, record: Record, name: str, output: Output) -> None:
        """Register an output as an asset; once, however often this is repeated."""
        is_model = output.type.collection == "models"
        shelf: Versions = self._models if is_model else self._data
        asset = output.name or ""
        address = f"azureml://jobs/{record.id.name}/outputs/{name}"
        made_by = {"azureml.job": record.id.name, "azureml.output": name}
        if best := record.state.get("best"):  # a sweep that goes on may find a better one
            made_by["azureml.trial"] = best["trial"]
        described = {"description": output.description} if output.description else {}
        given = {"type": output.type.value, "path": address, "properties": made_by, **described}
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


def _tell(folder: Path, log_name: str, text: str) -> None:
    """Say something at the end of a job's log, once."""
    file = folder / log_name
    line = f"\n{text}\n".encode()
    if file.is_symlink() or not file.is_file() or not within(file, folder):
        return
    with file.open("rb+") as log:
        size = log.seek(0, os.SEEK_END)
        log.seek(max(0, size - len(line)))
        if log.read() != line:
            log.write(line)
