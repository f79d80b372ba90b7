"""What all compute targets have in common: they are made, found, waited for and taken away."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable, Iterator, Mapping, TypeVar
from urllib.parse import quote

from azureml._lazuli.server import raised_as
from azureml.exceptions import ComputeTargetException

if TYPE_CHECKING:
    from azureml.core.run import Run
    from azureml.core.workspace import Workspace

__all__ = [
    "ComputeStatus",
    "ComputeTarget",
    "ComputeTargetAttachConfiguration",
    "ComputeTargetProvisioningConfiguration",
]

OWN = "azureml.v1."
"""What the names of tags begin with that this package keeps for itself on a compute target."""
KIND = f"{OWN}compute_type"
"""The tag that says what a target is for scripts, where it is a cluster for the server."""

Self = TypeVar("Self", bound="ComputeTarget")

_OVER = ("Succeeded", "Failed", "Canceled")


class ComputeTargetProvisioningConfiguration:
    """What a compute target is to be like. Its attributes may be changed until the target is made."""

    def validate_configuration(self) -> None:
        """Raises :class:`ComputeTargetException` where what is asked for cannot be."""

    def _body(self, workspace: Workspace) -> dict[str, Any]:
        """The target, in the words of REST."""
        raise NotImplementedError


class ComputeTargetAttachConfiguration(ComputeTargetProvisioningConfiguration):
    """Which target elsewhere is to get a name in the workspace."""


class ComputeStatus:
    """How a compute target stood when it was asked for."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        inner = said.get("properties") or {}
        self._said = {
            "errors": [],
            "creationTime": said.get("createdOn"),
            "modifiedTime": said.get("modifiedOn"),
            "provisioningState": said.get("provisioningState"),
            **inner,
        }
        self.provisioning_state: str = str(said.get("provisioningState"))
        self.errors: list[Any] = self._said["errors"]
        self.state: str | None = inner.get("state")
        """Of an instance: "Starting", "Running", "Stopping" or "Stopped"."""
        self.vm_size: str | None = inner.get("vmSize")
        self.vm_priority: str | None = inner.get("vmPriority")
        self.allocation_state: str | None = inner.get("allocationState")
        """Of a cluster: "Steady" where it has the nodes that it is to have, else "Resizing"."""
        self.current_node_count: int | None = inner.get("currentNodeCount")
        self.target_node_count: int | None = inner.get("targetNodeCount")
        self.node_state_counts: dict[str, int] = dict(inner.get("nodeStateCounts") or {})
        self.scale_settings: dict[str, Any] = dict(inner.get("scaleSettings") or {})

    def serialize(self) -> dict[str, Any]:
        """All of it as plain values, under the words of REST."""
        return dict(self._said)


