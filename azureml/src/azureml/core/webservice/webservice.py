"""Services: an endpoint of the platform with one deployment that takes all of its traffic."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Mapping, NamedTuple, Sequence
from urllib.parse import quote

from azureml._lazuli.server import raised_as
from azureml._lazuli.snapshot import of_code, of_files
from azureml.core.inference_config import InferenceConfig
from azureml.core.model import texts
from azureml.exceptions import WebserviceException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

_DEPLOYMENT = "v1"
_KIND = "azureml.v1.compute_type"
_STATES = {"Succeeded": "Healthy", "Failed": "Failed"}


class _Configured(NamedTuple):
    kind: str
    cpu_cores: float | None
    memory_gb: float | None
    tags: Mapping[str, str] | None
    properties: Mapping[str, str] | None
    description: str | None


class AciServiceDeploymentConfiguration(_Configured):
    """How a service is deployed, as on container instances."""


class AksServiceDeploymentConfiguration(_Configured):
    """How a service is deployed, as on a cluster."""


class LocalWebserviceDeploymentConfiguration(_Configured):
    """How a service is deployed, as on the scripts' own machine."""


class Webservice:
    """The service of a name. Raises :class:`WebserviceException` where there is none."""

    _compute_type: ClassVar[str | None] = None

    def __init__(self, workspace: Workspace, name: str) -> None:
        said = workspace._found(f"onlineEndpoints/{quote(name, '')}")
        if said is None:
            raise WebserviceException(
                f"WebserviceNotFound: Webservice with name {name} not found in provided workspace."
            )
        self._read(workspace, said)

    def _read(self, workspace: Workspace, said: Mapping[str, Any]) -> None:
        self.workspace = workspace
        self.name: str = said["name"]
        own = dict(said["properties"].get("properties") or {})
        self.compute_type: str = own.pop(_KIND, "ACI")
        self.properties: dict[str, str] = own
        self.tags: dict[str, str] = dict(said.get("tags") or {})
        self.description: str | None = said["properties"].get("description")
        self.auth_enabled = True
        self.token_auth_enabled = False
        self.scoring_uri: str = said["properties"].get("scoringUri") or ""
        self.swagger_uri: str = said["properties"].get("swaggerUri") or ""

    @staticmethod
    def list(
        workspace: Workspace,
        compute_type: str | None = None,
        image_name: str | None = None,
        image_id: str | None = None,
        model_name: str | None = None,
        model_id: str | None = None,
        tags: Sequence[Any] | None = None,
        properties: Sequence[Any] | None = None,
        image_digest: str | None = None,
    ) -> list[Webservice]:
        """The services of a workspace, of one kind where ``compute_type`` says which ("ACI", "AKS", "Local")."""
        found = [Webservice(workspace, each["name"]) for each in workspace._pages("onlineEndpoints")]
        return [each for each in found if compute_type is None or each.compute_type.lower() == compute_type.lower()]

    @property
    def state(self) -> str:
        """``Transitioning``, ``Healthy`` or ``Failed``, as it is now."""
        return _STATES.get(self._deployment()["properties"].get("provisioningState", ""), "Transitioning")

    def update_deployment_state(self) -> None:
        """Read anew what the server says of it."""
        self._read(self.workspace, self.workspace._call("GET", self._address))

    def wait_for_deployment(self, show_output: bool = False, timeout_sec: float | None = None) -> None:
        """Wait until it answers. Raises :class:`WebserviceException` where it failed, or is not there in time."""
        until = None if timeout_sec is None else time.monotonic() + timeout_sec
        while True:
            state = self.state
            if state == "Failed":
                raise WebserviceException(
                    "Service deployment polling reached non-successful terminal state.\n"
                    f"{self._deployment()['properties'].get('statusReason') or ''}\n{self.get_logs(50)}"
                )
            if state == "Healthy":
                break
            if until is not None and time.monotonic() > until:
                raise WebserviceException(f"The service '{self.name}' does not answer after {timeout_sec} seconds.")
            time.sleep(0.2)
        self._take_traffic()
        if show_output:
            print(f'{self.compute_type} service creation operation finished, operation "Succeeded"')

    def run(self, input_data: Any) -> Any:
        """What it answers to data. Raises :class:`WebserviceException` for an answer that is none."""
        key = self.get_keys()[0]
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        data = input_data.encode() if isinstance(input_data, str) else input_data
        with raised_as(WebserviceException):
            response = self.workspace._server.respond("POST", self.scoring_uri, data=data, headers=headers)
        try:
            return response.json()
        except ValueError:
            return response.text

    def get_keys(self) -> tuple[str, str]:
        """Its two keys."""
        said = self.workspace._call("POST", f"{self._address}/listKeys")
        return said["primaryKey"], said["secondaryKey"]

    def regen_key(self, key: str, set_key: str | None = None) -> None:
        """Make a key anew ("Primary" or "Secondary"), or take ``set_key`` for it."""
        with raised_as(WebserviceException):
            self.workspace._call("POST", f"{self._address}/regenerateKeys", {"keyType": key, "keyValue": set_key})

    def get_logs(self, num_lines: int = 5000, init: bool = False) -> str:
        """The last lines of what its script wrote."""
        said = self.workspace._call("POST", f"{self._address}/deployments/{_DEPLOYMENT}/getLogs", {"tail": num_lines})
        return said["content"]

    def delete(self) -> None:
        """Take it away."""
        with raised_as(WebserviceException):
            self.workspace._call("DELETE", self._address)

    def serialize(self) -> dict[str, Any]:
        """What it says, as JSON can hold it."""
        return {
            "name": self.name,
            "description": self.description,
            "tags": self.tags,
            "properties": self.properties,
            "state": self.state,
            "computeType": self.compute_type,
            "authEnabled": self.auth_enabled,
            "scoringUri": self.scoring_uri,
        }

    def __repr__(self) -> str:
        said = {"name": self.name, "scoring_uri": self.scoring_uri, "tags": self.tags, "properties": self.properties}
        told = ", ".join(f"{word}={value}" for word, value in said.items())
        return f"{type(self).__name__}(workspace={self.workspace!r}, {told})"

    @property
    def _address(self) -> str:
        return f"onlineEndpoints/{quote(self.name, '')}"

    def _deployment(self) -> dict[str, Any]:
        return self.workspace._call("GET", f"{self._address}/deployments/{_DEPLOYMENT}")

    def _take_traffic(self) -> None:
        said = self.workspace._call("GET", self._address)
        if not any((said["properties"].get("traffic") or {}).values()):
            said["properties"]["traffic"] = {_DEPLOYMENT: 100}
            self.workspace._call("PUT", self._address, said)
        path = self.workspace._path(self._address)
        self._read(self.workspace, self.workspace._server.wait(path, _is_settled))


