"""The model registry as MLflow sees it: the same models as Azure's, with numbered versions, aliases and stages.

An alias is a label, and the stage is the model's own ``stage``. What MLflow calls a registered model is the container
of a model's versions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from lazuli.assets.kinds import Models
from lazuli.assets.labels import check_label, labelled, labels_of, move_label
from lazuli.assets.registry_search import MODELS, VERSIONS, chosen
from lazuli.assets.storage import Storage
from lazuli.assets.versions import next_version
from lazuli.resources.asset import Container
from lazuli.resources.model import Model, ModelType
from lazuli.schema.identity import ResourceId, Scope, check_name
from lazuli.schema.places import ARTIFACTS
from lazuli.schema.problems import Conflict, InvalidInput, NotFound
from lazuli.schema.reference import DatastorePath, parse_datastore_path
from lazuli.shelves.principal import Principal
from lazuli.store.documents import Record, Selection
from lazuli.store.paths import clean
from lazuli.tracking.artifacts import DATASTORES

__all__ = ["NO_STAGE", "SCHEME", "STAGES", "Registered", "Registry", "download_uri"]

SCHEME = "mlflow-artifacts:/"
"""How MLflow's addresses of files on this server begin."""
NO_STAGE = "None"
STAGES = ("Staging", "Production", "Archived", NO_STAGE)


@dataclass(frozen=True)
class Registered:
    """A registered model with all its versions, the newest first."""

    record: Record
    versions: Sequence[Record]

    @property
    def aliases(self) -> dict[str, str]:
        """The versions that aliases point to."""
        return {alias: each.id.version for each in self.versions for alias in labels_of(each)}

    def latest(self, stages: Iterable[str] = ()) -> list[Record]:
        """The newest version of each stage, of these stages where some are named."""
        wanted = {stage.lower() for stage in stages}
        newest: dict[str, Record] = {}
        for each in self.versions:
            newest.setdefault((each.body.get("stage") or NO_STAGE).lower(), each)
        return [each for stage, each in newest.items() if not wanted or stage in wanted]


