"""What a dataset is: paths, and what is done to what they hold. The same words as an MLTable file's."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Mapping, NamedTuple
from urllib.parse import unquote, urlsplit

from azureml._lazuli import snapshot
from azureml._lazuli.ignored import glob
from azureml._lazuli.server import Server
from azureml._lazuli.storage import Entry, at_once
from azureml.data.azure_storage_datastore import AbstractDatastore
from azureml.data.data_reference import DataReference
from azureml.data.datapath import DataPath
from azureml.data.dataset_error_handling import DatasetExecutionError, DatasetValidationError
from azureml.exceptions import ServiceException, UserErrorException

if TYPE_CHECKING:
    from azureml._lazuli.storage import Container
    from azureml.core.workspace import Workspace

_ON_DATASTORE = re.compile(r"azureml://(?:.*/)?datastores/([^/]+)/paths/?(.*)")
_MAGIC = re.compile(r"[*?\[]")
_FOLDER = "datasets"


class File(NamedTuple):
    """A file of a dataset: where it is, and its path below what the dataset names."""

    store: str
    """The datastore; "http" for a URL and "" for a file of this machine."""
    place: str
    relative: str
    entry: Entry | None = None
    """What the datastore's list tells of it."""

    @property
    def uri(self) -> str:
        """Its address."""
        return f"azureml://datastores/{self.store}/paths/{self.place}" if self.is_stored else self.place

    @property
    def is_stored(self) -> bool:
        """Whether it lies on a datastore."""
        return self.store not in ("", "http")


class Definition(NamedTuple):
    """Paths and transformations."""

    paths: tuple[Mapping[str, str], ...]
    steps: tuple[Mapping[str, Any], ...] = ()
    traits: Mapping[str, Any] = {}

    @property
    def is_table(self) -> bool:
        """Whether its files are read as rows."""
        return any(word.startswith("read_") for step in self.steps for word in step)

    def then(self, word: str, said: Any) -> Definition:
        """The same with one step more."""
        return self._replace(steps=(*self.steps, {word: said}))

    def text(self) -> str:
        """The content of the MLTable file."""
        import yaml

        said: dict[str, Any] = {"type": "mltable", "paths": [dict(each) for each in self.paths]}
        if self.steps:
            said["transformations"] = [dict(each) for each in self.steps]
        if self.traits:
            said["traits"] = dict(self.traits)
        return yaml.safe_dump(said, sort_keys=False, allow_unicode=True)


def read(text: str, base: str) -> Definition:
    """The definition that an MLTable file in the folder ``base`` says."""
    import yaml

    said = yaml.safe_load(text) or {}
    steps = [step if isinstance(step, dict) else {step: None} for step in said.get("transformations") or ()]
    paths = [{kind: _absolute(path, base) for kind, path in each.items()} for each in said.get("paths") or ()]
    return Definition(tuple(paths), tuple(steps), said.get("traits") or {})


def place_of(uri: str) -> tuple[str, str] | None:
    """The datastore and the path there that an address names; None for one elsewhere."""
    match = _ON_DATASTORE.fullmatch(uri)
    return (match[1], match[2].rstrip("/")) if match else None


def named(path: Any) -> tuple[list[Mapping[str, str]], Workspace | None]:
    """The paths that somebody names: texts, (datastore, path), DataPath, DataReference, or a list of such.

    Raises :class:`UserErrorException` for anything else. The workspace is that of the datastore, None without one.
    """
    found: list[Mapping[str, str]] = []
    workspace = None
    for each in _each(path):
        if isinstance(each, (str, os.PathLike)):
            found.append(_of_text(str(each)))
            continue
        store, below = each
        workspace = store.workspace
        found += [_of_store(store, one) for one in ([below] if isinstance(below, str) else below)]
    if not found:
        raise UserErrorException("path names nothing: give a path, or a list of such.", target="path")
    return found, workspace


def short(uri: str) -> str:
    """The address without the workspace in it."""
    match = _ON_DATASTORE.fullmatch(uri)
    return f"azureml://datastores/{match[1]}/paths/{match[2]}" if match else uri


