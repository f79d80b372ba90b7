"""Services as on a cluster, and endpoints with several versions behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Sequence

from azureml.core._model_versions import texts
from azureml.core.webservice._endpoint import Deployment
from azureml.core.webservice.webservice import MAIN, Webservice, WebserviceDeploymentConfiguration
from azureml.exceptions import WebserviceException

if TYPE_CHECKING:
    from azureml.core.inference_config import InferenceConfig

__all__ = [
    "AksEndpoint",
    "AksEndpointDeploymentConfiguration",
    "AksServiceDeploymentConfiguration",
    "AksWebservice",
    "EndpointVersion",
]


class AksServiceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    """How a service is deployed, as on a cluster."""

    kind = "AKS"


class AksEndpointDeploymentConfiguration(WebserviceDeploymentConfiguration):
    """How an endpoint is deployed with its first version."""

    kind = "AKSENDPOINT"


class AksWebservice(Webservice):
    """A service as on a cluster; here it runs on the server's own machine."""

    _kind = "AKS"
    _asks_for_keys = True

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
        period_seconds: int | None = None,
        initial_delay_seconds: int | None = None,
        timeout_seconds: int | None = None,
        success_threshold: int | None = None,
        failure_threshold: int | None = None,
        namespace: str | None = None,
        token_auth_enabled: bool | None = None,
        compute_target_name: str | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
        blobfuse_enabled: bool | None = None,
    ) -> AksServiceDeploymentConfiguration:
        """How a service is deployed.

        ``num_replicas`` processes answer (1), or with ``autoscale_enabled`` as many as the load asks for; each takes
        ``replica_max_concurrent_requests`` at a time (1), lets others wait for ``max_request_wait_time`` milliseconds
        (500), and has ``scoring_timeout_ms`` for one (60000, at most 180000). The seconds and thresholds are those of
        the probe that finds out whether a process lives. Callers show a key, unless ``auth_enabled=False``, or with
        ``token_auth_enabled`` a token of ``get_token``. CPU, memory and GPU are kept, and limit nothing. Without
        effect, as services answer on the server's own machine: ``namespace``, ``compute_target_name`` and
        ``blobfuse_enabled``.
        """
        return AksServiceDeploymentConfiguration(locals())


class EndpointVersion:
    """A version of an endpoint, as it was when the endpoint was looked at."""

    def __init__(self, found: Deployment, traffic: Mapping[str, int]) -> None:
        self.name = found.name
        self.state = found.state
        self.traffic_percentile: int = traffic.get(found.name, 0)
        self.is_default = bool(found.words.get("is_default"))
        self.version_type = "Control" if found.words.get("is_control_version_type") else "Treatment"
        self.tags = found.tags
        self.description: str | None = found.said.get("description")
        self.model_ids = found.model_ids
        self.num_replicas = found.capacity

    def serialize(self) -> dict[str, Any]:
        """What it says, as JSON can hold it."""
        return dict(vars(self))

    def __repr__(self) -> str:
        return f"EndpointVersion(name={self.name}, state={self.state}, traffic_percentile={self.traffic_percentile})"


