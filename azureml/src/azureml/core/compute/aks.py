"""Targets for services. Lazuli serves models on the server's own machine, whatever cluster a script asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from azureml._lazuli.declined import declined
from azureml.core.compute.compute import (
    KIND,
    OWN,
    ComputeTarget,
    ComputeTargetAttachConfiguration,
    ComputeTargetProvisioningConfiguration,
    given,
    network,
)
from azureml.exceptions import ComputeTargetException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = ["AksAttachConfiguration", "AksCompute", "AksProvisioningConfiguration"]

_AGENTS = 3
_PURPOSE = f"{OWN}cluster_purpose"
_TLS = (
    "A service answers at the server's own address: give the server a certificate, and leave ssl_cname and such out "
    "here."
)


class _Configuration(ComputeTargetAttachConfiguration):
    cluster_purpose: str | None = None

    def enable_ssl(
        self,
        ssl_cname: str | None = None,
        ssl_cert_pem_file: str | None = None,
        ssl_key_pem_file: str | None = None,
        leaf_domain_label: str | None = None,
        overwrite_existing_domain: bool = False,
    ) -> NoReturn:
        """Raises :class:`ComputeTargetException`: the server itself has the certificate."""
        raise ComputeTargetException(_TLS)

    def validate_configuration(self) -> None:
        """Raises :class:`ComputeTargetException` for a purpose that there is none of."""
        if self.cluster_purpose not in (None, *_PURPOSES):
            known = ", ".join(_PURPOSES)
            raise ComputeTargetException(
                f"Invalid configuration: cluster_purpose is '{self.cluster_purpose}', and may be {known}."
            )

    def _said(self, nodes: int, tags: dict[str, str], **inner: Any) -> dict[str, Any]:
        purpose = self.cluster_purpose or AksCompute.ClusterPurpose.FAST_PROD
        properties = {"scaleSettings": {"minNodeCount": 0, "maxNodeCount": nodes}, **given(inner)}
        return {
            "tags": {KIND: AksCompute._type, _PURPOSE: purpose, **tags},
            "properties": {"computeType": "AmlCompute", "properties": properties},
        }


class AksProvisioningConfiguration(_Configuration, ComputeTargetProvisioningConfiguration):
    """What a target for services is to be like: see :meth:`AksCompute.provisioning_configuration`."""

    def __init__(self, **words: Any) -> None:
        self.agent_count: int | None = words["agent_count"]
        self.vm_size: str | None = words["vm_size"]
        self.ssl_cname: str | None = words["ssl_cname"]
        self.ssl_cert_pem_file: str | None = words["ssl_cert_pem_file"]
        self.ssl_key_pem_file: str | None = words["ssl_key_pem_file"]
        self.location: str | None = words["location"]
        self.vnet_resourcegroup_name: str | None = words["vnet_resourcegroup_name"]
        self.vnet_name: str | None = words["vnet_name"]
        self.subnet_name: str | None = words["subnet_name"]
        self.service_cidr: str | None = words["service_cidr"]
        self.dns_service_ip: str | None = words["dns_service_ip"]
        self.docker_bridge_cidr: str | None = words["docker_bridge_cidr"]
        self.cluster_purpose = words["cluster_purpose"]
        self.load_balancer_type: str | None = words["load_balancer_type"]
        self.load_balancer_subnet: str | None = words["load_balancer_subnet"]
        self.validate_configuration()

    def validate_configuration(self) -> None:
        """Raises :class:`ComputeTargetException` for a certificate, a purpose or a number that cannot be."""
        super().validate_configuration()
        if self.ssl_cname or self.ssl_cert_pem_file or self.ssl_key_pem_file:
            raise ComputeTargetException(f"Invalid configuration: {_TLS}")
        if self.agent_count is not None and self.agent_count < 1:
            raise ComputeTargetException(
                f"Invalid configuration: agent_count is {self.agent_count}, and must be 1 or more."
            )

    def _body(self, workspace: Workspace) -> dict[str, Any]:
        subnet = network(workspace, self.vnet_resourcegroup_name, self.vnet_name, self.subnet_name)
        said = self._said(self.agent_count or _AGENTS, {}, vmSize=self.vm_size, subnet=subnet)
        return given({"location": self.location, **said})


class AksAttachConfiguration(_Configuration):
    """Which cluster elsewhere a target for services is named after."""

    def __init__(self, **words: Any) -> None:
        self.resource_group: str | None = words["resource_group"]
        self.cluster_name: str | None = words["cluster_name"]
        self.resource_id: str | None = words["resource_id"]
        self.cluster_purpose = words["cluster_purpose"]
        self.load_balancer_type: str | None = words["load_balancer_type"]
        self.load_balancer_subnet: str | None = words["load_balancer_subnet"]
        self.validate_configuration()

    def validate_configuration(self) -> None:
        """Raises :class:`ComputeTargetException` where no cluster is named."""
        super().validate_configuration()
        if not (self.resource_id or (self.resource_group and self.cluster_name)):
            raise ComputeTargetException("Invalid configuration: give resource_group and cluster_name, or resource_id.")

    def _body(self, workspace: Workspace) -> dict[str, Any]:
        group = f"/subscriptions/{workspace.subscription_id}/resourceGroups/{self.resource_group}"
        there = f"{group}/providers/Microsoft.ContainerService/managedClusters/{self.cluster_name}"
        return self._said(_AGENTS, {f"{OWN}cluster_resource_id": self.resource_id or there})


class AksCompute(ComputeTarget):
    """A target for services, to name as ``deployment_target``.

    It is a name of the workspace and no cluster of Kubernetes: services that are deployed to it run where the server
    does. For the server it is a cluster whose tags say what it is for.
    """

    _type = "AKS"

    class ClusterPurpose:
        """What a cluster is for."""

        FAST_PROD = "FastProd"
        DEV_TEST = "DevTest"
        DENSE_PROD = "DenseProd"

    @staticmethod
    def provisioning_configuration(
        agent_count: int | None = None,
        vm_size: str | None = None,
        ssl_cname: str | None = None,
        ssl_cert_pem_file: str | None = None,
        ssl_key_pem_file: str | None = None,
        location: str | None = None,
        vnet_resourcegroup_name: str | None = None,
        vnet_name: str | None = None,
        subnet_name: str | None = None,
        service_cidr: str | None = None,
        dns_service_ip: str | None = None,
        docker_bridge_cidr: str | None = None,
        cluster_purpose: str | None = None,
        load_balancer_type: str | None = None,
        load_balancer_subnet: str | None = None,
    ) -> AksProvisioningConfiguration:
        """What a target for services is to be like: ``agent_count`` nodes (3) of ``vm_size``.

        The addresses within Kubernetes and its load balancer have no effect, for there is none; a virtual network is
        kept as said. Raises :class:`ComputeTargetException` for a certificate: the server has one for all services.
        """
        return AksProvisioningConfiguration(**locals())

    @staticmethod
    def attach_configuration(
        resource_group: str | None = None,
        cluster_name: str | None = None,
        resource_id: str | None = None,
        cluster_purpose: str | None = None,
        load_balancer_type: str | None = None,
        load_balancer_subnet: str | None = None,
    ) -> AksAttachConfiguration:
        """A target for services that stands in for a cluster elsewhere.

        That cluster is not reached: its id is kept as ``cluster_resource_id``, and services run where the server does.
        """
        return AksAttachConfiguration(**locals())

    @property
    def agent_count(self) -> int:
        """How many nodes it was said to have."""
        return self._inner["scaleSettings"]["maxNodeCount"]

    @property
    def agent_vm_size(self) -> str:
        """The size of its nodes."""
        return self._inner["vmSize"]

    @property
    def cluster_purpose(self) -> str:
        """What it is for."""
        return self._said["tags"][_PURPOSE]

    @declined("Services run on the server's own machine; 'lazuli model package --kubernetes' writes manifests.")
    def get_credentials(self) -> Any:
        """Raises what to use instead: there is no cluster of Kubernetes to open."""


_PURPOSES = tuple(vars(AksCompute.ClusterPurpose)[word] for word in ("FAST_PROD", "DEV_TEST", "DENSE_PROD"))