class AciWebservice(Webservice):
    """A service as on container instances; here it runs on the server's own machine."""

    @staticmethod
    def deploy_configuration(
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        location: str | None = None,
        auth_enabled: bool | None = None,
        ssl_enabled: bool | None = None,
        enable_app_insights: bool | None = None,
        ssl_cert_pem_file: str | None = None,
        ssl_key_pem_file: str | None = None,
        ssl_cname: str | None = None,
        dns_name_label: str | None = None,
        primary_key: str | None = None,
        secondary_key: str | None = None,
        collect_model_data: bool | None = None,
        cmk_vault_base_url: str | None = None,
        cmk_key_name: str | None = None,
        cmk_key_version: str | None = None,
        vnet_name: str | None = None,
        subnet_name: str | None = None,
    ) -> AciServiceDeploymentConfiguration:
        """How a service is deployed. Its endpoint asks for a key, whether ``auth_enabled`` or not."""
        return AciServiceDeploymentConfiguration("ACI", cpu_cores, memory_gb, tags, properties, description)


class AksWebservice(Webservice):
    """A service as on a cluster; here it runs on the server's own machine."""

    @staticmethod
    def deploy_configuration(
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        collect_model_data: bool | None = None,
        auth_enabled: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        enable_app_insights: bool | None = None,
        scoring_timeout_ms: int | None = None,
        replica_max_concurrent_requests: int | None = None,
        max_request_wait_time: int | None = None,
        num_replicas: int | None = None,
        primary_key: str | None = None,
        secondary_key: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        gpu_cores: int | None = None,
    ) -> AksServiceDeploymentConfiguration:
        """How a service is deployed."""
        return AksServiceDeploymentConfiguration("AKS", cpu_cores, memory_gb, tags, properties, description)


