"""What a service is made of here: an endpoint of the workspace, and the deployments behind it."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any, Mapping
from urllib.parse import quote

from azureml._lazuli.server import raised_as
from azureml.core._model_versions import OURS
from azureml.exceptions import WebserviceException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

SOURCE = OURS + "source"
_STATES = {"Succeeded": "Healthy", "Failed": "Failed"}
_MODEL = re.compile(r"(?:/models/|^azureml:)([^/:]+)(?:/versions/|:)([^/:]+)$")


class Deployment:
    """A deployment as the server tells it."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.name: str = said["name"].rpartition("/")[2]
        self.said: dict[str, Any] = dict(said["properties"])
        self.tags: dict[str, str] = dict(said.get("tags") or {})
        self.capacity = int((said.get("sku") or {}).get("capacity") or 1)
        self.state = state_of(said)
        self.reason: str = self.said.get("statusReason") or ""
        own = self.said.get("properties") or {}
        self.words: dict[str, Any] = json.loads(own.get(OURS + "words") or "{}")
        """What its configuration said, in v1's words."""
        self.source: dict[str, Any] = json.loads(own.get(SOURCE) or "{}")
        """Where its script lies on the machine that it was deployed from, of a local service."""

    @property
    def model_ids(self) -> list[str]:
        """The ids (``name:version``) of its models."""
        named = [self.said.get("model"), *(self.said.get("furtherModels") or [])]
        found = [_MODEL.search(str(each)) for each in named if each]
        return [f"{each.group(1)}:{each.group(2)}" for each in found if each]


class Endpoint:
    """An endpoint by its name, whether it is there or not. What the server refuses is a WebserviceException."""

    def __init__(self, workspace: Workspace, name: str) -> None:
        self.workspace = workspace
        self.name = name
        self.path = f"onlineEndpoints/{quote(name, '')}"

    def found(self) -> dict[str, Any] | None:
        """What the server tells of it; None where it is not there."""
        return self.workspace._found(self.path)

    def deployments(self) -> dict[str, Deployment]:
        """What is behind it, by name, the oldest first."""
        made = [Deployment(each) for each in self.workspace._pages(f"{self.path}/deployments")]
        return {each.name: each for each in reversed(made)}

    def put(self, properties: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Make it, or say it anew."""
        body = {"location": "local", "tags": dict(tags), "properties": dict(properties)}
        self._call("PUT", self.path, body)

    def put_deployment(
        self, name: str, properties: Mapping[str, Any], tags: Mapping[str, str], capacity: int = 1
    ) -> None:
        """Make a deployment, or say it anew once it is no longer on its way."""
        path = f"{self.path}/deployments/{quote(name, '')}"
        if self.workspace._found(path) is not None:
            self._settled(path)
        body = {"location": "local", "tags": dict(tags), "properties": dict(properties)}
        self._call("PUT", path, {**body, "sku": {"name": "Default", "capacity": capacity}})

    def share(self, traffic: Mapping[str, int]) -> None:
        """Let each deployment have so many percent of what is asked, and wait until it has."""
        said = self._call("GET", self.path)
        shares = {name: share for name, share in (said["properties"].get("traffic") or {}).items() if share}
        if shares != {name: share for name, share in traffic.items() if share}:
            said["properties"]["traffic"] = dict(traffic)
            self._call("PUT", self.path, said)
        self.settle()

    def settle(self) -> None:
        """Wait until what was said of it has taken effect."""
        self._settled(self.path)

    def delete(self) -> None:
        """Take it away with all that is behind it."""
        self._call("DELETE", self.path)

    def delete_and_wait(self) -> None:
        """Take it away, and wait until its name is free."""
        self.delete()
        while self.found() is not None:
            time.sleep(0.1)

    def delete_deployment(self, name: str) -> None:
        """Take a deployment away."""
        self._call("DELETE", f"{self.path}/deployments/{quote(name, '')}")

    def keys(self) -> dict[str, str]:
        """What opens it."""
        return self._call("POST", f"{self.path}/listKeys")

    def set_key(self, kind: str, value: str | None = None) -> None:
        """Make a key anew, or take ``value`` for it."""
        self._call("POST", f"{self.path}/regenerateKeys", {"keyType": kind, "keyValue": value})

    def token(self) -> dict[str, Any]:
        """A word that opens it for a while."""
        return self._call("POST", f"{self.path}/token")

    def log(self, name: str, lines: int, container: str) -> str:
        """The last lines of what a deployment wrote."""
        said = {"tail": lines, "containerType": container}
        return str(self._call("POST", f"{self.path}/deployments/{quote(name, '')}/getLogs", said)["content"])

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        with raised_as(WebserviceException):
            return self.workspace._call(method, path, body)

    def _settled(self, path: str) -> None:
        self.workspace._server.wait(self.workspace._path(path), _is_settled)


def state_of(said: Mapping[str, Any]) -> str:
    """``Healthy``, ``Failed`` or ``Transitioning``, of an endpoint or a deployment."""
    return _STATES.get(said["properties"].get("provisioningState", ""), "Transitioning")


def _is_settled(said: Mapping[str, Any]) -> bool:
    return state_of(said) != "Transitioning"
