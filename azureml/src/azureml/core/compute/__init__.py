"""Compute targets: clusters and instances, by the names that scripts use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from azureml._lazuli.server import raised_as
from azureml.exceptions import ComputeTargetException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = ["AmlCompute", "ComputeInstance", "ComputeTarget", "ComputeTargetException"]

_OVER = ("Succeeded", "Failed", "Canceled")


class ProvisioningConfiguration:
    """What a compute target is to be like."""

    def __init__(self, kind: str, properties: Mapping[str, Any], tags: Any, description: str | None) -> None:
        inner = {word: value for word, value in properties.items() if value is not None}
        said = {"computeType": kind, "properties": inner, "description": description}
        self._body = {"properties": said, "tags": tags or {}}


class ComputeStatus:
    """How a compute target stands."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self._said = {"provisioningState": said.get("provisioningState"), **(said.get("properties") or {})}

    def serialize(self) -> dict[str, Any]:
        """All of it as plain values."""
        return dict(self._said)


class ComputeTarget:
    """A compute target of a workspace. Raises :class:`ComputeTargetException` where there is none of this name."""

    _type = ""

    def __new__(cls, workspace: Workspace, name: str) -> ComputeTarget:
        """An object of the class that the target is of."""
        said = workspace._found(f"computes/{name}")
        if said is None:
            raise ComputeTargetException(
                f"ComputeTargetNotFound: Compute Target with name {name} not found in provided workspace"
            )
        kind = said["properties"]["computeType"]
        if cls._type and kind != cls._type:
            raise ComputeTargetException(f"The compute target '{name}' is no {cls._type}: it is {kind}.")
        found = object.__new__({"ComputeInstance": ComputeInstance}.get(kind, AmlCompute))
        found.workspace, found.name, found.type = workspace, said["name"], kind
        found._said = said
        return found

    def __init__(self, workspace: Workspace, name: str) -> None:
        self.workspace: Workspace
        self.name: str
        self.type: str
        self._said: dict[str, Any]

    @staticmethod
    def create(workspace: Workspace, name: str, provisioning_configuration: ProvisioningConfiguration) -> ComputeTarget:
        """Make a compute target, or change the one that is there."""
        body = {"location": workspace.location, **provisioning_configuration._body}
        with raised_as(ComputeTargetException):
            workspace._call("PUT", f"computes/{name}", body)
        return ComputeTarget(workspace, name)

    @staticmethod
    def list(workspace: Workspace) -> list[ComputeTarget]:
        """Every compute target of a workspace."""
        return [ComputeTarget(workspace, each["name"]) for each in workspace._pages("computes")]

    @property
    def provisioning_state(self) -> str:
        """How far its making is."""
        return str(self._said["properties"].get("provisioningState"))

    @property
    def id(self) -> str:
        """Its id."""
        return str(self._said["id"])

    def refresh_state(self) -> None:
        """Ask the server anew."""
        self._said = self.workspace._call("GET", f"computes/{self.name}")

    def get_status(self) -> ComputeStatus:
        """How it stands now."""
        self.refresh_state()
        return ComputeStatus(self._said["properties"])

    @property
    def status(self) -> ComputeStatus:
        """How it stands now."""
        return self.get_status()

    def serialize(self) -> dict[str, Any]:
        """All of it as plain values."""
        return dict(self._said)

    def wait_for_completion(
        self,
        show_output: bool = False,
        min_node_count: int | None = None,
        timeout_in_minutes: float = 25,
        is_delete_operation: bool = False,
    ) -> None:
        """Wait until it is made. Raises :class:`ComputeTargetException` where it is not."""
        path = self.workspace._path(f"computes/{self.name}")
        if is_delete_operation:
            return
        self._said = self.workspace._server.wait(
            path, lambda said: said["properties"].get("provisioningState") in _OVER, timeout_in_minutes * 60
        )
        if self.provisioning_state != "Succeeded":
            raise ComputeTargetException(f"The compute target '{self.name}' could not be made.")
        if show_output:
            print(f'{self.provisioning_state} provisioning operation finished, operation "Succeeded"')

    def delete(self) -> None:
        """Take the compute target away."""
        with raised_as(ComputeTargetException):
            self.workspace._call("DELETE", f"computes/{self.name}", query={"underlyingResourceAction": "Delete"})


class AmlCompute(ComputeTarget):
    """A cluster: so many nodes at most, and so many at least."""

    _type = "AmlCompute"

    @staticmethod
    def provisioning_configuration(
        vm_size: str = "",
        vm_priority: str = "dedicated",
        min_nodes: int = 0,
        max_nodes: int | None = None,
        idle_seconds_before_scaledown: int = 1800,
        admin_username: str | None = None,
        admin_user_password: str | None = None,
        admin_user_ssh_key: str | None = None,
        vnet_resourcegroup_name: str | None = None,
        vnet_name: str | None = None,
        subnet_name: str | None = None,
        tags: Mapping[str, str] | None = None,
        description: str | None = None,
        remote_login_port_public_access: str = "NotSpecified",
        identity_type: str | None = None,
        identity_id: Any = None,
        location: str | None = None,
        enable_node_public_ip: bool = True,
    ) -> ProvisioningConfiguration:
        """What a cluster is to be like; ``max_nodes`` must be said."""
        if max_nodes is None:
            raise ComputeTargetException("Invalid configuration: max_nodes must be given.")
        low = vm_priority.lower().replace("_", "") == "lowpriority"
        properties = {
            "vmSize": vm_size or None,
            "vmPriority": "LowPriority" if low else "Dedicated",
            "scaleSettings": {
                "minNodeCount": min_nodes,
                "maxNodeCount": max_nodes,
                "nodeIdleTimeBeforeScaleDown": f"PT{int(idle_seconds_before_scaledown)}S",
            },
        }
        return ProvisioningConfiguration("AmlCompute", properties, tags, description)


class ComputeInstance(ComputeTarget):
    """One machine of one user."""

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
    ) -> ProvisioningConfiguration:
        """What an instance is to be like."""
        return ProvisioningConfiguration("ComputeInstance", {"vmSize": vm_size or None}, tags, description)
