"""Instances: one machine of one user."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Iterator, Mapping

from azureml.core.compute.compute import (
    ComputeTarget,
    ComputeTargetProvisioningConfiguration,
    given,
    network,
    sizes,
)
from azureml.exceptions import ComputeTargetException

if TYPE_CHECKING:
    from azureml.core.run import Run
    from azureml.core.workspace import Workspace

__all__ = ["ComputeInstance", "ComputeInstanceProvisioningConfiguration"]

_MINUTES = 5


class ComputeInstanceProvisioningConfiguration(ComputeTargetProvisioningConfiguration):
    """What an instance is to be like: see :meth:`ComputeInstance.provisioning_configuration`."""

    def __init__(self, **words: Any) -> None:
        self.vm_size: str = words["vm_size"]
        self.ssh_public_access: bool = words["ssh_public_access"]
        self.admin_user_ssh_public_key: str | None = words["admin_user_ssh_public_key"]
        self.vnet_resourcegroup_name: str | None = words["vnet_resourcegroup_name"]
        self.vnet_name: str | None = words["vnet_name"]
        self.subnet_name: str | None = words["subnet_name"]
        self.tags: Mapping[str, str] | None = words["tags"]
        self.description: str | None = words["description"]
        self.assigned_user_object_id: str | None = words["assigned_user_object_id"]
        self.assigned_user_tenant_id: str | None = words["assigned_user_tenant_id"]
        self.validate_configuration()

    def validate_configuration(self) -> None:
        """Raises :class:`ComputeTargetException` where only a part of an account is named."""
        if bool(self.assigned_user_object_id) != bool(self.assigned_user_tenant_id):
            raise ComputeTargetException(
                "Invalid configuration: assigned_user_object_id and assigned_user_tenant_id are given together."
            )

    def _body(self, workspace: Workspace) -> dict[str, Any]:
        ssh = {
            "sshPublicAccess": "Enabled" if self.ssh_public_access else "Disabled",
            "adminPublicKey": self.admin_user_ssh_public_key,
        }
        user = {"objectId": self.assigned_user_object_id, "tenantId": self.assigned_user_tenant_id}
        properties = {
            "vmSize": self.vm_size or None,
            "sshSettings": given(ssh),
            "subnet": network(workspace, self.vnet_resourcegroup_name, self.vnet_name, self.subnet_name),
            "personalComputeInstanceSettings": {"assignedUser": user} if self.assigned_user_object_id else None,
        }
        said = {"computeType": "ComputeInstance", "properties": given(properties), "description": self.description}
        return given({"tags": self.tags, "properties": given(said)})


class ComputeInstance(ComputeTarget):
    """One machine of one user: a slot for one job, until it is stopped."""

    _type = "ComputeInstance"

    @staticmethod
    def provisioning_configuration(
        vm_size: str = "",
        ssh_public_access: bool = False,
        admin_user_ssh_public_key: str | None = None,
        vnet_resourcegroup_name: str | None = None,
        vnet_name: str | None = None,
        subnet_name: str | None = None,
        tags: Mapping[str, str] | None = None,
        description: str | None = None,
        assigned_user_object_id: str | None = None,
        assigned_user_tenant_id: str | None = None,
    ) -> ComputeInstanceProvisioningConfiguration:
        """What an instance is to be like.

        It is a slot of the server's machine: the login, the network and the user are kept as said and shown with it,
        and open or close nothing.
        """
        return ComputeInstanceProvisioningConfiguration(**locals())

    @staticmethod
    def supported_vmsizes(workspace: Workspace, location: str | None = None) -> list[dict[str, Any]]:
        """The sizes: each with ``name``, ``vCPUs``, ``gpus``, ``memoryGB`` and ``maxResourceVolumeMB``."""
        return sizes(workspace, "ComputeInstance", location)

    @property
    def vm_size(self) -> str:
        """Its size."""
        return self._inner["vmSize"]

    @property
    def ssh_public_access(self) -> bool:
        """Whether a login was asked for."""
        return (self._inner.get("sshSettings") or {}).get("sshPublicAccess") == "Enabled"

    @property
    def applications(self) -> list[dict[str, str]]:
        """The applications on it: none, for notebooks run where the user has them."""
        return []

    def start(self, wait_for_completion: bool = False, show_output: bool = False) -> None:
        """Start it; one that runs stays as it is."""
        self._operate("start", "Running", wait_for_completion, show_output)

    def stop(self, wait_for_completion: bool = False, show_output: bool = False) -> None:
        """Stop it. Raises :class:`ComputeTargetException` while a job runs on it."""
        self._operate("stop", "Stopped", wait_for_completion, show_output)

    def restart(self, wait_for_completion: bool = False, show_output: bool = False) -> None:
        """Stop and start it. Raises :class:`ComputeTargetException` while a job runs on it."""
        self._operate("restart", "Running", wait_for_completion, show_output)

    def get_active_runs(
        self, type: str | None = None, tags: Any = None, properties: Any = None, status: str | None = None
    ) -> Iterator[Run]:
        """The runs that run here, and those that wait for it; ``tags`` and such say which."""
        return self._active_runs(type, tags, properties, status)

    def _operate(self, word: str, aim: str, waits: bool, shows: bool) -> None:
        self._act(word)
        if waits:
            self._poll(lambda said: said["properties"]["properties"]["state"] == aim, time.monotonic() + _MINUTES * 60)
        if waits and shows:
            print(f"{self.name}: {word} finished, it is {self._inner['state']}")

    def _has_come(self, said: Mapping[str, Any], nodes: int | None) -> bool:
        return super()._has_come(said, nodes) and said["properties"].get("state") in ("Running", "Stopped")
