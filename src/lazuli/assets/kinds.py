"""The kinds of asset, and what is special about each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from lazuli.assets import mlmodel, mltable
from lazuli.assets.code_hash import HASH_VERSION, has_order, is_hash_of
from lazuli.assets.environments import Environments
from lazuli.assets.storage import Location, Storage
from lazuli.assets.versions import Versions
from lazuli.resources.asset import Asset
from lazuli.resources.code import Code
from lazuli.resources.data import Data, DataType
from lazuli.resources.model import VARIANT_OF, Model, ModelType
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.places import COLLECTED
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.schema.reference import parse_job_output
from lazuli.shelves.principal import Principal
from lazuli.store.blobs import Blob
from lazuli.store.contents import pieces_of
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store
from lazuli.store.sources import Source, lying_at, named

__all__ = ["Codes", "DataAssets", "Environments", "Models"]


class _Placed(Versions):
    """Assets that are files somewhere: registered once those are there, and kept by where they lie."""

    def __init__(self, word: str, store: Store, storage: Storage) -> None:
        super().__init__(noun(word), store)
        self._storage = storage
        self.expected: set[Location] = set()
        """Places whose files are still to come."""
        store.documents.sources[self.noun.collection] = _sources

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new version whose files are there."""
        assert isinstance(document, Data | Model)
        path = self._storage.resolve(id.scope, document.path)
        is_address = self.noun.word == "data" and self._storage.is_unknown(id.scope, path)
        if not is_address and not self._is_there(self._storage.locate(id.scope, path)):
            raise InvalidInput(
                f"Nothing lies at '{document.path}'.", target="path", mend="Upload it first, or correct the path."
            )
        return super().prepare(id, document.model_copy(update={"path": path}), actor)

    def _is_there(self, location: Location) -> bool:
        """Whether files are there; those that an online deployment collects are still to come."""
        is_to_come = location in self.expected or f"{location.path}/".startswith(f"{COLLECTED}/")
        return is_to_come or self._storage.exists(location)

    def settled(self, old: Record, document: Asset) -> dict[str, Any]:
        """A path that names a job's output is compared by where it leads."""
        assert isinstance(document, Data | Model)
        path = self._storage.resolve(old.id.scope, document.path)
        return document.model_copy(update={"path": path}).dump()


class DataAssets(_Placed):
    """Data assets, by where their bytes lie."""

    def __init__(self, store: Store, storage: Storage) -> None:
        super().__init__("data", store, storage)

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new version whose bytes are there, a file or a folder as it says. A URL is kept as an address."""
        assert isinstance(document, Data)
        if self._storage.is_unknown(id.scope, document.path):
            return super().prepare(id, document, actor)
        location = self._storage.locate(id.scope, document.path)
        is_file = self._storage.is_file(location)
        record = super().prepare(id, document, actor)
        if is_file and document.type is not DataType.URI_FILE:
            raise InvalidInput(f"'{document.path}' is a file.", target="type", mend="Use 'type: uri_file'.")
        if document.type is DataType.URI_FILE and not is_file:
            raise InvalidInput(f"'{document.path}' is a folder.", target="type", mend="Use 'type: uri_folder'.")
        if document.type is DataType.MLTABLE:
            table = self._storage.read(location / mltable.FILE, mltable.LARGEST)
            mltable.check_table(table, lambda path: self._storage.exists(location / path))
        files, size = self._storage.measure(location)
        return replace(record, state={"file_count": files, "size": size})


class Models(_Placed):
    """Models, by where their files lie and which job made them."""

    def __init__(self, store: Store, storage: Storage) -> None:
        super().__init__("model", store, storage)

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new version whose files are there; a job's output is remembered as its origin."""
        assert isinstance(document, Model)
        record = super().prepare(id, self._described(id.scope, document), actor)
        job = _origin(document.path)
        return replace(record, state={"job_name": job}) if job else record

    def settled(self, old: Record, document: Asset) -> dict[str, Any]:
        """A model that does not say its flavors means those that it has."""
        assert isinstance(document, Model)
        flavors = document.flavors if document.flavors is not None else old.body.get("flavors")
        return super().settled(old, document.model_copy(update={"flavors": flavors}))

    def _described(self, scope: Scope, model: Model) -> Model:
        """The model with the flavors of its MLmodel file, where it is MLflow's and does not tell them itself."""
        if model.type is not ModelType.MLFLOW_MODEL or model.flavors is not None:
            return model
        location = self._storage.locate(scope, model.path)
        if self._storage.is_file(location):
            return model
        flavors = mlmodel.flavors_of(self._storage.read(location / mlmodel.FILE, mlmodel.LARGEST)) or None
        return model.model_copy(update={"flavors": flavors})


