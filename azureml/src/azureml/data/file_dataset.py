"""Datasets of files as they are."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azureml._lazuli.storage import at_once, inside
from azureml.data import _definition, _expressions
from azureml.data._definition import File
from azureml.data.abstract_dataset import AbstractDataset
from azureml.data.dataset_error_handling import DatasetExecutionError
from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml._lazuli.storage import Container
    from azureml.core.workspace import Workspace
    from azureml.data.dataset_consumption_config import DatasetConsumptionConfig

__all__ = ["FileDataset", "MountContext"]

_FACTS = ("Size", "LastModifiedTime", "CreationTime", "Extension")


class FileDataset(AbstractDataset):
    """Files, by their paths below what all of them are in."""

    def to_path(self) -> list[str]:
        """The path of every file, such as "/2024/a.csv"."""
        return [f"/{file.relative}" for file in self._files()]

    def download(
        self,
        target_path: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
        ignore_not_found: bool = False,
    ) -> list[str]:
        """Write the files below a folder (by default a new one); where each is now.

        Raises :class:`UserErrorException` where one is there already and ``overwrite`` is not set.
        """
        folder = Path(target_path or tempfile.mkdtemp()).expanduser()
        try:
            found = self._files()
        except DatasetExecutionError:
            if ignore_not_found:
                return []
            raise
        targets = [(file, inside(folder, file.relative)) for file in found]
        there = [str(target) for _, target in targets if target.exists()]
        if there and not overwrite:
            raise UserErrorException(f"'{there[0]}' already exists. Set overwrite=True to replace it.")
        opened: dict[str, Container] = {}

        def bring(pair: tuple[File, Path]) -> str:
            file, target = pair
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.is_stored:
                _definition.container(self._workspace, file.store, opened).fetch(file.place, target)
            else:
                target.write_bytes(_definition.content(file, self._workspace, opened))
            return str(target.resolve())

        return list(at_once(bring, targets))

    def filter(self, expression: Any) -> FileDataset:
        """The files for which a condition holds, such as ``dataset.file_metadata("Size") > 10000``."""
        return self._then("filter", _expressions.text_of(expression))

    def file_metadata(self, col: str) -> _expressions.Condition:
        """What is known of each file, to make a condition of.

        ``col`` is "Size" (bytes), "LastModifiedTime" or "CreationTime" (without a zone, in UTC), or "Extension" (such
        as ".csv"). Raises :class:`UserErrorException` for another.
        """
        if col not in _FACTS:
            raise UserErrorException(f"'{col}' is not known of files. Known are: {', '.join(_FACTS)}.", target="col")
        return _expressions.column(col)

    def __getitem__(self, name: str) -> _expressions.Condition:
        """A column that the paths of the files tell (see :attr:`partition_keys`), to make a condition of."""
        return _expressions.column(name)

    def mount(self, mount_point: str | os.PathLike[str] | None = None, **kwargs: Any) -> MountContext:
        """The files as a folder, between ``start()`` and ``stop()`` or within ``with``."""
        return MountContext(self, mount_point)

    def as_mount(self, path_on_compute: str | None = None) -> DatasetConsumptionConfig:
        """The files as a folder that a job sees; one single file as that file."""
        return self._named().as_mount(path_on_compute)

    def as_download(self, path_on_compute: str | None = None) -> DatasetConsumptionConfig:
        """The files copied for a job."""
        return self._named().as_download(path_on_compute)

    def as_hdfs(self) -> DatasetConsumptionConfig:
        """Raises :class:`UserErrorException`: there is no Spark here."""
        return self._named().as_hdfs()

    def _named(self) -> DatasetConsumptionConfig:
        from azureml.data.dataset_consumption_config import DatasetConsumptionConfig

        return DatasetConsumptionConfig(self.name or "input", self)

    def _files(self) -> list[File]:
        found = _definition.files(self._definition.paths, self._workspace)
        roots = [_definition.root(path) for path in self._definition.paths]
        places = [place for place in roots if place is not None]
        if len(roots) > 1 and len({store for store, _ in places}) == 1 and len(places) == len(roots):
            base = os.path.commonpath([f"/{path}" for _, path in places])[1:]
            found = [file._replace(relative=file.place[len(base) :].lstrip("/")) for file in found]
        for step in self._definition.steps:
            for word, said in step.items():
                found = self._holding(found, said) if word == "filter" else _chosen(found, word, said)
        return found

    def _holding(self, found: list[File], said: str) -> list[File]:
        from azureml.data import _reading

        kept = []
        for file in found:
            told = [_reading.of_path(text, file.place) for text in self._formats()]
            facts = {key: value for each in (_facts(file), *told) for key, value in each.items()}
            kept += [file] if _expressions.holds(said, facts) else []
        return kept

    def _placed(self, workspace: Workspace) -> tuple[str, str]:
        only = self._only()
        return only or super()._placed(workspace)

    def _only(self) -> tuple[str, str] | None:
        """The type and address where it is one file or one folder of a datastore, as it is."""
        if self._definition.steps or len(self._definition.paths) != 1:
            return None
        kind, uri = next(pair for path in self._definition.paths for pair in path.items())
        if kind == "pattern" or _definition.place_of(uri) is None:
            return None
        return f"uri_{kind}", uri

    def _for_job(self, workspace: Workspace) -> tuple[str, str]:
        """The type and address of what a job gets: what it is, or a folder with copies of just these files."""
        return self._only() or ("uri_folder", _definition.copied(self._files(), workspace))


class MountContext:
    """Files as a folder for a while. They are fetched when it starts, and gone when it stops."""

    def __init__(self, dataset: FileDataset, mount_point: str | os.PathLike[str] | None = None) -> None:
        self._dataset = dataset
        self._is_own = mount_point is None
        self._folder = str(mount_point) if mount_point else ""
        self._written: list[str] = []

    @property
    def mount_point(self) -> str:
        """The folder."""
        if not self._folder:
            self._folder = tempfile.mkdtemp()
        return self._folder

    def start(self) -> None:
        """Bring the files."""
        self._written = self._dataset.download(self.mount_point, overwrite=True)

    def stop(self) -> None:
        """Take the files away; a folder of its own with them."""
        import shutil

        for path in self._written:
            if Path(path).exists():
                Path(path).unlink()
        self._written = []
        if self._is_own and self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> MountContext:
        self.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.stop()


def _facts(file: File) -> dict[str, Any]:
    """What is known of a file."""
    from datetime import datetime, timezone
    from email.utils import parsedate_to_datetime

    if file.entry is not None:
        size, times = file.entry.size, [parsedate_to_datetime(each) for each in file.entry[-2:]]
    elif not file.store:
        told = Path(file.place).stat()
        size, times = (
            told.st_size,
            [datetime.fromtimestamp(each, timezone.utc) for each in (told.st_mtime, told.st_ctime)],
        )
    else:
        raise UserErrorException(f"Nothing is known of '{file.place}' before it is fetched.")
    modified, created = (each.astimezone(timezone.utc).replace(tzinfo=None) for each in times)
    return dict(zip(_FACTS, (size, modified, created, Path(file.place).suffix)))


def _chosen(found: list[File], word: str, said: Any) -> list[File]:
    if word == "take":
        return found[: int(said)]
    if word == "skip":
        return found[int(said) :]
    if word == "take_random_sample":
        chance = random.Random(said.get("seed"))
        wanted = not said.get("complement")
        return [file for file in found if (chance.random() < said["probability"]) == wanted]
    return found
