"""What files and tables have in common: names, versions, tags, and their way into a job."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any, Mapping, TypeVar
from urllib.parse import quote

from azureml._lazuli.server import raised_as
from azureml.data import _definition
from azureml.data._definition import Definition
from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace
    from azureml.data.dataset_consumption_config import DatasetConsumptionConfig

__all__ = ["AbstractDataset"]

Self = TypeVar("Self", bound="AbstractDataset")

NAME = "azureml.datasetName"
"""The property of a data asset that keeps the name as it was given: an asset's own name has no spaces."""


class AbstractDataset:
    """A dataset: a definition, and, once registered, a data asset of the workspace."""

    def __init__(self) -> None:
        raise UserErrorException(
            "A dataset is made with Dataset.Tabular.from_delimited_files(...), Dataset.File.from_files(...) or such."
        )

    @classmethod
    def _of(
        cls: type[Self],
        definition: Definition,
        workspace: Workspace | None = None,
        said: Mapping[str, Any] | None = None,
    ) -> Self:
        made = cls.__new__(cls)
        made._definition = definition
        made._workspace = workspace
        made._said = said
        return made

    _definition: Definition
    _workspace: Workspace | None
    _said: Mapping[str, Any] | None

    @property
    def name(self) -> str | None:
        """The name that it is registered under; None where it is not."""
        return name_of(self._said) if self._said else None

    @property
    def version(self) -> int | None:
        """The version that it is registered as; None where it is not."""
        return int(self._said["name"]) if self._said and self._said["name"].isdigit() else None

    @property
    def id(self) -> str | None:
        """The id that :meth:`Dataset.get_by_id` takes; None where it is not registered."""
        return self._said["id"] if self._said else None

    @property
    def description(self) -> str | None:
        """What it is."""
        return self._said["properties"].get("description") if self._said else None

    @property
    def tags(self) -> dict[str, str]:
        """Its tags."""
        return dict(self._said["properties"].get("tags") or {}) if self._said else {}

    @property
    def data_changed_time(self) -> Any:
        """When this version was registered; None where it is not. What a version says never changes."""
        from datetime import datetime

        moment = ((self._said or {}).get("systemData") or {}).get("createdAt")
        return datetime.fromisoformat(re.sub(r"(\.\d{6})?\d*Z$", r"\1+00:00", moment)) if moment else None

    def register(
        self: Self,
        workspace: Workspace,
        name: str,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        create_new_version: bool = False,
    ) -> Self:
        """Register it under a name; what it is then.

        Raises :class:`UserErrorException` where the name has another definition already and ``create_new_version`` is
        not set. The same definition again is the version that is there.
        """
        kind, uri = self._placed(workspace)
        uri = uri if uri.endswith("/paths/") else uri.rstrip("/")
        asset = _asset_name(name)
        latest = _latest(workspace, asset)
        if latest is not None and _same(latest["properties"], kind, uri):
            done = self._of(self._definition, workspace, latest)
            return done.update(description, tags) if description is not None or tags is not None else done
        if latest is not None and not create_new_version:
            raise UserErrorException(
                f'There is already a dataset registered under name "{name}". Specify `create_new_version=True` to '
                "register the dataset as a new version.",
                target="name",
            )
        version = int(latest["name"]) + 1 if latest else 1
        properties = {
            "dataType": kind,
            "dataUri": uri,
            "description": description or "",
            "tags": dict(tags or {}),
            "properties": {NAME: name},
        }
        with raised_as(UserErrorException):
            made = workspace._call("PUT", f"data/{quote(asset, '')}/versions/{version}", {"properties": properties})
        return self._of(self._definition, workspace, made)

    def update(self: Self, description: str | None = None, tags: Mapping[str, str] | None = None) -> Self:
        """Change what the registered dataset says of itself."""
        said = self._registered()
        properties = dict(said["properties"], dataUri=_definition.short(said["properties"]["dataUri"]))
        properties.update({} if description is None else {"description": description})
        properties.update({} if tags is None else {"tags": dict(tags)})
        return self._say(properties)

    def add_tags(self: Self, tags: Mapping[str, str] | None = None) -> Self:
        """Add tags to the registered dataset."""
        return self.update(tags={**self.tags, **(tags or {})})

    def remove_tags(self: Self, tags: list[str] | None = None) -> Self:
        """Take tags from the registered dataset."""
        return self.update(tags={word: value for word, value in self.tags.items() if word not in (tags or ())})

    def unregister_all_versions(self) -> None:
        """Archive every version: the name is not listed any more, and jobs that used it can still be explained."""
        workspace = self._workspace
        assert workspace is not None
        name = self._registered()["id"].split("/")[-3]
        for each in list(workspace._pages(f"data/{name}/versions")):
            uri = _definition.short(each["properties"]["dataUri"])
            properties = {**each["properties"], "dataUri": uri, "isArchived": True}
            workspace._call("PUT", f"data/{name}/versions/{each['name']}", {"properties": properties})
        self._said = None

    @property
    def partition_keys(self) -> list[str]:
        """The columns that the paths of the files tell."""
        return [name for text in self._formats() for name in re.findall(r"\{([^}:]+)(?::[^}]*)?\}", text)]

    def get_partition_key_values(self, partition_keys: list[str] | None = None) -> list[dict[str, Any]]:
        """Every combination of values of the keys that the paths of the files tell: a dictionary for each.

        Raises :class:`UserErrorException` for a key that is none of :attr:`partition_keys`.
        """
        from azureml.data import _reading

        keys = self.partition_keys if partition_keys is None else partition_keys
        foreign = [key for key in keys if key not in self.partition_keys]
        if foreign or not keys:
            known = ", ".join(self.partition_keys) or "none: give a partition_format"
            raise UserErrorException(f"{foreign} are no partition keys. There are: {known}.", target="partition_keys")
        found: list[dict[str, Any]] = []
        for file in _definition.files(self._definition.paths, self._workspace):
            told = {key: value for text in self._formats() for key, value in _reading.of_path(text, file.place).items()}
            chosen = {key: told[key] for key in keys}
            found += [] if chosen in found else [chosen]
        return found

    def _formats(self) -> list[str]:
        said = [step.get("extract_columns_from_partition_format") for step in self._definition.steps]
        return [str(each["partition_format"] if isinstance(each, Mapping) else each) for each in said if each]

    def as_named_input(self, name: str) -> DatasetConsumptionConfig:
        """The dataset as the input of this name of a job."""
        from azureml.data.dataset_consumption_config import DatasetConsumptionConfig

        return DatasetConsumptionConfig(name, self)

    def take(self: Self, count: int) -> Self:
        """The first ``count`` rows, or files."""
        return self._then("take", _count(count))

    def skip(self: Self, count: int) -> Self:
        """All but the first ``count`` rows, or files."""
        return self._then("skip", _count(count))

    def take_sample(self: Self, probability: float, seed: int | None = None) -> Self:
        """Each row, or file, with a probability; with a seed always the same."""
        return self._then("take_random_sample", {"probability": _share(probability), "seed": _seed(seed)})

    def random_split(self: Self, percentage: float, seed: int | None = None) -> tuple[Self, Self]:
        """About ``percentage`` (0 to 1) of the rows, or files, and the others; with a seed always the same."""
        said = {"probability": _share(percentage), "seed": _seed(seed)}
        return self._then("take_random_sample", said), self._then("take_random_sample", {**said, "complement": True})

    def _then(self: Self, word: str, said: Any) -> Self:
        return self._of(self._definition.then(word, said), self._workspace)

    def _placed(self, workspace: Workspace) -> tuple[str, str]:
        """The type and the address of the data asset that this is."""
        return "mltable", _definition.saved(self._definition, workspace)

    def _registered(self) -> Mapping[str, Any]:
        if self._said is None or self._workspace is None:
            raise UserErrorException("The dataset is not registered: call register(workspace, name) first.")
        return self._said

    def _say(self: Self, properties: Mapping[str, Any]) -> Self:
        said, workspace = self._registered(), self._workspace
        assert workspace is not None
        path = "data/" + said["id"].partition("/data/")[2]
        with raised_as(UserErrorException):
            self._said = workspace._call("PUT", path, {"properties": properties})
        return self

    def __repr__(self) -> str:
        said = {"source": [uri for path in self._definition.paths for uri in path.values()]}
        lines = [f'  "source": {said["source"]}', f'  "definition": {[list(step) for step in self._definition.steps]}']
        if self._said:
            lines.append(f'  "registration": {{"name": "{self.name}", "version": {self.version}, "id": "{self.id}"}}')
        return f"{type(self).__name__}\n{{\n" + ",\n".join(lines) + "\n}"


