"""Services as on container instances."""

from __future__ import annotations

from typing import Mapping

from azureml.core.webservice.webservice import Webservice, WebserviceDeploymentConfiguration

__all__ = ["AciServiceDeploymentConfiguration", "AciWebservice"]


class AciServiceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    """How a service is deployed, as on container instances."""

    kind = "ACI"


class AciWebservice(Webservice):
    """A service as on container instances: one replica; here it runs on the server's own machine."""

    _kind = "ACI"

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
        """How a service is deployed.

        ``auth_enabled``: callers show a key; without it, as in v1, the ``scoring_uri`` alone opens the service.
        ``collect_model_data``: what the script gives to a ``ModelDataCollector`` is kept. ``primary_key`` and
        ``secondary_key``: its keys. ``cpu_cores`` and ``memory_gb`` are kept, and limit nothing. Without effect:
        ``location``, ``dns_name_label``, ``vnet_name`` and ``subnet_name``, as services answer on the server's own
        machine. ``ssl_…`` and ``cmk_…`` are refused when it is deployed.
        """
        return AciServiceDeploymentConfiguration(locals())