def _origin(path: str) -> str:
    """The job that an address names, or ''."""
    if output := parse_job_output(path):
        return output.job
    return path[len("runs:/") :].lstrip("/").partition("/")[0] if path.lower().startswith("runs:/") else ""


def _sources(record: Record) -> Iterator[Source]:
    """The job that made an asset, or where its files were laid; and the version that it is another form of."""
    scope, properties = record.id.scope, record.body.get("properties") or {}
    if job := record.state.get("job_name") or properties.get("azureml.job"):
        role = properties.get("azureml.output") or "output"
        yield Source(role, ResourceId(scope, "jobs", str(job)).shown)
    elif path := record.body.get("path"):
        yield lying_at(scope, "files", str(path))
    if parent := properties.get(VARIANT_OF):
        yield named("original", scope, record.id.kind, parent)


def _container(code: Record) -> str:
    return str(code.body["path"]).partition("/")[0]


class Codes(Versions):
    """Code snapshots; equal content is found by its hash, whatever it was named."""

    def __init__(self, store: Store, storage: Storage) -> None:
        super().__init__(noun("code"), store)
        self._storage = storage
        self._sealed: set[str] | None = None

    def is_sealed(self, container: str) -> bool:
        """Whether a container holds a registered snapshot: what jobs were run from never changes."""
        if self._sealed is None:
            with self.store.state.read() as tx:
                known = self.store.documents.select(tx, Selection(None, "codes", versions=True, limit=1_000_000))
            self._sealed = {_container(record) for record in known}
        return container in self._sealed

    def after(self, record: Record) -> None:
        """From now on nobody writes into its container."""
        if self._sealed is not None:
            self._sealed.add(_container(record))

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new snapshot whose files were uploaded into its container, in a folder of it or at its root."""
        assert isinstance(document, Code)
        container = self._storage.code_container(id.scope, id.name, id.version)
        address, _, folder = unquote(document.path).partition(f"/{container}")
        place = f"{container}/{folder.strip('/')}".rstrip("/") if address else container
        files = self._files(container, f"{folder.strip('/')}/".lstrip("/"))
        if not files:
            raise InvalidInput(
                f"The code '{id.name}:{id.version}' was never uploaded.",
                target="codeUri",
                mend="Ask for a pending upload, put the files there, then create the version.",
            )
        record = super().prepare(id, document.model_copy(update={"path": place}), actor)
        return replace(record, hash=self._checked(id, document.properties, files))

    def _files(self, container: str, prefix: str) -> dict[str, Blob]:
        """What was uploaded, by its paths in the snapshot."""
        return {blob.name.removeprefix(prefix): blob for blob in self.store.blobs.below(container, prefix)}

    def _checked(self, id: ResourceId, properties: Mapping[str, str], files: Mapping[str, Blob]) -> str:
        """The hash by which others find the snapshot: a wrong one would have their jobs run what they never saw.

        Empty where it cannot be proven. Raises :class:`InvalidInput` where the files are not those that were hashed.
        """
        said, version = properties.get("hash_sha256", ""), properties.get("hash_version", HASH_VERSION)
        blobs = self.store.blobs
        if not said or is_hash_of(said, files, lambda blob: pieces_of(blobs.file(blob))):
            return said
        if version != HASH_VERSION or not has_order(files):
            return ""
        raise InvalidInput(
            f"The files of the code '{id.name}:{id.version}' are not those that its hash was made of.",
            target="properties.hash_sha256",
            mend="A file is missing, or came damaged: upload all of them again.",
            code="CodeHashMismatch",
        )

    def settled(self, old: Record, document: Asset) -> dict[str, Any]:
        """The address is the same one, whichever listener it was written for."""
        return {**document.dump(), "path": old.body["path"]}

    def begin(self, id: ResourceId) -> str:
        """The container for the files of a new snapshot. Raises :class:`Conflict` where the snapshot exists."""
        check_name(id.name, what="code name")
        check_name(id.version, target="version", what="version")
        with self.store.state.read() as tx:
            id = self.place(tx, id)
            if self.store.documents.find(tx, id):
                raise Conflict(
                    f"The code '{id.name}:{id.version}' exists.",
                    target=id.path,
                    mend="A version never changes: create a new one.",
                    code="ImmutableAsset",
                )
        return self._storage.code_container(id.scope, id.name, id.version)