def loaded(workspace: Workspace, said: Mapping[str, Any]) -> Any:
    """The dataset that a data asset is."""
    from azureml.data.file_dataset import FileDataset

    properties = said["properties"]
    kind, uri = properties["dataType"], properties["dataUri"]
    if kind == "mltable":
        return loaded_from(workspace, uri, said)
    path = {"file" if kind == "uri_file" else "folder": uri}
    return FileDataset._of(Definition((path,)), workspace, said)


def loaded_from(workspace: Workspace, uri: str, said: Mapping[str, Any] | None = None) -> Any:
    """The dataset that an MLTable file in a folder says."""
    from azureml.data.file_dataset import FileDataset
    from azureml.data.tabular_dataset import TabularDataset

    text = _definition.known(workspace, f"{uri.rstrip('/')}/MLTable")
    if text is None:
        raise UserErrorException(f"There is no dataset at '{uri}'.", target="id")
    definition = _definition.read(text.decode(), uri)
    kind = TabularDataset if definition.is_table else FileDataset
    return kind._of(definition, workspace, said)


def name_of(said: Mapping[str, Any]) -> str:
    """The name of a data asset's version, as it was given."""
    given = (said["properties"].get("properties") or {}).get(NAME)
    return given or said["id"].split("/")[-3]


