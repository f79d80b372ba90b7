"""Services: what every kind of them can be asked and told."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar, Mapping, Sequence, TypeVar

from azureml._lazuli.server import raised_as
from azureml.core._model_versions import OURS, has
from azureml.core.webservice._endpoint import Deployment, Endpoint, state_of
from azureml.exceptions import WebserviceException

if TYPE_CHECKING:
    from azureml.core.inference_config import InferenceConfig, Kept
    from azureml.core.workspace import Workspace

__all__ = ["Webservice", "WebserviceDeploymentConfiguration"]

MAIN = "v1"
"""What the deployment of a service is called."""
KIND = OURS + "compute_type"
_POLL_S, _LONGEST_S = 0.1, 2.0
_LAST_LINES = 50

S = TypeVar("S", bound="Webservice")


class WebserviceDeploymentConfiguration:
    """How a service is deployed: what was said is an attribute each; None leaves it to the service."""

    kind: ClassVar[str] = ""
    tags: Mapping[str, str] | None = None
    properties: Mapping[str, str] | None = None
    description: str | None = None
    auth_enabled: bool | None = None

    def __init__(self, words: Mapping[str, Any]) -> None:
        vars(self).update(words)

    @property
    def _words(self) -> dict[str, Any]:
        return {word: value for word, value in vars(self).items() if value is not None}


class Webservice:
    """The service of a name, of whichever kind it is. Raises :class:`WebserviceException` where there is none."""

    kinds: ClassVar[dict[str, type[Webservice]]] = {}
    _kind: ClassVar[str] = ""
    _asks_for_keys: ClassVar[bool] = False
    """Whether callers need a key where nothing is said."""
    _spelt: ClassVar[Mapping[str, str]] = {}
    """What states are called that have another name than those of services elsewhere."""

    def __init_subclass__(cls) -> None:
        """Let services of this kind be found."""
        Webservice.kinds[cls._kind] = cls

    def __new__(cls: type[S], workspace: Workspace, name: str, *more: Any, **said: Any) -> S:
        """An object of the class of its kind."""
        kind: Any = cls
        if cls is Webservice:
            kind = Webservice.kinds[_kind_of(Endpoint(workspace, name).found() or {"properties": {}})]
        return object.__new__(kind)

    def __init__(self, workspace: Workspace, name: str) -> None:
        self.workspace = workspace
        self.name = name
        self._endpoint = Endpoint(workspace, name)
        self.update_deployment_state()

    @classmethod
    def _main(cls, words: Mapping[str, Any]) -> str:
        """What the deployment is called that words speak of."""
        return MAIN

    @classmethod
    def _own(cls, config: InferenceConfig | Kept | None) -> dict[str, str]:
        """What is kept of a configuration among the deployment's properties."""
        return {}

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
        """The services of a workspace that fit: of one kind ("ACI", "AKS", "Local"), with one model, with tags.

        A service that was made of an image fits its ``image_name`` and ``image_id``; no image has an ``image_digest``.
        """
        found = [Webservice(workspace, each["name"]) for each in workspace._pages("onlineEndpoints")]

        def fits(each: Webservice) -> bool:
            names = [model.partition(":")[0] for model in each._model_ids]
            return (
                (compute_type is None or each.compute_type.lower() == compute_type.lower())
                and (image_name is None or each.image_id.partition(":")[0] == image_name)
                and (image_id is None or each.image_id == image_id)
                and (model_name is None or model_name in names)
                and (model_id is None or model_id in each._model_ids)
                and image_digest is None
                and has(each.tags, tags)
                and has(each.properties, properties)
            )

        return [each for each in found if fits(each)]

    # --- how it is -----------------------------------------------------------------------------------------------

    def update_deployment_state(self) -> None:
        """Read anew what the server says of it."""
        said = self._endpoint.found()
        if said is None:
            raise WebserviceException(
                f"WebserviceNotFound: Webservice with name {self.name} not found in provided workspace."
            )
        deployments = self._endpoint.deployments()
        if self._settle_traffic(said, deployments):
            said = self._endpoint.found() or said
        self._read(said, deployments)

    def _read(self, said: Mapping[str, Any], deployments: Mapping[str, Deployment]) -> None:
        properties = said["properties"]
        own = dict(properties.get("properties") or {})
        self.compute_type: str = _kind_of(said)
        self.image_id: str = own.get(OURS + "image", "")
        self.properties: dict[str, str] = {word: own[word] for word in own if not word.startswith(OURS)}
        self.tags: dict[str, str] = dict(said.get("tags") or {})
        self.description: str | None = properties.get("description")
        self.created_time: str | None = (said.get("systemData") or {}).get("createdAt")
        self.token_auth_enabled: bool = properties.get("authMode") == "AMLToken"
        self.auth_enabled: bool = not (properties.get("addressKey") or self.token_auth_enabled)
        word = f"?code={self._endpoint.keys()['addressKey']}" if properties.get("addressKey") else ""
        self.scoring_uri: str = _with(properties.get("scoringUri"), word)
        self.swagger_uri: str = _with(properties.get("swaggerUri"), word)
        self._phase = _phase_of(state_of(said), [each.state for each in deployments.values()])
        self.state: str = self._spelt.get(self._phase, self._phase)
        failed = next((each for each in deployments.values() if each.state == "Failed"), None)
        self.error: dict[str, Any] | None = failed and _error_of(failed)
        self._model_ids: list[str] = sorted({id for each in deployments.values() for id in each.model_ids})
        main = deployments.get(MAIN) or next(iter(deployments.values()), None)
        self._words: dict[str, Any] = main.words if main else {}
        self.cpu_cores: float | None = self._words.get("cpu_cores")
        self.memory_gb: float | None = self._words.get("memory_gb")
        self.enable_app_insights: bool = bool(main and main.said.get("appInsightsEnabled"))
        self.num_replicas: int = main.capacity if main else 0

    def _settle_traffic(self, said: Mapping[str, Any], deployments: Mapping[str, Deployment]) -> bool:
        """Give the first traffic to what is ready; whether anything changed."""
        has_any = any((said["properties"].get("traffic") or {}).values())
        if has_any or not (MAIN in deployments and deployments[MAIN].state == "Healthy"):
            return False
        self._endpoint.share({MAIN: 100})
        return True

    @property
    def models(self) -> Sequence[Any]:
        """The models that it asks."""
        from azureml.core.model import Model

        return [Model(self.workspace, id=each) for each in self._model_ids]

    @property
    def deployment_status(self) -> str:
        """Its state, by the name that services on clusters had for it."""
        return self.state

    def wait_for_deployment(self, show_output: bool = False, timeout_sec: float | None = None) -> None:
        """Wait until it answers. Raises :class:`WebserviceException` where it failed, or is not there in time."""
        until = None if timeout_sec is None else time.monotonic() + timeout_sec
        pause = _POLL_S
        if show_output:
            print("Running", end="", flush=True)
        self.update_deployment_state()
        while self._phase == "Transitioning":
            if until is not None and time.monotonic() > until:
                raise WebserviceException(f"The service '{self.name}' does not answer after {timeout_sec} seconds.")
            time.sleep(pause)
            pause = min(pause * 1.2, _LONGEST_S)
            if show_output:
                print(".", end="", flush=True)
            self.update_deployment_state()
        if show_output:
            print(f'\n{self.compute_type} service creation operation finished, operation "{_told(self._phase)}"')
        if self._phase == "Failed":
            said = (self.error or {}).get("message", "")
            raise WebserviceException(
                "Service deployment polling reached non-successful terminal state, current service state: Failed\n"
                f"{said}\n{self.get_logs(_LAST_LINES)}"
            )

    # --- what it is asked ----------------------------------------------------------------------------------------

    def run(self, input_data: Any) -> Any:
        """What it answers to text or bytes. Raises :class:`WebserviceException` for an answer that is none."""
        key = self._endpoint.keys()["primaryKey"]
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
        said = self._endpoint.keys()
        return said["primaryKey"], said["secondaryKey"]

    def regen_key(self, key: str, set_key: str | None = None) -> None:
        """Make a key anew ("Primary" or "Secondary"), or take ``set_key`` for it."""
        self._endpoint.set_key(key, set_key)

    def get_token(self) -> tuple[str, datetime]:
        """A token that opens it for some hours, and when (UTC) to ask for another."""
        said = self._endpoint.token()
        refresh = datetime.fromtimestamp(said["refreshAfterTimeUtc"], timezone.utc)
        return said["accessToken"], refresh.replace(tzinfo=None)

    def get_logs(self, num_lines: int = 5000, init: bool = False) -> str:
        """The last lines of what its script wrote; with ``init``, why it is not set up."""
        container = "StorageInitializer" if init else "InferenceServer"
        names = list(self._endpoint.deployments())
        return self._endpoint.log(MAIN if MAIN in names else names[0], num_lines, container) if names else ""

    # --- how it changes ------------------------------------------------------------------------------------------

    def update(
        self,
        image: Any = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        auth_enabled: bool | None = None,
        token_auth_enabled: bool | None = None,
        enable_app_insights: bool | None = None,
        models: Sequence[Any] | None = None,
        inference_config: InferenceConfig | None = None,
        deployment_config: WebserviceDeploymentConfiguration | None = None,
        wait: bool = False,
        collect_model_data: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        gpu_cores: int | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
        num_replicas: int | None = None,
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        scoring_timeout_ms: int | None = None,
        replica_max_concurrent_requests: int | None = None,
        max_request_wait_time: int | None = None,
        period_seconds: int | None = None,
        initial_delay_seconds: int | None = None,
        timeout_seconds: int | None = None,
        success_threshold: int | None = None,
        failure_threshold: int | None = None,
        namespace: str | None = None,
        ssl_enabled: bool | None = None,
        ssl_cert_pem_file: str | None = None,
        ssl_key_pem_file: str | None = None,
        ssl_cname: str | None = None,
    ) -> None:
        """Say some of it anew; what is None stays. What answers goes on until its successor does.

        The words are those of ``deploy_configuration``; ``deployment_config`` says several at once, and those of
        ``image`` are its models, script and environment. ``namespace`` has no effect.
        """
        words = dict(locals())
        for word in ("self", "image", "models", "inference_config", "deployment_config", "wait"):
            words.pop(word)
        from azureml.core.webservice._deploying import change

        if image is not None:
            models, inference_config = image.models, image._inference_config()
        said = {word: value for word, value in words.items() if value is not None}
        change(self, models, inference_config, {**(deployment_config._words if deployment_config else {}), **said})
        self.wait_for_deployment() if wait else self.update_deployment_state()

    def add_tags(self, tags: Mapping[str, str]) -> None:
        """Add to its tags."""
        self.update(tags={**self.tags, **tags})

    def remove_tags(self, tags: Sequence[str]) -> None:
        """Take tags away, by their names."""
        gone = {tags} if isinstance(tags, str) else set(tags)
        self.update(tags={name: value for name, value in self.tags.items() if name not in gone})

    def add_properties(self, properties: Mapping[str, str]) -> None:
        """Add to its properties."""
        self.update(properties={**self.properties, **properties})

    def delete(self) -> None:
        """Take it away."""
        self._endpoint.delete()

    # --- how it is made ------------------------------------------------------------------------------------------

    @staticmethod
    def deploy_from_model(
        workspace: Workspace,
        name: str,
        models: Sequence[Any],
        image_config: Any,
        deployment_config: WebserviceDeploymentConfiguration | None = None,
        deployment_target: Any = None,
        overwrite: bool = False,
    ) -> Webservice:
        """A service for models, with the script and environment of a ``ContainerImage.image_configuration``."""
        from azureml.core.webservice._deploying import deploy

        config = image_config._inference_config()
        return deploy(workspace, name, models, config, deployment_config, deployment_target, overwrite)

    @staticmethod
    def deploy_from_image(
        workspace: Workspace,
        name: str,
        image: Any,
        deployment_config: WebserviceDeploymentConfiguration | None = None,
        deployment_target: Any = None,
        overwrite: bool = False,
    ) -> Webservice:
        """A service of what an image was made of."""
        from azureml.core.webservice._deploying import deploy

        config = image._inference_config()
        return deploy(
            workspace, name, image.models, config, deployment_config, deployment_target, overwrite, image_id=image.id
        )

    @staticmethod
    def deploy(
        workspace: Workspace,
        name: str,
        model_paths: Sequence[str],
        image_config: Any,
        deployment_config: WebserviceDeploymentConfiguration | None = None,
        deployment_target: Any = None,
        overwrite: bool = False,
    ) -> Webservice:
        """A service for files of this machine, each of which is registered as a model under its own name."""
        from pathlib import Path

        from azureml.core.model import Model

        models = [Model.register(workspace, each, Path(each).name) for each in model_paths]
        return Webservice.deploy_from_model(
            workspace, name, models, image_config, deployment_config, deployment_target, overwrite
        )

    @staticmethod
    def deploy_local_from_model(
        workspace: Workspace,
        name: str,
        models: Sequence[Any],
        image_config: Any,
        deployment_config: WebserviceDeploymentConfiguration | None = None,
        wait: bool = False,
    ) -> Webservice:
        """A local service for models, with the script and environment of a ``ContainerImage.image_configuration``."""
        from azureml.core.webservice.local import LocalWebservice

        how = deployment_config or LocalWebservice.deploy_configuration()
        service = Webservice.deploy_from_model(workspace, name, models, image_config, how, overwrite=True)
        if wait:
            service.wait_for_deployment()
        return service

    # --- what is told of it --------------------------------------------------------------------------------------

    def serialize(self) -> dict[str, Any]:
        """What it says, as JSON can hold it."""
        return {
            "name": self.name,
            "description": self.description,
            "tags": self.tags,
            "properties": self.properties,
            "state": self.state,
            "createdTime": self.created_time,
            "error": self.error,
            "computeType": self.compute_type,
            "workspaceName": self.workspace.name,
            "authEnabled": self.auth_enabled,
            "aadAuthEnabled": self.token_auth_enabled,
            "scoringUri": self.scoring_uri,
            "swaggerUri": self.swagger_uri,
            "imageId": self.image_id or None,
            "modelIds": self._model_ids,
            "containerResourceRequirements": {"cpu": self.cpu_cores, "memoryInGB": self.memory_gb},
            "numReplicas": self.num_replicas,
            "appInsightsEnabled": self.enable_app_insights,
        }

    def __repr__(self) -> str:
        said = {"name": self.name, "image_id": self.image_id or None, "compute_type": self.compute_type}
        said = {**said, "state": self.state, "scoring_uri": self.scoring_uri, "tags": self.tags}
        told = ", ".join(f"{word}={value}" for word, value in {**said, "properties": self.properties}.items())
        return f"{type(self).__name__}(workspace={self.workspace!r}, {told})"


def _kind_of(said: Mapping[str, Any]) -> str:
    kind = (said["properties"].get("properties") or {}).get(KIND, "ACI")
    return kind if kind in Webservice.kinds else "ACI"


def _with(address: str | None, word: str) -> str:
    return f"{address}{word}" if address else ""


def _phase_of(endpoint: str, deployments: Sequence[str]) -> str:
    """How a service is whose endpoint and deployments are in these states."""
    states = {endpoint, *deployments}
    return "Failed" if "Failed" in states else "Healthy" if deployments and states == {"Healthy"} else "Transitioning"


def _told(state: str) -> str:
    return "Failed" if state == "Failed" else "Succeeded"


def _error_of(failed: Deployment) -> dict[str, Any]:
    return {"code": "DeploymentFailed", "statusCode": 400, "message": failed.reason, "details": []}
