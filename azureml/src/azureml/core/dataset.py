"""Datasets: how they are made, and how registered ones are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, Mapping
from urllib.parse import unquote

from azureml.data import _definition, abstract_dataset
from azureml.data.abstract_dataset import AbstractDataset
from azureml.data.dataset_factory import FileDatasetFactory, TabularDatasetFactory
from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = ["Dataset"]


class Dataset(AbstractDataset):
    """``Dataset.Tabular`` and ``Dataset.File`` make datasets; the other functions find registered ones."""

    Tabular = TabularDatasetFactory
    File = FileDatasetFactory

    class Scenario:
        """What a model used a dataset for."""

        TRAINING = "training"
        VALIDATION = "validation"
        INFERENCING = "inferencing"

    @staticmethod
    def auto_read_files(path: Any, include_path: bool = False, partition_format: str | None = None) -> Any:
        """The table that files hold, read by how the first is named: ``.parquet``, ``.jsonl``, ``.tsv``, else CSV."""
        paths, workspace = _definition.named(path)
        name = _definition.files(paths, workspace)[0].place.lower()
        how = {"path": path, "include_path": include_path, "partition_format": partition_format}
        if name.endswith(".parquet"):
            return TabularDatasetFactory.from_parquet_files(**how)
        if name.endswith((".jsonl", ".json")):
            return TabularDatasetFactory.from_json_lines_files(**how)
        return TabularDatasetFactory.from_delimited_files(**how, separator="\t" if name.endswith(".tsv") else ",")

    @staticmethod
    def get_by_name(workspace: Workspace, name: str, version: Any = "latest", **kwargs: Any) -> Any:
        """The dataset of a name and version. Raises :class:`UserErrorException` where there is none."""
        said = abstract_dataset.version_of(workspace, name, version)
        if said is None:
            what = f' and version "{version}"' if version not in ("latest", None) else ""
            raise UserErrorException(f'Cannot find dataset registered with name "{name}"{what} in the workspace.')
        return abstract_dataset.loaded(workspace, said)

    @staticmethod
    def get_by_id(workspace: Workspace, id: str, **kwargs: Any) -> Any:
        """The dataset of an id: that of a registered one, or where an unregistered one was kept for a job."""
        if "/paths/" in id:
            return abstract_dataset.loaded_from(workspace, id)
        name, _, version = id.partition("/data/")[2].partition("/versions/")
        said = workspace._found(f"data/{name}/versions/{version}") if version else None
        if said is None:
            raise UserErrorException(f'Cannot find dataset with id "{id}" in the workspace.', target="id")
        return abstract_dataset.loaded(workspace, said)

    @staticmethod
    def get_all(workspace: Workspace) -> Mapping[str, Any]:
        """The newest version of every registered dataset, by name; each is fetched when it is looked at."""
        return _Registered(workspace)

    @staticmethod
    def get(workspace: Workspace, name: str | None = None, id: str | None = None) -> Any:
        """The dataset of a name or an id."""
        if (name is None) == (id is None):
            raise UserErrorException("Give either name or id.")
        return Dataset.get_by_name(workspace, name) if name is not None else Dataset.get_by_id(workspace, str(id))

    @staticmethod
    def list(workspace: Workspace) -> Any:
        """The newest version of every registered dataset."""
        return [*Dataset.get_all(workspace).values()]


class _Registered(Mapping[str, Any]):
    """Registered datasets by name."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def __getitem__(self, name: str) -> Any:
        said = abstract_dataset.version_of(self._workspace, name)
        if said is None:
            raise KeyError(name)
        return abstract_dataset.loaded(self._workspace, said)

    def __iter__(self) -> Iterator[str]:
        for each in self._workspace._pages("data"):
            said = abstract_dataset.version_of(self._workspace, unquote(each["name"]))
            if said is not None:
                yield abstract_dataset.name_of(said)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"{{{', '.join(map(repr, self))}}}"