def files(paths: Iterable[Mapping[str, str]], workspace: Workspace | None) -> list[File]:
    """The files that paths name, in their order. Raises :class:`DatasetExecutionError` where one names nothing."""
    found: dict[str, File] = {}
    for path in paths:
        for kind, uri in path.items():
            hits = list(_files(kind, uri, workspace))
            if not hits:
                raise DatasetExecutionError(f"No file is found at '{uri}'.", target="path")
            for each in hits:
                found.setdefault(each.uri, each)
    return list(found.values())


def content(file: File, workspace: Workspace | None, opened: dict[str, Container]) -> bytes:
    """The bytes of a file. ``opened`` keeps the containers that are open already."""
    if not file.store:
        return Path(file.place).read_bytes()
    if file.store == "http":
        return _get(file.place)
    opened_one = container(workspace, file.store, opened)
    return opened_one.content(file.entry) if file.entry else opened_one.read(file.place)


def contents(found: Iterable[File], workspace: Workspace | None) -> Iterator[bytes]:
    """The bytes of each file, several at a time."""
    opened: dict[str, Container] = {}
    return at_once(lambda file: content(file, workspace, opened), found)


def container(workspace: Workspace | None, store: str, opened: dict[str, Container]) -> Container:
    """The container behind a datastore. Raises :class:`UserErrorException` where no workspace is known."""
    if workspace is None:
        raise UserErrorException("The dataset names a datastore and belongs to no workspace.")
    if store not in opened:
        opened[store] = workspace._storage.container(store)
    return opened[store]


def root(path: Mapping[str, str]) -> tuple[str, str] | None:
    """The folder on a datastore below which lies all that a path names; None for one elsewhere."""
    (kind, uri), *_ = path.items()
    place = place_of(uri)
    if place is None or kind == "folder":
        return place
    if kind == "file":
        return place[0], place[1].rpartition("/")[0]
    return place[0], _before_magic(place[1])


def saved(definition: Definition, workspace: Workspace) -> str:
    """Where the definition lies as an MLTable: a folder on the default datastore, named after what it says."""
    from azureml.core.datastore import Datastore

    store = Datastore.get_default(workspace)
    definition = definition._replace(paths=tuple(_stored(path, store, workspace) for path in definition.paths))
    text = definition.text().encode()
    folder = f"{_FOLDER}/{hashlib.sha256(text).hexdigest()[:32]}"
    target = store._container()
    if not target.has(f"{folder}/MLTable"):
        target.put(f"{folder}/MLTable", text)
    return store._uri(folder)


def copied(found: Iterable[File], workspace: Workspace) -> str:
    """A folder on the default datastore with these files, copied unless a former dataset of the same had them."""
    from azureml.core.datastore import Datastore

    found = list(found)
    read = dict(zip((file.relative for file in found), contents(found, workspace)))
    total = hashlib.sha256()
    for relative, data in sorted(read.items()):
        total.update(f"{relative}\0{hashlib.sha256(data).hexdigest()}\n".encode())
    store = Datastore.get_default(workspace)
    folder = f"{_FOLDER}/{total.hexdigest()[:32]}"
    there = {each.name for each in store._container().names(f"{folder}/")}
    for relative, data in read.items():
        if f"{folder}/{relative}" not in there:
            store._container().put(f"{folder}/{relative}", data)
    return store._uri(folder)


def _each(path: Any) -> Iterator[Any]:
    if isinstance(path, DataReference):
        yield path.datastore, path.path_on_datastore or ""
    elif isinstance(path, DataPath):
        yield path._datastore, path._path_on_datastore or ""
    elif isinstance(path, AbstractDatastore):
        yield path, ""
    elif isinstance(path, (str, os.PathLike)) or (
        isinstance(path, tuple) and len(path) == 2 and isinstance(path[0], AbstractDatastore)
    ):
        yield path
    elif isinstance(path, (list, tuple)):
        for each in path:
            yield from _each(each)
    else:
        raise UserErrorException(
            f"path is {type(path).__name__}: give a text, (datastore, 'path'), a DataPath, or a list of such.",
            target="path",
        )


