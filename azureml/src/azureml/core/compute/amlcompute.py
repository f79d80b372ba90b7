"""Clusters: nodes that come when jobs wait, and go when they are idle."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

from azureml._lazuli.server import raised_as
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

__all__ = ["AmlCompute", "AmlComputeProvisioningConfiguration", "ScaleSettings"]

_PRIORITIES = {"dedicated": "Dedicated", "lowpriority": "LowPriority"}
_ACCESS = ("Enabled", "Disabled", "NotSpecified")


class ScaleSettings:
    """How many nodes a cluster has: so many always, so many at most, and how long one may be idle (in seconds)."""

    def __init__(self, minimum_node_count: int, maximum_node_count: int, idle_seconds_before_scaledown: int) -> None:
        self.minimum_node_count = minimum_node_count
        self.maximum_node_count = maximum_node_count
        self.idle_seconds_before_scaledown = idle_seconds_before_scaledown

    def serialize(self) -> dict[str, Any]:
        """The settings as plain values, under the words of REST."""
        return {
            "minNodeCount": self.minimum_node_count,
            "maxNodeCount": self.maximum_node_count,
            "nodeIdleTimeBeforeScaleDown": f"PT{int(self.idle_seconds_before_scaledown)}S",
        }

    @classmethod
    def _read(cls, said: Mapping[str, Any]) -> ScaleSettings:
        idle = _seconds(said.get("nodeIdleTimeBeforeScaleDown") or "")
        return cls(said.get("minNodeCount", 0), said.get("maxNodeCount", 0), idle)


class AmlComputeProvisioningConfiguration(ComputeTargetProvisioningConfiguration):
    """What a cluster is to be like: see :meth:`AmlCompute.provisioning_configuration`."""

    def __init__(self, **words: Any) -> None:
        self.vm_size: str = words["vm_size"]
        self.vm_priority: str = words["vm_priority"]
        self.min_nodes: int = words["min_nodes"]
        self.max_nodes: int | None = words["max_nodes"]
        self.idle_seconds_before_scaledown: int = words["idle_seconds_before_scaledown"]
        self.admin_username: str | None = words["admin_username"]
        self.admin_user_password: str | None = words["admin_user_password"]
        self.admin_user_ssh_key: str | None = words["admin_user_ssh_key"]
        self.vnet_resourcegroup_name: str | None = words["vnet_resourcegroup_name"]
        self.vnet_name: str | None = words["vnet_name"]
        self.subnet_name: str | None = words["subnet_name"]
        self.tags: Mapping[str, str] | None = words["tags"]
        self.description: str | None = words["description"]
        self.remote_login_port_public_access: str = words["remote_login_port_public_access"]
        self.identity_type: str | None = words["identity_type"]
        self.identity_id: Sequence[str] | None = words["identity_id"]
        self.location: str | None = words["location"]
        self.enable_node_public_ip: bool = words["enable_node_public_ip"]
        self.validate_configuration()

    def validate_configuration(self) -> None:
        """Raises :class:`ComputeTargetException` for numbers of nodes, a priority or an identity that cannot be."""
        if self.max_nodes is None:
            raise ComputeTargetException("Invalid configuration: max_nodes must be given.")
        if self.min_nodes > self.max_nodes:
            raise ComputeTargetException(
                f"Invalid configuration: min_nodes ({self.min_nodes}) is above max_nodes ({self.max_nodes})."
            )
        if self.vm_priority.lower() not in _PRIORITIES:
            raise ComputeTargetException(
                f"Invalid configuration: vm_priority is '{self.vm_priority}', and may be 'dedicated' or 'lowpriority'."
            )
        if self.remote_login_port_public_access not in _ACCESS:
            raise ComputeTargetException(
                f"Invalid configuration: remote_login_port_public_access is '{self.remote_login_port_public_access}', "
                f"and may be {', '.join(_ACCESS)}."
            )
        if self.admin_username and not (self.admin_user_password or self.admin_user_ssh_key):
            raise ComputeTargetException(
                "Invalid configuration: admin_username needs admin_user_password or admin_user_ssh_key beside it."
            )
        _identity(self.identity_type, self.identity_id)

    def _body(self, workspace: Workspace) -> dict[str, Any]:
        scale = ScaleSettings(self.min_nodes, self.max_nodes or 0, self.idle_seconds_before_scaledown)
        login = {
            "adminUserName": self.admin_username,
            "adminUserPassword": self.admin_user_password,
            "adminUserSshPublicKey": self.admin_user_ssh_key,
        }
        properties = {
            "vmSize": self.vm_size or None,
            "vmPriority": _PRIORITIES[self.vm_priority.lower()],
            "scaleSettings": scale.serialize(),
            "userAccountCredentials": given(login) or None,
            "subnet": network(workspace, self.vnet_resourcegroup_name, self.vnet_name, self.subnet_name),
            "remoteLoginPortPublicAccess": self.remote_login_port_public_access,
            "enableNodePublicIp": self.enable_node_public_ip,
        }
        said = {"computeType": "AmlCompute", "properties": given(properties), "description": self.description}
        identity = _identity(self.identity_type, self.identity_id)
        return given({"location": self.location, "identity": identity, "tags": self.tags, "properties": given(said)})


class AmlCompute(ComputeTarget):
    """A cluster: so many nodes at most, and so many always. A node is a slot for a job on the server's machine."""

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
        identity_id: Sequence[str] | None = None,
        location: str | None = None,
        enable_node_public_ip: bool = True,
    ) -> AmlComputeProvisioningConfiguration:
        """What a cluster is to be like; ``max_nodes`` must be said.

        ``vm_size`` is a name of :meth:`supported_vmsizes`, in any case. Nodes are slots of one machine: the login, the
        network and the identity are kept as said and shown with the cluster, and open or close nothing; a password is
        not kept. Raises :class:`ComputeTargetException` for words that do not fit each other.
        """
        return AmlComputeProvisioningConfiguration(**locals())

    @staticmethod
    def supported_vmsizes(workspace: Workspace, location: str | None = None) -> list[dict[str, Any]]:
        """The sizes: each with ``name``, ``vCPUs``, ``gpus``, ``memoryGB`` and ``maxResourceVolumeMB``."""
        return sizes(workspace, "AmlCompute", location)

    @property
    def vm_size(self) -> str:
        """The size of its nodes."""
        return self._inner["vmSize"]

    @property
    def vm_priority(self) -> str:
        """``Dedicated``, or ``LowPriority`` where nodes may be taken away."""
        return self._inner["vmPriority"]

    @property
    def scale_settings(self) -> ScaleSettings:
        """How many nodes it has."""
        return ScaleSettings._read(self._inner.get("scaleSettings") or {})

    @property
    def admin_username(self) -> str | None:
        """The account that was named for its nodes."""
        return (self._inner.get("userAccountCredentials") or {}).get("adminUserName")

    @property
    def subnet_id(self) -> str | None:
        """The subnet that was named for its nodes."""
        return (self._inner.get("subnet") or {}).get("id")

    @property
    def identity_type(self) -> str | None:
        """The kind of identity that was named for its nodes."""
        return (self._said.get("identity") or {}).get("type")

    @property
    def identity_id(self) -> list[str]:
        """The identities that were named for its nodes."""
        return [*((self._said.get("identity") or {}).get("userAssignedIdentities") or ())]

    def wait_for_completion(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        show_output: bool = False,
        min_node_count: int | None = None,
        timeout_in_minutes: float = 25,
        is_delete_operation: bool = False,
    ) -> None:
        """Wait until it can be used and has ``min_node_count`` nodes (by default those that it always has).

        Nodes beyond those come with jobs alone, so they are not waited for without any. When the time is over it
        returns, and says so with ``show_output``. Raises :class:`ComputeTargetException` where it could not be made.
        """
        self._wait(show_output, is_delete_operation, min_node_count, timeout_in_minutes)

    def update(
        self,
        min_nodes: int | None = None,
        max_nodes: int | None = None,
        idle_seconds_before_scaledown: int | None = None,
    ) -> None:
        """Change how many nodes it has, and how long one may be idle; what is not said stays.

        Raises :class:`ComputeTargetException` for numbers that cannot be.
        """
        self.refresh_state()
        scale = self.scale_settings
        asked = ScaleSettings(
            scale.minimum_node_count if min_nodes is None else min_nodes,
            scale.maximum_node_count if max_nodes is None else max_nodes,
            scale.idle_seconds_before_scaledown
            if idle_seconds_before_scaledown is None
            else idle_seconds_before_scaledown,
        )
        self._change(inner={"scaleSettings": asked.serialize()})

    def add_identity(self, identity_type: str, identity_id: Sequence[str] | None = None) -> None:
        """Name identities for its nodes: kept as said, for jobs act for whoever submitted them."""
        said = _identity(identity_type, [*self.identity_id, *(identity_id or ())])
        self._change(identity=said)

    def remove_identity(self, identity_id: Sequence[str] | None = None) -> None:
        """Take identities away; all of them where none is named."""
        left = [each for each in self.identity_id if identity_id and each not in identity_id]
        self._change(identity=_identity("UserAssigned" if left else "None", left))

    def list_nodes(self) -> list[dict[str, Any]]:
        """Its nodes: each with ``nodeId``, ``nodeState``, ``privateIpAddress`` and ``runId`` where a job runs."""
        with raised_as(ComputeTargetException):
            said = self.workspace._call("POST", f"{self._address}/listNodes")
        words = ("nodeId", "nodeState", "privateIpAddress", "runId")
        return [{word: each[word] for word in words if word in each} for each in said["nodes"]]

    def get_active_runs(
        self, type: str | None = None, tags: Any = None, properties: Any = None, status: str | None = None
    ) -> Iterator[Run]:
        """The runs that run here, and those that wait for a node; ``tags`` and such say which."""
        return self._active_runs(type, tags, properties, status)

    def _change(self, inner: Mapping[str, Any] | None = None, **words: Any) -> None:
        said = self._said
        settable = ("vmSize", "vmPriority", "scaleSettings", "userAccountCredentials", "subnet")
        settable += ("remoteLoginPortPublicAccess", "enableNodePublicIp")
        kept = {**{word: self._inner.get(word) for word in settable}, **(inner or {})}
        properties = {"computeType": "AmlCompute", "description": self.description, "properties": given(kept)}
        top = {word: said.get(word) for word in ("location", "tags", "identity")}
        body = given({**top, "properties": given(properties), **words})
        with raised_as(ComputeTargetException):
            self._said = self.workspace._call("PUT", self._address, body)

    def _has_come(self, said: Mapping[str, Any], nodes: int | None) -> bool:
        inner = said["properties"]
        there, kept = _ready(inner), inner["scaleSettings"]["minNodeCount"]
        is_steady = there >= kept and inner.get("allocationState") == "Steady"
        return super()._has_come(said, nodes) and (is_steady or there >= (kept if nodes is None else nodes))

    def _told(self, nodes: int | None) -> str:
        there = _ready(self._inner)
        wanted = self.scale_settings.minimum_node_count if nodes is None else nodes
        said = f"{self.provisioning_state}\nAmlCompute wait for completion finished\n\n"
        if there >= wanted:
            return f"{said}Minimum number of nodes requested have been provisioned"
        return f"{said}It has {there} nodes, and more when jobs wait for them"


def _ready(inner: Mapping[str, Any]) -> int:
    """How many nodes can run a job."""
    return (inner.get("currentNodeCount") or 0) - (inner.get("nodeStateCounts") or {}).get("preparingNodeCount", 0)


def _identity(kind: str | None, ids: Sequence[str] | None) -> dict[str, Any] | None:
    if kind is None and not ids:
        return None
    if kind not in ("SystemAssigned", "UserAssigned", "None"):
        raise ComputeTargetException(
            f"Invalid configuration: identity_type is {kind!r}, and may be 'SystemAssigned' or 'UserAssigned'."
        )
    if (kind == "UserAssigned") != bool(ids):
        raise ComputeTargetException(
            "Invalid configuration: identity_id lists the ids of identity_type='UserAssigned', and of no other."
        )
    return {"type": kind, **({"userAssignedIdentities": {each: {} for each in ids}} if ids else {})}


def _seconds(duration: str) -> int:
    """A duration of ISO 8601, such as ``PT30M``, in seconds."""
    units = {"D": 86400, "H": 3600, "M": 60, "S": 1}
    return int(sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([DHMS])", duration)))