def version_of(workspace: Workspace, name: str, version: Any = "latest") -> Mapping[str, Any] | None:
    """What the server says of a version of a dataset; None where there is none."""
    asset = _asset_name(name)
    if version in ("latest", None):
        return _latest(workspace, asset)
    return workspace._found(f"data/{quote(asset, '')}/versions/{version}")


def _asset_name(name: str) -> str:
    found = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.")
    if not found:
        raise UserErrorException(f"'{name}' is no name for a dataset: use letters and digits.", target="name")
    return found


def _latest(workspace: Workspace, asset: str) -> Mapping[str, Any] | None:
    if workspace._found(f"data/{quote(asset, '')}") is None:
        return None
    found = workspace._pages(f"data/{quote(asset, '')}/versions")
    versions = [each for each in found if not each["properties"].get("isArchived")]
    return max(versions, key=lambda each: int(each["name"]) if each["name"].isdigit() else -1, default=None)


def _same(properties: Mapping[str, Any], kind: str, uri: str) -> bool:
    there, here = _definition.place_of(properties["dataUri"]), _definition.place_of(uri)
    return properties["dataType"] == kind and there == here and (there is not None or properties["dataUri"] == uri)


def _count(count: int) -> int:
    if not isinstance(count, int) or count < 0:
        raise UserErrorException(f"count is {count!r}: it is a whole number, 0 or more.", target="count")
    return count


def _share(said: float) -> float:
    if not 0 <= said <= 1:
        raise UserErrorException(f"{said!r} is no share: it is between 0 and 1.", target="percentage")
    return float(said)


def _seed(seed: int | None) -> int:
    """A seed of one's own where none is said, so that both halves of a split fit each other."""
    return random.SystemRandom().randrange(1 << 31) if seed is None else int(seed)