def _of_text(path: str) -> Mapping[str, str]:
    if re.match(r"https?://", path):
        return {"file": path}
    if "://" in path:
        place = place_of(path)
        if place is None:
            raise UserErrorException(f"'{path}' is no address that can be read: use http(s) or azureml.", target="path")
        return {"pattern" if _MAGIC.search(place[1]) else "folder" if path.endswith("/") else "file": path}
    full = Path(path).expanduser().resolve()
    if not _MAGIC.search(path) and not full.exists():
        raise DatasetValidationError(f"There is no file or folder '{path}'.", target="path")
    return {"pattern" if _MAGIC.search(path) else "folder" if full.is_dir() else "file": str(full)}


def _of_store(store: AbstractDatastore, path: str) -> Mapping[str, str]:
    path = path.replace("\\", "/").lstrip("/")
    path = path[2:] if path.startswith("./") else path
    if path.endswith("/**") and not _MAGIC.search(path[:-3]):
        path = path[:-2]
    if path in ("", ".", "**") or path.endswith("/"):
        return {"folder": store._uri("" if path in (".", "**") else path)}
    if _MAGIC.search(path):
        return {"pattern": store._uri(path)}
    return {"file" if store._container().has(path) else "folder": store._uri(path)}


def _files(kind: str, uri: str, workspace: Workspace | None) -> Iterator[File]:
    place = place_of(uri)
    if place:
        yield from _stored_files(kind, *place, workspace)
    elif "://" in uri:
        yield File("http", uri, unquote(urlsplit(uri).path.rpartition("/")[2]) or "file")
    elif kind == "file":
        yield File("", uri, Path(uri).name)
    else:
        folder = _before_magic(uri) if kind == "pattern" else uri
        fits = glob(uri).fullmatch if kind == "pattern" else bool
        for relative, path in snapshot.below(Path(folder)):
            if fits(path.as_posix()):
                yield File("", str(path), relative)


def _stored_files(kind: str, store: str, path: str, workspace: Workspace | None) -> Iterator[File]:
    opened = container(workspace, store, {})
    only = opened.entry(path) if kind == "file" else None
    if only is not None:
        yield File(store, path, path.rpartition("/")[2], only)
        return
    base = _before_magic(path) if kind == "pattern" else path
    fits = glob(path).fullmatch if kind == "pattern" else bool
    for each in opened.below(base):
        if fits(each.name):
            relative = each.name[len(base) :].lstrip("/") or each.name.rpartition("/")[2]
            yield File(store, each.name, relative, each)


def _before_magic(path: str) -> str:
    """The folder before the first part with a wildcard."""
    parts = path.split("/")
    magic = next(number for number, part in enumerate(parts) if _MAGIC.search(part))
    return "/".join(parts[:magic])


def _absolute(path: str, base: str) -> str:
    return path if "://" in path else f"{base.rstrip('/')}/{path[2:] if path.startswith('./') else path}"


def _stored(path: Mapping[str, str], store: AbstractDatastore, workspace: Workspace) -> Mapping[str, str]:
    """The path itself, or, for what lies on this machine, where a copy of it lies on the datastore."""
    (_, uri), *_ = path.items()
    if "://" in uri:
        return path
    return {"folder": copied(files([path], None), workspace)}


def _get(url: str) -> bytes:
    try:
        return Server.find().respond("GET", url).content
    except ServiceException as refused:
        raise DatasetExecutionError(f"'{url}' could not be fetched: {refused.message}", target="path") from None


def known(workspace: Workspace, uri: str) -> bytes | None:
    """The file at an address on a datastore; None where there is none."""
    place = place_of(uri)
    if place is None:
        return None
    try:
        return container(workspace, place[0], {}).read(place[1])
    except ServiceException as refused:
        if refused.status_code == 404:
            return None
        raise
