"""The kinds of datastore, and how files come to them and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterable, Mapping

from azureml._lazuli import snapshot
from azureml._lazuli.server import raised_as
from azureml._lazuli.storage import Container
from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace
    from azureml.data.data_reference import DataReference

__all__ = ["AbstractDatastore", "AzureBlobDatastore", "AzureDataLakeGen2Datastore", "AzureFileDatastore"]


class AbstractDatastore:
    """A named place for files."""

    _TYPE = "AzureBlob"
    _WORD = "containerName"

    def __init__(self, workspace: Workspace, name: str, said: Mapping[str, Any]) -> None:
        self._workspace = workspace
        self._name = name
        self._said = said

    @classmethod
    def _placed(cls, account: str, container: str, protocol: str | None, endpoint: str | None) -> dict[str, Any]:
        """Where the files of a datastore of this kind lie, in the words of REST."""
        return {"accountName": account, cls._WORD: container, "protocol": protocol, "endpoint": endpoint}

    @classmethod
    def _of(cls, workspace: Workspace, said: Mapping[str, Any]) -> AbstractDatastore:
        made = cls.__new__(cls)
        AbstractDatastore.__init__(made, workspace, said["name"], said["properties"])
        return made

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def workspace(self) -> Workspace:
        """The workspace that it belongs to."""
        return self._workspace

    @property
    def datastore_type(self) -> str:
        """Its kind, such as "AzureBlob"."""
        return self._TYPE

    @property
    def account_name(self) -> str | None:
        """The storage account that it is in."""
        return self._said.get("accountName")

    @property
    def container_name(self) -> str | None:
        """The container, share or file system that it is."""
        return self._said.get(self._WORD)

    @property
    def protocol(self) -> str:
        """How it is asked: "https" or "http"."""
        return self._said.get("protocol") or "https"

    @property
    def endpoint(self) -> str:
        """The domain of the storage service."""
        return self._said.get("endpoint") or "core.windows.net"

    @property
    def account_key(self) -> str | None:
        """The key of its account; None where it is opened otherwise."""
        return self._secrets().get("key")

    @property
    def sas_token(self) -> str | None:
        """A signature that opens it; None where it is opened otherwise."""
        return self._secrets().get("sasToken")

    @property
    def is_sas(self) -> bool:
        """Whether a signature opens it."""
        return self.sas_token is not None

    def set_as_default(self) -> None:
        """Take this datastore where none is named."""
        from azureml.core.datastore import Datastore

        Datastore._set_default(self.workspace, self.name)

    def unregister(self) -> None:
        """Forget it; the files stay where they are. Raises :class:`UserErrorException` for a built-in one."""
        with raised_as(UserErrorException):
            self.workspace._call("DELETE", f"datastores/{self.name}")

    def path(self, path: str | None = None, data_reference_name: str | None = None) -> DataReference:
        """A reference to what lies at ``path``."""
        from azureml.data.data_reference import DataReference

        return DataReference(self, data_reference_name, path)

    def as_mount(self) -> DataReference:
        """A reference to all of it, which a job sees as a folder."""
        return self.path().as_mount()

    def as_download(self, path_on_compute: str | None = None) -> DataReference:
        """A reference to all of it, of which a job gets a copy."""
        return self.path().as_download(path_on_compute)

    def as_upload(self, path_on_compute: str | None = None) -> DataReference:
        """A reference to it as a place for what a job leaves."""
        return self.path().as_upload(path_on_compute)

    def upload(
        self,
        src_dir: str | os.PathLike[str],
        target_path: str | None = None,
        overwrite: bool = False,
        show_progress: bool = True,
    ) -> DataReference:
        """Send every file below a folder. What is there already is sent again only with ``overwrite``."""
        folder = Path(src_dir).expanduser()
        if not folder.is_dir():
            raise UserErrorException(f"There is no folder '{src_dir}'.", target="src_dir")
        return self._send(dict(snapshot.below(folder)), target_path, overwrite, show_progress)

    def upload_files(
        self,
        files: Iterable[str | os.PathLike[str]],
        relative_root: str | os.PathLike[str] | None = None,
        target_path: str | None = None,
        overwrite: bool = False,
        show_progress: bool = True,
    ) -> DataReference:
        """Send files, each under its path below ``relative_root`` (by default the folder that all are in)."""
        paths = [Path(each).expanduser().resolve() for each in files]
        for path in paths:
            if not path.is_file():
                raise UserErrorException(f"'{path}' does not point to a file.", target="files")
        if relative_root:
            root = str(Path(relative_root).expanduser().resolve())
        else:
            root = os.path.commonpath([str(path.parent) for path in paths]) if paths else ""
        named = {Path(os.path.relpath(str(path), root)).as_posix(): path for path in paths}
        outside = [name for name in named if name.startswith("../")]
        if outside:
            raise UserErrorException(f"'{named[outside[0]]}' is not below '{root}'.", target="relative_root")
        return self._send(named, target_path, overwrite, show_progress)

    def download(
        self,
        target_path: str | os.PathLike[str],
        prefix: str | None = None,
        overwrite: bool = False,
        show_progress: bool = True,
    ) -> int:
        """Fetch every file whose path begins with ``prefix``, under its whole path; how many were fetched."""
        folder = Path(target_path).expanduser()
        names = [each.name for each in self._container().names(prefix or "")]
        names = [name for name in names if overwrite or not (folder / name).exists()]
        self._container().fetch_all([(name, name) for name in names], folder)
        for number, name in enumerate(names, 1):
            if show_progress:
                print(f"Downloaded {name}, {number} files out of an estimated total of {len(names)}")
        return len(names)

    def _send(self, named: Mapping[str, Path], target_path: str | None, overwrite: bool, shows: bool) -> DataReference:
        target = (target_path or "").replace("\\", "/").strip("/")
        target = "" if target == "." else target
        container = self._container()
        placed = {f"{target}/{name}".lstrip("/"): path for name, path in named.items()}
        there = set() if overwrite else {each.name for each in container.names(f"{target}/" if target else "")}
        sent = {name: path for name, path in placed.items() if name not in there}
        say = print if shows else lambda *said: None
        say(f"Uploading an estimated of {len(sent)} files")
        for name in sorted(set(placed) - set(sent)):
            say(f"Target already exists. Skipping upload for {name}")
        container.put_all(sent, lambda name: say(f"Uploaded {sent[name]}, 1 files out of an estimated {len(sent)}"))
        say(f"Uploaded {len(sent)} files")
        return self.path(target or None)

    def _container(self) -> Container:
        return self.workspace._storage.container(self.name)

    def _secrets(self) -> dict[str, Any]:
        return self.workspace._call("POST", f"datastores/{self.name}/listSecrets", {})

    def _uri(self, path: str | None = None) -> str:
        return f"azureml://datastores/{self.name}/paths/{(path or '').lstrip('/')}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AbstractDatastore) and self.name == other.name and self.workspace == other.workspace

    def __hash__(self) -> int:
        return hash((self.name, self.workspace))

    def __repr__(self) -> str:
        return (
            f'{{\n  "name": "{self.name}",\n  "container_name": "{self.container_name}",\n'
            f'  "account_name": "{self.account_name}",\n  "protocol": "{self.protocol}",\n'
            f'  "endpoint": "{self.endpoint}"\n}}'
        )


class AzureBlobDatastore(AbstractDatastore):
    """A container of blobs: this server's own, or a user's."""

    def __init__(
        self,
        workspace: Workspace,
        name: str,
        container_name: str,
        account_name: str,
        sas_token: str | None = None,
        account_key: str | None = None,
        protocol: str | None = None,
        endpoint: str | None = None,
        request_session: Any = None,
        workspace_msi_has_access: bool = False,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        service_data_access_auth_identity: Any = None,
    ) -> None:
        super().__init__(workspace, name, self._placed(account_name, container_name, protocol, endpoint))


class AzureFileDatastore(AbstractDatastore):
    """A file share. Lazuli keeps files in containers, so no datastore is one; the class is for scripts that ask."""

    _TYPE = "AzureFile"
    _WORD = "fileShareName"

    def __init__(
        self,
        workspace: Workspace,
        name: str,
        container_name: str,
        account_name: str,
        sas_token: str | None = None,
        account_key: str | None = None,
        protocol: str | None = None,
        endpoint: str = "core.windows.net",
        request_session: Any = None,
    ) -> None:
        super().__init__(workspace, name, self._placed(account_name, container_name, protocol, endpoint))


class AzureDataLakeGen2Datastore(AbstractDatastore):
    """A file system of a data lake."""

    _TYPE = "AzureDataLakeGen2"
    _WORD = "filesystem"
