"""The storage behind a workspace: its containers, their key, and where an address leads."""

from __future__ import annotations

import base64
import json
import re
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection

from lazuli.assets.mirrors import Mirrored, Mirrors
from lazuli.assets.remote import AZURE_DOMAIN, Folder, Outside, open_outside
from lazuli.resources.datastore import Datastore, DatastoreType
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.places import ARTIFACTS, DEFAULT, artifact_path
from lazuli.schema.problems import InvalidInput, Unsupported
from lazuli.schema.reference import DatastorePath, parse_datastore_path, parse_job_output
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import document_of, find_workspace, known_workspace
from lazuli.store import sas
from lazuli.store.blobs import Blob
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store
from lazuli.workspaces.workspaces import workspace_id

__all__ = [
    "ACCOUNT",
    "BUILT_IN",
    "DOMAIN",
    "Location",
    "Storage",
    "sealed_in",
]

ACCOUNT = "lazuli"
"""The storage account of this server."""
DOMAIN = "core.lazuli.local"
"""The domain of the storage service of this server, as clients are told."""
_CONTAINERS = {
    DEFAULT: "blobstore",
    ARTIFACTS: "artifacts",
    "workspacefilestore": "filestore",
    "workspaceworkingdirectory": "workingdirectory",
}
"""What a workspace is founded with. On Azure the last two are file shares; here every one is a container of blobs, so
that each takes the same uploads."""
BUILT_IN = frozenset(_CONTAINERS)
"""The datastores that lie on this server."""


@dataclass(frozen=True)
class Location:
    """A blob, or all blobs below a path, in a container."""

    container: str
    path: str
    datastore: ResourceId | None = None
    """The user's own datastore where its bytes lie; the container is then for what was fetched from there."""
    mirror: Path | None = None
    """The folder of this machine where its bytes lie, standing for a remote address; there is no container then."""

    @property
    def is_outside(self) -> bool:
        """Whether its bytes lie elsewhere than among this server's blobs."""
        return self.datastore is not None or self.mirror is not None

    @property
    def store(self) -> str:
        """The name of its datastore; empty where it is on none."""
        if self.datastore:
            return self.datastore.name
        return next((name for name, word in _CONTAINERS.items() if self.container.endswith(f"-{word}")), "")

    def __truediv__(self, relative: str) -> Location:
        return replace(self, path=f"{self.prefix}{relative}".rstrip("/"))

    @property
    def prefix(self) -> str:
        """What the names below it start with."""
        return f"{self.path}/" if self.path else ""