class Registry:
    """The registered models of every workspace. ``logged_model`` gives the address of a logged model's files."""

    def __init__(self, models: Models, storage: Storage, logged_model: Callable[[Scope, str], str]) -> None:
        self._models = models
        self._store = models.store
        self._storage = storage
        self._logged_model = logged_model

    # Registered models

    def create(
        self, scope: Scope, name: str, description: str | None, tags: Mapping[str, str], actor: Principal
    ) -> Registered:
        """Make a registered model, still without versions. Raises :class:`Conflict` where the name is taken."""
        check_name(name, what="model name")
        body = Container(description=description, tags=dict(tags)).dump()
        with self._store.state.write() as tx:
            id = self._models.place(tx, _id(scope, name))
            if self._store.documents.find(tx, id):
                raise Conflict(f"Registered Model '{name}' already exists.", target="name")
            return Registered(self._store.documents.add(tx, Record(id, body, {}), actor.name), ())

    def get(self, scope: Scope, name: str) -> Registered:
        """The registered model of that name. Raises :class:`NotFound`."""
        with self._store.state.read() as tx:
            record = self._found(tx, _id(scope, name))
            return Registered(record, self._versions(tx, record.id))

    def search(
        self, scope: Scope, text: str, order_by: Sequence[str], skip: int, limit: int
    ) -> tuple[list[Registered], bool]:
        """A page of the registered models that are not archived, by name unless told otherwise; whether more follow."""
        collection = self._models.noun.collection
        with self._store.state.read() as tx:
            home = self._models.place(tx, ResourceId(scope)).scope
            select = self._store.documents.select
            names = select(tx, Selection(home, collection, versions=False, archived=False, limit=100_000))
            page, more = chosen(names, MODELS, text, order_by, skip, limit)
            versions = select(tx, Selection(home, collection, versions=True, limit=100_000)) if page else []
        by_name: dict[str, list[Record]] = {}
        for each in versions:
            by_name.setdefault(each.id.name.lower(), []).append(each)
        return [Registered(each, _sorted(by_name.get(each.id.name.lower(), []))) for each in page], more

    def rename(self, scope: Scope, name: str, new_name: str, actor: Principal) -> Registered:
        """Call a registered model, and so all its versions, otherwise. Raises :class:`Conflict` for a taken name."""
        check_name(new_name, target="new_name", what="model name")
        with self._store.state.write() as tx:
            old = self._found(tx, _id(scope, name))
            new_id = replace(old.id, name=new_name)
            if new_id.key != old.id.key and self._store.documents.find(tx, new_id):
                raise Conflict(f"Registered Model '{new_name}' already exists.", target="new_name")
            for each in (old, *self._versions(tx, old.id)):
                self._store.documents.rename(tx, each, replace(each.id, name=new_name), actor.name)
        return self.get(scope, new_name)

    def delete(self, scope: Scope, name: str, actor: Principal) -> None:
        """Remove a registered model with all its versions. Raises :class:`NotFound`."""
        if not self._models.delete(_id(scope, name), actor):
            raise self._absent(_id(scope, name))

    # Versions

    def add(
        self,
        scope: Scope,
        name: str,
        source: str,
        actor: Principal,
        *,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        run: str = "",
        logged_model: str = "",
    ) -> Record:
        """Add the next version of a registered model, whose files lie at ``source`` and came from ``run``, if any.

        Raises :class:`NotFound` without that registered model, :class:`InvalidInput` where nothing lies there.
        """
        with self._store.state.read() as tx:
            container = self._found(tx, _id(scope, name))
        path = self._path(scope, source)
        is_mlflow = self._storage.exists(self._storage.locate(scope, f"{path.rstrip('/')}/MLmodel"))
        kind = ModelType.MLFLOW_MODEL if is_mlflow else ModelType.CUSTOM_MODEL
        document = Model.load({"path": path, "type": kind, "description": description, "tags": dict(tags or {})})
        draft = self._models.prepare(replace(container.id, version="1"), document, actor)
        origin = {"source": source, "model_id": logged_model, **({"job_name": run} if run else {})}
        with self._store.state.write() as tx:
            container = self._found(tx, container.id)  # again: it may have gone meanwhile
            version = next_version(each.id.version for each in self._versions(tx, container.id))
            record = replace(draft, id=replace(container.id, version=version), state={**draft.state, **origin})
            return self._store.documents.add(tx, record, actor.name)

    def version(self, scope: Scope, name: str, version: str) -> Record:
        """That version. Raises :class:`NotFound`."""
        with self._store.state.read() as tx:
            return self._found(tx, _id(scope, name, version))

    def search_versions(
        self, scope: Scope, text: str, order_by: Sequence[str], skip: int, limit: int
    ) -> tuple[list[Record], bool]:
        """A page of the versions of all models that are not archived, the latest changed first; whether more follow."""
        with self._store.state.read() as tx:
            home = self._models.place(tx, ResourceId(scope)).scope
            selection = Selection(home, self._models.noun.collection, versions=True, archived=False, limit=100_000)
            versions = self._store.documents.select(tx, selection)
        return chosen(versions, VERSIONS, text, order_by, skip, limit)

    def delete_version(self, scope: Scope, name: str, version: str, actor: Principal) -> None:
        """Remove a version, and the aliases that point to it. Raises :class:`NotFound`."""
        id = self.version(scope, name, version).id
        if not self._models.delete(id, actor):
            raise self._absent(id)

    def move(self, scope: Scope, name: str, version: str, stage: str, archive: bool, actor: Principal) -> Record:
        """Bring a version to a stage; with ``archive`` the others that are there become archived."""
        known = {each.lower(): each for each in STAGES}
        if stage.lower() not in known:
            raise InvalidInput(f"Invalid stage '{stage[:100]}'.", target="stage", mend=f"Use {', '.join(STAGES)}.")
        stage = known[stage.lower()]
        with self._store.state.write() as tx:
            record = self._found(tx, _id(scope, name, version))
            if archive and stage not in ("Staging", "Production"):
                raise InvalidInput("Only a move to Staging or Production archives other versions.", target="stage")
            for each in self._versions(tx, record.id) if archive else ():
                if each.id.key != record.id.key and (each.body.get("stage") or "").lower() == stage.lower():
                    self._store.documents.change(tx, each, actor.name, body={**each.body, "stage": "Archived"})
            body = {**record.body, "stage": None if stage == NO_STAGE else stage}
            return self._store.documents.change(tx, record, actor.name, body=body)

    # Both

    def describe(self, scope: Scope, name: str, version: str, description: str, actor: Principal) -> Record:
        """Say anew what a version is; without a version, what the registered model is."""
        return self._change(_id(scope, name, version), actor, lambda body: {**body, "description": description})

    def set_tag(self, scope: Scope, name: str, version: str, key: str, value: str, actor: Principal) -> None:
        """Set a tag of a version; without a version, of the registered model."""
        tag = {key: value}
        id = _id(scope, name, version)
        self._change(id, actor, lambda body: {**body, "tags": {**body.get("tags", {}), **tag}})

    def delete_tag(self, scope: Scope, name: str, version: str, key: str, actor: Principal) -> None:
        """Remove a tag of a version or registered model. Safe to repeat."""

        def without(body: Mapping[str, Any]) -> dict[str, Any]:
            return {**body, "tags": {k: v for k, v in body.get("tags", {}).items() if k != key}}

        self._change(_id(scope, name, version), actor, without)

    # Aliases

    def set_alias(self, scope: Scope, name: str, alias: str, version: str, actor: Principal) -> None:
        """Let an alias point to a version, and to no other of that model."""
        check_label(alias, "alias")
        with self._store.state.write() as tx:
            target = self._found(tx, _id(scope, name, version))
            move_label(self._store.documents, tx, self._versions(tx, target.id), alias, target, actor.name)

    def delete_alias(self, scope: Scope, name: str, alias: str, actor: Principal) -> None:
        """Remove an alias. Safe to repeat. Raises :class:`NotFound` without that registered model."""
        with self._store.state.write() as tx:
            versions = self._versions(tx, self._found(tx, _id(scope, name)).id)
            move_label(self._store.documents, tx, versions, alias, None, actor.name)

    def by_alias(self, scope: Scope, name: str, alias: str) -> Record:
        """The version that an alias points to. Raises :class:`InvalidInput`, as MLflow does, where none does."""
        found = self.get(scope, name)
        if version := labelled(found.versions, alias):
            return version
        spoken = ", ".join(sorted(found.aliases))
        mend = f"Aliases here: {spoken}." if spoken else "It has no aliases."
        raise InvalidInput(f"The registered model '{name}' has no alias '{alias[:100]}'.", target="alias", mend=mend)

    def _change(
        self, id: ResourceId, actor: Principal, change: Callable[[Mapping[str, Any]], dict[str, Any]]
    ) -> Record:
        with self._store.state.write() as tx:
            record = self._found(tx, id)
            body = change(record.body)
            return record if body == record.body else self._store.documents.change(tx, record, actor.name, body=body)

    def _found(self, tx: Connection, id: ResourceId) -> Record:
        record = self._store.documents.find(tx, self._models.place(tx, id))
        if record is None:
            raise self._absent(id)
        return record

    def _absent(self, id: ResourceId) -> NotFound:
        version = f" has no version '{id.version[:100]}'" if id.version else " not found"
        return NotFound(f"Registered Model '{id.name[:300]}'{version}.", target="name")

    def _versions(self, tx: Connection, id: ResourceId) -> list[Record]:
        selection = Selection(id.scope, id.kind, name=id.name, versions=True, limit=100_000)
        return _sorted(self._store.documents.select(tx, selection))

    def _path(self, scope: Scope, source: str) -> str:
        """The address, in Azure's words, of what MLflow calls ``source``."""
        if source.startswith("models:/"):
            word = source.removeprefix("models:/").strip("/")
            name, slash, version = word.partition("/")
            name, at, alias = (name, "", "") if slash else word.partition("@")
            if slash:
                return str(self.version(scope, name, version).body["path"])
            if at:
                return str(self.by_alias(scope, name, alias).body["path"])
            source = self._logged_model(scope, word)
        if not source.startswith(SCHEME):
            return source
        if urlsplit(source).netloc:
            raise InvalidInput(f"'{source[:200]}' lies on another server.", target="source", mend="Log it here first.")
        path = clean(source.removeprefix(SCHEME).lstrip("/"), target="source")
        first, _, rest = path.partition("/")
        datastore, path = rest.split("/", 1) if first == DATASTORES and "/" in rest else (ARTIFACTS, path)
        return str(DatastorePath(datastore, path))


def download_uri(version: Record) -> str:
    """Where an MLflow client reads the files of a version: through this server's artifact door."""
    place = parse_datastore_path(version.body["path"])
    if place is None:
        return str(version.body["path"])
    return SCHEME + (place.path if place.datastore == ARTIFACTS else f"{DATASTORES}/{place.datastore}/{place.path}")


def _id(scope: Scope, name: str, version: str = "") -> ResourceId:
    return ResourceId(scope, "models", name, version)


def _sorted(versions: list[Record]) -> list[Record]:
    """The highest number first; versions that are no numbers, which only Azure's door makes, come last."""
    return sorted(versions, key=lambda r: int(r.id.version) if r.id.version.isdecimal() else -1, reverse=True)
