"""Workspaces as Microsoft's client makes them: by an ARM template, of whose parameters we read what they should be.

What the template would make beside the workspace (a storage account, a key vault, a registry, a log) is part of every
workspace here. It is shown where it is asked for, and goes with the workspace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from lazuli.assets.storage import ACCOUNT
from lazuli.resources.workspace import Workspace
from lazuli.schema.identity import PROVIDER, ResourceId, Scope, check_name
from lazuli.schema.problems import InvalidInput
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.store.documents import Selection
from lazuli.workspaces.workspaces import Workspaces

__all__ = ["deployment_routes"]

_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
_BESIDE = (
    "Microsoft.Storage/storageAccounts",
    "Microsoft.KeyVault/vaults",
    "Microsoft.Insights/components",
    "Microsoft.ContainerRegistry/registries",
)
"""The kinds of resource that belong to a workspace."""
_DIAGNOSED = (
    "userDefinedRoute",
    "networkSecurityRule",
    "resourceLock",
    "dnsResolution",
    "storageAccount",
    "keyVault",
    "containerRegistry",
    "applicationInsights",
    "other",
)
"""What Azure looks into."""
_NUMBER = re.compile(r"-\d+$")
_WORDS = {
    "description": "description",
    "friendlyName": "friendlyName",
    "publicNetworkAccess": "publicNetworkAccess",
    "imageBuildCompute": "imageBuildCompute",
    "primaryUserAssignedIdentity": "primaryUserAssignedIdentity",
    "managedNetwork": "managedNetwork",
    "systemDatastoresAuthMode": "systemDatastoresAuthMode",
}
"""The parameters that are a workspace's properties, and what these are called."""
_OUTSIDE = {"location": "location", "identity": "identity", "kind": "kind", "tagValues": "tags"}


def deployment_routes(workspaces: Workspaces, subscription: str) -> list[Route]:
    """The routes of deployments, of what is deployed with a workspace, and of what it is deployed in.

    ``subscription`` is the one that is meant where none is named.
    """
    door = _Door(workspaces, subscription)
    path = f"{_GROUP}/providers/Microsoft.Resources/deployments/{{deployment}}"
    read, write = "workspaces/read", "workspaces/write"
    routes = [
        Route("GET", "/subscriptions", door.subscriptions, read, "List the subscriptions that hold workspaces"),
        Route("PUT", path, door.deploy, write, "Make what a template says: a workspace"),
        Route("GET", path, door.show, read, "Ask whether a deployment is done"),
        Route("GET", f"{path}/operations", door.operations, read, "Show what a deployment makes"),
        Route("GET", f"{_GROUP}/deployments/{{deployment}}/operations", door.operations, read, "Show what it makes"),
        Route("POST", f"{WORKSPACE}/provisionManagedNetwork", door.network, write, "Say that there is no network"),
        Route("POST", f"{WORKSPACE}/listKeys", door.keys, read, "Say that nothing has lasting keys"),
        Route("POST", f"{WORKSPACE}/diagnose", door.diagnosis, read, "Say that no network is in the way"),
    ]
    for kind in _BESIDE:
        one = f"{_GROUP}/providers/{kind}/{{name}}"
        routes.append(Route("GET", one, door.beside, read, f"Show what belongs to a workspace: {kind}"))
        routes.append(Route("DELETE", one, door.keep, write, f"Accept: it goes with its workspace: {kind}"))
    return routes


