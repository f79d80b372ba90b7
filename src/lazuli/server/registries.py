"""What Microsoft's client asks a registry for: where it is, its assets, and where their files come and go.

That client learns the address by the registry's name alone and reads and writes assets below it. Files are uploaded
into a container that is one version's own, and are its files once the version is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from lazuli.assets.storage import ACCOUNT, DOMAIN, Storage
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, InvalidInput, NotFound
from lazuli.schema.reference import parse_registry
from lazuli.server.routes import REGISTRY, Call, Route, reply
from lazuli.server.shelves import Shelves

__all__ = ["SHARED", "registry_routes"]

SHARED = ("data", "environment", "model", "component", "code")
"""The nouns whose assets may lie in a registry."""
DATA_PLANE = "/mferp/managementfrontend"
"""Where Microsoft's client looks for them, below the address that discovery tells."""
_UPLOAD_SECONDS = 3600


def registry_routes(shelves: Shelves, storage: Storage) -> list[Route]:
    """Discovery, and the places of files."""
    door = _Files(shelves, storage)
    discovery = "/registrymanagement/v1.0/registries/{name}/discovery"
    version = f"{DATA_PLANE}{REGISTRY}/{{what}}/{{name}}/versions/{{version}}"
    return [
        Route("GET", discovery, door.discover, "registries/read", "Where a registry is"),
        Route("PUT", version.replace("{what}", "tempdatarefs"), door.begin, "registries/write", "Begin an upload"),
        Route("POST", version.replace("{what}", "datarefs"), door.fetch, "registries/read", "Where files lie"),
    ]


@dataclass(frozen=True)
class _Files:
    shelves: Shelves
    storage: Storage

    def discover(self, call: Call) -> Response:
        scope = self.shelves.registry.named(call.params["name"]).id.scope
        told = {
            "registryName": scope.workspace,
            "primaryRegion": "local",
            "regions": ["local"],
            "subscriptionId": scope.subscription,
            "resourceGroup": scope.resource_group,
            "primaryRegionResourceProviderUri": f"{call.base_url}/",
        }
        return reply(told)

    def begin(self, call: Call) -> Response:
        """Where the files of a new version are to be put. Raises :class:`Conflict` where the version exists."""
        id = self._asset(call)
        if id.kind == "codes":
            return self._told(call, self.shelves.code.begin(id), "racwl")
        container = self.storage.shared_container(id)
        try:
            self.shelves[_WORDS[id.kind]].get(id)
        except NotFound:
            return self._told(call, container, "racwl")
        raise Conflict(
            f"'{id.name}:{id.version}' exists.", target=id.path, mend="A version never changes: create a new one."
        )

    def fetch(self, call: Call) -> Response:
        """What opens the files of a version to read them."""
        id = self._asset(call)
        self.shelves[_WORDS[id.kind]].get(id)
        return self._told(call, self.storage.shared_container(id), "rl")

    def _asset(self, call: Call) -> ResourceId:
        said = call.json().get("assetId")
        place = parse_registry(said) if isinstance(said, str) else None
        if place is None or place.kind.lower() not in _WORDS:
            raise InvalidInput("'assetId' names no asset of a registry.", target="assetId")
        return ResourceId(call.scope, place.kind.lower(), call.params["name"], call.params["version"])

    def _told(self, call: Call, container: str, permissions: str) -> Response:
        token = self.storage.token(container, permissions, _UPLOAD_SECONDS)
        address = f"{call.base_url}/{ACCOUNT}.blob.{DOMAIN}/{container}"
        credential: Mapping[str, Any] = {"credentialType": "SAS", "sasUri": f"{address}?{token}"}
        reference = {"blobUri": address, "credential": credential}
        return reply({"blobReferenceForConsumption": reference, "temporaryDataReferenceType": "TemporaryBlobReference"})


_WORDS = {"data": "data", "environments": "environment", "models": "model", "components": "component", "codes": "code"}
