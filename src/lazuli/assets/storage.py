"""The storage behind a workspace: its containers, their key, and where an address leads."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from lazuli.resources.datastore import Datastore
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import InvalidInput, Unsupported
from lazuli.schema.reference import DatastorePath, parse_datastore_path, parse_job_output
from lazuli.store import sas
from lazuli.store.blobs import Blob
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store
from lazuli.workspaces.identity import Principal
from lazuli.workspaces.shelf import Shelf, find_workspace
from lazuli.workspaces.workspaces import workspace_id

__all__ = ["ACCOUNT", "ARTIFACTS", "DEFAULT", "Datastores", "Location", "Storage", "artifact_folder"]

ACCOUNT = "lazuli"
"""The storage account of this server."""
DEFAULT = "workspaceblobstore"
"""The datastore that uploads and outputs go to."""
ARTIFACTS = "workspaceartifactstore"
"""The datastore of logs, metrics' files and whatever a job leaves in ``outputs/``."""

_CONTAINERS = {
    DEFAULT: "blobstore",
    ARTIFACTS: "artifacts",
    "workspacefilestore": "filestore",
    "workspaceworkingdirectory": "workingdirectory",
}
"""What a workspace is founded with. On Azure the last two are file shares; here every one is a container of blobs, so
that each takes the same uploads."""


@dataclass(frozen=True)
class Location:
    """A blob, or all blobs below a path, in a container."""

    container: str
    path: str

    @property
    def prefix(self) -> str:
        """What the names below it start with."""
        return f"{self.path}/" if self.path else ""


def artifact_folder(run: str) -> str:
    """Where, on the artifact datastore, the files of a run lie."""
    return f"ExperimentRun/dcid.{run}"


class Storage:
    """The containers of every workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.job_output: Callable[[Scope, str, str], str] | None = None
        """Says where an output of a job lies; registered by the room that knows jobs."""

    def container(self, scope: Scope, datastore: str) -> str:
        """The container behind a datastore. Raises :class:`InvalidInput` with the datastores there are."""
        with self._store.state.read() as tx:
            workspace = find_workspace(self._store, tx, scope)
            record = self._store.documents.find(tx, ResourceId(workspace.id.scope, "datastores", datastore))
            if record is None:
                known = self._store.documents.select(tx, Selection(workspace.id.scope, "datastores"))
                names = ", ".join(sorted(r.id.name for r in known))
                raise InvalidInput(
                    f"The datastore '{datastore}' does not exist.", target="datastore", mend=f"Here are: {names}."
                )
        return record.body["container_name"]

    def code_container(self, scope: Scope, name: str, version: str) -> str:
        """The container of one code snapshot: its root is the snapshot's root."""
        with self._store.state.read() as tx:
            workspace = find_workspace(self._store, tx, scope)
        # The length keeps 'a-1' version '2' apart from 'a' version '1-2'.
        return f"{_stem(workspace)}-code-{len(name)}-{name}-{version}".lower()

    def key_of(self, container: str) -> str | None:
        """The account key that opens a container, base64; None for a container of no workspace."""
        return self._store.secrets.get("storage", container[:32])

    def token(self, container: str, permissions: str, seconds: int) -> str:
        """A shared access signature for a container."""
        key = self.key_of(container)
        assert key is not None, container
        return sas.sign_container(key, ACCOUNT, container, permissions, self._store.clock() + seconds * 1000)

    def locate(self, scope: Scope, uri: str, *, target: str = "path") -> Location:
        """Where an address leads: a datastore path, or an output of a job.

        Raises :class:`InvalidInput` for what is no address, :class:`Unsupported` for one outside this server.
        """
        uri = self.resolve(scope, uri)
        place = parse_datastore_path(uri)
        if place:
            home = place.in_full(scope).lower().partition("/datastores/")[0]
            if uri.lower().startswith("azureml://subscriptions/") and not uri.lower().startswith(f"{home}/"):
                raise InvalidInput(
                    f"'{uri[:200]}' lies in another workspace.",
                    target=target,
                    mend="Download it, and give the local path instead.",
                )
            return Location(self.container(scope, place.datastore), place.path)
        if "://" in uri:
            raise Unsupported(
                f"'{uri[:200]}' lies outside this server.",
                target=target,
                mend="Download it, and give the local path instead.",
            )
        raise InvalidInput(
            f"'{uri[:200]}' is a local path, which the server cannot see.",
            target=target,
            mend="Upload it first; 'lazuli data create' and the clients do that.",
        )

    def resolve(self, scope: Scope, uri: str) -> str:
        """The datastore path for an address that names a job's output or a run's file; other addresses unchanged."""
        if output := parse_job_output(uri):
            assert self.job_output is not None
            base = self.job_output(scope, output.job, output.output)
            return f"{base}/{output.path}" if output.path else base
        if uri.lower().startswith("runs:/"):
            run, _, path = uri[len("runs:/") :].lstrip("/").partition("/")
            return str(DatastorePath(ARTIFACTS, f"{artifact_folder(run)}/{path}".rstrip("/")))
        return uri

    def blob(self, location: Location) -> Blob | None:
        """The blob at a location, or None where it is a folder or nothing."""
        return self._store.blobs.stat(location.container, location.path) if location.path else None

    def exists(self, location: Location) -> bool:
        """Whether a blob or a folder with blobs lies there."""
        if self.blob(location):
            return True
        return bool(self._store.blobs.list(location.container, location.prefix, limit=1).blobs)

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
        self._store.blobs.delete_containers(stem)


def _stem(workspace: Record) -> str:
    return workspace_id(workspace).replace("-", "")


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


class Datastores(Shelf):
    """The datastores of workspaces. Today each has those it is founded with."""

    def __init__(self, store: Store) -> None:
        super().__init__(noun("datastore"), store)

    def prepare(self, id: ResourceId, document: object, actor: Principal) -> Record:
        """Refused: there are no others yet."""
        raise Unsupported(
            f"The datastore '{id.name}' cannot be added: a workspace has its built-in datastores only.",
            target="datastore",
            mend=f"Use '{DEFAULT}'.",
        )

    def replace(self, old: Record, document: Document) -> dict[str, Any]:
        """Only its words may change: where it leads is not for anyone to say."""
        assert isinstance(document, Datastore)
        words = {"description": document.description, "tags": document.tags}
        body = {**old.body, **words}
        return {"body": body} if body != old.body else {}

    def check_removal(self, tx: Connection, record: Record) -> None:
        """Refused: a workspace cannot be without its datastores."""
        raise InvalidInput(f"The datastore '{record.id.name}' belongs to its workspace and cannot be removed.")