class LocalWebservice(Webservice):
    """A service as on the scripts' own machine; here it is one as any other."""

    @staticmethod
    def deploy_configuration(port: int | None = None) -> LocalWebserviceDeploymentConfiguration:
        """How a service is deployed. The port is the platform's to choose: ``scoring_uri`` tells it."""
        return LocalWebserviceDeploymentConfiguration("Local", None, None, None, None, None)


_KINDS = {"ACI": AciWebservice, "AKS": AksWebservice, "Local": LocalWebservice}


def deploy(
    workspace: Workspace,
    name: str,
    models: Sequence[Any],
    inference_config: InferenceConfig | None,
    configured: Any,
    overwrite: bool,
) -> Webservice:
    """A service for a model, which :meth:`Webservice.wait_for_deployment` waits for."""
    if len(models) > 1:
        names = ", ".join(each.id for each in models)
        raise WebserviceException(f"A service has one model here, not several ({names}). Register them as one folder.")
    configured = configured or AciWebservice.deploy_configuration()
    path = f"onlineEndpoints/{quote(name, '')}"
    if workspace._found(path) is not None:
        if not overwrite:
            raise WebserviceException(
                f"Error, there is already a service with name {name} found in workspace {workspace.name}. "
                "Delete it, choose another name, or pass overwrite=True."
            )
        workspace._call("DELETE", path)
        while workspace._found(path) is not None:
            time.sleep(0.1)
    said = {"authMode": "Key", "description": configured.description}
    said["properties"] = {**texts(configured.properties), _KIND: configured.kind}
    deployment: dict[str, Any] = {"endpointComputeType": "Managed", "instanceType": "Default"}
    if models:
        deployment["model"] = models[0]._resource_id
    with raised_as(WebserviceException):
        if inference_config is not None:
            deployment.update(_scripted(workspace, inference_config))
        body = {"location": "local", "tags": texts(configured.tags), "properties": said}
        workspace._call("PUT", path, body)
        body = {"location": "local", "properties": deployment, "sku": {"name": "Default", "capacity": 1}}
        workspace._call("PUT", f"{path}/deployments/{_DEPLOYMENT}", body)
    return _KINDS[configured.kind](workspace, name)


def _scripted(workspace: Workspace, config: InferenceConfig) -> dict[str, Any]:
    if config.environment is None:
        raise WebserviceException(
            "An InferenceConfig needs an environment here: environment=Environment.from_conda_specification(name, "
            "conda_file) stands for runtime and conda_file."
        )
    script = Path(config.entry_script)
    if config.source_directory:
        snapshot, said = of_code(Path(config.source_directory)), script.as_posix()
    else:
        snapshot, said = of_files(script.stem, {script.name: script}), script.name
    code = workspace._storage.upload_code(snapshot)
    return {
        "codeConfiguration": {"codeId": code, "scoringScript": said},
        "environmentId": config.environment._reference(workspace),
    }


def _is_settled(said: Mapping[str, Any]) -> bool:
    return said["properties"].get("provisioningState") in _STATES