class Storage:
    """The containers of every workspace."""

    def __init__(self, store: Store, job_output: Callable[[Scope, str, str], str]) -> None:
        """``job_output`` says where an output of a job lies, as the room that knows jobs does."""
        self._store = store
        self._job_output = job_output
        self._mirrors = Mirrors(store.settings.mirror_folders, store.settings.data_dir)

    def container(self, scope: Scope, datastore: str) -> str:
        """The container behind a datastore of this server. Raises :class:`InvalidInput` with those there are."""
        record = self._datastore(scope, datastore)
        if record.id.name not in BUILT_IN:
            raise Unsupported(
                f"The datastore '{record.id.name}' lies outside this server.",
                target="datastore",
                mend=f"Use '{DEFAULT}' here.",
            )
        return record.body["container_name"]

    def _datastore(self, scope: Scope, datastore: str) -> Record:
        id = ResourceId(scope, "datastores", datastore)

        def read(tx: Connection) -> Record:
            if record := self._store.documents.find(tx, id):
                return record
            workspace = find_workspace(self._store, tx, scope)
            known = self._store.documents.select(tx, Selection(workspace.id.scope, "datastores"))
            names = ", ".join(sorted(r.id.name for r in known))
            raise InvalidInput(
                f"The datastore '{datastore}' does not exist.", target="datastore", mend=f"Here are: {names}."
            )

        return self._store.state.remembered(id, read)

    def code_container(self, scope: Scope, name: str, version: str) -> str:
        """The container of one code snapshot: its root is the snapshot's root."""
        workspace = known_workspace(self._store, scope)
        # The length keeps 'a-1' version '2' apart from 'a' version '1-2'.
        return f"{_stem(workspace)}-code-{len(name)}-{name}-{version}".lower()

    def shared_container(self, id: ResourceId) -> str:
        """The container of one version of an asset of a registry, where that registry is."""
        assert id.scope.is_registry, id
        registry = known_workspace(self._store, id.scope)
        return f"{_stem(registry)}-{_SHARED}-{id.kind}-{len(id.name)}-{id.name}-{id.version}".lower()

    def is_sealed(self, container: str) -> bool:
        """Whether a container holds the files of a version in a registry that was made: they never change again."""
        match = _VERSION.fullmatch(container)
        if match is None or len(match["rest"]) <= (length := int(match["length"])):
            return False
        name, version = match["rest"][:length], match["rest"][length + 1 :]
        with self._store.state.read() as tx:
            roots = self._store.documents.select(tx, Selection(None, "", limit=100_000))
            scopes = (each.id.scope for each in roots if each.id.scope.is_registry and _stem(each) == match["stem"])
            found = (
                self._store.documents.find(tx, ResourceId(scope, match["kind"], name, version)) for scope in scopes
            )
            return any(found)

    def key_of(self, container: str) -> str | None:
        """The account key that opens a container, base64; None for a container of no workspace."""
        return self._store.secrets.get("storage", container[:32])

    def token(self, container: str, permissions: str, seconds: int) -> str:
        """A shared access signature for a container."""
        key = self.key_of(container)
        assert key is not None, container
        return sas.sign_container(key, ACCOUNT, container, permissions, self._store.clock() + seconds * 1000)

    def locate(self, scope: Scope, uri: str, *, target: str = "path") -> Location:
        """Where an address leads: a datastore path, an output of a job, or a remote one that a mirror stands for.

        Raises :class:`InvalidInput` for what is no address, :class:`Unsupported` for one outside this server.
        """
        if mirrored := self.mirrored(uri):
            return Location("", mirrored.path, mirror=mirrored.folder)
        uri = self.resolve(scope, uri)
        if shared := _shared(uri):
            return Location(*shared)
        place = parse_datastore_path(uri)
        if place:
            home = place.in_full(scope).lower().partition("/datastores/")[0]
            if uri.lower().startswith("azureml://subscriptions/") and not uri.lower().startswith(f"{home}/"):
                raise InvalidInput(
                    f"'{uri[:200]}' lies in another workspace.",
                    target=target,
                    mend="Download it, and give the local path instead.",
                )
            record = self._datastore(scope, place.datastore)
            if record.id.name in BUILT_IN:
                return Location(record.body["container_name"], place.path)
            return Location(self.cache_of(record.id), place.path.strip("/"), record.id)
        if "://" in uri:
            raise Unsupported(
                f"'{uri[:200]}' lies outside this server.",
                target=target,
                mend="Make a datastore for the place where it lies, or download it and give the local path; "
                "a job's input with 'mode: direct' gets the address itself; the setting 'mirrors' names folders that "
                "stand for addresses.",
            )
        raise InvalidInput(
            f"'{uri[:200]}' is a local path, which the server cannot see.",
            target=target,
            mend="Upload it first; 'lazuli data create' and the clients do that.",
        )

    def mirrored(self, uri: str) -> Mirrored | None:
        """Where a mirror keeps what lies at a remote address; None where none stands for it."""
        return self._mirrors.find(uri) if _is_url(uri) else None

    def is_unknown(self, scope: Scope, uri: str) -> bool:
        """Whether an address leads to storage that neither a datastore nor a mirror makes known."""
        return self.mirrored(uri) is None and not _shared(uri) and _is_url(self.resolve(scope, uri))

    def resolve(self, scope: Scope, uri: str) -> str:
        """The datastore path for an address that leads to one otherwise: a job's output, a run's file, a blob's URL.

        Other addresses come back unchanged.
        """
        if output := parse_job_output(uri):
            base = self._job_output(scope, output.job, output.output)
            return f"{base}/{output.path}" if output.path else base
        if uri.lower().startswith("runs:/"):
            run, _, path = uri[len("runs:/") :].lstrip("/").partition("/")
            return str(artifact_path(run, path))
        if shared := _shared(uri):
            container, path = shared
            return f"https://{ACCOUNT}.blob.{DOMAIN}/{container}/{path}".rstrip("/")
        return self._known_place(scope, uri) or uri

    def _known_place(self, scope: Scope, uri: str) -> str:
        """The datastore path for the URL of a place that a datastore of the workspace names; else ''."""
        if not _is_url(uri) or self.mirrored(uri):
            return ""
        url = urlsplit(uri)
        if url.query or url.fragment:
            return ""
        with self._store.state.read() as tx:
            workspace = find_workspace(self._store, tx, scope)
            records = self._store.documents.select(tx, Selection(workspace.id.scope, "datastores", limit=10_000))
        for record in records:
            path = _path_below(document_of(noun("datastore"), record), url.scheme.lower(), uri)
            if path is not None:
                return str(DatastorePath(record.id.name, path.strip("/")))
        return ""

    # --- what lies at a location --------------------------------------------------------------------------------

    def outside(self, location: Location) -> Outside:
        """The storage of a user's own datastore, opened with its credentials, or a mirror's."""
        if location.mirror:
            return Folder(location.mirror)
        assert location.datastore is not None
        record = self._datastore(location.datastore.scope, location.datastore.name)
        return self.open(record)

    def open(self, record: Record) -> Outside:
        """The storage behind the record of a user's own datastore."""
        datastore: Datastore = document_of(noun("datastore"), record)
        return open_outside(datastore, self.secrets_of(record), self._store.settings)

    def secrets_of(self, record: Record) -> dict[str, str]:
        """What opens a user's own datastore: the secret fields of its credentials."""
        sealed = self._store.secrets.get(sealed_in(record.id.scope), str(record.state.get("secret", "")))
        return json.loads(sealed) if sealed else {}

    def cache_of(self, datastore: ResourceId) -> str:
        """The container for what was fetched from a user's own datastore."""
        stem = _stem(known_workspace(self._store, datastore.scope))
        return f"{stem}-cache-{datastore.name}".lower()

    def folder(self, location: Location) -> Path | None:
        """The file or folder of this machine that a location on a ``local`` datastore or a mirror is, else None.

        Raises :class:`InvalidInput` where it is not there.
        """
        if location.mirror:
            return _there(Folder(location.mirror).at(location.path), location.path, "in the mirror of its address")
        if location.datastore is None:
            return None
        record = self._datastore(location.datastore.scope, location.datastore.name)
        if record.body.get("type") != DatastoreType.LOCAL.value:
            return None
        outside = self.open(record)
        assert isinstance(outside, Folder)
        return _there(outside.at(location.path), location.path, f"on the datastore '{record.id.name}'")

    def blob(self, location: Location) -> Blob | None:
        """The blob at a location, or None where it is a folder or nothing."""
        return self._store.blobs.stat(location.container, location.path) if location.path else None

    def is_file(self, location: Location) -> bool:
        """Whether a file lies there, wherever its bytes are."""
        if location.is_outside:
            return bool(location.path) and self.outside(location).stat(location.path) is not None
        return self.blob(location) is not None

    def exists(self, location: Location) -> bool:
        """Whether a file or a folder with files lies there, wherever its bytes are."""
        if location.is_outside:
            outside = self.outside(location)
            if location.path and outside.stat(location.path):
                return True
            return next(iter(outside.files(location.path)), None) is not None
        if self.blob(location):
            return True
        return bool(self._store.blobs.list(location.container, location.prefix, limit=1).blobs)

    def measure(self, location: Location) -> tuple[int, int]:
        """How many files lie there, and how many bytes they have."""
        if location.is_outside:
            outside = self.outside(location)
            file = outside.stat(location.path) if location.path else None
            sizes = [file.size] if file else [found.size for found in outside.files(location.path)]
            return len(sizes), sum(sizes)
        if blob := self.blob(location):
            return 1, blob.size
        return self._store.blobs.usage(location.container, location.prefix)

    def digest(self, location: Location) -> str:
        """What lies at a location of this server, as one word: where names and contents are equal, so is it."""
        return self._store.blobs.digest(location.container, location.path)

    def copy(self, *pairs: tuple[Location, Location]) -> None:
        """Let the second of each pair be what the first is, all on this server. No byte is moved."""
        assert not any(each.is_outside for pair in pairs for each in pair), pairs
        self._store.blobs.copy(
            ((source.container, source.path), (target.container, target.path)) for source, target in pairs
        )

    def read(self, location: Location, most: int) -> bytes | None:
        """The content of a small file; None where there is none, or one of more than ``most`` bytes."""
        if not location.is_outside:
            blob = self.blob(location)
            return self._store.blobs.file(blob).read_bytes() if blob and blob.size <= most else None
        outside = self.outside(location)
        file = outside.stat(location.path)
        if file is None or file.size > most:
            return None
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "file"
            outside.fetch(file, copy, lambda: None)
            return copy.read_bytes()

    def found(self, tx: Connection, workspace: Record, actor: Principal) -> None:
        """Give a new workspace its datastores."""
        stem = _stem(workspace)
        for name, use in _CONTAINERS.items():
            body = {"account_name": ACCOUNT, "container_name": f"{stem}-{use}"}
            record = Record(ResourceId(workspace.id.scope, "datastores", name), body, {"is_default": name == DEFAULT})
            self._store.documents.add(tx, record, actor.name)

    def open_account(self, workspace: Record) -> None:
        """Make the account key of a workspace, once."""
        self._store.secrets.get_or_create("storage", _stem(workspace), _new_key)

    def close_account(self, workspace: Record) -> None:
        """Remove a workspace's blobs and its key."""
        stem = _stem(workspace)
        self._store.secrets.delete("storage", stem)
        self._store.secrets.delete_all(sealed_in(workspace.id.scope))
        self._store.blobs.delete_containers(stem)