class ComputeTarget:
    """A compute target of a workspace, of the class that fits its kind.

    Raises :class:`ComputeTargetException`, which begins with "ComputeTargetNotFound", where there is none of this name.
    """

    _type = ""

    def __new__(cls: type[Self], workspace: Workspace, name: str) -> Self:
        """The target as an object of the class that it is of."""
        said = workspace._found(_path(name))
        if said is None:
            raise ComputeTargetException(
                f"ComputeTargetNotFound: Compute Target with name {name} not found in provided workspace"
            )
        found = ComputeTarget._of(workspace, said)
        if not isinstance(found, cls):
            raise ComputeTargetException(f"The compute target '{name}' is no {cls.__name__}: it is {found.type}.")
        return found

    def __init__(self, workspace: Workspace, name: str) -> None:
        self.workspace: Workspace
        self.name: str
        self.type: str
        self._said: dict[str, Any]

    @staticmethod
    def _of(workspace: Workspace, said: Mapping[str, Any]) -> ComputeTarget:
        """The target that the server tells of."""
        kind = (said.get("tags") or {}).get(KIND) or said["properties"]["computeType"]
        known = {each._type: each for each in _kinds(ComputeTarget)}
        found = object.__new__(known.get(kind, ComputeTarget))
        found.workspace, found.name, found.type = workspace, said["name"], kind
        found._said = dict(said)
        return found

    @staticmethod
    def create(
        workspace: Workspace, name: str, provisioning_configuration: ComputeTargetProvisioningConfiguration
    ) -> ComputeTarget:
        """Make a compute target, or change the one that is there.

        Raises :class:`ComputeTargetException` for a name, a size or numbers that cannot be.
        """
        provisioning_configuration.validate_configuration()
        body = {"location": workspace.location, **provisioning_configuration._body(workspace)}
        with raised_as(ComputeTargetException):
            return ComputeTarget._of(workspace, workspace._call("PUT", _path(name), body))

    @staticmethod
    def attach(
        workspace: Workspace, name: str, attach_configuration: ComputeTargetAttachConfiguration
    ) -> ComputeTarget:
        """Give a target elsewhere a name here. Raises as :meth:`create`, and for each kind that is not reached."""
        return ComputeTarget.create(workspace, name, attach_configuration)

    @staticmethod
    def list(workspace: Workspace) -> list[ComputeTarget]:
        """Every compute target of a workspace."""
        return [ComputeTarget._of(workspace, each) for each in workspace._pages("computes")]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self._said["id"])

    @property
    def tags(self) -> dict[str, str]:
        """Its tags."""
        return {key: value for key, value in (self._said.get("tags") or {}).items() if not key.startswith(OWN)}

    @property
    def description(self) -> str | None:
        """What it is for."""
        return self._said["properties"].get("description")

    @property
    def location(self) -> str:
        """Where it is, as it was said; it runs where the server does."""
        return str(self._said.get("location"))

    @property
    def provisioning_state(self) -> str:
        """How far its making is: "Succeeded" once it can be used."""
        return str(self._said["properties"].get("provisioningState"))

    @property
    def provisioning_errors(self) -> list[Any]:
        """Why it could not be made: none, for what cannot be made is refused at once."""
        return [*(self._said["properties"].get("provisioningErrors") or ())]

    @property
    def cluster_resource_id(self) -> str | None:
        """The id of the target elsewhere that it was attached for; None for one that was made."""
        return (self._said.get("tags") or {}).get(f"{OWN}cluster_resource_id")

    def refresh_state(self) -> None:
        """Ask the server anew. Raises :class:`ComputeTargetException` where it is gone."""
        with raised_as(ComputeTargetException):
            self._said = self.workspace._call("GET", self._address)

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
        is_delete_operation: bool = False,
        *,
        min_node_count: int | None = None,
        timeout_in_minutes: float = 25,
    ) -> None:
        """Wait until it can be used, or with ``is_delete_operation`` until it is gone.

        ``min_node_count`` is how many nodes a cluster is to have: see :meth:`AmlCompute.wait_for_completion`. Raises
        :class:`ComputeTargetException` where it could not be made.
        """
        self._wait(show_output, is_delete_operation, min_node_count, timeout_in_minutes)

    def delete(self) -> None:
        """Take the compute target away. Raises :class:`ComputeTargetException` while jobs run on it."""
        with raised_as(ComputeTargetException):
            self.workspace._call("DELETE", self._address, query={"underlyingResourceAction": "Delete"})
        self._said["properties"] = {**self._said["properties"], "provisioningState": "Deleting"}

    def detach(self) -> None:
        """Take away the name of an attached target. Raises :class:`ComputeTargetException` for one made here."""
        if self.cluster_resource_id is None:
            raise ComputeTargetException(f"Detach is not supported for {self.type} object. Try to use delete instead.")
        self.delete()

    @property
    def _inner(self) -> Mapping[str, Any]:
        """What only targets of its kind say."""
        return self._said["properties"].get("properties") or {}

    @property
    def _address(self) -> str:
        return _path(self.name)

    def _wait(self, shows: bool, is_delete: bool, nodes: int | None, minutes: float) -> None:
        until = time.monotonic() + minutes * 60
        if is_delete:
            while self.workspace._found(self._address) is not None:
                if time.monotonic() > until:
                    raise ComputeTargetException(f"'{self.name}' is still there after {minutes} minutes.")
                time.sleep(0.1)
            return
        self._poll(lambda said: self._has_come(said["properties"], nodes), until)
        if self.provisioning_state != "Succeeded":
            raise ComputeTargetException(
                "Compute object provisioning polling reached non-successful terminal state, current provisioning "
                f"state: {self.provisioning_state}"
            )
        if shows:
            print(self._told(nodes))

    def _poll(self, is_over: Callable[[Any], bool], until: float) -> None:
        """Ask until it is over or the time has come."""
        path = self.workspace._path(self._address)
        with raised_as(ComputeTargetException):
            try:
                self._said = self.workspace._server.wait(path, is_over, max(until - time.monotonic(), 0))
            except TimeoutError:
                self.refresh_state()

    def _has_come(self, said: Mapping[str, Any], nodes: int | None) -> bool:
        return said.get("provisioningState") in _OVER

    def _told(self, nodes: int | None) -> str:
        return f'{self.provisioning_state}Provisioning operation finished, operation "{self.provisioning_state}"'

    def _act(self, word: str) -> None:
        with raised_as(ComputeTargetException):
            self.workspace._call("POST", f"{self._address}/{word}")

    def _active_runs(self, type: str | None, tags: Any, properties: Any, status: str | None) -> Iterator[Run]:
        from azureml.core.experiment import has_all
        from azureml.core.run import Run

        queue = self.workspace._call("GET", f"{self._address}/queue", query={"limit": 500})
        for each in [*queue["running"], *queue["waiting"]]:
            run = Run.get(self.workspace, each["name"])
            fits = has_all(run.tags, tags) and has_all(run.properties, properties)
            if fits and type in (None, run.type) and status in (None, run.status):
                yield run

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(workspace={self.workspace!r}, name={self.name}, id={self.id}, type={self.type}, "
            f"provisioning_state={self.provisioning_state}, location={self.location}, tags={self.tags})"
        )