@dataclass(frozen=True)
class _Door:
    workspaces: Workspaces
    subscription: str

    def subscriptions(self, call: Call) -> Response:
        """The default one first, then every other in which somebody made a workspace."""
        records = self.workspaces.select(Selection(None, "", limit=100_000))
        ids = dict.fromkeys([self.subscription, *(record.id.scope.subscription for record in records)])
        value = [{"id": f"/subscriptions/{id}", "subscriptionId": id, "displayName": id} for id in ids]
        return reply({"value": [{**each, "state": "Enabled"} for each in value]})

    def deploy(self, call: Call) -> Response:
        """Make the workspace that the parameters describe; nothing else of the template counts."""
        properties = call.json().get("properties")
        said = properties.get("parameters") if isinstance(properties, Mapping) else None
        if not isinstance(said, Mapping) or not isinstance(name := _value(said, "workspaceName"), str):
            raise InvalidInput(
                "The template makes no workspace.",
                target="properties.parameters.workspaceName",
                mend="Only workspaces are made by templates; put anything else at its own address.",
            )
        id = ResourceId(_scope(call, name))
        self.workspaces.put(id, Workspace.from_rest(_document(said), id.scope), call.principal)
        return reply(_told(call, id))

    def show(self, call: Call) -> Response:
        return reply(_told(call, self._made(call)))

    def operations(self, call: Call) -> Response:
        """The one thing that was made."""
        id = self._made(call)
        target = {"id": id.path, "resourceType": f"{PROVIDER}/workspaces", "resourceName": id.scope.workspace}
        done = {"provisioningOperation": "Create", "provisioningState": "Succeeded", "duration": "PT1S"}
        return reply({"value": [{"operationId": "1", "properties": {**done, "targetResource": target}}]})

    def _made(self, call: Call) -> ResourceId:
        """The workspace of a deployment: clients name it ``{workspace}-{digits}``."""
        id = ResourceId(_scope(call, _NUMBER.sub("", call.params["deployment"])))
        return self.workspaces.get(id).id

    def network(self, call: Call) -> Response:
        self.workspaces.get(ResourceId(call.scope))
        return reply({"status": "Inactive", "sparkReady": False})

    def keys(self, call: Call) -> Response:
        """Where the files lie. There is no key to them: the server signs what is asked for, for a while."""
        id = self.workspaces.get(ResourceId(call.scope)).id
        group = f"/subscriptions/{id.scope.subscription}/resourceGroups/{id.scope.resource_group}"
        storage = f"{group}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
        # One name is that of API versions up to 2023, the other that of those since.
        return reply({"userStorageArmId": storage, "userStorageResourceId": storage})

    def diagnosis(self, call: Call) -> Response:
        """What could be in the way of a workspace in Azure is not there: no networks, rules or locks."""
        self.workspaces.get(ResourceId(call.scope))
        return reply({"value": {f"{word}Results": [] for word in _DIAGNOSED}})

    def beside(self, call: Call) -> Response:
        name = check_name(call.params["name"])
        return reply({"id": call.path, "name": name, "location": "local", "properties": {}})

    def keep(self, call: Call) -> Response:
        return reply(status=200)


def _scope(call: Call, workspace: str) -> Scope:
    subscription = check_name(call.params["subscription"], target="subscription")
    group = check_name(call.params["group"], target="resourceGroup")
    return Scope(subscription, group, check_name(workspace, target="workspaceName", what="workspace name"))


def _value(parameters: Mapping[str, Any], word: str) -> Any:
    said = parameters.get(word)
    return said.get("value") if isinstance(said, Mapping) else None


def _document(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The workspace as REST would say it."""
    words = {**_WORDS, **_OUTSIDE}
    said = {word: value for name, word in words.items() if (value := _value(parameters, name)) not in (None, "", {})}
    if _value(parameters, "confidential_data") == "true":
        said["hbiWorkspace"] = True
    return said


def _told(call: Call, id: ResourceId) -> dict[str, Any]:
    return {
        "id": f"{call.path.removesuffix('/operations')}",
        "name": call.params["deployment"],
        "type": "Microsoft.Resources/deployments",
        "properties": {
            "provisioningState": "Succeeded",
            "mode": "Incremental",
            "outputs": {},
            "outputResources": [{"id": id.path}],
            "duration": "PT1S",  # clients warn where there is none
        },
    }