def _there(found: Path, path: str, where: str) -> Path:
    """``found``, which is there."""
    if not found.exists():
        raise InvalidInput(
            f"Nothing lies at '{path}' {where}.", target="path", mend="Correct the path.", code="ReferenceNotFound"
        )
    return found


def sealed_in(scope: Scope) -> str:
    """The scope of the secrets of a workspace's datastores."""
    return f"datastores/{scope.key}"


def _is_url(address: str) -> bool:
    """Whether an address may lead to storage elsewhere."""
    try:
        return urlsplit(address).scheme.lower() in _URLS
    except ValueError:  # a bracket that does not close, for one
        return False


_URLS = frozenset({"http", "https", "wasb", "wasbs", "abfs", "abfss", "s3", "gs"})


_SHARED = "assets"
_VERSION = re.compile(rf"(?P<stem>[0-9a-f]{{32}})-{_SHARED}-(?P<kind>[a-z]+)-(?P<length>\d{{1,3}})-(?P<rest>.+)")
_OF_REGISTRY = re.compile(
    rf"https?://[^/?#]+/(?:{ACCOUNT}\.blob\.{re.escape(DOMAIN)}/)?([0-9a-f]{{32}}-{_SHARED}-[^/?#]+)(?:/([^?#]*))?",
    re.IGNORECASE,
)