def _kinds(kind: type[ComputeTarget]) -> Iterator[type[ComputeTarget]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


def _path(name: str) -> str:
    return f"computes/{quote(name, '')}"


def given(words: Mapping[str, Any]) -> dict[str, Any]:
    """The words that have a value."""
    return {word: value for word, value in words.items() if value is not None}


def network(workspace: Workspace, group: str | None, vnet: str | None, subnet: str | None) -> dict[str, str] | None:
    """A subnet, in the words of REST; None where none is named."""
    words = (group, vnet, subnet)
    if not any(words):
        return None
    if not all(words):
        raise ComputeTargetException(
            "Invalid configuration, not all virtual net information provided: give vnet_resourcegroup_name, vnet_name "
            "and subnet_name."
        )
    within = f"/subscriptions/{workspace.subscription_id}/resourceGroups/{group}/providers/Microsoft.Network"
    return {"id": f"{within}/virtualNetworks/{vnet}/subnets/{subnet}"}


def sizes(workspace: Workspace, kind: str, location: str | None) -> list[dict[str, Any]]:
    """The sizes that nodes of a kind can have."""
    subscription, place = workspace.subscription_id, location or workspace.location
    provider = "Microsoft.MachineLearningServices"
    path = f"/subscriptions/{subscription}/providers/{provider}/locations/{quote(place, '')}/vmSizes"
    words = ("name", "vCPUs", "gpus", "memoryGB", "maxResourceVolumeMB")
    with raised_as(ComputeTargetException):
        found = workspace._server.call("GET", path)["value"]
    return [{word: each[word] for word in words} for each in found if kind in each["supportedComputeTypes"]]
