"""Computes from Python: nodes, sizes, quotas, starting and stopping instances, and what they cost."""

from __future__ import annotations

import time
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from lazuli.client.collection import Collection
from lazuli.schema.identity import PROVIDER
from lazuli.schema.problems import Unavailable

__all__ = ["Computes"]

_PATIENCE_S = 300
_PAUSE_S = 0.1


class Computes(Collection):
    """The computes of a workspace."""

    def nodes(self, name: str) -> list[dict[str, Any]]:
        """The nodes of a compute: ``nodeId``, ``nodeState`` and, where a job runs, ``runId``."""
        return self._http.call("POST", f"{self._path(name)}/listNodes")["nodes"]

    def preempt(self, name: str, node: str) -> str:
        """Take a low-priority node away; the job that is queued again, or ''."""
        return self._http.call("POST", f"{self._path(name)}/nodes/{quote(node, safe='')}/preempt")["runId"]

    def operate(self, name: str, verb: Literal["start", "stop", "restart"], *, wait: bool = True) -> None:
        """Start, stop or restart an instance, and wait until that is done."""
        response = self._http.respond("POST", f"{self._path(name)}/{verb}")
        deadline = time.monotonic() + _PATIENCE_S
        while wait and response.status_code == 202 and (place := response.headers.get("location")):
            if time.monotonic() > deadline:
                raise Unavailable(f"'{name}' has not come to rest.", mend="Look again with 'show'.")
            time.sleep(_PAUSE_S)
            response = self._http.respond("GET", urlsplit(place).path)

    def sizes(self) -> list[dict[str, Any]]:
        """Every size of node, with its price."""
        return self._http.call("GET", f"{self._location}/vmSizes")["value"]

    def quotas(self) -> list[dict[str, Any]]:
        """What is used of this machine."""
        return self._http.call("GET", f"{self._location}/usages")["value"]

    def usage(self, by: str = "job", since: str = "") -> dict[str, Any]:
        """Node seconds and cost by ``job``, ``compute`` or ``tag``: ``value``, and their ``total``."""
        query = {"by": by, **({"since": since} if since else {})}
        return self._http.call("GET", f"{self._scope.path}/usage", query=query)

    @property
    def _location(self) -> str:
        return f"/subscriptions/{self._scope.subscription}/providers/{PROVIDER}/locations/local"