def _shared(uri: str) -> tuple[str, str] | None:
    """The container and the path of a file that lies in a registry: all workspaces may read it."""
    match = _OF_REGISTRY.fullmatch(uri)
    return (match[1].lower(), unquote(match[2] or "").strip("/")) if match else None


def _path_below(datastore: Datastore, scheme: str, uri: str) -> str | None:
    """The path on ``datastore`` that a URL leads to, or None where it leads elsewhere."""
    container = datastore.container_name or datastore.filesystem or datastore.bucket_name
    if container is None:
        return None
    if datastore.account_name == ACCOUNT:
        # A container of this server has a name that no other has. Microsoft's client writes its address with the
        # account and, for build contexts, without it.
        path = unquote(urlsplit(uri).path).lstrip("/").removeprefix(f"{ACCOUNT}.blob.{DOMAIN}/")
        return path.removeprefix(f"{container}/") if path.startswith(f"{container}/") else None
    if datastore.type in (DatastoreType.S3, DatastoreType.GCS):
        start = f"{'s3' if datastore.type is DatastoreType.S3 else 'gs'}://{container}/"
        return uri[len(start) :] if uri.startswith(start) else None
    endpoint = datastore.endpoint or AZURE_DOMAIN
    for service in ("blob", "dfs"):
        host = f"{datastore.account_name}.{service}.{endpoint}"
        for start in (f"{scheme}://{container}@{host}/", f"{scheme}://{host}/{container}/"):
            if uri.startswith(start):
                return unquote(uri[len(start) :])
    return None


def _stem(workspace: Record) -> str:
    return workspace_id(workspace).replace("-", "")


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()
