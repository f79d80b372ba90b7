"""Workspaces: where experiments, data, models and services are kept."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Mapping, NoReturn
from urllib.parse import quote

from azureml._lazuli import place
from azureml._lazuli.server import raised_as
from azureml._lazuli.storage import Storage
from azureml.core.authentication import AbstractAuthentication, InteractiveLoginAuthentication
from azureml.core.dataset import Dataset
from azureml.exceptions import UserErrorException, WorkspaceException

if TYPE_CHECKING:
    from azureml.core.compute import ComputeTarget
    from azureml.core.datastore import Datastore
    from azureml.core.environment import Environment
    from azureml.core.experiment import Experiment
    from azureml.core.image import Image
    from azureml.core.keyvault import Keyvault
    from azureml.core.model import Model
    from azureml.core.run import Run
    from azureml.core.webservice import Webservice

__all__ = ["Dataset", "UserErrorException", "Workspace", "WorkspaceException"]

_CONFIG = "config.json"
_FOLDERS = (".azureml", "aml_config")
_WORDS = ("subscription_id", "resource_group", "workspace_name")


class Workspace:
    """One workspace of a server. Raises :class:`WorkspaceException` where there is none of this name."""

    DEFAULT_CPU_CLUSTER_NAME = "cpu-cluster"
    DEFAULT_GPU_CLUSTER_NAME = "gpu-cluster"

    def __init__(
        self,
        subscription_id: str,
        resource_group: str,
        workspace_name: str,
        auth: AbstractAuthentication | None = None,
        _location: str | None = None,
        _disable_service_check: bool = False,
        _workspace_id: str | None = None,
        sku: str = "basic",
        tags: Mapping[str, str] | None = None,
        _cloud: str = "AzureCloud",
    ) -> None:
        self._auth = auth or InteractiveLoginAuthentication()
        self._scope = place.Scope(str(subscription_id), resource_group, workspace_name)
        self._server = self._auth._server()
        self._said: dict[str, Any] | None = None
        if not _disable_service_check:
            self._said = self._server.found(self._scope.path)
            if self._said is None:
                self._is_missing()
            self._scope = _scope_of(self._said)  # in the server's own spelling

    @classmethod
    def create(
        cls,
        name: str,
        auth: AbstractAuthentication | None = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        location: str | None = None,
        create_resource_group: bool = True,
        sku: str = "basic",
        tags: Mapping[str, str] | None = None,
        friendly_name: str | None = None,
        storage_account: str | None = None,
        key_vault: str | None = None,
        app_insights: str | None = None,
        container_registry: str | None = None,
        adb_workspace: Any = None,
        primary_user_assigned_identity: str | None = None,
        cmk_keyvault: str | None = None,
        resource_cmk_uri: str | None = None,
        hbi_workspace: bool = False,
        default_cpu_compute_target: Any = None,
        default_gpu_compute_target: Any = None,
        private_endpoint_config: Any = None,
        private_endpoint_auto_approval: bool = True,
        exist_ok: bool = False,
        show_output: bool = True,
        user_assigned_identity_for_cmk_encryption: str | None = None,
        system_datastores_auth_mode: str = "accessKey",
        v1_legacy_mode: bool | None = None,
    ) -> Workspace:
        """A new workspace; with ``exist_ok`` the one that is there. Storage and vault come with it.

        Raises :class:`WorkspaceException` for a name that is taken or not allowed.
        """
        auth = auth or InteractiveLoginAuthentication()
        scope = place.Scope(str(subscription_id or place.SUBSCRIPTION), resource_group or place.GROUP, name)
        server = auth._server()
        found = server.found(scope.path)
        if found and not exist_ok:
            raise WorkspaceException(
                f"Workspace with name '{name}' already exists under this resource group {scope.group}. "
                "Please use a different workspace name or pass exist_ok=True."
            )
        if not found:
            properties = {"friendlyName": friendly_name or name, "hbiWorkspace": hbi_workspace}
            body = {"location": location, "tags": dict(tags or {}), "properties": properties}
            with raised_as(WorkspaceException):
                server.call("PUT", scope.path, {word: value for word, value in body.items() if value is not None})
            if show_output:
                print(f"Deployed Workspace with name {name}.")
        made = cls(*scope, auth=auth)
        made._provide(default_cpu_compute_target, cls.DEFAULT_CPU_CLUSTER_NAME)
        made._provide(default_gpu_compute_target, cls.DEFAULT_GPU_CLUSTER_NAME)
        return made

    @classmethod
    def from_config(
        cls,
        path: str | os.PathLike[str] | None = None,
        auth: AbstractAuthentication | None = None,
        _logger: Any = None,
        _file_name: str | None = None,
    ) -> Workspace:
        """The workspace that ``config.json`` names: in ``path``, or here or further up, also in ``.azureml``.

        In a job without such a file it is the job's own. Raises :class:`UserErrorException` where there is no file.
        """
        start = Path(path).expanduser() if path is not None else Path()
        file = _config_file(start, _file_name or _CONFIG)
        if file is None and path is None and place.in_job():
            return cls(*place.scope_of_job(), auth=auth)
        if file is None:
            raise UserErrorException(
                "The workspace configuration file config.json, could not be found in "
                f"{start.resolve()} or its parent directories. Please check whether the workspace configuration file "
                "exists, or provide the full path to the configuration file as an argument. You can write one with "
                "'lazuli workspace write-config'."
            )
        return cls(*_read_config(file), auth=auth)

    @classmethod
    def get(
        cls,
        name: str,
        auth: AbstractAuthentication | None = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        location: str | None = None,
        cloud: str = "AzureCloud",
        id: str | None = None,
    ) -> Workspace:
        """The workspace of a name, in a group or in whichever has it.

        Raises :class:`WorkspaceException` where none has, or several have.
        """
        auth = auth or InteractiveLoginAuthentication()
        subscription = str(subscription_id or place.SUBSCRIPTION)
        if resource_group:
            return cls(subscription, resource_group, name, auth=auth)
        found = cls.list(subscription, auth).get(name, [])
        if len(found) == 1:
            return found[0]
        if found:
            groups = ", ".join(sorted(each.resource_group for each in found))
            raise WorkspaceException(f"Several workspaces are named '{name}': name one of the groups {groups}.", True)
        raise WorkspaceException(f"Could not find the workspace '{name}' in subscription {subscription}.")

    @classmethod
    def list(
        cls, subscription_id: str, auth: AbstractAuthentication | None = None, resource_group: str | None = None
    ) -> dict[str, list[Workspace]]:
        """The workspaces of a subscription by their names, each with all that have it."""
        auth = auth or InteractiveLoginAuthentication()
        server = auth._server()
        path = f"/subscriptions/{subscription_id}"
        path += f"/resourceGroups/{resource_group}" if resource_group else ""
        found: dict[str, list[Workspace]] = {}
        for said in server.pages(f"{path}/providers/Microsoft.MachineLearningServices/workspaces"):
            made = cls(*_scope_of(said), auth=auth, _disable_service_check=True)
            made._said = said
            found.setdefault(said["name"], []).append(made)
        return found

    @classmethod
    def _get_or_create(
        cls,
        name: str,
        auth: AbstractAuthentication | None = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        location: str | None = None,
        sku: str = "basic",
    ) -> Workspace:
        return cls.create(name, auth, subscription_id, resource_group, location, sku=sku, exist_ok=True)

    @staticmethod
    def setup() -> None:
        """Nothing is to be set up here."""

    def write_config(self, path: str | os.PathLike[str] | None = None, file_name: str | None = None) -> None:
        """Write ``.azureml/config.json`` below ``path`` (or below the current folder), for :meth:`from_config`.

        A ``path`` that is ``.azureml`` itself is where the file goes. Raises :class:`UserErrorException` where nothing
        can be written.
        """
        folder = Path(path).expanduser() if path is not None else Path()
        file = (folder if folder.name == ".azureml" else folder / ".azureml") / (file_name or _CONFIG)
        said = dict(zip(_WORDS, self._scope))
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(said, indent=4) + "\n", encoding="utf-8")
        except OSError as error:
            raise UserErrorException(f"'{file}' cannot be written: {error.strerror}.") from None

    @property
    def name(self) -> str:
        """Its name."""
        return self._scope.workspace

    @property
    def subscription_id(self) -> str:
        """Its subscription; Lazuli knows the word and makes no more of it."""
        return self._scope.subscription

    @property
    def resource_group(self) -> str:
        """Its resource group."""
        return self._scope.group

    @property
    def location(self) -> str:
        """Where it is, as it was said when it was made."""
        return self._details()["location"]

    @property
    def sku(self) -> str:
        """Which edition: there is one."""
        return (self._details().get("sku") or {}).get("name") or "Basic"

    @property
    def tags(self) -> dict[str, str]:
        """Its tags."""
        return dict(self._details().get("tags") or {})

    @property
    def discovery_url(self) -> str:
        """Where the addresses of the server's services are told."""
        return f"{self._server.url}/discovery"

    @property
    def service_context(self) -> Workspace:
        """The workspace itself: scripts that reach below the SDK ask it for the scope alone."""
        return self

    @property
    def workspace_name(self) -> str:
        """Its name."""
        return self.name

    _workspace_name = name
    _subscription_id = subscription_id
    _resource_group = resource_group

    @property
    def _workspace_id(self) -> str:
        return self._details()["properties"]["workspaceId"]

    @property
    def _auth_object(self) -> AbstractAuthentication:
        return self._auth

    @property
    def compute_targets(self) -> dict[str, ComputeTarget]:
        """Every compute target, by name."""
        from azureml.core.compute import ComputeTarget

        return {each.name: each for each in ComputeTarget.list(self)}

    @property
    def datasets(self) -> Mapping[str, Any]:
        """The newest version of every registered dataset, by name."""
        return Dataset.get_all(self)

    @property
    def datastores(self) -> dict[str, Datastore]:
        """Every datastore, by name."""
        from azureml.core.datastore import Datastore

        return Datastore._all(self)

    @property
    def environments(self) -> dict[str, Environment]:
        """The newest version of every environment, by name; curated ones too."""
        from azureml.core.environment import Environment

        return Environment.list(self)

    @property
    def experiments(self) -> dict[str, Experiment]:
        """Every experiment, by name."""
        from azureml.core.experiment import Experiment

        return {each.name: each for each in Experiment.list(self)}

    @property
    def models(self) -> dict[str, Model]:
        """The newest version of every model, by name."""
        from azureml.core.model import Model

        return {each.name: each for each in Model.list(self, latest=True)}

    @property
    def webservices(self) -> dict[str, Webservice]:
        """Every service, by name."""
        from azureml.core.webservice import Webservice

        return {each.name: each for each in Webservice.list(self)}

    @property
    def images(self) -> dict[str, Image]:
        """The newest version of every image, by name."""
        from azureml.core.image import Image

        found: dict[str, Image] = {}
        for each in Image.list(self):
            found.setdefault(each.name, each)
        return found

    def get_default_datastore(self) -> Datastore:
        """The datastore that is taken where none is named."""
        from azureml.core.datastore import Datastore

        return Datastore.get_default(self)

    def set_default_datastore(self, name: str) -> None:
        """Take the datastore ``name`` where none is named."""
        from azureml.core.datastore import Datastore

        Datastore.get(self, name).set_as_default()

    def get_default_keyvault(self) -> Keyvault:
        """The secrets of the workspace."""
        from azureml.core.keyvault import Keyvault

        return Keyvault(self)

    def get_default_compute_target(self, type: str) -> ComputeTarget | None:
        """The cluster ``cpu-cluster`` for type "CPU", ``gpu-cluster`` for "GPU"; None where it was not made."""
        names = {"CPU": self.DEFAULT_CPU_CLUSTER_NAME, "GPU": self.DEFAULT_GPU_CLUSTER_NAME}
        return self.compute_targets.get(names[type.upper()])

    def get_run(self, run_id: str) -> Run:
        """The run of an id, of whichever experiment."""
        from azureml.core.run import Run

        return Run.get(self, run_id)

    def get_details(self) -> dict[str, Any]:
        """What the server says of the workspace."""
        self._said = None
        said = self._details()
        top = {word: said.get(word) for word in ("id", "name", "location", "type", "tags", "sku", "identity")}
        return {**top, "workspaceid": said["properties"].get("workspaceId"), **said["properties"]}

    def get_mlflow_tracking_uri(self, _with_auth: bool = False) -> str:
        """The address for ``mlflow.set_tracking_uri``. MLflow sends the token that ``MLFLOW_TRACKING_TOKEN`` holds.

        So that scripts run as they are, that variable is set where nobody has.
        """
        os.environ.setdefault("MLFLOW_TRACKING_TOKEN", self._server.token)
        return f"{self._server.url}{self._scope.mlflow}"

    def update(
        self,
        friendly_name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Change what the workspace says of itself; what it says now."""
        properties = {"friendlyName": friendly_name, "description": description}
        properties = {word: value for word, value in properties.items() if value is not None}
        body = {"properties": properties, **({"tags": dict(tags)} if tags is not None else {})}
        with raised_as(WorkspaceException):
            self._server.call("PATCH", self._scope.path, body)
        return self.get_details()

    def delete(self, delete_dependent_resources: bool = False, no_wait: bool = False) -> None:
        """Delete the workspace and all that is in it."""
        with raised_as(WorkspaceException):
            self._server.call("DELETE", self._scope.path)

    def __repr__(self) -> str:
        subscription, group, name = self._scope
        return f"Workspace.create(name='{name}', subscription_id='{subscription}', resource_group='{group}')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Workspace) and (other._scope, other._server.url) == (self._scope, self._server.url)

    def __hash__(self) -> int:
        return hash((self._scope, self._server.url))

    # What the other nouns ask of the server, within this workspace.

    def _path(self, suffix: str) -> str:
        return f"{self._scope.path}/{suffix}"

    def _call(self, method: str, suffix: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        return self._server.call(method, self._path(suffix), body, query)

    def _found(self, suffix: str, query: Mapping[str, Any] | None = None) -> Any:
        return self._server.found(self._path(suffix), query)

    def _pages(self, suffix: str, query: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        return self._server.pages(self._path(suffix), query)

    def _mlflow(self, method: str, word: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """Ask the door of MLflow: ``word`` such as ``runs/search``."""
        return self._server.call(method, f"{self._scope.mlflow}/api/2.0/mlflow/{word}", body, query)

    def _mlflow_search(self, of: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Everything that a search finds at the door of MLflow: ``of`` such as ``runs``."""
        return self._server.token_pages("POST", f"{self._scope.mlflow}/api/2.0/mlflow/{of}/search", body, of)

    @property
    def _storage(self) -> Storage:
        return Storage(self._server, self._scope)

    def _page_url(self, *parts: str) -> str:
        """The address of a page of Studio about something in this workspace."""
        within = "/".join(quote(part, safe="") for part in (*self._scope, *parts))
        return f"{self._server.url}/studio/{within}"

    def _details(self) -> dict[str, Any]:
        if self._said is None:
            self._said = self._server.found(self._scope.path)
        return self._said if self._said is not None else self._is_missing()

    def _is_missing(self) -> NoReturn:
        raise WorkspaceException(
            f"Could not find the workspace '{self._scope.workspace}' in resource group '{self._scope.group}' of "
            f"subscription '{self._scope.subscription}' (WorkspaceNotFound). Create it with Workspace.create(...) or "
            "'lazuli workspace create --name NAME'."
        )

    def _provide(self, configuration: Any, name: str) -> None:
        if configuration is not None:
            from azureml.core.compute import ComputeTarget

            ComputeTarget.create(self, name, configuration).wait_for_completion()


def _scope_of(said: Mapping[str, Any]) -> place.Scope:
    parts = said["id"].split("/")
    return place.Scope(parts[2], parts[4], parts[8])


def _config_file(start: Path, name: str) -> Path | None:
    """The file itself, or the nearest of this name in a folder, in one of the usual folders there, or further up."""
    if start.is_file():
        return start
    for folder in (start.resolve(), *start.resolve().parents):
        for file in (folder / name, *(folder / inner / name for inner in _FOLDERS)):
            if file.is_file() and _is_ours(file):
                return file
    return None


def _is_ours(file: Path) -> bool:
    """Whether the file is about a workspace: any program may keep a config.json."""
    return file.parent.name in _FOLDERS or '"workspace_name"' in file.read_text(encoding="utf-8", errors="replace")


def _read_config(file: Path) -> tuple[str, str, str]:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return said["subscription_id"], said["resource_group"], said["workspace_name"]
    except ValueError as error:
        raise UserErrorException(f"'{file}' is not valid JSON: {error}.") from None
    except KeyError as error:
        raise UserErrorException(f"'{file}' lacks {error}; it names {', '.join(_WORDS)}.") from None
