"""Secrets from Python."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from lazuli.client.http import Http
from lazuli.schema.identity import Scope

__all__ = ["Vault"]


class Vault:
    """The key vault of a workspace: ``Vault(client.http, client.scope)``."""

    def __init__(self, http: Http, scope: Scope) -> None:
        self._http = http
        self._path = f"{scope.path}/secrets"

    def set(self, name: str, value: str, *, jobs: bool | None = None) -> dict[str, Any]:
        """Keep ``value`` under ``name``; ``jobs`` says whether jobs may read it, None leaves that as it is."""
        body: dict[str, Any] = {"value": value} if jobs is None else {"value": value, "jobs": jobs}
        return self._http.call("PUT", self._one(name), body=body)

    def show(self, name: str) -> dict[str, Any]:
        """The secret with its ``value``."""
        return self._http.call("GET", self._one(name))

    def list(self) -> list[dict[str, Any]]:
        """The secrets, without their values."""
        return self._http.call("GET", self._path)["value"]

    def delete(self, name: str) -> bool:
        """Forget a secret; whether there was one."""
        return self._http.respond("DELETE", self._one(name)).status_code == 200

    def _one(self, name: str) -> str:
        return f"{self._path}/{quote(name, safe='')}"