class AksEndpoint(AksWebservice):
    """An endpoint with several versions, which share what it is asked by their ``traffic_percentile``.

    What no version is given goes to the default one, which is the first unless another says so. A share takes effect
    once its version answers and the endpoint is looked at, as :meth:`wait_for_deployment` does.
    """

    _kind = "AKSENDPOINT"

    @staticmethod
    def deploy_configuration(  # type: ignore[override] - v1's has the version among its words
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
        period_seconds: int | None = None,
        initial_delay_seconds: int | None = None,
        timeout_seconds: int | None = None,
        success_threshold: int | None = None,
        failure_threshold: int | None = None,
        namespace: str | None = None,
        token_auth_enabled: bool | None = None,
        version_name: str | None = None,
        traffic_percentile: int | None = None,
        compute_target_name: str | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
    ) -> AksEndpointDeploymentConfiguration:
        """How an endpoint is deployed, with ``version_name`` as its first version; the rest is that of a service."""
        return AksEndpointDeploymentConfiguration({**locals(), "is_default": True, "is_control_version_type": True})

    @property
    def versions(self) -> dict[str, EndpointVersion]:
        """Its versions by name, as they are now."""
        said = self._endpoint.found() or {"properties": {}}
        traffic = said["properties"].get("traffic") or {}
        return {name: EndpointVersion(each, traffic) for name, each in self._endpoint.deployments().items()}

    def create_version(
        self,
        version_name: str,
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        collect_model_data: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        scoring_timeout_ms: int | None = None,
        replica_max_concurrent_requests: int | None = None,
        max_request_wait_time: int | None = None,
        num_replicas: int | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        models: Sequence[Any] | None = None,
        inference_config: InferenceConfig | None = None,
        gpu_cores: int | None = None,
        period_seconds: int | None = None,
        initial_delay_seconds: int | None = None,
        timeout_seconds: int | None = None,
        success_threshold: int | None = None,
        failure_threshold: int | None = None,
        traffic_percentile: int | None = None,
        is_default: bool | None = None,
        is_control_version_type: bool | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
    ) -> None:
        """A further version. Raises :class:`WebserviceException` for a name that is taken."""
        words = _said(locals())
        if version_name in self._endpoint.deployments():
            raise WebserviceException(f"There is a version '{version_name}' already. Change it with update_version.")
        self._put(version_name, models or [], inference_config, words)

    def update_version(
        self,
        version_name: str,
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        collect_model_data: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        scoring_timeout_ms: int | None = None,
        replica_max_concurrent_requests: int | None = None,
        max_request_wait_time: int | None = None,
        num_replicas: int | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        models: Sequence[Any] | None = None,
        inference_config: InferenceConfig | None = None,
        gpu_cores: int | None = None,
        period_seconds: int | None = None,
        initial_delay_seconds: int | None = None,
        timeout_seconds: int | None = None,
        success_threshold: int | None = None,
        failure_threshold: int | None = None,
        traffic_percentile: int | None = None,
        is_default: bool | None = None,
        is_control_version_type: bool | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
    ) -> None:
        """Say some of a version anew; what is None stays."""
        words = _said(locals())
        self._known(version_name)
        self._put(version_name, models, inference_config, words)

    def delete_version(self, version_name: str) -> None:
        """Take a version away; its share goes to the default one, which stays."""
        if version_name == self._default(self._endpoint.deployments()):
            raise WebserviceException(
                f"'{version_name}' is the default version. Make another one that first: update_version(name, "
                "is_default=True)."
            )
        self._known(version_name)
        shares = _shares(self._endpoint.deployments(), without=version_name)
        self._endpoint.share(shares)
        self._endpoint.delete_deployment(version_name)
        self.update_deployment_state()

    def _put(
        self, name: str, models: Sequence[Any] | None, config: InferenceConfig | None, words: Mapping[str, Any]
    ) -> None:
        from azureml.core.webservice._deploying import deployment_said, new_said, put_deployment

        there = self._endpoint.deployments()
        before = there.get(name)
        kept = {**(before.words if before else {}), **words}
        others = sum(
            int(each.words.get("traffic_percentile") or 0)
            for each in there.values()
            if each.name not in (name, self._default(there))
        )
        if others + int(kept.get("traffic_percentile") or 0) > 100:
            raise WebserviceException(
                f"The versions would take {others + int(kept['traffic_percentile'])} percent of the traffic, of 100."
            )
        if words.get("is_default"):
            for each in there.values():
                if each.words.get("is_default") and each.name != name:
                    self._put(each.name, None, None, {"is_default": False})
        base = before.said if before else new_said()
        said = deployment_said(self.workspace, type(self), models, config, kept, base, words)
        said["properties"].update(texts(words.get("properties")))
        if "description" in words:
            said["description"] = words["description"]
        tags = words.get("tags", before.tags if before else {})
        put_deployment(self._endpoint, name, said, {"num_replicas": before.capacity if before else 1, **words}, tags)
        self.update_deployment_state()

    def _known(self, name: str) -> None:
        names = self._endpoint.deployments()
        if name not in names:
            raise WebserviceException(f"There is no version '{name}'. There are: {', '.join(names)}.")

    @classmethod
    def _main(cls, words: Mapping[str, Any]) -> str:
        return str(words.get("version_name") or MAIN)

    @staticmethod
    def _default(there: Mapping[str, Deployment]) -> str:
        return next((name for name, each in there.items() if each.words.get("is_default")), next(iter(there), ""))

    def _settle_traffic(self, said: Mapping[str, Any], deployments: Mapping[str, Deployment]) -> bool:
        shares = _shares({name: each for name, each in deployments.items() if each.state == "Healthy"})
        now = {name: share for name, share in (said["properties"].get("traffic") or {}).items() if share}
        if not shares or shares == now or self._default(deployments) not in shares:
            return False
        self._endpoint.share(shares)
        return True


def _said(given: dict[str, Any]) -> dict[str, Any]:
    """The words that are more than None, without what is no word of a configuration."""
    return {
        word: value
        for word, value in given.items()
        if value is not None and word not in ("self", "version_name", "models", "inference_config")
    }


def _shares(there: Mapping[str, Deployment], without: str = "") -> dict[str, int]:
    """How much of the traffic each version takes that takes any."""
    default = AksEndpoint._default(there)
    given = {
        name: int(each.words.get("traffic_percentile") or 0)
        for name, each in there.items()
        if name not in (default, without)
    }
    shares = {default: 100 - sum(given.values()), **given} if default else {}
    return {name: share for name, share in shares.items() if share}
